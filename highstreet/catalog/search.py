"""Search over what is on sale, in Chinese and English, inside PostgreSQL alone.

Words, filters and nearness are all words of one tsvector, so one look-up in one index meets all of them at once. The better cards have
an index of their own, and so have the next best: candidates are taken from the best down, at most two hundred. A question that half the
town answers costs as much as any other, and says "200+"; what it can be narrowed by is counted among those. Sorting by price, age or
distance is exact all the same: when there are more candidates than that, the list is walked in that order instead.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from math import floor, isqrt
from typing import Any, Literal

import msgspec

from highstreet.catalog import words
from highstreet.catalog._walks import WALKS
from highstreet.catalog.shelf import BANDS, Card, quoted
from highstreet.catalog.words import Asked
from highstreet.kit import geo, paging
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed
from highstreet.kit.geo import Point

Sort = Literal["best", "price", "price_down", "new", "near"]
MOST_CANDIDATES = 200
MOST_WALKED = 6000  # cards looked at in the order of a price, before the candidates must do
_CELLS = ((1, 0.005), (2, 0.04), (3, 0.32))  # as the SQL function catalog.cells has them
_MOST_CELLS = 12
_LEAST_CORRECTED = 4  # shorter words resemble too many others
_CODE_LETTERS = 6  # a number or code this long is nobody's common word
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,80}")


class Query(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody looks for. Filters combine by "and"; prices in minor units; `band` is an index into `BANDS`."""

    text: str = ""
    category: str | None = None
    labels: tuple[str, ...] = ()
    format: str | None = None
    seller_id: str | None = None
    band: int | None = None
    price_from: int | None = None
    price_to: int | None = None
    near: Point | None = None
    within_m: int | None = None
    sort: Sort = "best"
    cursor: str | None = None
    most: int = 24
    facets: bool = True


class Facet(msgspec.Struct, frozen=True):
    """How many of the candidates could be kept by one more filter. `name`: a seller's; other names the caller knows."""

    kind: Literal["category", "label", "format", "seller", "band"]
    value: str
    count: int
    name: str | None = None


class Result(msgspec.Struct, frozen=True):
    """A page. `corrected`: the question that was answered when the one asked had words nobody uses. `total` is a least
    number when `more` is true ("200+"). `facets` come with the first page only."""

    cards: list[Card]
    facets: list[Facet]
    next: str | None
    total: int
    more: bool
    corrected: str | None = None

    @property
    def total_at_least(self) -> int:
        return self.total


class _Look(msgspec.Struct, frozen=True):
    """A question ready for the database: all it asks for (each part with " & " behind it), its words in a title, and
    about how many match it, of how many cards."""

    all: str
    title: str
    corrected: str | None
    expected: float
    cards: int


async def search(tx: Tx, query: Query) -> Result:
    """Errors: `Malformed` for a foreign cursor, senseless numbers or a sort by distance from nowhere."""
    check(query)
    look = await _look(tx, query)
    if look is None:
        return Result([], [], None, 0, more=False)
    found = await _candidates(tx, query, look)
    if not found:
        return Result([], [], None, 0, more=False)
    total: int = found[0]["total"]
    facets = _facets(query, found[0])
    if total > MOST_CANDIDATES and query.sort != "best":
        found = await _exactly(tx, query, look) or found
    page = paging.cut(found, query.most, lambda row: [row["rank"], row["offer_id"]])
    return Result(
        [_card(row, query.format) for row in page.rows], facets, page.next, min(total, MOST_CANDIDATES),
        more=total > MOST_CANDIDATES, corrected=look.corrected,
    )  # fmt: skip


def check(query: Query) -> None:
    """Errors: `Malformed` for senseless numbers, names that are none, or a sort by distance from nowhere."""
    if not 1 <= query.most <= 100:
        raise Malformed("most", "must be between 1 and 100", "应在 1 到 100 之间")
    for field, number in (
        ("price_from", query.price_from),
        ("price_to", query.price_to),
        ("within_m", query.within_m),
    ):
        if number is not None and not 0 <= number < 2**60:
            raise Malformed(field, "must not be negative", "不能为负数")
    if query.near is not None and not (-90 <= query.near.lat <= 90 and -180 <= query.near.lon <= 180):
        raise Malformed("near", "is not a point on Earth", "不是有效的位置")
    if query.near is None and (query.sort == "near" or query.within_m is not None):
        raise Malformed("near", "is needed to look nearby", "按距离查找需要位置")
    for name in (query.category, query.format, query.seller_id, *query.labels):
        if name is not None and not _NAME.fullmatch(name):
            raise Malformed("filter", "is not a name of ours", "不是有效的筛选条件")
    if query.band is not None and not 0 <= query.band < len(BANDS):
        raise Malformed("band", "is not one of ours", "不是有效的价格区间")


