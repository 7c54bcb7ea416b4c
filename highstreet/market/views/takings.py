"""A seller's money as it stands: what was earned, what is still in escrow and until when, what was paid out. Read from transfers."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from highstreet.kit.db import Tx, rows


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


class Day(msgspec.Struct, frozen=True):
    """One day of a seller's account, signed as it changed the balance: sales (with delivery) before fees, fees, refunds, payouts.
    `cash`: taken at the seller's own till, which is in the seller's hands already."""

    day: date
    sales: int
    fees: int
    refunds: int
    payouts: int
    other: int
    cash: int

    @property
    def net(self) -> int:
        """What the day changed of what the market owes the seller."""
        return self.sales + self.fees + self.refunds + self.payouts + self.other - self.cash


async def days(tx: Tx, seller_id: str, currency: str, start: datetime, end: datetime, zone: str) -> list[Day]:
    """The days of a time on which money moved, the latest first. All amounts in minor units."""
    return await rows(
        tx,
        Day,
        """WITH me AS (SELECT id, kind FROM ledger.account WHERE party_id = $1 AND currency = $2 AND kind IN ('seller', 'till')),
           moved AS (
               SELECT t.at, t.amount, t.purpose, m.kind AS mine, 1 AS sign, s.kind AS other, t.order_id, t.id
               FROM me m JOIN ledger.transfer t ON t.to_id = m.id JOIN ledger.account s ON s.id = t.from_id WHERE t.at >= $3 AND t.at < $4
               UNION ALL
               SELECT t.at, t.amount, t.purpose, m.kind, -1, g.kind, t.order_id, t.id
               FROM me m JOIN ledger.transfer t ON t.from_id = m.id JOIN ledger.account g ON g.id = t.to_id WHERE t.at >= $3 AND t.at < $4),
           fees AS (
               SELECT t.at, CASE WHEN g.kind = 'platform' THEN -t.amount ELSE t.amount END AS amount
               FROM orders."order" o JOIN ledger.transfer t ON t.order_id = o.id
               JOIN ledger.account s ON s.id = t.from_id JOIN ledger.account g ON g.id = t.to_id
               WHERE o.seller_id = $1 AND o.currency = $2 AND t.at >= $3 AND t.at < $4
                 AND (g.kind = 'platform' AND s.kind = 'escrow' OR s.kind = 'platform' AND g.kind = 'escrow')
                 -- Where the market itself pays a part of the price, its transfers are not all fees: such orders show their net.
                 AND NOT coalesce(o.agreed -> 'shares', '[]') @> '[{"funder": "platform"}]'),
           said AS (
               SELECT at, CASE WHEN mine = 'seller' AND other = 'escrow' AND sign = 1 THEN amount ELSE 0 END AS sales, 0 AS fees,
                      CASE WHEN mine = 'seller' AND other = 'escrow' AND sign = -1 THEN -amount ELSE 0 END AS refunds,
                      CASE WHEN mine = 'seller' AND other IN ('bank', 'provider') THEN sign * amount ELSE 0 END AS payouts,
                      CASE WHEN mine = 'seller' AND other NOT IN ('escrow', 'bank', 'provider') THEN sign * amount ELSE 0 END AS other,
                      CASE WHEN mine = 'till' THEN -sign * amount ELSE 0 END AS cash
               FROM moved
               UNION ALL SELECT at, -amount, amount, 0, 0, 0, 0 FROM fees WHERE amount < 0
               UNION ALL SELECT at, 0, amount, -amount, 0, 0, 0 FROM fees WHERE amount > 0)
           SELECT (at AT TIME ZONE $5)::date AS day, sum(sales)::bigint AS sales, sum(fees)::bigint AS fees,
                  sum(refunds)::bigint AS refunds,
                  sum(payouts)::bigint AS payouts, sum(other)::bigint AS other, sum(cash)::bigint AS cash
           FROM said GROUP BY 1 ORDER BY 1 DESC""",
        seller_id,
        currency,
        start,
        end,
        zone,
    )


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
