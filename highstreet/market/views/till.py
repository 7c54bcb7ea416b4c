"""What a till shows: the goods of a place, orders to hand over, an order to return, the drawer. One business and place alone."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, row, row_or_none, rows
from highstreet.kit.text import Words
from highstreet.market.work import Work
from highstreet.orders import NoSuchOrder


class Ware(msgspec.Struct, frozen=True):
    """An open offer of a place as a till lists it. free: None where nothing is counted; sold: how often lately, for the tiles."""

    offer: str
    format: str
    variant: str
    supply: int | None
    sku: str
    gtin: str | None
    title: dict[str, str]
    options: dict[str, str]
    unit: str
    picture: str | None
    most: int | None
    free: int | None
    sold: int


async def wares(tx: Tx, seller_id: str, place_id: str, formats: list[str], most: int = 6000) -> list[Ware]:
    """What is sold at a place under these formats, what sold most first."""
    return await rows(
        tx,
        Ware,
        """SELECT o.id AS offer, o.format, o.variant_id AS variant, s.id AS supply, v.sku, v.gtin, i.title, v.options, v.unit,
                  o.most_per_order AS most,
                  (SELECT c.file FROM catalog.picture c WHERE c.item_id = o.item_id ORDER BY c.position LIMIT 1) AS picture,
                  CASE WHEN i.sells = 'goods' THEN coalesce(s.total - s.sold - s.held, 0) END AS free, coalesce(s.sold, 0) AS sold
           FROM catalog.offer o
           JOIN catalog.item i ON i.id = o.item_id
           JOIN catalog.variant v ON v.id = o.variant_id
           LEFT JOIN inventory.supply s ON s.variant_id = o.variant_id AND s.place_id = o.place_id AND s.period IS NULL
           WHERE o.seller_id = $1 AND o.place_id = $2 AND o.state = 'open' AND i.retired_at IS NULL AND o.format = ANY ($3)
           ORDER BY coalesce(s.sold, 0) DESC, o.id LIMIT $4""",
        seller_id,
        place_id,
        formats,
        most,
    )


class Pickup(msgspec.Struct, frozen=True):
    """An order that waits to be fetched at a place."""

    order: str
    leg: str
    number: int
    tries: int
    code_until: datetime | None
    ready: bool
    total: int
    currency: str
    paid: bool
    title: Words
    pieces: int
    placed_at: datetime


async def pickups(tx: Tx, place_id: str, most: int = 500) -> list[Pickup]:
    """Orders to be handed over here, those that are ready first."""
    return await rows(
        tx,
        Pickup,
        """SELECT o.id AS order, g.id AS leg, o.number, g.tries, g.code_until, g.state = 'ready' AS ready, o.total, o.currency,
                  EXISTS (SELECT FROM kit.fact f WHERE f.subject = o.id AND f.kind = 'order.paid') AS paid,
                  l.title, l.pieces, o.placed_at
           FROM logistics.leg g JOIN orders."order" o ON o.id = g.order_id
           CROSS JOIN LATERAL (SELECT (array_agg(n.title ORDER BY n.position))[1] AS title,
                                      sum(n.quantity - n.cancelled)::bigint AS pieces FROM orders.line n WHERE n.order_id = o.id) l
           WHERE g.place_id = $1 AND g.kind IN ('pickup', 'handover') AND g.state IN ('planned', 'ready') AND o.stage = 'committed'
           ORDER BY g.state = 'ready' DESC, o.id LIMIT $2""",
        place_id,
        most,
    )


class _Works(msgspec.Struct):
    works: list[Work]


async def order(tx: Tx, seller_id: str, *, number: int | None = None, order_id: str = "") -> Work:
    """An order of this seller, by its number or id. Errors: NoSuchOrder, also for somebody else's."""
    read = await tx.fetchval(
        """SELECT market.read(ARRAY[o.id], '{}', '{}') FROM orders."order" o
           WHERE o.seller_id = $1 AND (o.id = $3 OR o.number = $2)""",
        seller_id,
        number,
        order_id,
    )
    if read is None:
        raise NoSuchOrder
    return msgspec.json.decode(read, type=_Works).works[0]


