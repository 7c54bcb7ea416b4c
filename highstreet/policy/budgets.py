"""Budgets: what a programme may spend, set aside in batches and slices, never below zero. Two persons change a budget or a rule.

Money is in one of four places: free in the programme, unclaimed in a batch's slices, claimed by a person, spent on an order; they add up to
what was allocated less what went back to the treasury.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.money import MOST, plain, split
from highstreet.policy import instruments
from highstreet.policy.closing import unspent as unspent
from highstreet.policy.errors import DecidedBefore, OverBudget, TwoPersons

ChangeKind = Literal["rules", "budget", "batch", "close"]
SLICES = 16
MOST_CLAIMS = 10_000_000
_LONGEST = timedelta(days=366)


class Standing(msgspec.Struct, frozen=True):
    """A programme and its money. rules: the file in force, None while it is a draft."""

    id: str
    office_id: str
    currency: str
    rules: str | None
    state: Literal["draft", "running", "closed"]
    allocated: int
    free: int


class Change(msgspec.Struct, frozen=True):
    """A change as it was proposed, and what became of it. said: why it was decided so."""

    id: str
    programme_id: str
    kind: ChangeKind
    body: dict[str, Any]
    why: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    accepted: bool | None
    said: str = ""


class NewBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What can be claimed. days: of validity; most: for one person; queue: in turn (`lines`), `pace` a minute."""

    schedule: int = 0
    amount: int
    claims: int
    way: Literal["first_come", "draw"] = "first_come"
    opens_at: datetime
    closes_at: datetime
    days: int = 7
    most: int = 1
    queue: bool = False
    pace: int = 600


class Batch(msgspec.Struct, frozen=True):
    """A batch as everybody may see it; `seed` once drawn; rolled_at: when what nobody claimed was free again; pace: of its line, if any."""

    id: str
    programme_id: str
    schedule: int
    amount: int
    claims: int
    way: Literal["first_come", "draw"]
    opens_at: datetime
    closes_at: datetime
    days: int
    most: int
    seed_sha256: str
    seed: str | None
    drawn_at: datetime | None
    rolled_at: datetime | None
    slices: int
    pace: int | None = None


async def draft(tx: Tx, programme_id: str, office_id: str, currency: str, by: str, now: datetime) -> bool:
    """A programme to be filled: no rules in force, no money. Whether it is new; drafting it again changes nothing. Errors: Malformed."""
    if not instruments.is_name(programme_id):
        raise Malformed("id", "is a short name in small letters", "须为小写字母短名")
    made = await tx.fetchval(
        """INSERT INTO policy.programme (id, office_id, currency, drafted_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT DO NOTHING RETURNING true""",
        programme_id,
        office_id,
        currency,
        now,
    )
    if made:
        await facts.tell(tx, "programme.drafted", programme_id, by, now)
    return bool(made)


async def standing(tx: Tx, programme_id: str) -> Standing:
    """Errors: NotFound."""
    found = await row_or_none(
        tx,
        Standing,
        """SELECT id, office_id, currency::text AS currency, rules, state, allocated, free
           FROM policy.programme WHERE id = $1""",
        programme_id,
    )
    if found is None:
        raise NotFound("programme")
    return found


async def everyone(tx: Tx) -> list[Standing]:
    """All programmes, by name."""
    return await rows(
        tx,
        Standing,
        """SELECT id, office_id, currency::text AS currency, rules, state, allocated, free
           FROM policy.programme ORDER BY id""",
    )


async def running(tx: Tx) -> list[str]:
    """The programmes that are running, by name."""
    return [
        row["id"]
        for row in await tx.fetch("SELECT id FROM policy.programme WHERE state = 'running' ORDER BY id")
    ]


async def running_one(tx: Tx, programme_id: str) -> Standing:
    """A programme that everybody may look at: not a draft. Errors: NotFound."""
    one = await standing(tx, programme_id)
    if one.state == "draft":
        raise NotFound("programme")
    return one


