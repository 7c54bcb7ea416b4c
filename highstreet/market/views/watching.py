"""What the city watches of a programme: its rounds burning down, what was claimed, redeemed and lapsed, where and at whom."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.ids import first_id

COLUMNS = 48  # of a burn-down


class Round(msgspec.Struct, frozen=True):
    """A round and what became of it: how many were claimed, redeemed and lapsed, in minor units what is unclaimed and was spent.

    burn: how many were claimed in each of `COLUMNS` equal parts of the time it is open.
    """

    id: str
    schedule: int
    amount: int
    claims: int
    way: str
    opens_at: datetime
    closes_at: datetime
    days: int
    most: int
    drawn_at: datetime | None
    rolled_at: datetime | None
    unclaimed: int
    entered: int
    claimed: int
    redeemed: int
    lapsed: int
    spent: int
    burn: list[int]


async def rounds(tx: Tx, programme_id: str, now: datetime) -> list[Round]:
    """The newest first."""
    return await rows(
        tx,
        Round,
        """
        WITH mine AS MATERIALIZED (
            SELECT c.batch_id, c.state, c.spent,
                   width_bucket(extract(epoch FROM c.claimed_at), extract(epoch FROM b.opens_at),
                                extract(epoch FROM b.closes_at), $3) AS part
            FROM policy.claim c JOIN policy.batch b ON b.id = c.batch_id WHERE c.programme_id = $1
        ), parts AS (
            SELECT batch_id, least(greatest(part, 1), $3) AS part, count(*)::int AS n FROM mine GROUP BY 1, 2
        ), sums AS (
            SELECT batch_id, count(*)::int AS claimed, count(*) FILTER (WHERE state = 'taken')::int AS redeemed,
                   count(*) FILTER (WHERE state = 'lapsed')::int AS lapsed, sum(spent)::bigint AS spent FROM mine GROUP BY 1
        )
        SELECT b.id, b.schedule, b.amount, b.claims, b.way, b.opens_at, b.closes_at, b.days, b.most, b.drawn_at, b.rolled_at,
               (SELECT coalesce(sum(s.unclaimed), 0)::bigint FROM policy.slice s WHERE s.batch_id = b.id) AS unclaimed,
               (SELECT count(*)::int FROM policy.entry e WHERE e.batch_id = b.id) AS entered,
               coalesce(x.claimed, 0) AS claimed, coalesce(x.redeemed, 0) AS redeemed, coalesce(x.lapsed, 0) AS lapsed,
               coalesce(x.spent, 0)::bigint AS spent,
               ARRAY(SELECT coalesce(p.n, 0) FROM generate_series(1, $3) g LEFT JOIN parts p ON p.batch_id = b.id AND p.part = g
                     ORDER BY g) AS burn
        FROM policy.batch b LEFT JOIN sums x ON x.batch_id = b.id
        WHERE b.programme_id = $1 ORDER BY (b.opens_at <= $2 AND b.closes_at > $2) DESC, b.opens_at DESC, b.id""",
        programme_id,
        now,
        COLUMNS,
    )


class Day(msgspec.Struct, frozen=True):
    """A day of the town: how many were claimed, redeemed and lapsed on it, and what was spent in minor units."""

    day: date
    claimed: int
    redeemed: int
    lapsed: int
    spent: int


async def days(tx: Tx, programme_id: str, now: datetime, zone: str, most: int = 60) -> list[Day]:
    """From the first claim until today, without a gap; the last `most` days."""
    return await rows(
        tx,
        Day,
        """
        WITH told AS (
            SELECT (claimed_at AT TIME ZONE $3)::date AS day, 1 AS claimed, 0 AS redeemed, 0 AS lapsed, 0 AS spent
            FROM policy.claim WHERE programme_id = $1
            UNION ALL
            SELECT (taken_at AT TIME ZONE $3)::date, 0, 1, 0, spent FROM policy.claim WHERE programme_id = $1 AND state = 'taken'
            UNION ALL
            SELECT (valid_until AT TIME ZONE $3)::date, 0, 0, 1, 0 FROM policy.claim WHERE programme_id = $1 AND state = 'lapsed'
        ), today AS (SELECT ($2::timestamptz AT TIME ZONE $3)::date AS day
        ), span AS (
            SELECT greatest(min(told.day), (SELECT day FROM today) - ($4::int - 1)) AS since FROM told HAVING count(*) > 0
        )
        SELECT d::date AS day, coalesce(sum(claimed), 0)::int AS claimed, coalesce(sum(redeemed), 0)::int AS redeemed,
               coalesce(sum(lapsed), 0)::int AS lapsed, coalesce(sum(spent), 0)::bigint AS spent
        FROM span, generate_series(span.since, (SELECT day FROM today), interval '1 day') d LEFT JOIN told ON told.day = d::date
        GROUP BY 1 ORDER BY 1""",
        programme_id,
        now,
        zone,
        most,
    )


class Gained(msgspec.Struct, frozen=True):
    """What public money paid at one seller or for one kind of thing: orders it helped, and their sales after the seller's discounts."""

    id: str
    name: str
    orders: int
    spent: int
    sales: int
    small: bool = False


