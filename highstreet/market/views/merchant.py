"""What the merchant's desk shows of a seller's orders, and what else waits there. One function per page; one seller's alone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.paging import Page, cut, read_cursor
from highstreet.kit.text import Words
from highstreet.market.views.goods import SupplyRow, like, stock
from highstreet.market.work import Work
from highstreet.orders import NoSuchOrder

# What the seller is waited for to do; everything else waits for somebody else.
SELLERS_TURN = (
    "accept", "prepare", "pickup", "return", "hand_in", "inspect", "wipe", "give_back", "driver", "ride", "buy", "bring",
)  # fmt: skip
# What has its time: it is for today when that has come.
BOOKED = ("visit", "lessons", "out", "back")
TABS: dict[str, tuple[str, ...]] = {
    "todo": SELLERS_TURN,
    "accept": ("accept",),
    "prepare": ("prepare",),
    "pickup": ("pickup",),
    "booked": BOOKED,
    "back": ("return",),
    "away": ("courier", "underway", "confirm", "open", "take", "agree", "rhythm"),
    "group": ("closing",),
    "unpaid": ("payment", "balance"),
}


class OrderRow(msgspec.Struct, frozen=True):
    """An order in a list. `leg` is its first outward movement, `due_at` the deadline of what it waits for."""

    id: str
    number: int
    format: str
    stage: str
    waits: str
    total: int
    currency: str
    placed_at: datetime
    method: str
    due_at: datetime | None
    title: Words
    picture: str | None
    lines: int
    pieces: int
    leg: str | None
    leg_state: str | None
    window_from: datetime | None
    window_to: datetime | None


_ORDER = """SELECT o.id, o.number, o.format, o.stage, o.waits, o.total, o.currency, o.placed_at, p.method,
    (SELECT d.due_at FROM orders.deadline d WHERE d.order_id = o.id AND d.kind = o.waits) AS due_at,
    l.title, l.picture, l.lines, l.pieces, g.kind AS leg, g.state AS leg_state, g.window_from, g.window_to
FROM orders."order" o
JOIN orders.purchase p ON p.id = o.purchase_id
CROSS JOIN LATERAL (
    SELECT (array_agg(n.title ORDER BY n.position))[1] AS title, (array_agg(n.picture ORDER BY n.position))[1] AS picture,
           count(*) AS lines, sum(n.quantity - n.cancelled)::bigint AS pieces
    FROM orders.line n WHERE n.order_id = o.id) l
LEFT JOIN LATERAL (
    SELECT e.kind, e.state, e.window_from, e.window_to FROM logistics.leg e
    WHERE e.order_id = o.id AND e.kind <> 'return' ORDER BY e.n LIMIT 1) g ON true"""


async def waiting(tx: Tx, seller_id: str, until: datetime, most: int = 60) -> list[OrderRow]:
    """Orders that wait for this seller, and those whose time begins before `until`, the most pressing first."""
    return await rows(
        tx,
        OrderRow,
        "SELECT x.* FROM ("
        + _ORDER
        + """ WHERE o.seller_id = $1 AND (o.waits = ANY ($2) OR o.waits = ANY ($3)
                  AND CASE o.waits WHEN 'back' THEN g.window_to ELSE g.window_from END < $4)) x
              ORDER BY least(x.due_at, CASE WHEN x.waits = ANY ($3) THEN x.window_from END) NULLS LAST, x.id LIMIT $5""",
        seller_id,
        list(SELLERS_TURN),
        list(BOOKED),
        until,
        most,
    )


async def orders(
    tx: Tx, seller_id: str, tab: str, number: int | None, text: str, cursor: str | None, most: int = 30
) -> Page[OrderRow]:
    """A seller's orders, newest first: those of a tab (a key of TABS, `ended`, or anything for all), found by number or goods."""
    before = read_cursor(cursor, str)
    found = await rows(
        tx,
        OrderRow,
        _ORDER
        + """ WHERE o.seller_id = $1 AND ($2::text IS NULL OR o.id < $2)
              AND ($3::text[] IS NULL OR o.waits = ANY ($3))
              AND (NOT $4 OR o.stage IN ('done', 'undone') AND o.waits = '')
              AND ($5::bigint IS NULL OR o.number = $5)
              AND ($6 = '' OR EXISTS (SELECT FROM orders.line x WHERE x.order_id = o.id
                   AND (x.title ->> 'en' ILIKE $7 OR x.title ->> 'zh' ILIKE $7)))
              ORDER BY o.id DESC LIMIT $8""",
        seller_id,
        before[0] if before else None,
        list(TABS[tab]) if tab in TABS else None,
        tab == "ended",
        number,
        text,
        like(text),
        most + 1,
    )
    return cut(found, most, lambda one: [one.id])


async def order_counts(tx: Tx, seller_id: str) -> dict[str, int]:
    """How many orders wait for what; nobody's turn is left out."""
    found = await tx.fetch(
        """SELECT waits, count(*) AS orders FROM orders."order" WHERE seller_id = $1 AND waits <> '' GROUP BY 1""",
        seller_id,
    )
    return {r["waits"]: r["orders"] for r in found}


