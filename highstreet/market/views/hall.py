"""What the hall of all ways to sell shows: a few offers of each, and what is on now. One query for each kind of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.text import Words


class Pick(msgspec.Struct, frozen=True):
    """An offer on sale; `offers`: how many there are of its format."""

    format: str
    offers: int
    offer_id: str
    title: Words
    picture: str | None
    price: int
    currency: str
    unit: str


class GatheringNow(msgspec.Struct, frozen=True):
    """A cohort one can join. joined: orders that paid and wait in it; steps: what they want together."""

    format: str
    offer_id: str
    title: Words
    picture: str | None
    price: int
    currency: str
    unit: str
    closes_at: datetime
    terms: dict[str, Any]
    joined: int
    steps: int


class FreeNow(msgspec.Struct, frozen=True):
    """An offer with room: how much is free, and from when (None: at once)."""

    format: str
    offer_id: str
    title: Words
    picture: str | None
    price: int
    currency: str
    unit: str
    free: int
    first: datetime | None


_OFFER = """f.card ->> 'picture' AS picture, i.title, o.format, o.id AS offer_id, o.price, o.currency::text AS currency,
    f.card ->> 'unit' AS unit
    FROM catalog.found f JOIN catalog.offer o ON o.id = f.offer_id AND o.state = 'open'
    JOIN catalog.item i ON i.id = o.item_id JOIN parties.party b ON b.id = o.seller_id AND b.state = 'active'"""


async def picks(tx: Tx, most: int = 3) -> list[Pick]:
    """The newest offers of each format."""
    return await rows(
        tx,
        Pick,
        f"""SELECT format, offers, offer_id, title, picture, price, currency, unit FROM (
              SELECT count(*) OVER w AS offers, row_number() OVER (w ORDER BY f.opened_at DESC, f.offer_id) AS n, {_OFFER}
              WHERE f.shown WINDOW w AS (PARTITION BY o.format)) x
            WHERE n <= $1 ORDER BY format, n""",
        most,
    )


async def gathering_now(tx: Tx, now: datetime, most: int = 60) -> list[GatheringNow]:
    """Cohorts that can be joined, the next to close first."""
    return await rows(
        tx,
        GatheringNow,
        f"""SELECT c.closes_at, c.terms, coalesce(m.joined, 0) AS joined, coalesce(m.steps, 0)::bigint AS steps, {_OFFER}
            JOIN orders.cohort c ON c.offer_id = o.id AND c.decided_at IS NULL AND c.closes_at > $1
            LEFT JOIN LATERAL (SELECT count(DISTINCT r.id) AS joined, sum(l.quantity - l.cancelled) AS steps
                               FROM orders."order" r JOIN orders.line l ON l.order_id = r.id
                               WHERE r.cohort_id = c.id AND r.waits = 'closing') m ON true
            ORDER BY c.closes_at, c.id LIMIT $2""",
        now,
        most,
    )


async def times_free(
    tx: Tx, formats: list[str], now: datetime, until: datetime, most: int = 60
) -> list[FreeNow]:
    """Offers of these formats with room in a time that begins by `until`: how much, and when the first begins."""
    return await rows(
        tx,
        FreeNow,
        f"""SELECT s.free, s.first, {_OFFER}
            JOIN LATERAL (SELECT sum(u.total - u.held - u.sold)::bigint AS free, min(lower(u.period)) AS first
                          FROM inventory.supply u
                          WHERE u.variant_id IN (o.variant_id, o.terms ->> 'slots_of') AND u.place_id = o.place_id
                            AND lower(u.period) > $2 AND lower(u.period) < $3 AND u.total > u.held + u.sold) s ON s.free > 0
            WHERE o.format = ANY ($1) ORDER BY s.first, o.id LIMIT $4""",
        formats,
        now,
        until,
        most,
    )


async def things_free(tx: Tx, formats: list[str], now: datetime, most: int = 60) -> list[FreeNow]:
    """Offers of these formats of which something stands there free now: how many."""
    return await rows(
        tx,
        FreeNow,
        f"""SELECT s.free, NULL::timestamptz AS first, {_OFFER}
            JOIN LATERAL (SELECT count(*) AS free FROM inventory.asset a
                          WHERE a.variant_id = o.variant_id AND a.place_id = o.place_id AND a.state = 'ready'
                            AND NOT EXISTS (SELECT FROM inventory.hold h WHERE h.kind = 'asset' AND h.target_id = a.id
                                            AND h.freed = 0 AND h.period @> $2::timestamptz)) s ON s.free > 0
            WHERE o.format = ANY ($1) ORDER BY o.id LIMIT $3""",
        formats,
        now,
        most,
    )
