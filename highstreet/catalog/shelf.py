"""Keeping search fresh: `catalog.found` follows every change of an offer in the transaction that made it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice

import msgspec

from highstreet.catalog import words
from highstreet.catalog.identifiers import shown_gtin
from highstreet.catalog.labels import LABELS
from highstreet.kit import db
from highstreet.kit.db import Tx
from highstreet.kit.text import Words

# Price bands of the facet, by their least minor units.
BANDS = (0, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000)
_CHUNK = 1000


class Shelved(msgspec.Struct, frozen=True):
    """A row of catalog.shelf: an open offer with all that search knows of it."""

    offer_id: str
    item_id: str
    variant_id: str
    seller_id: str
    place_id: str
    format: str
    currency: str
    price: int
    opened_at: datetime
    category_id: str
    sells: str
    title: Words
    about: Words
    brand: str | None
    labels: list[str]
    attributes: dict[str, str]
    sku: str
    gtin: str | None
    options: dict[str, str]
    unit: str
    step: int
    seller: str | None
    place: Words
    lat: float
    lon: float
    shown: bool
    picture: str | None
    listed: bool
    called: Words

    @property
    def group(self) -> tuple[str, str, str]:
        return self.item_id, self.seller_id, self.place_id


class Way(msgspec.Struct, frozen=True):
    """The cheapest offer of a card in one format."""

    format: str
    offer_id: str
    price: int


class Card(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a list draws of an item on sale at a place. `price` to `price_to` in minor units per `step`.

    The offer is the cheapest, in the format asked for if one was; `ways` has one for each format, the cheapest first.
    """

    offer_id: str
    item_id: str
    title: Words
    price: int
    currency: str
    format: str
    seller_id: str
    seller: str | None
    place_id: str
    place: Words
    unit: str
    step: int
    category_id: str
    sells: str = "goods"
    picture: str | None = None
    labels: list[str] = []
    brand: str | None = None
    price_to: int | None = None
    variants: int = 1
    ways: list[Way] = []
    distance_m: int | None = None


class Found(msgspec.Struct, frozen=True):
    """A row of catalog.found, with the places of its words left to the database."""

    card: Card
    words: list[str]
    title: list[str]
    facets: str
    lat: float
    lon: float
    opened_at: datetime
    score: float
    judged: float | None
    shown: bool
    spelled: set[str]


async def refresh(tx: Tx, offer_ids: Sequence[str]) -> None:
    """Bring search up to date with these offers; with others of the same item too, for they share a card."""
    found = await tx.fetch("SELECT DISTINCT item_id FROM catalog.offer WHERE id = ANY ($1)", list(offer_ids))
    await refresh_items(tx, [r["item_id"] for r in found])


async def refresh_items(tx: Tx, item_ids: Sequence[str], scores: Mapping[str, float] | None = None) -> None:
    """Bring search up to date with all offers of these items; `scores` are those of cards not seen before."""
    names = await _kinds(tx)
    item_ids = sorted(set(item_ids))
    for start in range(0, len(item_ids), _CHUNK):
        chunk = item_ids[start : start + _CHUNK]
        # One at a time for each item: two who changed different offers of it would each write what they saw before the other.
        await tx.execute("SELECT FROM catalog.item WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", chunk)
        before = await tx.fetch(
            "SELECT offer_id, judged FROM catalog.found WHERE item_id = ANY ($1) AND judged IS NOT NULL",
            chunk,
        )
        judged = {**(scores or {}), **{r["offer_id"]: float(r["judged"]) for r in before}}
        shelved = await db.rows(tx, Shelved, "SELECT * FROM catalog.shelf WHERE item_id = ANY ($1)", chunk)
        found = sorted(
            (shelve(group, names, judged) for group in grouped(shelved)), key=lambda f: f.card.offer_id
        )
        await tx.execute(
            "DELETE FROM catalog.found WHERE item_id = ANY ($1) AND offer_id <> ALL ($2)",
            chunk,
            [f.card.offer_id for f in found],
        )
        await _keep(tx, found)


