"""What a seller sees of programmes of public money: which there are, and what each brought it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, rows


class Open(msgspec.Struct, frozen=True):
    """A programme a seller may take part in, or did. opens, closes: of the round that is open, or of the next one."""

    id: str
    rules: str
    state: str
    currency: str
    opens: datetime | None
    closes: datetime | None
    sellers: int


_OPEN = """
    SELECT p.id, p.rules, p.state, p.currency::text AS currency, b.opens_at AS opens, b.closes_at AS closes,
           (SELECT count(*) FROM policy.enrolment e WHERE e.programme_id = p.id AND (e.ends_at IS NULL OR e.ends_at > $2)) AS sellers
    FROM policy.programme p
    LEFT JOIN LATERAL (SELECT opens_at, closes_at FROM policy.batch WHERE programme_id = p.id AND closes_at > $2
                       ORDER BY opens_at, id LIMIT 1) b ON true
    WHERE p.rules IS NOT NULL AND (p.state = 'running' OR EXISTS (
        SELECT FROM policy.enrolment e WHERE e.programme_id = p.id AND e.seller_id = $1))
    ORDER BY p.state <> 'running', p.id"""


async def open_to(tx: Tx, seller_id: str, now: datetime) -> list[Open]:
    """Those that are running, and those the seller took part in."""
    return await rows(tx, Open, _OPEN, seller_id, now)


class Brought(msgspec.Struct, frozen=True):
    """An order's public money, in minor units. paid: at first; left: less what went back; withheld: why it waits; clawed: taken back."""

    order_id: str
    number: int
    placed_at: datetime
    stage: str
    paid: int
    left: int
    settled: int
    withheld: str
    clawed: int

    @property
    def coming(self) -> int:
        """What is neither settled nor withheld yet; below zero: what the next settlement takes off."""
        return 0 if self.withheld else self.left - self.settled


async def brought(tx: Tx, programme_id: str, seller_id: str, most: int = 500) -> list[Brought]:
    """A seller's orders a programme paid for, the newest first."""
    return await rows(
        tx,
        Brought,
        """
        WITH paid AS (
            SELECT t.order_id, sum(t.amount) FILTER (WHERE t.from_id = a.id)::bigint AS paid,
                   sum(CASE WHEN t.from_id = a.id THEN t.amount ELSE -t.amount END)::bigint AS left
            FROM ledger.account a JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id)
            WHERE a.kind = 'programme' AND a.party_id = $1 AND t.purpose <> 'budget' GROUP BY 1
        )
        SELECT o.id AS order_id, o.number, o.placed_at, o.stage, p.paid, p.left, coalesce(s.settled, 0)::bigint AS settled,
               CASE WHEN p.left = coalesce(s.settled, 0) THEN '' ELSE coalesce(s.withheld, '') END AS withheld,
               coalesce((SELECT sum(c.taken) FROM policy.clawback c WHERE c.order_id = o.id AND c.programme_id = $1), 0)::bigint AS clawed
        FROM paid p JOIN orders."order" o ON o.id = p.order_id AND o.seller_id = $2
        LEFT JOIN LATERAL (
            SELECT sum(r.amount) FILTER (WHERE r.withheld = '') AS settled, (array_agg(r.withheld ORDER BY h.n DESC))[1] AS withheld
            FROM policy.settlement_row r JOIN policy.settlement h ON h.id = r.settlement_id
            WHERE r.order_id = o.id AND r.programme_id = $1) s ON true
        WHERE p.paid > 0 ORDER BY o.number DESC LIMIT $3
        """,
        programme_id,
        seller_id,
        most,
    )


async def numbers(tx: Tx, orders: list[str]) -> dict[str, int]:
    """The numbers of orders, by id."""
    found = await tx.fetch('SELECT id, number FROM orders."order" WHERE id = ANY ($1)', orders)
    return {row["id"]: row["number"] for row in found}