async def licences_held(tx: Tx, seller_id: str, day: date) -> list[str]:
    """The kinds of licence a business or its people hold on a day; 'refund_shop' for one that writes refund forms of tax."""
    found = await tx.fetch(
        """SELECT DISTINCT kind FROM parties.licence WHERE party_id = $1 AND state = 'accepted' AND $2 BETWEEN valid_from AND valid_to
           UNION SELECT 'refund_shop' FROM policy.enrolment
           WHERE seller_id = $1 AND 'refund_shop' = ANY (qualities) AND (ends_at IS NULL OR ends_at::date > $2)""",
        seller_id,
        day,
    )
    return [r["kind"] for r in found]


async def pulse(tx: Tx, seller_id: str) -> str:
    """A mark that changes whenever what waits for this seller changes."""
    found: str | None = await tx.fetchval(
        """SELECT md5(string_agg(id || ' ' || version, ',' ORDER BY id)) FROM orders."order" WHERE seller_id = $1 AND waits = ANY ($2)""",
        seller_id,
        list(SELLERS_TURN),
    )
    return found or ""


class SellersOrder(msgspec.Struct, frozen=True):
    """One order as its seller may see it. `contact` is sealed; `codes` are stock and bar code numbers by variant."""

    work: Work
    purchase_id: str
    buyer_id: str | None
    lang: str
    contact_key: bytes | None
    contact: bytes | None
    place: Words
    seller: str
    codes: dict[str, tuple[str, str | None, dict[str, str]]]


class _Works(msgspec.Struct):
    works: list[Work]


async def order(tx: Tx, seller_id: str, order_id: str) -> SellersOrder:
    """Errors: NoSuchOrder, also for somebody else's."""
    found = await tx.fetchrow(
        """SELECT market.read(ARRAY[o.id], '{}', '{}') AS read, o.purchase_id, o.buyer_id, p.lang, p.contact_key, p.contact,
                  l.name AS place, b.name AS seller
           FROM orders."order" o JOIN orders.purchase p ON p.id = o.purchase_id
           JOIN parties.place l ON l.id = o.place_id JOIN parties.party b ON b.id = o.seller_id
           WHERE o.id = $1 AND o.seller_id = $2""",
        order_id,
        seller_id,
    )
    if found is None:
        raise NoSuchOrder
    work = msgspec.json.decode(found["read"], type=_Works).works[0]
    codes = await tx.fetch(
        "SELECT id, sku, gtin, options FROM catalog.variant WHERE id = ANY ($1)",
        [line.variant_id for line in work.lines],
    )
    return SellersOrder(
        work=work,
        purchase_id=found["purchase_id"],
        buyer_id=found["buyer_id"],
        lang=found["lang"],
        contact_key=found["contact_key"],
        contact=found["contact"],
        place=msgspec.convert(found["place"], Words),
        seller=found["seller"] or "",
        codes={r["id"]: (r["sku"], r["gtin"], r["options"]) for r in codes},
    )


class Pressing(msgspec.Struct, frozen=True):
    """What a shop should look at besides its orders."""

    low: list[SupplyRow]
    low_count: int
    papers: list[tuple[str, str, date]]
    drafts: int
    items: int
    places: int


async def pressing(tx: Tx, seller_id: str, soon: date, today: date) -> Pressing:
    """Goods running out, papers ending before `soon` that nothing newer replaces, and what was begun but is not on sale."""
    low = (await stock(tx, seller_id, "", "", True, None, 6)).rows
    counted: Any = await tx.fetchrow(
        """SELECT (SELECT count(*) FROM inventory.supply s JOIN parties.place l ON l.id = s.place_id
                   WHERE l.party_id = $1 AND s.period IS NULL AND s.total - s.sold - s.held <= s.low
                     AND (s.low > 0 OR EXISTS (SELECT FROM catalog.offer o
                          WHERE o.variant_id = s.variant_id AND o.place_id = s.place_id AND o.state = 'open'))) AS low_count,
                  (SELECT count(*) FROM catalog.offer WHERE seller_id = $1 AND state = 'draft') AS drafts,
                  (SELECT count(*) FROM catalog.item WHERE owner_id = $1 AND retired_at IS NULL) AS items,
                  (SELECT count(*) FROM parties.place WHERE party_id = $1 AND closed_at IS NULL) AS places""",
        seller_id,
    )
    papers = await tx.fetch(
        """SELECT kind, state, max(valid_to) AS until FROM parties.licence a WHERE party_id = $1 AND (
               state = 'refused' OR (state = 'accepted' AND valid_to < $2)) AND NOT EXISTS (
               SELECT FROM parties.licence b WHERE b.party_id = $1 AND b.kind = a.kind AND b.state IN ('shown', 'accepted')
                 AND b.valid_to >= $2) AND valid_to >= $3::date - 60 GROUP BY kind, state ORDER BY until""",
        seller_id,
        soon,
        today,
    )
    return Pressing(
        low=low,
        low_count=counted["low_count"],
        papers=[(r["kind"], r["state"], r["until"]) for r in papers],
        drafts=counted["drafts"],
        items=counted["items"],
        places=counted["places"],
    )