async def supply_of(tx: Tx, seller_id: str, place_id: str, offer_id: str) -> Ware | None:
    """One offer of a place, open or not: for goods that come back without a receipt."""
    return await row_or_none(
        tx,
        Ware,
        """SELECT o.id AS offer, o.format, o.variant_id AS variant, s.id AS supply, v.sku, v.gtin, i.title, v.options, v.unit,
                  NULL AS picture, o.most_per_order AS most, s.total - s.sold - s.held AS free, coalesce(s.sold, 0) AS sold
           FROM catalog.offer o JOIN catalog.item i ON i.id = o.item_id JOIN catalog.variant v ON v.id = o.variant_id
           LEFT JOIN inventory.supply s ON s.variant_id = o.variant_id AND s.place_id = o.place_id AND s.period IS NULL
           WHERE o.seller_id = $1 AND o.place_id = $2 AND o.id = $3""",
        seller_id,
        place_id,
        offer_id,
    )


class Drawer(msgspec.Struct, frozen=True):
    """The cash that should lie in a place's drawer, and what came and went since it was last counted, in minor units."""

    booked: int
    sales: int
    returns: int
    sold: int
    closed_at: datetime | None
    left: int


async def drawer(tx: Tx, seller_id: str, place_id: str, currency: str) -> Drawer:
    """From every transfer of cash at this place; the books are the drawer."""
    return await row(
        tx,
        Drawer,
        """WITH me AS (SELECT id FROM ledger.account WHERE kind = 'till' AND party_id = $1 AND currency = $3),
           closed AS (SELECT at, (body ->> 'left')::bigint AS rest FROM kit.fact
                      WHERE subject = $2 AND kind = 'till.closed' ORDER BY id DESC LIMIT 1),
           moved AS (
               SELECT t.amount AS cash, t.at, t.order_id, t.about FROM me JOIN ledger.transfer t ON t.from_id = me.id
               UNION ALL SELECT -t.amount, t.at, t.order_id, t.about FROM me JOIN ledger.transfer t ON t.to_id = me.id),
           here AS (SELECT m.cash, m.at, m.order_id FROM moved m LEFT JOIN orders."order" o ON o.id = m.order_id
                    WHERE coalesce(o.place_id, m.about) = $2),
           since AS (SELECT h.cash, h.order_id FROM here h WHERE h.at > coalesce((SELECT at FROM closed), '-infinity'))
           SELECT coalesce((SELECT sum(cash) FROM here), 0)::bigint AS booked,
                  coalesce((SELECT sum(cash) FROM since WHERE cash > 0), 0)::bigint AS sales,
                  coalesce((SELECT sum(cash) FROM since WHERE cash < 0), 0)::bigint AS returns,
                  (SELECT count(DISTINCT order_id) FROM since WHERE cash > 0) AS sold,
                  coalesce((SELECT rest FROM closed), 0) AS "left", (SELECT at FROM closed) AS closed_at""",
        seller_id,
        place_id,
        currency,
    )


class Closing(msgspec.Struct, frozen=True):
    """One counting of the drawer, in minor units."""

    at: datetime
    by: str
    booked: int
    counted: int
    difference: int
    taken: int
    left: int


async def closings(tx: Tx, place_id: str, most: int = 10) -> list[Closing]:
    """The last times the drawer was counted, the latest first."""
    return await rows(
        tx,
        Closing,
        """SELECT f.at, f.by, (f.body ->> 'booked')::bigint AS booked, (f.body ->> 'counted')::bigint AS counted,
                  (f.body ->> 'difference')::bigint AS difference, (f.body ->> 'taken')::bigint AS taken,
                  (f.body ->> 'left')::bigint AS "left"
           FROM kit.fact f WHERE f.subject = $1 AND f.kind = 'till.closed' ORDER BY f.id DESC LIMIT $2""",
        place_id,
        most,
    )
