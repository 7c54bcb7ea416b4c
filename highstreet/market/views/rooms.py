"""What a live room shows: its drops with what is left of them, what they brought in, and how many look."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.text import Words
from highstreet.market.format import Format

SEEN_FOR = timedelta(seconds=45)


class DropSeen(msgspec.Struct, frozen=True):
    """A drop with its offer. left: units one can still take; held: set aside for somebody who has not paid yet; taken: paid for.

    most: per order, when the offer says so. sellable: its offer is open, its shop too.
    """

    id: str
    offer_id: str
    title: Words
    picture: str | None
    price: int
    currency: str
    unit: str
    units: int
    opens_at: datetime | None
    state: str
    left: int
    held: int
    taken: int
    most: int | None
    sellable: bool


class Brought(msgspec.Struct, frozen=True):
    """What a drop has brought in so far: orders and units of them that stand, the sum of their prices, what still waits to be paid for, and
    what the host gets of it when everything is kept."""

    drop_id: str
    orders: int
    units: int
    paid: int
    waiting: int
    lapsed: int
    commission: int


class CameIn(msgspec.Struct, frozen=True):
    """An order of a drop, without its buyer."""

    id: str
    number: int
    drop_id: str
    title: Words
    quantity: int
    paid: int
    currency: str
    stage: str
    waits: str
    at: datetime


class Choice(msgspec.Struct, frozen=True):
    """An offer that can be shown in a room; free: units in stock."""

    id: str
    title: Words
    price: int
    currency: str
    free: int


class Shop(msgspec.Struct, frozen=True):
    """Who sells in a room: the name over the door, and the business licence it showed, if it did."""

    id: str
    name: Words
    picture: str | None
    licence: str | None
    licences: list[str]


async def drops(tx: Tx, room_id: str) -> list[DropSeen]:
    """A room's drops in their order."""
    return await rows(
        tx,
        DropSeen,
        """SELECT d.id, d.offer_id, o.title, o.picture, o.price, o.currency, o.unit, d.units, d.opens_at, d.state,
                  CASE WHEN d.state = 'closed' THEN 0
                       ELSE greatest(0, least(coalesce(u.total - u.held - u.sold, d.units),
                                              coalesce(s.total - s.held - s.sold, 0))) END AS left,
                  coalesce(w.held, 0)::bigint AS held, coalesce(w.taken, 0)::bigint AS taken, o.most_per_order AS most, o.sellable
           FROM catalog.room_drop d JOIN catalog.offered o ON o.id = d.offer_id
           LEFT JOIN inventory.supply u ON u.id = d.supply_id
           LEFT JOIN inventory.supply s ON s.variant_id = o.variant_id AND s.place_id = o.place_id AND s.period IS NULL
           LEFT JOIN LATERAL (SELECT sum(h.quantity) FILTER (WHERE r.waits = 'payment') AS held,
                                     sum(h.quantity) FILTER (WHERE r.waits <> 'payment') AS taken
                              FROM inventory.hold h JOIN orders."order" r ON r.id = h.order_id AND r.stage <> 'undone'
                              WHERE h.target_id = d.supply_id AND h.kind = 'supply') w ON true
           WHERE d.room_id = $1 ORDER BY d.position""",
        room_id,
    )


async def brought(tx: Tx, room_id: str) -> dict[str, Brought]:
    """By drop, what it brought in. The commission is of what was paid for what was not called off or sent back."""
    found = await rows(
        tx,
        Brought,
        """SELECT d.id AS drop_id, count(x.stands) FILTER (WHERE x.stands) AS orders,
                  coalesce(sum(x.units) FILTER (WHERE x.stands), 0)::bigint AS units,
                  coalesce(sum(x.kept) FILTER (WHERE x.stands), 0)::bigint AS paid,
                  coalesce(sum(x.kept) FILTER (WHERE x.waits), 0)::bigint AS waiting,
                  count(x.stands) FILTER (WHERE NOT x.stands AND NOT x.waits) AS lapsed,
                  coalesce(sum(x.kept * x.bps / 10000) FILTER (WHERE x.stands), 0)::bigint AS commission
           FROM catalog.room_drop d LEFT JOIN LATERAL (
               SELECT r.stage <> 'undone' AND r.waits <> 'payment' AS stands, r.stage <> 'undone' AND r.waits = 'payment' AS waits,
                      l.quantity - l.cancelled - l.returned AS units,
                      l.paid * (l.quantity - l.cancelled - l.returned) / l.quantity AS kept,
                      (SELECT coalesce(sum((c ->> 'bps')::bigint), 0) FROM jsonb_array_elements(l.cuts) c
                       WHERE c ->> 'role' = 'host') AS bps
               FROM inventory.hold h JOIN orders."order" r ON r.id = h.order_id
               JOIN orders.line l ON l.order_id = r.id AND l.offer_id = d.offer_id
               WHERE h.target_id = d.supply_id AND h.kind = 'supply') x ON true
           WHERE d.room_id = $1 GROUP BY d.id""",
        room_id,
    )
    return {one.drop_id: one for one in found}


