"""What the city's desk reads of programmes: their money, their rounds, and what waits for a person."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, row, row_or_none, rows
from highstreet.kit.errors import NotFound
from highstreet.kit.text import Words


class Attention(msgspec.Struct, frozen=True):
    """What waits for a person at the desk, counted. changes: proposed and not decided; alerts: questions and appeals to decide."""

    changes: int
    alerts: int


async def attention(tx: Tx) -> Attention:
    """What waits for anybody."""
    return await row(
        tx,
        Attention,
        """SELECT (SELECT count(*) FROM policy.change WHERE decided_by IS NULL) AS changes,
                  (SELECT count(*) FROM policy.alert WHERE state = 'open' OR appealed_at IS NOT NULL AND outcome IS NULL) AS alerts""",
    )


class Purse(msgspec.Struct, frozen=True):
    """A programme and where its money is, in minor units: free, unclaimed in rounds, claimed and not spent, spent, back at the treasury.

    open_rounds: which can be claimed now; changes: which wait for a second person; asking: who wants to take part; alerts: questions
    nobody has decided.
    """

    id: str
    state: str
    currency: str
    rules: str | None
    drafted_at: datetime
    allocated: int
    free: int
    unclaimed: int
    claimed: int
    spent: int
    back: int
    open_rounds: int
    next_opens: datetime | None
    changes: int
    sellers: int
    asking: int
    alerts: int

    @property
    def given(self) -> int:
        """All the treasury ever gave."""
        return self.allocated + self.back


_PURSE = """
    SELECT p.id, p.state, p.currency::text AS currency, p.rules, p.drafted_at, p.allocated, p.free,
           coalesce(u.amount, 0)::bigint AS unclaimed, coalesce(c.claimed, 0)::bigint AS claimed, coalesce(c.spent, 0)::bigint AS spent,
           coalesce(b.amount, 0)::bigint AS back, coalesce(u.rounds, 0)::int AS open_rounds, u.next_opens,
           (SELECT count(*)::int FROM policy.change x WHERE x.programme_id = p.id AND x.decided_by IS NULL) AS changes,
           (SELECT count(*)::int FROM policy.enrolment e WHERE e.programme_id = p.id) AS sellers,
           (SELECT count(*)::int FROM policy.application a WHERE a.programme_id = p.id AND a.state = 'asked') AS asking,
           (SELECT count(*)::int FROM policy.alert a WHERE a.programme_id = p.id AND a.state = 'open') AS alerts
    FROM policy.programme p
    LEFT JOIN LATERAL (
        SELECT sum(s.amount) AS amount, count(*) FILTER (WHERE x.opens_at <= $1 AND x.closes_at > $1) AS rounds,
               min(x.opens_at) FILTER (WHERE x.opens_at > $1) AS next_opens
        FROM policy.batch x, LATERAL (SELECT coalesce(sum(unclaimed), 0) AS amount FROM policy.slice WHERE batch_id = x.id) s
        WHERE x.programme_id = p.id) u ON true
    LEFT JOIN (
        SELECT k.programme_id, sum(k.amount - k.spent) FILTER (WHERE k.state <> 'lapsed') AS claimed, sum(k.spent) AS spent
        FROM policy.claim k GROUP BY 1) c ON c.programme_id = p.id
    LEFT JOIN LATERAL (
        SELECT sum(t.amount) AS amount FROM ledger.account f JOIN ledger.transfer t ON t.from_id = f.id
        WHERE f.kind = 'programme' AND f.party_id = p.id AND t.purpose = 'budget') b ON true"""


async def purses(tx: Tx, now: datetime) -> list[Purse]:
    """All programmes: those that run first, then drafts, then what is over; the newest of each first."""
    return await rows(
        tx,
        Purse,
        _PURSE
        + " ORDER BY array_position(ARRAY['running', 'draft', 'closed'], p.state), p.drafted_at DESC, p.id",
        now,
    )


async def purse(tx: Tx, programme_id: str, now: datetime) -> Purse:
    """One programme. Errors: NotFound."""
    found = await row_or_none(tx, Purse, _PURSE + " WHERE p.id = $2", now, programme_id)
    if found is None:
        raise NotFound("programme")
    return found


async def kinds(tx: Tx) -> dict[str, Words]:
    """What the catalogue's categories are called, by their whole path and by its last word."""
    found: dict[str, Words] = {}
    for one in await tx.fetch("SELECT id, name FROM catalog.category ORDER BY length(id) DESC, id"):
        words = Words(one["name"].get("en", ""), one["name"].get("zh", ""))
        found[one["id"]] = found[one["id"].rpartition(".")[2]] = words
    return found
