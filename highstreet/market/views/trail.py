"""Where a fen of public money came from and where it went: from a transfer, a claim or an order back to who decided on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from highstreet.kit.db import Tx, rows


class Step(msgspec.Struct, frozen=True):
    """A transfer of an order's public money, as the ledger has it. id: its number."""

    id: int
    at: datetime
    purpose: str
    source: str
    target: str
    amount: int


class Claimed(msgspec.Struct, frozen=True):
    """The claim an order spent, with the round it is of and the decision that opened that."""

    id: str
    batch_id: str
    way: str
    amount: int
    spent: int
    claimed_at: datetime
    taken_at: datetime | None
    seed_sha256: str
    opened_by: str | None
    agreed_by: str | None
    agreed_at: datetime | None


class Decision(msgspec.Struct, frozen=True):
    """A budget as two persons decided it."""

    id: str
    amount: int
    why: str
    proposed_by: str
    decided_by: str
    decided_at: datetime


class Settled(msgspec.Struct, frozen=True):
    """A row of a settlement, with what the auditor found where it was in the sample."""

    settlement_id: str
    number: int
    n: int
    amount: int
    withheld: str
    state: str
    drawn_by: str
    checked_by: str | None
    until: datetime
    sampled: bool
    passed: bool | None
    reason: str | None


async def order_of(tx: Tx, reference: str) -> str | None:
    """The order a reference leads to: its id or number, a claim's id, or a transfer's number written t123."""
    found: str | None = await tx.fetchval(
        """
        SELECT id FROM orders."order" WHERE id = $1
        UNION ALL SELECT id FROM orders."order" WHERE number = CASE WHEN $1 ~ '^[0-9]{1,15}$' THEN $1::bigint END
        UNION ALL SELECT order_id FROM policy.claim WHERE id = $1
        UNION ALL SELECT order_id FROM ledger.transfer WHERE id = CASE WHEN $1 ~ '^t[0-9]{1,15}$' THEN substr($1, 2)::bigint END
        LIMIT 1
        """,
        reference,
    )
    return found


async def programmes_of(tx: Tx, order_id: str) -> list[str]:
    """The programmes whose money an order had."""
    found = await tx.fetch(
        """SELECT DISTINCT a.party_id FROM ledger.transfer t JOIN ledger.account a ON a.id IN (t.from_id, t.to_id)
           WHERE t.order_id = $1 AND a.kind = 'programme' ORDER BY 1""",
        order_id,
    )
    return [row["party_id"] for row in found]


async def steps(tx: Tx, programme_id: str, order_id: str) -> list[Step]:
    """Every movement of a programme's money for an order, and what its escrow let go, in the order they were written."""
    return await rows(
        tx,
        Step,
        """
        SELECT t.id, t.at, t.purpose, f.kind || ':' || CASE f.kind WHEN 'wallet' THEN '' ELSE f.party_id END AS source,
               g.kind || ':' || CASE g.kind WHEN 'wallet' THEN '' ELSE g.party_id END AS target, t.amount
        FROM ledger.transfer t JOIN ledger.account f ON f.id = t.from_id JOIN ledger.account g ON g.id = t.to_id
        WHERE t.order_id = $2 AND ((f.kind = 'programme' AND f.party_id = $1) OR (g.kind = 'programme' AND g.party_id = $1)
              OR f.kind = 'escrow' AND g.kind IN ('seller', 'platform') OR t.purpose = 'clawback')
        ORDER BY t.xid, t.id
        """,
        programme_id,
        order_id,
    )


async def claims(tx: Tx, programme_id: str, order_id: str) -> list[Claimed]:
    """The claims of a programme an order spent."""
    return await rows(
        tx,
        Claimed,
        """
        SELECT c.id, c.batch_id, b.way, c.amount, c.spent, c.claimed_at, c.taken_at, b.seed_sha256,
               x.proposed_by AS opened_by, x.decided_by AS agreed_by, x.decided_at AS agreed_at
        FROM policy.claim c JOIN policy.batch b ON b.id = c.batch_id
        LEFT JOIN LATERAL (
            SELECT proposed_by, decided_by, decided_at FROM policy.change
            WHERE programme_id = c.programme_id AND kind = 'batch' AND accepted AND (body ->> 'opens_at')::timestamptz = b.opens_at
              AND (body ->> 'amount')::bigint = b.amount AND (body ->> 'claims')::int = b.claims ORDER BY decided_at LIMIT 1) x ON true
        WHERE c.order_id = $2 AND c.programme_id = $1 ORDER BY c.id
        """,
        programme_id,
        order_id,
    )


async def budgets(tx: Tx, programme_id: str, until: datetime) -> list[Decision]:
    """What was decided on a programme's budget up to a moment."""
    return await rows(
        tx,
        Decision,
        """SELECT id, (body ->> 'amount')::bigint AS amount, why, proposed_by, decided_by, decided_at FROM policy.change
           WHERE programme_id = $1 AND kind = 'budget' AND accepted AND decided_at <= $2 ORDER BY decided_at, id""",
        programme_id,
        until,
    )


async def settled(tx: Tx, programme_id: str, order_id: str) -> list[Settled]:
    """The rows of settlements an order is in."""
    return await rows(
        tx,
        Settled,
        """SELECT r.settlement_id, s.n AS number, r.n, r.amount, r.withheld, s.state, s.drawn_by, s.checked_by, s.until, r.sampled,
                  a.passed, a.reason
           FROM policy.settlement_row r JOIN policy.settlement s ON s.id = r.settlement_id
           LEFT JOIN policy.audit a ON a.settlement_id = r.settlement_id AND a.n = r.n
           WHERE r.programme_id = $1 AND r.order_id = $2 ORDER BY s.n""",
        programme_id,
        order_id,
    )


async def looked(tx: Tx, order_id: str) -> list[dict[str, Any]]:
    """Who looked at the person behind an order's money, and why."""
    found = await tx.fetch("SELECT at, by, why FROM policy.looked WHERE what = $1 ORDER BY at", order_id)
    return [{"at": row["at"], "by": row["by"], "why": row["why"]} for row in found]
