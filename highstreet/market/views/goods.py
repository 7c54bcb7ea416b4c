"""What the merchant's desk shows of goods, offers and stock. One function per page; everything of one seller alone."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import NotFound
from highstreet.kit.paging import Page, cut, read_cursor
from highstreet.kit.text import Words


class ItemRow(msgspec.Struct, frozen=True):
    """An item in the list of goods. `free`: what can be promised at all places together; None: no stock is kept."""

    id: str
    category_id: str
    title: Words
    brand: str | None
    labels: list[str]
    picture: str | None
    variants: int
    sku: str
    open_offers: int
    price: int | None
    price_to: int | None
    currency: str | None
    free: int | None
    retired_at: datetime | None


async def goods(
    tx: Tx, owner_id: str, text: str, kind: str, show: str, cursor: str | None, most: int = 40
) -> Page[ItemRow]:
    """What a seller described, newest first. `show`: `all`, `unsold` (no open offer) or `retired`; `kind`: a category or above."""
    before = read_cursor(cursor, str)
    found = await rows(
        tx,
        ItemRow,
        """SELECT i.id, i.category_id, i.title, i.brand, i.labels, i.retired_at, v.variants, v.sku,
               (SELECT p.file FROM catalog.picture p WHERE p.item_id = i.id ORDER BY p.position LIMIT 1) AS picture,
               o.open_offers, o.price, o.price_to, o.currency, s.free
           FROM catalog.item i
           CROSS JOIN LATERAL (SELECT count(*) AS variants, coalesce(min(x.sku), '') AS sku FROM catalog.variant x WHERE x.item_id = i.id) v
           CROSS JOIN LATERAL (SELECT count(*) AS open_offers, min(x.price) AS price, max(x.price) AS price_to,
                                   min(x.currency)::text AS currency
               FROM catalog.offer x WHERE x.item_id = i.id AND x.seller_id = $1 AND x.state = 'open') o
           CROSS JOIN LATERAL (SELECT sum(y.total - y.sold - y.held)::bigint AS free FROM catalog.variant x
               JOIN inventory.supply y ON y.variant_id = x.id AND y.period IS NULL JOIN parties.place z ON z.id = y.place_id
               WHERE x.item_id = i.id AND z.party_id = $1) s
           WHERE i.owner_id = $1 AND ($2::text IS NULL OR i.id < $2)
             AND (i.retired_at IS NULL) = ($3 <> 'retired') AND ($3 <> 'unsold' OR o.open_offers = 0)
             AND ($4 = '' OR i.category_id = $4 OR starts_with(i.category_id, $4 || '.'))
             AND ($5 = '' OR i.title ->> 'en' ILIKE $6 OR i.title ->> 'zh' ILIKE $6 OR i.brand ILIKE $6
                  OR EXISTS (SELECT FROM catalog.variant x WHERE x.item_id = i.id
                             AND (x.sku ILIKE $6 OR ltrim(x.gtin, '0') = ltrim($5, '0'))))
           ORDER BY i.id DESC LIMIT $7""",
        owner_id,
        before[0] if before else None,
        show,
        kind,
        text,
        like(text),
        most + 1,
    )
    return cut(found, most, lambda one: [one.id])


class SupplyRow(msgspec.Struct, frozen=True):
    """Stock of a variant at a place; on the shelf: total - sold."""

    id: int
    variant_id: str
    item_id: str
    place_id: str
    place: Words
    title: Words
    options: dict[str, str]
    sku: str
    gtin: str | None
    unit: str
    picture: str | None
    total: int
    held: int
    sold: int
    low: int
    offered: bool
    retired: bool

    @property
    def on_hand(self) -> int:
        return self.total - self.sold

    @property
    def free(self) -> int:
        return self.total - self.sold - self.held

    @property
    def is_low(self) -> bool:
        return self.free <= self.low and (self.low > 0 or self.offered)


_SUPPLY = """SELECT s.id, s.variant_id, v.item_id, s.place_id, l.name AS place, i.title, v.options, v.sku, v.gtin, v.unit,
    (SELECT p.file FROM catalog.picture p WHERE p.item_id = i.id ORDER BY p.position LIMIT 1) AS picture,
    s.total, s.held, s.sold, s.low, i.retired_at IS NOT NULL AS retired,
    EXISTS (SELECT FROM catalog.offer o WHERE o.variant_id = v.id AND o.place_id = s.place_id AND o.state = 'open') AS offered
