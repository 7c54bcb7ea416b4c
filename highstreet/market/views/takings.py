"""A seller's money on its way: what was ordered today, what is still in escrow and until when, what was paid out."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.ids import spoken


class Coming(msgspec.Struct, frozen=True):
    """Money in escrow for one order: `held` minor units, of which the market's fee goes off. `due_at`: when it is released if nothing
    happens; None while the goods have not arrived."""

    order_id: str
    number: int
    waits: str
    held: int
    fee: int
    currency: str
    due_at: datetime | None


async def coming(tx: Tx, seller_id: str, most: int = 500) -> list[Coming]:
    """Escrow of orders under way, what comes first first."""
    return await rows(
        tx,
        Coming,
        """SELECT o.id AS order_id, o.number, o.waits, o.currency::text AS currency,
               (SELECT d.due_at FROM orders.deadline d WHERE d.order_id = o.id AND d.kind = 'confirm') AS due_at,
               e.held, (e.price * coalesce((o.agreed ->> 'fee_bps')::int, 0) / 10000)::bigint AS fee
           FROM orders."order" o
           CROSS JOIN LATERAL (
               SELECT sum(x.signed)::bigint AS held, coalesce(sum(x.signed) FILTER (WHERE x.purpose = 'price'), 0) AS price FROM (
                   SELECT t.purpose, CASE WHEN g.kind = 'escrow' THEN t.amount ELSE -t.amount END AS signed
                   FROM ledger.transfer t JOIN ledger.account s ON s.id = t.from_id JOIN ledger.account g ON g.id = t.to_id
                   WHERE t.order_id = o.id AND (s.kind = 'escrow' OR g.kind = 'escrow')) x) e
           WHERE o.seller_id = $1 AND o.waits <> '' AND e.held > 0
           ORDER BY due_at NULLS LAST, o.id LIMIT $2""",
        seller_id,
        most,
    )


class Hour(msgspec.Struct, frozen=True):
    """What was ordered in an hour of the town's day."""

    hour: int
    orders: int
    total: int


async def hours(tx: Tx, seller_id: str, start: datetime, end: datetime, zone: str) -> list[Hour]:
    """Orders placed in a time and not undone, by the town's hour."""
    return await rows(
        tx,
        Hour,
        """SELECT extract(hour FROM placed_at AT TIME ZONE $4)::int AS hour, count(*) AS orders, sum(total)::bigint AS total
           FROM orders."order" WHERE seller_id = $1 AND placed_at >= $2 AND placed_at < $3 AND stage <> 'undone' AND waits <> 'payment'
           GROUP BY 1 ORDER BY 1""",
        seller_id,
        start,
        end,
        zone,
    )


async def numbers(tx: Tx, order_ids: list[str]) -> dict[str, str]:
    """Order numbers as people read them, by order."""
    found = await tx.fetch("""SELECT id, number FROM orders."order" WHERE id = ANY ($1)""", order_ids)
    return {r["id"]: spoken(r["number"]) for r in found}


class PaidOut(msgspec.Struct, frozen=True):
    """Money on its way to the seller's bank, or there."""

    key: str
    amount: int
    currency: str
    state: str
    wanted_at: datetime
    settled_at: datetime | None


async def payouts(tx: Tx, seller_id: str, most: int = 20) -> list[PaidOut]:
    """Payouts, the latest first."""
    return await rows(
        tx,
        PaidOut,
        """SELECT key, amount, currency::text AS currency, state, wanted_at, settled_at FROM ledger.payout WHERE seller_id = $1
           ORDER BY wanted_at DESC LIMIT $2""",
        seller_id,
        most,
    )