# --- the words ---


async def _look(tx: Tx, query: Query) -> _Look | None:
    """None when a word is used by nobody and resembles none that is."""
    asked = words.asked(query.text)
    clauses = [quoted(f) for f in filters(query)]
    corrected: str | None = None
    terms: list[list[str]] = []
    expected, cards = 0.0, 0
    if asked:
        known, grown = await _known(tx, asked)
        cards = known.pop("", 0)
        expected = float(cards) / 2 ** len(clauses)
        if any(
            a.spelled and a.token not in known and a.typed not in known and not (a.open and grown)
            for a in asked
        ):
            better = await _corrected(tx, asked, known)
            if better is None:
                return None
            asked, corrected = better
        for one in asked:
            more = grown if one.open and one is asked[-1] else {}
            terms.append(list(dict.fromkeys([one.token, *(words.stem(w) for w in more)])))
            uses = known.get(
                one.token, len(one.token) < _CODE_LETTERS and not one.spelled and MOST_CANDIDATES
            )
            uses += sum(more.values())
            expected *= uses / max(cards, uses, 1)
    either = [" | ".join(quoted(token) for token in term) for term in terms]
    title = " & ".join("(" + " | ".join(quoted(token) for token in term) + ")" for term in terms)
    all_of = "".join(f"{e} & " for e in (*(f"({e})" for e in either), *clauses))
    look = _Look(all_of, title, corrected, expected, cards)
    return msgspec.structs.replace(look, all=_with_cells(look, query))


def _with_cells(look: _Look, query: Query) -> str:
    cells = " | ".join(map(quoted, _near_cells(query)))
    return look.all + (f"({cells}) & " if cells else "")


def filters(query: Query) -> list[str]:
    """What the list is narrowed by, as words of a card."""
    found = ["c:" + query.category] if query.category else []
    found += ["l:" + label for label in query.labels]
    found += ["f:" + query.format] if query.format else []
    found += ["s:" + query.seller_id] if query.seller_id else []
    return found + ([f"p:{query.band}"] if query.band is not None else [])


def _near_cells(query: Query) -> list[str]:
    """The squares that cover the circle, of the smallest size that needs few of them."""
    if query.near is None or query.within_m is None:
        return []
    west, south, east, north = geo.degrees_around(query.near, query.within_m)
    for level, size in _CELLS:
        lats = range(floor(south / size), floor(north / size) + 1)
        lons = range(floor(west / size), floor(east / size) + 1)
        if len(lats) * len(lons) <= _MOST_CELLS:
            return [f"@{level}:{lat}:{lon}" for lat in lats for lon in lons]
    return []


async def _known(tx: Tx, asked: Sequence[Asked]) -> tuple[dict[str, int], dict[str, int]]:
    """Which of the words are used and how often (the empty one: how many cards there are), and what an open last
    word most often becomes."""
    last = asked[-1].typed if asked[-1].open and len(asked[-1].typed) > 1 else None
    found = await tx.fetch(
        "SELECT * FROM catalog.known_words($1, $2)", [w for a in asked for w in (a.token, a.typed)], last
    )
    known = {r["word"]: r["uses"] for r in found if not r["grown"]}
    return known, {r["word"]: r["uses"] for r in found if r["grown"]}


async def _corrected(tx: Tx, asked: Sequence[Asked], known: Container[str]) -> tuple[list[Asked], str] | None:
    """The question with its unknown words replaced by what they resemble, and Chinese pairs nobody uses left out.

    When no pair is left of them, single characters must do: who asks for 雨伞 is shown 油纸伞.
    """
    kept: list[Asked] = []
    lost = "".join(one.typed for one in asked if one.token not in known and not one.typed.isascii())
    if lost and all(one.token not in known for one in asked):
        single = await tx.fetch("SELECT * FROM catalog.known_words($1, NULL)", list(dict.fromkeys(lost)))
        kept = [Asked(c, c) for c in sorted({r["word"] for r in single if r["word"]}, key=lost.index)]
    for one in asked:
        if not one.spelled or one.token in known or one.typed in known:
            kept.append(one)
            continue
        nearest = await _nearest(tx, one.typed)
        if nearest is not None:
            kept.append(Asked(nearest, words.stem(nearest)))
        elif one.typed.isascii():
            return None
    return (kept, _said(kept)) if kept else None


