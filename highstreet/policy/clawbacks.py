"""Claw-backs: cases in which a seller is to give public money back. Heard before it is decided; decided by another person; open to appeal.

What a case comes to is owed until it is taken out of the seller's takings. What an order gave back meanwhile nobody gives back twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.policy.errors import AskedBefore, CaseElsewhere, TwoPersons

TO_ANSWER = timedelta(days=15)
TO_APPEAL = timedelta(days=60)  # Administrative Reconsideration Law (2023), art. 20: sixty days
State = Literal["open", "dropped", "decided", "appealed", "upheld", "overturned"]


class Clawback(msgspec.Struct, frozen=True):
    """As it stands. amount: as it was opened; owed: as it was decided, less what a return took off since; taken: of it, so far."""

    id: str
    programme_id: str
    seller_id: str
    order_id: str
    amount: int
    reason: str
    evidence: str
    goes_to: Literal["budget", "treasury"]
    opened_by: str
    opened_at: datetime
    answer_by: datetime
    answer: str | None
    answered_at: datetime | None
    state: State
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None
    owed: int
    taken: int
    appeal: str | None
    appealed_at: datetime | None
    appeal_by: str | None
    appeal_decided_at: datetime | None
    appeal_decision: str | None


_ALL = ", ".join(Clawback.__struct_fields__)


async def open_case(
    tx: Tx, programme_id: str, seller_id: str, order_id: str, amount: int, reason: str, evidence: str,
    goes_to: Literal["budget", "treasury"], by: str, now: datetime,
) -> Clawback:  # fmt: skip
    """Open a case on an order; its seller has fifteen days to answer. The caller saw that so much is out.

    Errors: AskedBefore, Malformed.
    """
    if not reason.strip():
        raise Malformed("reason", "say why", "请说明理由")
    made = await row_or_none(
        tx,
        Clawback,
        f"""INSERT INTO policy.clawback
                (id, programme_id, seller_id, order_id, amount, reason, evidence, goes_to, opened_by, opened_at, answer_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (programme_id, order_id) WHERE state = 'open' DO NOTHING RETURNING {_ALL}""",
        new_id("cbk", now), programme_id, seller_id, order_id, amount, reason.strip(), evidence.strip(), goes_to, by, now,
        now + TO_ANSWER,
    )  # fmt: skip
    if made is None:
        raise AskedBefore
    await _told(tx, made, "opened", by, now)
    return made


async def answer(tx: Tx, case_id: str, seller_id: str, said: str, by: str, now: datetime) -> Clawback:
    """The seller's answer, once, while there is time. Errors: NotFound, CaseElsewhere, Malformed."""
    if not said.strip():
        raise Malformed("answer", "please write your answer", "请填写申辩意见")
    sql = f"""UPDATE policy.clawback SET answer = $3, answered_at = $2
              WHERE id = $1 AND state = 'open' AND answer IS NULL AND answer_by > $2 AND seller_id = $4 RETURNING {_ALL}"""
    return await _step(tx, "answered", by, sql, case_id, now, said.strip(), seller_id)


async def decide(tx: Tx, case_id: str, amount: int, decision: str, by: str, now: datetime) -> Clawback:
    """Another person decides, when the seller has answered or its time is over; nothing (0) drops the case.

    The caller saw that so much is still out, and takes it. Errors: NotFound, TwoPersons, CaseElsewhere, Malformed.
    """
    one = await case(tx, case_id)
    if one.opened_by == by:
        raise TwoPersons
    if not decision.strip():
        raise Malformed("decision", "say why", "请说明理由")
    if not 0 <= amount <= one.amount:
        raise Malformed("amount", "at most what the case is about", "不得超过立案金额")
    sql = f"""UPDATE policy.clawback SET state = CASE WHEN $4::bigint = 0 THEN 'dropped' ELSE 'decided' END, owed = $4,
                  decision = $3, decided_by = $5, decided_at = $2
              WHERE id = $1 AND state = 'open' AND (answer IS NOT NULL OR answer_by <= $2) AND opened_by <> $5 RETURNING {_ALL}"""
    return await _step(tx, "decided", by, sql, case_id, now, decision.strip(), amount, by)


async def appeal(tx: Tx, case_id: str, seller_id: str, said: str, by: str, now: datetime) -> Clawback:
    """The seller does not agree, within sixty days. Errors: NotFound, CaseElsewhere, Malformed."""
    if not said.strip():
        raise Malformed("appeal", "please say why", "请说明理由")
    sql = f"""UPDATE policy.clawback SET state = 'appealed', appeal = $3, appealed_at = $2
              WHERE id = $1 AND state = 'decided' AND decided_at > $5::timestamptz AND seller_id = $4 RETURNING {_ALL}"""
    return await _step(tx, "appealed", by, sql, case_id, now, said.strip(), seller_id, now - TO_APPEAL)


async def hear(
    tx: Tx, case_id: str, upheld: bool, decision: str, by: str, now: datetime
) -> tuple[Clawback, int]:
    """A third person hears the appeal. With the case as it then stands, what the seller gets back when it is overturned.

    Errors: NotFound, TwoPersons, CaseElsewhere, Malformed.
    """
    one = await case(tx, case_id, lock=True)
    if by in (one.opened_by, one.decided_by):
        raise TwoPersons
    if not decision.strip():
        raise Malformed("decision", "say why", "请说明理由")
    sql = f"""UPDATE policy.clawback SET state = $4, appeal_decision = $3, appeal_by = $5, appeal_decided_at = $2,
                  owed = CASE $4::text WHEN 'upheld' THEN owed ELSE 0 END, taken = CASE $4::text WHEN 'upheld' THEN taken ELSE 0 END
              WHERE id = $1 AND state = 'appealed' RETURNING {_ALL}"""
    outcome = "upheld" if upheld else "overturned"
    found = await _step(tx, "heard", by, sql, case_id, now, decision.strip(), outcome, by)
    return found, one.taken - found.taken


async def case(tx: Tx, case_id: str, *, lock: bool = False) -> Clawback:
    """Errors: NotFound."""
    sql = f"SELECT {_ALL} FROM policy.clawback WHERE id = $1" + (" FOR UPDATE" if lock else "")
    found = await row_or_none(tx, Clawback, sql, case_id)
    if found is None:
        raise NotFound("case")
    return found


async def cases(
    tx: Tx, *, programme_id: str | None = None, seller_id: str | None = None, order_id: str | None = None, most: int = 200
) -> list[Clawback]:  # fmt: skip
    """The newest first."""
    return await rows(
        tx,
        Clawback,
        f"""SELECT {_ALL} FROM policy.clawback WHERE ($1::text IS NULL OR programme_id = $1)
            AND ($2::text IS NULL OR seller_id = $2) AND ($3::text IS NULL OR order_id = $3) ORDER BY opened_at DESC, id DESC LIMIT $4""",
        programme_id,
        seller_id,
        order_id,
        most,
    )


async def short(tx: Tx, seller_id: str) -> list[Clawback]:
    """What a seller still owes, the oldest first, locked. Whoever asks has the seller's turn."""
    return await rows(
        tx,
        Clawback,
        f"SELECT {_ALL} FROM policy.clawback WHERE seller_id = $1 AND taken < owed ORDER BY decided_at, id FOR UPDATE",
        seller_id,
    )


async def owing(tx: Tx) -> list[str]:
    """Sellers that still owe something."""
    found = await tx.fetch(
        "SELECT DISTINCT seller_id FROM policy.clawback WHERE taken < owed ORDER BY 1 LIMIT 500"
    )
    return [row["seller_id"] for row in found]


async def of_evidence(tx: Tx, evidence: str) -> list[Clawback]:
    """The cases that were opened with this as their evidence."""
    return await rows(
        tx, Clawback, f"SELECT {_ALL} FROM policy.clawback WHERE evidence = $1 AND evidence <> '' ORDER BY opened_at, id", evidence
    )  # fmt: skip


async def undo(tx: Tx, case_id: str, why: str, by: str, now: datetime) -> tuple[Clawback, int]:
    """What a case was opened for turned out not to be so: nothing is owed by it. With what was taken, which goes back; again, nothing."""
    one = await case(tx, case_id, lock=True)
    if one.state in ("dropped", "overturned"):
        return one, 0
    await tx.execute(
        """UPDATE policy.clawback SET state = CASE state WHEN 'open' THEN 'dropped' ELSE 'overturned' END, owed = 0, taken = 0,
               appeal_decision = $2, appeal_decided_at = $3 WHERE id = $1""",
        case_id,
        why,
        now,
    )
    await _told(tx, one, "heard", by, now)
    return await case(tx, case_id), one.taken


async def took(tx: Tx, case_id: str, amount: int) -> None:
    """So much more of a case is out of the seller's takings; in the transaction of its transfer."""
    await tx.execute("UPDATE policy.clawback SET taken = taken + $2 WHERE id = $1", case_id, amount)


async def less(tx: Tx, case_id: str, owed: int) -> int:
    """An order gave money back after its case was decided: less is owed. What of it was taken already and goes back to the seller."""
    one = await case(tx, case_id, lock=True)
    if owed >= one.owed:
        return 0
    back = max(0, one.taken - owed)
    await tx.execute(
        "UPDATE policy.clawback SET owed = $2, taken = $3 WHERE id = $1", case_id, owed, one.taken - back
    )
    return back


async def _step(tx: Tx, step: str, by: str, sql: str, case_id: str, now: datetime, *told: object) -> Clawback:
    """Errors: NotFound, CaseElsewhere when the case is not where the statement takes it from."""
    found = await row_or_none(tx, Clawback, sql, case_id, now, *told)
    if found is None:
        await case(tx, case_id)
        raise CaseElsewhere
    await _told(tx, found, step, by, now)
    return found


async def _told(tx: Tx, one: Clawback, what: str, by: str, now: datetime) -> None:
    body = {"case": one.id, "order": one.order_id, "seller": one.seller_id, "amount": one.owed or one.amount}
    await facts.tell(tx, f"clawback.{what}", one.programme_id, by, now, body)