async def rebuild(tx: Tx, *, chunk: int = 5000, scores: Mapping[str, float] | None = None) -> int:
    """Write search anew from the offers, and count how often each word is used. How many cards there are.

    Scores stay; `scores` are those of cards not seen before. Sellers who change something wait until it commits: in a
    town at work call `rebuild_some` in a transaction for each chunk, then `count_words`.
    """
    last: str | None = ""
    while last is not None:
        last = await rebuild_some(tx, last, chunk=chunk, scores=scores)
    await count_words(tx)
    return await db.value(tx, int, "SELECT count(*) FROM catalog.found")


async def rebuild_some(
    tx: Tx, after_item: str = "", *, chunk: int = 1000, scores: Mapping[str, float] | None = None
) -> str | None:
    """Write search anew for the items that follow one; the last of them, to go on from, or None at the end."""
    items = await tx.fetch(
        "SELECT id FROM catalog.item WHERE id > $1 ORDER BY id LIMIT $2", after_item, chunk
    )
    if not items:
        return None
    await refresh_items(tx, [r["id"] for r in items], scores)
    return items[-1]["id"]


async def count_words(tx: Tx) -> None:
    """Count how many cards use each word: what a mistyped word most likely meant, and what a beginning may become."""
    await tx.execute(
        """UPDATE catalog.word w SET uses = s.ndoc
           FROM ts_stat('SELECT words FROM catalog.found') s WHERE s.word = w.word AND w.uses <> s.ndoc"""
    )


async def set_scores(tx: Tx, scores: Mapping[str, float]) -> None:
    """How good cards are, by offer, from 0 to 1: best understood as the share of all cards a card is better than."""
    await tx.execute(
        """UPDATE catalog.found f SET score = s.score, judged = s.score
           FROM unnest($1::text[], $2::real[]) AS s (offer_id, score) WHERE f.offer_id = s.offer_id""",
        list(scores),
        [min(max(s, 0.0), 1.0) for s in scores.values()],
    )


def grouped(shelved: Iterable[Shelved]) -> list[list[Shelved]]:
    """Offers that share a card: one item of one seller at one place; the cheapest first."""
    groups: dict[tuple[str, str, str], list[Shelved]] = {}
    for offer in sorted(shelved, key=lambda s: (s.price, s.offer_id)):
        groups.setdefault(offer.group, []).append(offer)
    return list(groups.values())


def shelve(
    group: Sequence[Shelved], kinds: Mapping[str, Sequence[str]], judged: Mapping[str, float]
) -> Found:
    """One card and its words. `kinds`: for each category the names (both languages) on its path; `judged`: scores given so far."""
    lead = group[0]
    ways: dict[str, Way] = {}
    for s in group:
        ways.setdefault(s.format, Way(s.format, s.offer_id, s.price))
    card = Card(
        offer_id=lead.offer_id, item_id=lead.item_id, title=lead.title, price=lead.price, currency=lead.currency,
        format=lead.format, seller_id=lead.seller_id, seller=lead.seller, place_id=lead.place_id, place=lead.place,
        unit=lead.unit, step=lead.step, category_id=lead.category_id, sells=lead.sells, picture=lead.picture,
        labels=lead.labels, brand=lead.brand, variants=len({s.variant_id for s in group}), ways=list(ways.values()),
        price_to=group[-1].price if group[-1].price != lead.price else None,
    )  # fmt: skip
    score = next((judged[s.offer_id] for s in group if s.offer_id in judged), None)
    rank = first_score(lead) if score is None else score
    in_title, spelled = words.read(f"{lead.title.en} {lead.title.zh} {lead.brand or ''}")
    again = [*kinds.get(lead.category_id, ()), lead.seller or "", f"{lead.called.en} {lead.called.zh}"]
    again += [
        f"{label.name.en} {label.name.zh} {code.replace('_', ' ')}"
        for code in lead.labels
        if (label := LABELS.get(code))
    ]
    said = " | ".join([lead.about.en, lead.about.zh, *(v for s in group for v in s.options.values())])
    rest: dict[str, None] = {}
    for found, also in (*map(words.read_again, again), words.read(said)):
        rest |= found
        spelled |= also
    codes = words.codes(*(c for s in group for c in (s.sku, s.gtin and shown_gtin(s.gtin))))
    facets = [*facets_of(lead), *(f"f:{form}" for form in ways)]
    return Found(
        card, [*{**in_title, **dict.fromkeys([*islice(rest, 250), *codes[:100], *facets, "s:" + lead.seller_id])}],
        list(in_title), " ".join(facets), lead.lat, lead.lon,
        max(s.opened_at for s in group), rank, score, lead.shown,
        spelled | words.read(" ".join(s.sku for s in group))[1],
    )  # fmt: skip


