"""Applications: a seller asks to take part in a programme, states what its office wants to hear, and is let in or told why not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.policy import enrolments
from highstreet.policy.budgets import standing
from highstreet.policy.errors import AskedBefore, DecidedBefore, NotTakingPart

State = Literal["asked", "enrolled", "refused", "withdrawn"]
# What a seller states when it asks, by its code; a page has the words. From the notices of 2024-2026: see docs/programmes.md.
STATEMENTS = ("prices", "no_raise", "records", "no_resale", "answers")


class Application(msgspec.Struct, frozen=True):
    """As it was asked, and what became of it."""

    id: str
    programme_id: str
    seller_id: str
    statements: list[str]
    papers: list[str]
    state: State
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str


_ALL = "id, programme_id, seller_id, statements, papers, state, asked_by, asked_at, decided_by, decided_at, reason"


async def apply(
    tx: Tx, programme_id: str, seller_id: str, statements: Sequence[str], papers: Sequence[str], by: str, now: datetime
) -> str:  # fmt: skip
    """Ask to take part; the application's id. Errors: NotFound, NotTakingPart, AskedBefore, Malformed when a statement is missing."""
    one = await standing(tx, programme_id)
    if one.state != "running":
        raise NotTakingPart
    if set(statements) != set(STATEMENTS):
        raise Malformed("statements", "all of them are needed", "须逐项承诺")
    if await enrolments.violator(tx, seller_id, now):
        raise NotTakingPart
    if await enrolments.enrolled(tx, programme_id, seller_id, now):
        raise AskedBefore
    made = await tx.fetchval(
        """INSERT INTO policy.application (id, programme_id, seller_id, statements, papers, asked_by, asked_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (programme_id, seller_id) WHERE state = 'asked' DO NOTHING RETURNING id""",
        new_id("app", now),
        programme_id,
        seller_id,
        sorted(statements),
        sorted(papers),
        by,
        now,
    )
    if made is None:
        raise AskedBefore
    await facts.tell(tx, "programme.asked", programme_id, by, now, {"seller": seller_id, "application": made})
    return str(made)


async def decide(
    tx: Tx, application_id: str, accepted: bool, qualities: frozenset[str], reason: str, by: str, now: datetime
) -> Application:  # fmt: skip
    """Let the seller in with what was found true of it, or say why not. Errors: NotFound, DecidedBefore, NotTakingPart, Malformed."""
    if not accepted and not reason.strip():
        raise Malformed("reason", "say why", "请说明理由")
    found = await row_or_none(
        tx,
        Application,
        f"""UPDATE policy.application SET state = $2, decided_by = $3, decided_at = $4, reason = $5
            WHERE id = $1 AND state = 'asked' RETURNING {_ALL}""",
        application_id,
        "enrolled" if accepted else "refused",
        by,
        now,
        reason.strip(),
    )
    if found is None:
        await application(tx, application_id)
        raise DecidedBefore
    if accepted:
        await enrolments.enrol(tx, found.programme_id, found.seller_id, qualities, by, now)
    body = {"seller": found.seller_id, "application": found.id, "state": found.state}
    await facts.tell(tx, "programme.application_decided", found.programme_id, by, now, body)
    return found


async def withdraw(tx: Tx, application_id: str, seller_id: str, by: str, now: datetime) -> None:
    """The seller thinks again. Errors: DecidedBefore when it was decided, or is somebody else's."""
    done = await tx.execute(
        """UPDATE policy.application SET state = 'withdrawn', decided_by = $3, decided_at = $4
           WHERE id = $1 AND seller_id = $2 AND state = 'asked'""",
        application_id,
        seller_id,
        by,
        now,
    )
    if done == "UPDATE 0":
        raise DecidedBefore


async def application(tx: Tx, application_id: str) -> Application:
    """Errors: NotFound."""
    found = await row_or_none(
        tx, Application, f"SELECT {_ALL} FROM policy.application WHERE id = $1", application_id
    )
    if found is None:
        raise NotFound("application")
    return found


async def waiting(tx: Tx, programme_id: str | None = None, most: int = 200) -> list[Application]:
    """What nobody has decided, the longest waiting first."""
    return await rows(
        tx,
        Application,
        f"""SELECT {_ALL} FROM policy.application WHERE state = 'asked' AND ($1::text IS NULL OR programme_id = $1)
            ORDER BY asked_at, id LIMIT $2""",
        programme_id,
        most,
    )


async def latest(tx: Tx, seller_id: str) -> dict[str, Application]:
    """A seller's latest application for each programme."""
    found = await rows(
        tx,
        Application,
        f"""SELECT DISTINCT ON (programme_id) {_ALL} FROM policy.application WHERE seller_id = $1
            ORDER BY programme_id, asked_at DESC, id DESC""",
        seller_id,
    )
    return {one.programme_id: one for one in found}
