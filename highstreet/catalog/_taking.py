"""Writing many rows of a spreadsheet at once: items, variants and offers, a thousand to a statement."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from highstreet.catalog.categories import Categories
from highstreet.catalog.errors import OfferNotYours
from highstreet.catalog.shelf import refresh_items
from highstreet.kit.db import Tx
from highstreet.kit.ids import new_id
from highstreet.kit.text import Words

_CHUNK = 1000


class TakenRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row that holds. Rows of one `group` are variants of one item; an empty group is an item of its own."""

    n: int
    title: Words
    category_id: str
    sku: str
    price: int
    about: Words = Words()
    stock: int = 0
    gtin: str | None = None
    brand: str = ""
    group: str = ""
    options: dict[str, str] = {}
    unit: str = "piece"
    step: int = 1
    weight_g: int = 0
    labels: list[str] = []
    attributes: dict[str, str] = {}


class Received(msgspec.Struct, frozen=True):
    """What a row says lies in stock."""

    variant_id: str
    place_id: str
    quantity: int


class Taken(msgspec.Struct, frozen=True):
    """What a sheet made: new items, variants and offers; variants known before; offers left as drafts for want of a licence."""

    items: int
    variants: int
    offers: int
    known: int
    drafts: int
    stock: list[Received]


class _Listing(msgspec.Struct):
    """A row on its way: the variant it is, and whether that was there before."""

    row: TakenRow
    item_id: str
    variant_id: str
    known: bool


async def take_rows(
    tx: Tx,
    rows: Sequence[TakenRow],
    *,
    seller_id: str,
    place_id: str,
    formats: Sequence[str],
    currency: str,
    licences: Container[str],
    known: Categories,
    now: datetime,
    tax: str,
    terms: Mapping[str, Mapping[str, object]],
) -> Taken:
    """Errors: `OfferNotYours` for a place of somebody else."""
    place = await tx.fetchrow("SELECT party_id, closed_at FROM parties.place WHERE id = $1", place_id)
    if place is None or place["party_id"] != seller_id or place["closed_at"] is not None:
        raise OfferNotYours
    # Two tables of one seller are taken one after the other, or both would list a new stock number.
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('intake ' || $1, 0))", seller_id)
    listings, items = await _listings(tx, rows, seller_id, now)
    await tx.execute(
        "SELECT FROM catalog.item WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
        [listing.item_id for listing in listings],
    )
    await _insert(tx, _ITEMS, [_item(listing, seller_id, known) for listing in items], now)
    await _insert(tx, _VARIANTS, [_variant(listing) for listing in listings if not listing.known], now)
    offers, drafts = 0, 0
    for format_ in formats:
        made, left = await _offer(
            tx, listings, seller_id, place_id, format_, currency, licences, known, now, tax, terms
        )
        offers, drafts = offers + made, drafts + left
    await refresh_items(tx, list(dict.fromkeys(listing.item_id for listing in listings)))
    return Taken(
        items=len(items), variants=sum(not listing.known for listing in listings), offers=offers,
        known=sum(listing.known for listing in listings), drafts=drafts,
        stock=[Received(li.variant_id, place_id, li.row.stock) for li in listings if li.row.stock],
    )  # fmt: skip


async def _listings(
    tx: Tx, rows: Sequence[TakenRow], seller_id: str, now: datetime
) -> tuple[list[_Listing], list[_Listing]]:
    """Each row with its variant, and those rows that make a new item."""
    found = await tx.fetch(
        """SELECT DISTINCT ON (v.sku) v.sku, v.id, v.item_id FROM catalog.variant v JOIN catalog.item i ON i.id = v.item_id
           WHERE i.owner_id = $1 AND i.retired_at IS NULL AND v.sku = ANY ($2) ORDER BY v.sku, v.id DESC""",
        seller_id, [row.sku for row in rows],
    )  # fmt: skip
    there: dict[str, tuple[str, str]] = {r["sku"]: (r["item_id"], r["id"]) for r in found}
    # A group one of whose rows is known already is the item of that row.
    of_group = {row.group: there[row.sku][0] for row in rows if row.group and row.sku in there}
    listings: list[_Listing] = []
    items: list[_Listing] = []
    for row in rows:
        if row.sku in there:
            item_id, variant_id = there[row.sku]
            listings.append(_Listing(row, item_id, variant_id, known=True))
            continue
        listing = _Listing(row, of_group.get(row.group, ""), new_id("var", now), known=False)
        if not listing.item_id:
            listing.item_id = new_id("itm", now)
            items.append(listing)
            if row.group:
                of_group[row.group] = listing.item_id
        listings.append(listing)
    return listings, items


