"""Settlements: what of a programme's money became the sellers', period after period, each fen in exactly one of them, with its evidence.

A settlement is one frozen set of rows. A row is an order's: what is out of the programme for it at the period's end, less what was settled
of it before. So what comes back later is a row below zero of the next settlement, and no row is ever changed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import Malformed, NotFound
from highstreet.policy.errors import CheckedBefore, TwoPersons

Withheld = Literal["", "evidence", "return", "alert", "clawback"]
State = Literal["drawn", "checked", "accepted"]


class SettlementRow(msgspec.Struct, frozen=True):
    """One order's money in one settlement, in minor units. name: what the lot is drawn of, as the file says it."""

    n: int
    order_id: str
    seller_id: str
    name: str
    moved: int
    before: int
    amount: int
    withheld: Withheld
    sampled: bool
    evidence: dict[str, Any]


class Settlement(msgspec.Struct, frozen=True):
    """A settlement's head, as the table says it. files: the SHA-256 of each file by its name."""

    id: str
    programme_id: str
    n: int
    since: datetime
    until: datetime
    currency: str
    went_in: int
    came_back: int
    moved: int
    before: int
    amount: int
    held: int
    withheld: int
    difference: int
    clawed: int
    unexplained: list[dict[str, Any]]
    files: dict[str, str]
    state: State
    drawn_by: str
    drawn_at: datetime
    checked_by: str | None = None
    checked_at: datetime | None = None
    note: str = ""
    accepted_by: str | None = None
    accepted_at: datetime | None = None
    reference: str = ""


class Seed(msgspec.Struct, frozen=True):
    """What draws the sample of a settlement that is not drawn up yet: its hash is for everybody, the seed for nobody until then."""

    n: int
    seed: str
    seed_sha256: str
    told_at: datetime


_HEAD = """id, programme_id, n, since, until, currency::text AS currency, went_in, came_back, moved, before, amount, held, withheld,
           difference, clawed, unexplained, files, state, drawn_by, drawn_at, checked_by, checked_at, note, accepted_by, accepted_at,
           reference"""


async def last(tx: Tx, programme_id: str) -> Settlement | None:
    """A programme's latest settlement."""
    return await row_or_none(
        tx,
        Settlement,
        f"SELECT {_HEAD} FROM policy.settlement WHERE programme_id = $1 ORDER BY n DESC LIMIT 1",
        programme_id,
    )


async def settlement(tx: Tx, settlement_id: str) -> Settlement:
    """Errors: NotFound."""
    found = await row_or_none(
        tx, Settlement, f"SELECT {_HEAD} FROM policy.settlement WHERE id = $1", settlement_id
    )
    if found is None:
        raise NotFound("settlement")
    return found


async def settlements(tx: Tx, programme_id: str, seller_id: str | None = None) -> list[Settlement]:
    """A programme's, the newest first; only those a seller has rows in, when one is named."""
    return await rows(
        tx,
        Settlement,
        f"""SELECT {_HEAD} FROM policy.settlement s WHERE programme_id = $1 AND ($2::text IS NULL OR EXISTS (
                SELECT FROM policy.settlement_row r WHERE r.settlement_id = s.id AND r.seller_id = $2)) ORDER BY n DESC LIMIT 100""",
        programme_id,
        seller_id,
    )


async def rows_of(tx: Tx, settlement_id: str, seller_id: str | None = None) -> list[SettlementRow]:
    """A settlement's rows in their order; one seller's alone, when it is named."""
    return await rows(
        tx,
        SettlementRow,
        """SELECT n, order_id, seller_id, name, moved, before, amount, withheld, sampled, evidence FROM policy.settlement_row
           WHERE settlement_id = $1 AND ($2::text IS NULL OR seller_id = $2) ORDER BY n""",
        settlement_id,
        seller_id,
    )


async def settled(tx: Tx, programme_id: str) -> dict[str, int]:
    """What was settled of each order so far."""
    found = await tx.fetch(
        """SELECT order_id, sum(amount)::bigint AS amount FROM policy.settlement_row
           WHERE programme_id = $1 AND withheld = '' GROUP BY 1""",
        programme_id,
    )
    return {row["order_id"]: row["amount"] for row in found}


async def tell_seed(tx: Tx, programme_id: str, now: datetime) -> Seed:
    """The seed of the next settlement's sample, made and its hash told when there is none. The caller shows nobody but its hash."""
    seed = secrets.token_hex(16)
    await tx.execute(
        """INSERT INTO policy.settlement_seed (programme_id, n, seed, seed_sha256, told_at)
           SELECT $1, coalesce(max(s.n), 0) + 1, $2, $3, $4 FROM policy.settlement s WHERE s.programme_id = $1
           ON CONFLICT DO NOTHING""",
        programme_id,
        seed,
        hashlib.sha256(seed.encode()).hexdigest(),
        now,
    )
    found = await row_or_none(
        tx,
        Seed,
        """SELECT n, seed, seed_sha256, told_at FROM policy.settlement_seed s WHERE programme_id = $1
           AND n = (SELECT coalesce(max(x.n), 0) + 1 FROM policy.settlement x WHERE x.programme_id = $1)""",
        programme_id,
    )
    # Somebody drew one up between the two statements: the seed of the one after it, then.
    return found or await tell_seed(tx, programme_id, now)


