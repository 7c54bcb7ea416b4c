"""Enrolments: what an office found true of sellers and people, where a rule asks for it: who takes part, who is verified."""

from __future__ import annotations

import re
from datetime import datetime

from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


async def enrol(
    tx: Tx, programme_id: str, seller_id: str, qualities: frozenset[str], by: str, now: datetime
) -> None:
    """A seller takes part in a programme, with what was found true of it ("food", "price_filed"). Again: what holds now."""
    _check(qualities)
    await tx.execute(
        """INSERT INTO policy.enrolment (programme_id, seller_id, qualities, by, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (programme_id, seller_id) DO UPDATE SET qualities = excluded.qualities, by = excluded.by, at = excluded.at""",
        programme_id,
        seller_id,
        sorted(qualities),
        by,
        now,
    )
    await facts.tell(tx, "programme.enrolled", programme_id, by, now, {"seller": seller_id})


async def enrolled(tx: Tx, programme_id: str, seller_id: str) -> frozenset[str]:
    """What is true of a seller in a programme, 'enrolled' among it; nothing when it takes no part."""
    found = await tx.fetchval(
        "SELECT qualities FROM policy.enrolment WHERE programme_id = $1 AND seller_id = $2",
        programme_id,
        seller_id,
    )
    return frozenset() if found is None else frozenset(found) | {"enrolled"}


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


async def qualities(tx: Tx, person_id: str, now: datetime) -> frozenset[str]:
    """What is true of a person now; everybody is a person."""
    found = await tx.fetch(
        "SELECT quality FROM policy.quality WHERE person_id = $1 AND until > $2", person_id, now
    )
    return frozenset(row["quality"] for row in found) | {"person"}


async def forget(tx: Tx, person_id: str) -> None:
    """The person is gone: nothing is known of them any more."""
    await tx.execute("DELETE FROM policy.quality WHERE person_id = $1", person_id)


def _check(names: frozenset[str]) -> None:
    if any(_NAME.fullmatch(name) is None for name in names):
        raise Malformed("qualities", "are short names in small letters", "须为小写字母短名")