async def came_in(tx: Tx, room_id: str, most: int = 12) -> list[CameIn]:
    """The latest orders of a room."""
    return await rows(
        tx,
        CameIn,
        """SELECT r.id, r.number, d.id AS drop_id, l.title, l.quantity, l.paid, r.currency, r.stage, r.waits, r.placed_at AS at
           FROM catalog.room_drop d JOIN inventory.hold h ON h.target_id = d.supply_id AND h.kind = 'supply'
           JOIN orders."order" r ON r.id = h.order_id JOIN orders.line l ON l.order_id = r.id AND l.offer_id = d.offer_id
           WHERE d.room_id = $1 ORDER BY r.placed_at DESC, r.id DESC LIMIT $2""",
        room_id,
        most,
    )


async def to_show(tx: Tx, seller_id: str, ways: list[Format], room_id: str) -> list[Choice]:
    """What a seller could still show in a room: their offers sold in these ways that are not in it."""
    return await rows(
        tx,
        Choice,
        """SELECT o.id, o.title, o.price, o.currency, coalesce(s.total - s.held - s.sold, 0)::bigint AS free
           FROM catalog.offered o
           LEFT JOIN inventory.supply s ON s.variant_id = o.variant_id AND s.place_id = o.place_id AND s.period IS NULL
           WHERE o.seller_id = $1 AND o.format = ANY ($2) AND o.state <> 'closed' AND NOT EXISTS (
               SELECT FROM catalog.room_drop d WHERE d.room_id = $3 AND d.offer_id = o.id AND d.state <> 'closed')
           ORDER BY o.id DESC LIMIT 100""",
        seller_id,
        [one.name for one in ways],
        room_id,
    )


async def shops(tx: Tx, seller_ids: list[str], now: datetime) -> dict[str, Shop]:
    """By seller, who sells: as the law wants a live session to say."""
    found = await rows(
        tx,
        Shop,
        """SELECT b.id, coalesce(b.about -> 'name', jsonb_build_object('en', b.name, 'zh', b.name)) AS name, b.picture,
                  (SELECT l.number FROM parties.licence l WHERE l.party_id = b.id AND l.kind = 'business' AND l.state = 'accepted'
                     AND $2::date BETWEEN l.valid_from AND l.valid_to ORDER BY l.id DESC LIMIT 1) AS licence,
                  coalesce((SELECT array_agg(DISTINCT l.kind) FROM parties.licence l WHERE l.party_id = b.id AND l.state = 'accepted'
                     AND $2::date BETWEEN l.valid_from AND l.valid_to), '{}') AS licences
           FROM parties.party b WHERE b.id = ANY ($1)""",
        seller_ids,
        now.date(),
    )
    return {one.id: one for one in found}


async def viewers(tx: Tx, room_ids: list[str], now: datetime) -> dict[str, int]:
    """By room, how many look at it now."""
    found = await tx.fetch(
        "SELECT room_id, sum(viewers)::bigint AS n FROM catalog.room_watched WHERE room_id = ANY ($1) AND seen_at > $2 GROUP BY 1",
        room_ids,
        now - SEEN_FOR,
    )
    return {r["room_id"]: int(r["n"]) for r in found}


async def rooms_of(tx: Tx, order_ids: list[str]) -> list[str]:
    """The rooms these orders were bought in."""
    found = await tx.fetch(
        """SELECT DISTINCT d.room_id FROM inventory.hold h JOIN catalog.room_drop d ON d.supply_id = h.target_id
           WHERE h.order_id = ANY ($1) AND h.line = 0 AND h.kind = 'supply'""",
        order_ids,
    )
    return [r["room_id"] for r in found]