FROM inventory.supply s
JOIN parties.place l ON l.id = s.place_id
JOIN catalog.variant v ON v.id = s.variant_id
JOIN catalog.item i ON i.id = v.item_id"""


async def stock(
    tx: Tx, seller_id: str, place_id: str, text: str, low: bool, cursor: str | None, most: int = 50
) -> Page[SupplyRow]:
    """The stock of a seller's place (or of all of them), newest goods first; `low`: only what is running out."""
    before = read_cursor(cursor, int)
    found = await rows(
        tx,
        SupplyRow,
        _SUPPLY
        + """ WHERE l.party_id = $1 AND s.period IS NULL AND ($2 = '' OR s.place_id = $2) AND ($3::bigint IS NULL OR s.id < $3)
              AND ($4 = '' OR i.title ->> 'en' ILIKE $5 OR i.title ->> 'zh' ILIKE $5
                   OR v.sku ILIKE $5 OR ltrim(v.gtin, '0') = ltrim($4, '0'))
              AND (i.retired_at IS NULL OR s.total - s.sold > 0)
              AND (NOT $6 OR s.total - s.sold - s.held <= s.low AND (s.low > 0 OR EXISTS (
                   SELECT FROM catalog.offer o WHERE o.variant_id = v.id AND o.place_id = s.place_id AND o.state = 'open')))
              ORDER BY s.id DESC LIMIT $7""",
        seller_id,
        place_id,
        before[0] if before else None,
        text,
        like(text),
        low,
        most + 1,
    )
    return cut(found, most, lambda one: [one.id])


async def supply(tx: Tx, seller_id: str, supply_id: int) -> SupplyRow:
    """Errors: NotFound, also for somebody else's."""
    found = await row_or_none(
        tx,
        SupplyRow,
        _SUPPLY + " WHERE s.id = $1 AND l.party_id = $2 AND s.period IS NULL",
        supply_id,
        seller_id,
    )
    if found is None:
        raise NotFound("stock")
    return found


class VariantRow(msgspec.Struct, frozen=True):
    """A variant somebody may put on a shelf or offer."""

    id: str
    item_id: str
    title: Words
    options: dict[str, str]
    sku: str
    gtin: str | None
    unit: str
    picture: str | None


async def variants(
    tx: Tx, owner_id: str, text: str = "", variant_id: str = "", most: int = 200
) -> list[VariantRow]:
    """The variants a seller described and did not retire: by bar code or stock number first, then by title."""
    return await rows(
        tx,
        VariantRow,
        """SELECT v.id, v.item_id, i.title, v.options, v.sku, v.gtin, v.unit,
               (SELECT p.file FROM catalog.picture p WHERE p.item_id = i.id ORDER BY p.position LIMIT 1) AS picture
           FROM catalog.variant v JOIN catalog.item i ON i.id = v.item_id
           WHERE i.owner_id = $1 AND i.retired_at IS NULL AND ($4 = '' OR v.id = $4)
             AND ($2 = '' OR v.sku ILIKE $3 OR ltrim(v.gtin, '0') = ltrim($2, '0')
                  OR i.title ->> 'en' ILIKE $3 OR i.title ->> 'zh' ILIKE $3)
           ORDER BY (ltrim(v.gtin, '0') = ltrim($2, '0')) DESC NULLS LAST, (v.sku = $2) DESC, i.id DESC, v.id LIMIT $5""",
        owner_id,
        text,
        like(text),
        variant_id,
        most,
    )