async def _nearest(tx: Tx, typed: str) -> str | None:
    grams = words.grams(typed)
    if not grams or len(typed) < _LEAST_CORRECTED:
        return None
    most = 1 if len(typed) < 6 else 2
    found = await tx.fetch(
        """SELECT word, uses FROM catalog.word
           WHERE grams && $1::text[] AND length(word) BETWEEN $2 AND $3
           ORDER BY (SELECT count(*) FROM unnest(grams) g WHERE g = ANY ($1)) DESC, uses DESC LIMIT 40""",
        grams, len(typed) - most, len(typed) + most,
    )  # fmt: skip
    near = [(words.slips(typed, r["word"], most), -r["uses"], r["word"]) for r in found]
    return min((n for n in near if n[0] <= most), default=(0, 0, None))[2]


def _said(asked: Sequence[Asked]) -> str:
    """The words as a person would write them: neighbouring Chinese pairs joined again."""
    text = ""
    for one in asked:
        if text and not one.typed.isascii() and len(one.typed) == 2 and text[-1] == one.typed[0]:
            text += one.typed[1]
        else:
            text += " " + one.typed
    return text.strip()


# --- the candidates ---


async def _candidates(tx: Tx, query: Query, look: _Look, most: int | None = None) -> list[Any]:
    return list(
        await tx.fetch(
            "SELECT * FROM catalog.best_of($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            look.all, look.title or None, *_within(query), most or MOST_CANDIDATES + 1, query.sort, *after(query),
            query.most + 1, query.facets and not query.cursor and not most,
        )
    )  # fmt: skip


def _within(query: Query) -> tuple[object, ...]:
    near = query.near
    return (
        query.price_from or 0, _price_to(query), near and near.lat, near and near.lon, query.within_m
    )  # fmt: skip


def _price_to(query: Query) -> int:
    return 2**60 if query.price_to is None else query.price_to


def after(query: Query) -> tuple[int | None, str | None]:
    """The rank and the offer a page begins behind. Errors: `Malformed` for a foreign cursor."""
    at = paging.read_cursor(query.cursor, int, str)
    if at is None:
        return None, None
    rank, offer_id = int(at[0]), str(at[1])
    if not (-(2**60) <= rank <= 2**60 and _NAME.fullmatch(offer_id)):
        raise Malformed("cursor", "is not one of ours", "无效的分页游标")
    return rank, offer_id


async def _exactly(tx: Tx, query: Query, look: _Look) -> list[Any] | None:
    """The page in the order asked for, over all that matches; None when it was not filled.

    With more candidates than are taken, the best of them are not the cheapest of all: walk the cards in the order asked
    for. A word so common turns up soon; should it not, the candidates must do. If they are fewer than one would have to
    walk past, all of them are taken.
    """
    if query.sort == "near":
        return await _outwards(tx, query, look)
    # A walk meets one match in so many cards, so this is as many as it would pass by.
    worth = isqrt(look.cards * query.most)
    if look.expected < worth:
        found = await _candidates(tx, query, look, 2 * worth)
        if found and found[0]["total"] < 2 * worth:
            return found
    found = await tx.fetch(
        WALKS[query.sort], look.all, *_within(query), query.most + 1, *after(query), MOST_WALKED
    )
    return list(found) if len(found) > query.most else None


async def _outwards(tx: Tx, query: Query, look: _Look) -> list[Any] | None:
    """The nearest first: circles of twice the size each, until one fills the page."""
    rank, _ = after(query)
    reach = max(200, -2 * (rank or 0))
    while reach < (query.within_m or 100_000):
        ring = msgspec.structs.replace(query, within_m=reach, facets=False)
        found = await _candidates(tx, ring, msgspec.structs.replace(look, all=_with_cells(look, ring)))
        if len(found) > query.most:
            return found
        reach *= 2
    return None


def _card(row: Any, form: str | None) -> Card:
    card = msgspec.json.decode(row["card"], type=Card)
    for way in card.ways:
        if way.format == form:
            card = msgspec.structs.replace(
                card, format=form, offer_id=way.offer_id, price=way.price, ways=[way]
            )
    return card if row["distance_m"] is None else msgspec.structs.replace(card, distance_m=row["distance_m"])


_KINDS: dict[str, Literal["category", "label", "format", "band"]] = {
    "c": "category", "l": "label", "f": "format", "p": "band",
}  # fmt: skip


def _facets(query: Query, first: Any) -> list[Facet]:
    if first["facets"] is None:
        return []
    return facets_of(query, Counter[str](first["facets"].split()), first["sellers"])


def facets_of(
    query: Query, counts: Mapping[str, int], sellers: Iterable[tuple[str, int, str | None]]
) -> list[Facet]:
    """Most frequent first; of the sellers those given, with their names."""
    chosen = set(filters(query))
    found = [Facet(_KINDS[f[0]], f[2:], count) for f, count in counts.items() if f not in chosen]
    found += [Facet("seller", seller, n, name) for seller, n, name in sellers if seller != query.seller_id]
    return sorted(found, key=lambda facet: (-facet.count, facet.value))
