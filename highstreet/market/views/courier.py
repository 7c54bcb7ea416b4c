"""What a courier sees: deliveries nobody has taken, the stops of the own round, the day. Addresses come sealed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from highstreet.kit.db import Tx, row, row_or_none, rows
from highstreet.kit.geo import Point, metres
from highstreet.kit.text import Words
from highstreet.logistics import NoSuchLeg


class Stop(msgspec.Struct, frozen=True):
    """One leg with the shop it starts from. tried: how often in vain. old: what goes back with the courier, by line.

    contact: sealed under the purchase; None for those who may not read it.
    """

    leg: str
    order: str
    number: int
    state: str
    stop: int | None
    round: str | None
    window_from: datetime | None
    window_to: datetime | None
    code_until: datetime | None
    ready_at: datetime | None
    ended_at: datetime | None
    title: Words
    picture: str | None
    pieces: int
    seller: str
    seller_picture: str | None
    phone: str
    place: str
    shop: Words
    address: dict[str, str]
    lat: float
    lon: float
    purchase: str
    contact_key: bytes | None
    contact: bytes | None
    tried: int
    photo: bool
    old: list[dict[str, Any]]
    old_taken: bool

    @property
    def at(self) -> Point:
        """Where the shop is."""
        return Point(self.lat, self.lon)

    def far_from(self, here: Point | None) -> int | None:
        """Metres from somewhere to the shop."""
        return metres(here, self.at) if here else None


_STOP = """SELECT g.id AS leg, g.order_id AS order, o.number, g.state, g.stop, g.round_id AS round, g.window_from, g.window_to,
    g.code_until, g.ready_at, g.ended_at, l.title, l.picture, l.pieces, coalesce(b.name, '') AS seller, b.picture AS seller_picture,
    coalesce(b.about ->> 'phone', '') AS phone, g.place_id AS place, p.name AS shop, p.address, p.lat, p.lon,
    o.purchase_id AS purchase, u.contact_key, u.contact,
    (SELECT count(*) FROM kit.fact f WHERE f.subject = g.order_id AND f.kind = 'order.attempted') AS tried,
    EXISTS (SELECT FROM logistics.photo f WHERE f.leg_id = g.id) AS photo, l.old,
    EXISTS (SELECT FROM kit.fact f WHERE f.subject = g.order_id AND f.kind = 'order.old_taken') AS old_taken
FROM logistics.leg g
JOIN orders."order" o ON o.id = g.order_id
JOIN orders.purchase u ON u.id = o.purchase_id
JOIN parties.place p ON p.id = g.place_id
JOIN parties.party b ON b.id = o.seller_id
CROSS JOIN LATERAL (
    SELECT (array_agg(n.title ORDER BY n.position))[1] AS title, (array_agg(n.picture ORDER BY n.position))[1] AS picture,
           sum(n.quantity - n.cancelled)::bigint AS pieces,
           coalesce(jsonb_agg(n.choice -> 'old' || jsonb_build_object('line', n.position) ORDER BY n.position)
                    FILTER (WHERE n.choice ? 'old'), '[]') AS old
    FROM orders.line n WHERE n.order_id = o.id) l"""


async def free(tx: Tx, most: int = 60) -> list[Stop]:
    """Deliveries nobody has taken, the earliest promise first."""
    return await rows(
        tx,
        Stop,
        _STOP
        + """ WHERE g.kind = 'courier' AND g.round_id IS NULL AND g.state IN ('planned', 'ready') AND o.stage = 'committed'
              ORDER BY g.window_to NULLS LAST, g.id LIMIT $1""",
        most,
    )


async def carried(tx: Tx, courier_id: str) -> list[Stop]:
    """What is on this courier's round and not over yet, in the round's order."""
    return await rows(
        tx,
        Stop,
        _STOP
        + """ JOIN logistics.round r ON r.id = g.round_id
              WHERE r.courier_id = $1 AND r.state <> 'done' AND g.state IN ('planned', 'ready', 'underway', 'failed')
              ORDER BY g.stop, g.id""",
        courier_id,
    )


async def stop(tx: Tx, courier_id: str, leg_id: str) -> Stop:
    """A leg on this courier's round. Errors: NoSuchLeg, also for one somebody else carries or nobody has taken."""
    found = await row_or_none(
        tx,
        Stop,
        _STOP + " WHERE g.id = $2 AND g.courier_id = $1 AND g.round_id IS NOT NULL",
        courier_id,
        leg_id,
    )
    if found is None:
        raise NoSuchLeg
    return found


class Carried(msgspec.Struct, frozen=True):
    """A delivery that is over, and what it earned in minor units. No address any more."""

    number: int
    shop: Words
    at: datetime
    earned: int
    on_time: bool | None


async def delivered(tx: Tx, courier_id: str, start: datetime, end: datetime) -> list[Carried]:
    """What this courier brought between two moments, the latest first."""
    return await rows(
        tx,
        Carried,
        """SELECT o.number, p.name AS shop, g.ended_at AS at, g.ended_at <= g.window_to AS on_time,
                  coalesce((SELECT sum(t.amount) FROM ledger.transfer t JOIN ledger.account a ON a.id = t.to_id
                            WHERE t.order_id = g.order_id AND a.kind = 'courier' AND a.party_id = $1), 0)::bigint AS earned
           FROM logistics.leg g JOIN orders."order" o ON o.id = g.order_id JOIN parties.place p ON p.id = g.place_id
           WHERE g.courier_id = $1 AND g.state = 'done' AND g.ended_at >= $2 AND g.ended_at < $3
           ORDER BY g.ended_at DESC LIMIT 200""",
        courier_id,
        start,
        end,
    )


class Earned(msgspec.Struct, frozen=True):
    """What a courier earned on the days before today, oldest first, and altogether; in minor units."""

    days: list[int]
    total: int


async def earned(tx: Tx, courier_id: str, currency: str, zone: str, now: datetime) -> Earned:
    """The last seven days, today last."""
    return await row(
        tx,
        Earned,
        """WITH mine AS (
               SELECT t.at, t.amount FROM ledger.account a JOIN ledger.transfer t ON t.to_id = a.id
               WHERE a.kind = 'courier' AND a.party_id = $1 AND a.currency = $2),
           day AS (SELECT (($4::timestamptz AT TIME ZONE $3)::date - n) AS day FROM generate_series(6, 0, -1) n)
           SELECT (SELECT array_agg(s.amount ORDER BY s.day) FROM (
                      SELECT d.day, coalesce(sum(m.amount), 0)::bigint AS amount
                      FROM day d LEFT JOIN mine m ON (m.at AT TIME ZONE $3)::date = d.day GROUP BY 1) s) AS days,
                  (SELECT coalesce(sum(amount), 0)::bigint FROM mine) AS total""",
        courier_id,
        currency,
        zone,
        now,
    )