class Movement(msgspec.Struct, frozen=True):
    """One change of what is on the shelf. `sold` and `returned` are an order's doing; `about` then is the order."""

    at: datetime
    kind: str
    quantity: int
    by: str
    note: str


async def movements(tx: Tx, supply_id: int, most: int = 100) -> list[Movement]:
    """What came to a shelf and left it, the latest first."""
    return await rows(
        tx,
        Movement,
        """SELECT m.at, m.kind, m.quantity, m.by, m.note FROM inventory.movement m WHERE m.supply_id = $1
           ORDER BY m.id DESC LIMIT $2""",
        supply_id,
        most,
    )


async def stock_of_item(tx: Tx, seller_id: str, item_id: str) -> list[SupplyRow]:
    """Where an item lies."""
    return await rows(
        tx,
        SupplyRow,
        _SUPPLY + " WHERE v.item_id = $2 AND l.party_id = $1 AND s.period IS NULL ORDER BY s.id",
        seller_id,
        item_id,
    )


class OfferRow(msgspec.Struct, frozen=True):
    """An offer in a list. `free`: what can be promised of it; None: no stock is kept."""

    id: str
    item_id: str
    variant_id: str
    title: Words
    options: dict[str, str]
    sku: str
    picture: str | None
    place_id: str
    place: Words
    format: str
    price: int
    currency: str
    state: str
    free: int | None
    listed: int


_OFFER = """SELECT o.id, o.item_id, o.variant_id, i.title, v.options, v.sku, o.place_id, l.name AS place, o.format, o.price,
    o.currency::text AS currency, o.state,
    (SELECT p.file FROM catalog.picture p WHERE p.item_id = i.id ORDER BY p.position LIMIT 1) AS picture,
    (SELECT s.total - s.sold - s.held FROM inventory.supply s
     WHERE s.variant_id = o.variant_id AND s.place_id = o.place_id AND s.period IS NULL) AS free,
    (SELECT count(*) FROM pricing.price r WHERE r.offer_id = o.id) AS listed
FROM catalog.offer o
JOIN catalog.item i ON i.id = o.item_id
JOIN catalog.variant v ON v.id = o.variant_id
JOIN parties.place l ON l.id = o.place_id"""


async def offers(
    tx: Tx, seller_id: str, state: str, text: str, cursor: str | None, most: int = 40
) -> Page[OfferRow]:
    """A seller's offers, newest first; `state` empty: all but the closed ones."""
    before = read_cursor(cursor, str)
    found = await rows(
        tx,
        OfferRow,
        _OFFER
        + """ WHERE o.seller_id = $1 AND ($2::text IS NULL OR o.id < $2) AND ($3 = '' AND o.state <> 'closed' OR o.state = $3)
              AND ($4 = '' OR i.title ->> 'en' ILIKE $5 OR i.title ->> 'zh' ILIKE $5
                   OR v.sku ILIKE $5 OR ltrim(v.gtin, '0') = ltrim($4, '0'))
              ORDER BY o.id DESC LIMIT $6""",
        seller_id,
        before[0] if before else None,
        state,
        text,
        like(text),
        most + 1,
    )
    return cut(found, most, lambda one: [one.id])


async def offers_of_item(tx: Tx, seller_id: str, item_id: str) -> list[OfferRow]:
    """The offers a seller makes of an item, open ones first; closed ones are left out."""
    return await rows(
        tx,
        OfferRow,
        _OFFER
        + " WHERE o.seller_id = $1 AND o.item_id = $2 AND o.state <> 'closed' ORDER BY o.state = 'open' DESC, o.id",
        seller_id,
        item_id,
    )


async def offer_counts(tx: Tx, seller_id: str) -> dict[str, int]:
    """How many offers are in which state."""
    found = await tx.fetch(
        "SELECT state, count(*) AS offers FROM catalog.offer WHERE seller_id = $1 GROUP BY 1", seller_id
    )
    return {r["state"]: r["offers"] for r in found}


def like(text: str) -> str:
    """A pattern that finds the text anywhere; what is special in patterns means itself."""
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