def facets_of(offer: Shelved) -> list[str]:
    """What a card can be narrowed by: "c:" kind and kinds above, "l:" label, "p:" price band; "f:" formats are added."""
    path = offer.category_id.split(".")
    band = max(i for i, least in enumerate(BANDS) if offer.price >= least)
    return [
        *("c:" + ".".join(path[: i + 1]) for i in range(len(path))),
        *("l:" + label for label in offer.labels),
        f"p:{band}",
    ]


def first_score(offer: Shelved) -> float:
    """Before anybody bought or judged it: better what is pictured, described in both languages, labelled, listed."""
    told = bool(offer.about.en) + bool(offer.about.zh) + bool(offer.title.en and offer.title.zh)
    return (
        0.25
        + 0.15 * (offer.picture is not None)
        + 0.05 * told
        + 0.05 * min(len(offer.labels), 3)
        + 0.3 * offer.listed
    )


def quoted(token: str) -> str:
    """A token as tsquery reads it, whatever is in it."""
    if "'" not in token and "\\" not in token:
        return f"'{token}'"
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"


async def _kinds(tx: Tx) -> dict[str, list[str]]:
    found = await tx.fetch("SELECT id, name FROM catalog.category")
    names: dict[str, dict[str, str]] = {r["id"]: r["name"] for r in found}
    said: dict[str, list[str]] = {}
    for kind in names:
        path = kind.split(".")
        above = (".".join(path[: i + 1]) for i in range(len(path)))
        said[kind] = [name for k in above for name in names.get(k, {}).values()]
    return said


async def _keep(tx: Tx, found: Sequence[Found]) -> None:
    if not found:
        return
    await tx.executemany(
        """INSERT INTO catalog.found (offer_id, item_id, seller_id, place_id, words, title, facets, card, price, lat, lon, opened_at,
               score, judged, shown)
           VALUES ($1, $2, $3, $4, array_to_tsvector($5::text[] || catalog.cells($10, $11)), array_to_tsvector($6::text[]),
               $7, $8, $9, $10, $11, $12, $13, $14, $15)
           ON CONFLICT (offer_id) DO UPDATE SET words = excluded.words, title = excluded.title, facets = excluded.facets,
               card = excluded.card, price = excluded.price, lat = excluded.lat, lon = excluded.lon, opened_at = excluded.opened_at,
               score = excluded.score, judged = excluded.judged, shown = excluded.shown""",
        [
            (f.card.offer_id, f.card.item_id, f.card.seller_id, f.card.place_id, f.words, f.title, f.facets, f.card, f.card.price,
             f.lat, f.lon, f.opened_at, f.score, f.judged, f.shown)
            for f in found
        ],
    )  # fmt: skip
    # In order, so that two who add the same words wait for each other only one way.
    spelled = sorted(set[str]().union(*(f.spelled for f in found)))
    await tx.execute(
        """INSERT INTO catalog.word (word, grams)
           SELECT w.word, CASE WHEN w.grams = '' THEN '{}' ELSE string_to_array(w.grams, E'\\t') END
           FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (word, grams, n)
           WHERE NOT EXISTS (SELECT FROM catalog.word k WHERE k.word = w.word) ORDER BY n
           ON CONFLICT DO NOTHING""",
        spelled, ["\t".join(words.grams(word)) for word in spelled],
    )  # fmt: skip