async def seed_of(tx: Tx, programme_id: str, n: int) -> Seed | None:
    """The seed of a settlement that is drawn up."""
    return await row_or_none(
        tx,
        Seed,
        """SELECT n, seed, seed_sha256, told_at FROM policy.settlement_seed s WHERE programme_id = $1 AND n = $2
           AND EXISTS (SELECT FROM policy.settlement x WHERE x.programme_id = $1 AND x.n = $2)""",
        programme_id,
        n,
    )


async def told_hash(tx: Tx, programme_id: str) -> Seed | None:
    """What everybody may know of the coming sample: the hash, without its seed."""
    return await row_or_none(
        tx,
        Seed,
        """SELECT n, '' AS seed, seed_sha256, told_at FROM policy.settlement_seed
           WHERE programme_id = $1 ORDER BY n DESC LIMIT 1""",
        programme_id,
    )


async def keep(tx: Tx, head: Settlement, below: str, found: Sequence[SettlementRow]) -> bool:
    """Write a settlement with all its rows, in one statement. False when somebody else has drawn up this one: nothing was written.

    below: the transaction id (as text) that everything it read of the ledger is older than.
    """
    told = msgspec.to_builtins(head) | {"below": below}
    done = await tx.fetchval(
        """
        WITH made AS (
            INSERT INTO policy.settlement SELECT h.* FROM jsonb_populate_record(NULL::policy.settlement, $1) h
            ON CONFLICT ON CONSTRAINT settlements_follow_each_other DO NOTHING RETURNING id, programme_id
        ), put AS (
            INSERT INTO policy.settlement_row
                (settlement_id, n, programme_id, order_id, seller_id, name, moved, before, amount, withheld, sampled, evidence)
            SELECT made.id, r.n, made.programme_id, r.order_id, r.seller_id, r.name, r.moved, r.before, r.amount, r.withheld,
                   r.sampled, r.evidence
            FROM made, jsonb_to_recordset($2) AS r (n int, order_id text, seller_id text, name text, moved bigint, before bigint,
                                                    amount bigint, withheld text, sampled boolean, evidence jsonb)
        ) SELECT true FROM made
        """,
        told,
        [msgspec.to_builtins(row) for row in found],
    )
    if done:
        body = {"settlement": head.id, "amount": head.amount, "rows": len(found)}
        await facts.tell(tx, "settlement.drawn", head.programme_id, head.drawn_by, head.drawn_at, body)
    return bool(done)


async def check(tx: Tx, settlement_id: str, note: str, by: str, now: datetime) -> Settlement:
    """A second person has gone through it. A difference needs a word on it. Errors: NotFound, TwoPersons, CheckedBefore, Malformed."""
    one = await settlement(tx, settlement_id)
    if one.drawn_by == by:
        raise TwoPersons
    if one.difference and not note.strip():
        raise Malformed("note", "say what became of the difference", "请说明差异的处理情况")
    sql = """UPDATE policy.settlement SET state = 'checked', checked_by = $2, checked_at = $3, note = $4
             WHERE id = $1 AND state = 'drawn'"""
    return await _step(tx, sql, settlement_id, by, now, note.strip())


async def accept(tx: Tx, settlement_id: str, reference: str, by: str, now: datetime) -> Settlement:
    """The treasury has accepted it, under its own reference. Errors: NotFound, CheckedBefore, Malformed."""
    await settlement(tx, settlement_id)
    if not reference.strip():
        raise Malformed("reference", "the treasury's reference is missing", "请填写财政部门的批复编号")
    sql = """UPDATE policy.settlement SET state = 'accepted', accepted_by = $2, accepted_at = $3, reference = $4
             WHERE id = $1 AND state = 'checked'"""
    return await _step(tx, sql, settlement_id, by, now, reference.strip())


async def _step(tx: Tx, sql: str, settlement_id: str, by: str, now: datetime, text: str) -> Settlement:
    if await tx.execute(sql, settlement_id, by, now, text) == "UPDATE 0":
        raise CheckedBefore
    one = await settlement(tx, settlement_id)
    body = {"settlement": one.id, "state": one.state}
    await facts.tell(tx, "settlement.decided", one.programme_id, by, now, body)
    return one


async def excuse(tx: Tx, programme_id: str, order_id: str, why: str, by: str, now: datetime) -> None:
    """An officer saw other evidence of an order. Again: nothing. Errors: Malformed."""
    if not why.strip():
        raise Malformed("why", "say what you saw", "请说明所见证据")
    made = await tx.fetchval(
        """INSERT INTO policy.excused (programme_id, order_id, why, by, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT DO NOTHING RETURNING true""",
        programme_id,
        order_id,
        why.strip(),
        by,
        now,
    )
    if made:
        await facts.tell(tx, "settlement.excused", programme_id, by, now, {"order": order_id})


async def excused(tx: Tx, programme_id: str) -> set[str]:
    """Orders whose evidence an officer saw elsewhere."""
    found = await tx.fetch("SELECT order_id FROM policy.excused WHERE programme_id = $1", programme_id)
    return {row["order_id"] for row in found}