_HELPED = """
    WITH helped AS MATERIALIZED (
        SELECT c.order_id, sum(c.spent)::bigint AS spent FROM policy.claim c
        WHERE c.programme_id = $1 AND c.state = 'taken' AND c.spent > 0 GROUP BY 1
    ), sold AS MATERIALIZED (
        SELECT h.order_id, h.spent, o.seller_id, o.place_id,
               (SELECT coalesce(sum(l.amount * (l.quantity - l.cancelled - l.returned) / l.quantity), 0)::bigint
                FROM orders.line l WHERE l.order_id = h.order_id) AS sales
        FROM helped h JOIN orders."order" o ON o.id = h.order_id
    ) """


async def by_seller(tx: Tx, programme_id: str, now: datetime, small: int) -> list[Gained]:
    """The most money first. small: sold no more than this in the year before, in minor units."""
    return await rows(
        tx,
        Gained,
        _HELPED
        + """
        SELECT s.seller_id AS id, coalesce(p.name, '') AS name, count(*)::int AS orders, sum(s.spent)::bigint AS spent,
               sum(s.sales)::bigint AS sales,
               (SELECT coalesce(sum(o.total), 0) FROM orders."order" o WHERE o.seller_id = s.seller_id AND o.id >= $2 AND o.id < $3
                  AND o.stage IN ('committed', 'done')) <= $4 AS small
        FROM sold s JOIN parties.party p ON p.id = s.seller_id GROUP BY s.seller_id, p.name ORDER BY spent DESC, s.seller_id""",
        programme_id,
        first_id("ord", now - timedelta(days=365)),
        first_id("ord", now + timedelta(seconds=1)),
        small,
    )


class Spot(msgspec.Struct, frozen=True):
    """A place that redeemed, where it is; its district, empty where its address names none."""

    id: str
    name: dict[str, str]
    district: str
    lat: float
    lon: float
    orders: int
    spent: int


async def by_place(tx: Tx, programme_id: str) -> list[Spot]:
    """Every place of a seller that takes part, also where nothing was redeemed yet; the most money first."""
    return await rows(
        tx,
        Spot,
        _HELPED
        + """
        SELECT p.id, p.name, coalesce(p.address ->> 'district', '') AS district, p.lat, p.lon, count(s.order_id)::int AS orders,
               coalesce(sum(s.spent), 0)::bigint AS spent
        FROM parties.place p LEFT JOIN sold s ON s.place_id = p.id
        WHERE s.order_id IS NOT NULL OR p.closed_at IS NULL
          AND EXISTS (SELECT FROM policy.enrolment e WHERE e.programme_id = $1 AND e.seller_id = p.party_id)
        GROUP BY p.id ORDER BY spent DESC, p.id""",
        programme_id,
    )


async def by_kind(tx: Tx, programme_id: str) -> list[Gained]:
    """By category of the things the money paid for, as the lines of the helped orders say; the most money first."""
    return await rows(
        tx,
        Gained,
        """
        SELECT i.category_id AS id, i.category_id AS name, count(DISTINCT l.order_id)::int AS orders,
               sum(-(a ->> 'amount')::bigint * (l.quantity - l.cancelled - l.returned) / l.quantity)::bigint AS spent,
               sum(l.amount * (l.quantity - l.cancelled - l.returned) / l.quantity)::bigint AS sales
        FROM policy.claim c JOIN orders.line l ON l.order_id = c.order_id
        CROSS JOIN LATERAL jsonb_array_elements(l.adjustments) a
        JOIN catalog.variant v ON v.id = l.variant_id JOIN catalog.item i ON i.id = v.item_id
        WHERE c.programme_id = $1 AND c.state = 'taken' AND a ->> 'funder' = $1 GROUP BY 1
        HAVING sum(-(a ->> 'amount')::bigint) > 0 ORDER BY spent DESC, 1""",
        programme_id,
    )
