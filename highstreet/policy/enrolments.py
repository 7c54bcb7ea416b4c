"""Enrolments: what an office found true of sellers and people, where a rule asks for it: who takes part, who is verified."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, rows
from highstreet.kit.errors import Malformed
from highstreet.policy.errors import NotTakingPart

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


async def enrol(
    tx: Tx, programme_id: str, seller_id: str, qualities: frozenset[str], by: str, now: datetime
) -> None:
    """A seller takes part in a programme, with what was found true of it ("food", "price_filed"). Again: what holds now.

    Errors: NotTakingPart for a seller on the list of serious violators, Malformed.
    """
    _check(qualities)
    if await violator(tx, seller_id, now):
        raise NotTakingPart
    await tx.execute(
        """INSERT INTO policy.enrolment (programme_id, seller_id, qualities, by, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (programme_id, seller_id) DO UPDATE SET qualities = excluded.qualities, by = excluded.by, at = excluded.at,
               ends_at = NULL, ended_why = NULL""",
        programme_id,
        seller_id,
        sorted(qualities),
        by,
        now,
    )
    await facts.tell(tx, "programme.enrolled", programme_id, by, now, {"seller": seller_id})


async def enrolled(tx: Tx, programme_id: str, seller_id: str, now: datetime) -> bool:
    """Whether a seller takes part in a programme now, and is no serious violator."""
    return bool(
        await tx.fetchval(
            """SELECT true FROM policy.enrolment WHERE programme_id = $1 AND seller_id = $2 AND (ends_at IS NULL OR ends_at > $3)
               AND NOT EXISTS (SELECT FROM policy.quality WHERE person_id = $2 AND quality = 'violator' AND until > $3)""",
            programme_id,
            seller_id,
            now,
        )
    )


async def end(tx: Tx, programme_id: str, seller_id: str, at: datetime, why: str, by: str, now: datetime) -> bool:  # fmt: skip
    """The seller takes no part from a moment on; what was paid before stays as it was judged. False when that was so already."""
    done = await tx.execute(
        """UPDATE policy.enrolment SET ends_at = $3, ended_why = $4
           WHERE programme_id = $1 AND seller_id = $2 AND (ends_at IS NULL OR ends_at > $3)""",
        programme_id,
        seller_id,
        at,
        why.strip(),
    )
    if done == "UPDATE 0":
        return False
    body = {"seller": seller_id, "at": at.isoformat()}
    await facts.tell(tx, "programme.enrolment_ended", programme_id, by, now, body)
    return True


class Enrolment(msgspec.Struct, frozen=True):
    """A seller's place in a programme; ends_at: when it ended or will."""

    programme_id: str
    seller_id: str
    qualities: list[str]
    at: datetime
    ends_at: datetime | None
    ended_why: str | None


async def of_seller(tx: Tx, seller_id: str) -> dict[str, Enrolment]:
    """By programme; also those that ended."""
    found = await rows(tx, Enrolment, f"{_ALL} WHERE seller_id = $1 ORDER BY programme_id", seller_id)
    return {one.programme_id: one for one in found}


async def of_programme(tx: Tx, programme_id: str) -> list[Enrolment]:
    """Who takes part, and who did."""
    return await rows(
        tx, Enrolment, f"{_ALL} WHERE programme_id = $1 ORDER BY ends_at NULLS FIRST, at", programme_id
    )


_ALL = "SELECT programme_id, seller_id, qualities, at, ends_at, ended_why FROM policy.enrolment"


async def violator(tx: Tx, seller_id: str, now: datetime) -> datetime | None:
    """Until when a seller is on the list of serious violators; None when it is not. It is put there by `qualify`."""
    found: datetime | None = await tx.fetchval(
        "SELECT until FROM policy.quality WHERE person_id = $1 AND quality = 'violator' AND until > $2",
        seller_id,
        now,
    )
    return found


async def violators(tx: Tx, now: datetime) -> list[tuple[str, datetime]]:
    """Everybody on the list, with until when."""
    found = await tx.fetch(
        "SELECT person_id, until FROM policy.quality WHERE quality = 'violator' AND until > $1 ORDER BY until", now
    )  # fmt: skip
    return [(row["person_id"], row["until"]) for row in found]


async def qualify(tx: Tx, person_id: str, quality: str, until: datetime, by: str, now: datetime) -> None:
    """What an office found true of a person, until then. Again: until the later word."""
    _check(frozenset({quality}))
    await tx.execute(
        """INSERT INTO policy.quality (person_id, quality, until, by, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (person_id, quality) DO UPDATE SET until = excluded.until, by = excluded.by, at = excluded.at""",
        person_id,
        quality,
        until,
        by,
        now,
    )


async def forget(tx: Tx, person_id: str) -> None:
    """The person is gone: nothing is known of them any more."""
    await tx.execute("DELETE FROM policy.quality WHERE person_id = $1", person_id)


def _check(names: frozenset[str]) -> None:
    if any(_NAME.fullmatch(name) is None for name in names):
        raise Malformed("qualities", "are short names in small letters", "须为小写字母短名")