async def propose(
    tx: Tx, programme_id: str, kind: ChangeKind, body: dict[str, Any], why: str, by: str, now: datetime
) -> Change:
    """One person proposes: {"rules": text}, {"amount": minor units}, a `NewBatch`, or {} to close. Errors: WrongProgramme, Malformed."""
    one = await standing(tx, programme_id)
    if one.state == "closed":
        raise Malformed("programme", "is closed", "已结束")
    if not why.strip():
        raise Malformed("why", "say why", "请说明理由")
    _check(one, kind, body)
    change = Change(new_id("chg", now), programme_id, kind, body, why.strip(), by, now, None, None, None)
    await tx.execute(
        """INSERT INTO policy.change (id, programme_id, kind, body, why, proposed_by, proposed_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        change.id,
        programme_id,
        kind,
        body,
        change.why,
        by,
        now,
    )
    await facts.tell(
        tx, "programme.change_proposed", programme_id, by, now, {"change": change.id, "kind": kind}
    )
    return change


def _check(one: Standing, kind: ChangeKind, body: dict[str, Any]) -> None:
    if kind == "rules":
        programme = instruments.read(str(body.get("rules", "")))
        if programme.id != one.id or programme.currency != one.currency:
            raise Malformed("rules", f"are not those of {one.id}", "与该政策不符")
    elif kind == "budget":
        amount = body.get("amount")
        if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < abs(amount) <= MOST:
            raise Malformed("amount", "must be an amount other than nothing", "请填写金额")
    elif kind == "batch":
        batch_of(body)


def batch_of(body: dict[str, Any]) -> NewBatch:
    """A batch as it was proposed. Errors: Malformed."""
    try:
        batch = msgspec.convert(body, NewBatch)
    except msgspec.ValidationError as e:
        raise Malformed("batch", str(e)) from None
    if not 0 < batch.claims <= MOST_CLAIMS or not 0 < batch.amount <= MOST // batch.claims:
        raise Malformed("claims", "too many, or of too much", "数量或金额过大")
    if batch.closes_at <= batch.opens_at or batch.closes_at - batch.opens_at > _LONGEST:
        raise Malformed("closes_at", "must be after it opens, within a year", "须晚于开始时间且不超过一年")
    if not (1 <= batch.days <= 366 and 1 <= batch.most <= 10 and 0 <= batch.schedule < 100):
        raise Malformed("batch", "days from 1 to 366, most from 1 to 10", "天数 1–366，每人 1–10 张")
    if batch.queue and (batch.way == "draw" or not 1 <= batch.pace <= 1_000_000):
        raise Malformed(
            "pace",
            "a line is for first come, 1 to 1,000,000 a minute",
            "排队仅用于先到先得，每分钟 1–1,000,000 人",
        )
    return batch


_CHANGE = """SELECT id, programme_id, kind, body, why, proposed_by, proposed_at, decided_by, decided_at, accepted, said
             FROM policy.change"""


async def change(tx: Tx, change_id: str) -> Change:
    """Errors: NotFound."""
    found = await row_or_none(tx, Change, _CHANGE + " WHERE id = $1", change_id)
    if found is None:
        raise NotFound("change")
    return found


async def changes(tx: Tx, programme_id: str | None = None, most: int = 100) -> list[Change]:
    """A programme's changes, or everybody's that wait for a second person; the newest first."""
    which = "programme_id = $1" if programme_id is not None else "$1::text IS NULL AND decided_by IS NULL"
    query = f"{_CHANGE} WHERE {which} ORDER BY proposed_at DESC, id DESC LIMIT $2"
    return await rows(tx, Change, query, programme_id, most)


async def decided(tx: Tx, most: int = 20) -> list[Change]:
    """What was decided of any programme, the latest first."""
    query = f"{_CHANGE} WHERE decided_by IS NOT NULL ORDER BY decided_at DESC, id DESC LIMIT $1"
    return await rows(tx, Change, query, most)


async def decide(
    tx: Tx, change_id: str, accepted: bool, by: str, seed: str, now: datetime, said: str = ""
) -> Change:
    """Another person decides, and says why where they refuse; what is accepted happens in the same transaction.

    `seed`: random, for the draw of a batch. Errors: NotFound, TwoPersons, DecidedBefore, OverBudget, Malformed.
    """
    change = await row_or_none(tx, Change, _CHANGE + " WHERE id = $1 FOR UPDATE", change_id)
    if change is None:
        raise NotFound("change")
    if change.decided_by is not None:
        raise DecidedBefore
    if change.proposed_by == by:
        raise TwoPersons
    if not accepted and not said.strip():
        raise Malformed("said", "say why not", "请说明不同意的理由")
    await tx.execute(
        "UPDATE policy.change SET decided_by = $2, decided_at = $3, accepted = $4, said = $5 WHERE id = $1",
        change_id,
        by,
        now,
        accepted,
        said.strip(),
    )
    if accepted:
        await _apply(tx, change, seed, now)
    body = {"change": change_id, "kind": change.kind, "accepted": accepted}
    await facts.tell(tx, "programme.change_decided", change.programme_id, by, now, body)
    return msgspec.structs.replace(
        change, decided_by=by, decided_at=now, accepted=accepted, said=said.strip()
    )


async def _apply(tx: Tx, change: Change, seed: str, now: datetime) -> None:
    programme_id = change.programme_id
    if change.kind == "rules":
        await tx.execute(
            "UPDATE policy.programme SET rules = $2, state = 'running' WHERE id = $1 AND state <> 'closed'",
            programme_id,
            change.body["rules"],
        )
    elif change.kind == "budget":
        await _allocate(tx, programme_id, change.body["amount"])
    elif change.kind == "batch":
        await _open(tx, programme_id, batch_of(change.body), seed, now)
    else:
        await _close(tx, programme_id, now)


async def _close(tx: Tx, programme_id: str, now: datetime) -> None:
    """No round can be claimed any more: what nobody claimed is free again. What people hold they may still spend."""
    done = await tx.execute(
        "UPDATE policy.programme SET state = 'closed' WHERE id = $1 AND state = 'running'", programme_id
    )
    if done == "UPDATE 0":
        raise Malformed("programme", "is not running", "未在执行中")
    await roll(tx, now)


async def _allocate(tx: Tx, programme_id: str, amount: int) -> None:
    done = await tx.execute(
        """UPDATE policy.programme SET allocated = allocated + $2, free = free + $2
           WHERE id = $1 AND free + $2 >= 0 AND (state <> 'closed' OR $2 < 0)""",
        programme_id,
        amount,
    )
    if done == "UPDATE 0":
        await _over(tx, programme_id)


async def give_up(tx: Tx, programme_id: str, amount: int) -> None:
    """What goes back to the treasury is not the programme's any more. Errors: OverBudget."""
    await _allocate(tx, programme_id, -amount)


async def _over(tx: Tx, programme_id: str) -> None:
    one = await standing(tx, programme_id)
    raise OverBudget(free=plain(one.free, one.currency))


async def _open(tx: Tx, programme_id: str, new: NewBatch, seed: str, now: datetime) -> None:
    """Set a batch's money aside, in slices of whole claims."""
    done = await tx.execute(
        "UPDATE policy.programme SET free = free - $2 WHERE id = $1 AND free >= $2 AND state = 'running'",
        programme_id,
        new.amount * new.claims,
    )
    if done == "UPDATE 0":
        await _over(tx, programme_id)
    batch_id = new_id("bat", now)
    await tx.execute(
        """INSERT INTO policy.batch (id, programme_id, schedule, amount, claims, way, opens_at, closes_at, days, most, seed, seed_sha256)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
        batch_id, programme_id, new.schedule, new.amount, new.claims, new.way, new.opens_at, new.closes_at, new.days, new.most,
        seed, hashlib.sha256(seed.encode()).hexdigest(),
    )  # fmt: skip
    if new.queue:
        await tx.execute("INSERT INTO policy.line (batch_id, pace) VALUES ($1, $2)", batch_id, new.pace)
    parts = [part for part in split(new.claims, [1] * SLICES) if part]
    await tx.execute(
        """INSERT INTO policy.slice (batch_id, n, total, unclaimed)
           SELECT $1, n, amount, amount FROM unnest($2::bigint[]) WITH ORDINALITY AS p (amount, n)""",
        batch_id,
        [part * new.amount for part in parts],
    )


_BATCH = """b.id, b.programme_id, b.schedule, b.amount, b.claims, b.way, b.opens_at, b.closes_at, b.days, b.most, b.seed_sha256,
            CASE WHEN b.drawn_at IS NOT NULL OR EXISTS (SELECT FROM policy.line l WHERE l.batch_id = b.id AND l.ordered_at IS NOT NULL)
                 THEN b.seed END AS seed, b.drawn_at, b.rolled_at,
            (SELECT count(*)::int FROM policy.slice s WHERE s.batch_id = b.id) AS slices,
            (SELECT l.pace FROM policy.line l WHERE l.batch_id = b.id) AS pace"""


async def batch(tx: Tx, batch_id: str) -> Batch:
    """Errors: NotFound."""
    found = await row_or_none(tx, Batch, f"SELECT {_BATCH} FROM policy.batch b WHERE b.id = $1", batch_id)
    if found is None:
        raise NotFound("round")
    return found


async def batches(tx: Tx, programme_id: str) -> list[Batch]:
    """A programme's batches, in the order they open."""
    return await rows(
        tx,
        Batch,
        f"SELECT {_BATCH} FROM policy.batch b WHERE b.programme_id = $1 ORDER BY b.opens_at, b.id",
        programme_id,
    )


async def roll(tx: Tx, now: datetime) -> int:
    """What nobody claimed of batches that are over, or of closed programmes, is free again. How many batches were rolled; each once."""
    found = await tx.fetch(
        """
        WITH over AS (
            SELECT b.id, b.programme_id FROM policy.batch b
            JOIN policy.programme p ON p.id = b.programme_id
            WHERE b.rolled_at IS NULL
              AND (p.state = 'closed' OR b.closes_at <= $1 AND (b.way = 'first_come' OR b.drawn_at IS NOT NULL))
            ORDER BY b.id LIMIT 100 FOR UPDATE OF b SKIP LOCKED
        ), marked AS (
            UPDATE policy.batch b SET rolled_at = $1 FROM over WHERE b.id = over.id
        ), held AS (
            SELECT s.batch_id, s.n, s.unclaimed FROM policy.slice s JOIN over ON over.id = s.batch_id
            ORDER BY s.batch_id, s.n FOR UPDATE OF s
        ), emptied AS (
            UPDATE policy.slice s SET unclaimed = 0, total = s.total - s.unclaimed
            FROM held WHERE s.batch_id = held.batch_id AND s.n = held.n
        ), back AS (
            SELECT o.programme_id, sum(h.unclaimed)::bigint AS amount, count(DISTINCT o.id) AS batches
            FROM over o JOIN held h ON h.batch_id = o.id GROUP BY 1 ORDER BY 1
        )
        UPDATE policy.programme p SET free = p.free + back.amount FROM back WHERE p.id = back.programme_id
        RETURNING p.id, back.amount, back.batches
        """,
        now,
    )
    for row in found:
        await facts.tell(tx, "programme.rolled", row["id"], "clock", now, {"amount": row["amount"]})
    return sum(row["batches"] for row in found)