_ITEMS = """INSERT INTO catalog.item (id, owner_id, category_id, sells, title, about, brand, attributes, labels, no_return,
    created_at)
SELECT r.id, r.owner_id, r.category_id, r.sells, r.title, r.about, r.brand, r.attributes, r.labels, r.no_return, $2
FROM jsonb_to_recordset($1::jsonb) AS r (id text, owner_id text, category_id text, sells text, title jsonb, about jsonb, brand text,
    attributes jsonb, labels text[], no_return text)"""
_VARIANTS = """INSERT INTO catalog.variant (id, item_id, sku, gtin, options, unit, step, weight_g)
SELECT r.id, r.item_id, r.sku, r.gtin, r.options, r.unit, r.step, r.weight_g
FROM jsonb_to_recordset($1::jsonb) AS r (id text, item_id text, sku text, gtin text, options jsonb, unit text, step bigint,
    weight_g bigint) WHERE $2::timestamptz IS NOT NULL"""
_CHANGED = """UPDATE catalog.offer o SET price = r.price, changed_at = $2
FROM jsonb_to_recordset($1::jsonb) AS r (id text, price bigint) WHERE o.id = r.id AND o.price <> r.price"""
_OFFERS = """INSERT INTO catalog.offer (id, seller_id, item_id, variant_id, place_id, format, currency, price, tax, terms, state,
    opened_at, changed_at)
SELECT r.id, r.seller_id, r.item_id, r.variant_id, r.place_id, r.format, r.currency, r.price, r.tax, r.terms, r.state,
    CASE WHEN r.state = 'open' THEN $2::timestamptz END, $2
FROM jsonb_to_recordset($1::jsonb) AS r (id text, seller_id text, item_id text, variant_id text, place_id text, format text,
    currency text, price bigint, tax text, terms jsonb, state text)"""


async def _insert(tx: Tx, sql: str, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    for start in range(0, len(rows), _CHUNK):
        await tx.execute(sql, rows[start : start + _CHUNK], now)


def _item(listing: _Listing, owner_id: str, known: Categories) -> dict[str, Any]:
    row, path = listing.row, known.path(listing.row.category_id)
    return {
        "id": listing.item_id, "owner_id": owner_id, "category_id": row.category_id, "sells": _sells(path[0].id, row.category_id),
        "title": row.title, "about": row.about, "brand": row.brand or None, "attributes": row.attributes,
        "labels": row.labels, "no_return": known.no_return(row.category_id),
    }  # fmt: skip


def _sells(top: str, category_id: str) -> str:
    """What kind of thing a kind is: sheets are for goods, but nobody stops a shop from listing its repairs."""
    if category_id == "media.digital":
        return "digital"
    return {"services": "service", "lend": "use"}.get(top, "service" if category_id in _VISITS else "goods")


_VISITS = frozenset({"health.clinic", "meals.table"})


def _variant(listing: _Listing) -> dict[str, Any]:
    row = listing.row
    return {
        "id": listing.variant_id, "item_id": listing.item_id, "sku": row.sku, "gtin": row.gtin, "options": row.options,
        "unit": row.unit, "step": row.step, "weight_g": row.weight_g,
    }  # fmt: skip


async def _offer(
    tx: Tx, listings: Sequence[_Listing], seller_id: str, place_id: str, format_: str, currency: str, licences: Container[str],
    known: Categories, now: datetime, tax: str, terms: Mapping[str, Mapping[str, object]],
) -> tuple[int, int]:  # fmt: skip
    """New offers and changed prices in one format; how many were made, and how many of these stay drafts."""
    found = await tx.fetch(
        """SELECT id, variant_id FROM catalog.offer WHERE seller_id = $1 AND place_id = $2 AND format = $3 AND currency = $4
           AND state <> 'closed' AND variant_id = ANY ($5)""",
        seller_id, place_id, format_, currency, [li.variant_id for li in listings if li.known],
    )  # fmt: skip
    there: dict[str, str] = {r["variant_id"]: r["id"] for r in found}
    changed = [
        {"id": there[li.variant_id], "price": li.row.price} for li in listings if li.variant_id in there
    ]
    made = [
        {
            "id": new_id("ofr", now), "seller_id": seller_id, "item_id": li.item_id, "variant_id": li.variant_id,
            "place_id": place_id, "format": format_, "currency": currency, "price": li.row.price, "tax": tax,
            "terms": dict(terms.get(format_, {})),
            "state": "open" if (known.licence(li.row.category_id) or "") in licences or not known.licence(li.row.category_id)
            else "draft",
        }
        for li in listings if li.variant_id not in there
    ]  # fmt: skip
    await _insert(tx, _CHANGED, changed, now)
    await _insert(tx, _OFFERS, made, now)
    return len(made), sum(offer["state"] == "draft" for offer in made)
