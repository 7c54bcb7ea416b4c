"""Drafts: a programme's rules while they are being written. What is saved is kept as it was typed, each time; the last is what holds.

Whoever saves says which saving they began from: of two who began from the same one, the second is told, and loses nothing.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import Malformed, NotFound
from highstreet.policy.errors import DraftMoved
from highstreet.policy.writing import Voucher as Voucher
from highstreet.policy.writing import renamed as renamed
from highstreet.policy.writing import voucher as voucher

LONGEST = 60_000  # letters
_SHIPPED = Path(__file__).parent / "programmes"


class Draft(msgspec.Struct, frozen=True):
    """One saving of a draft. n: counted from 1."""

    programme_id: str
    n: int
    text: str
    by: str
    at: datetime


async def save(tx: Tx, programme_id: str, text: str, began_from: int, by: str, now: datetime) -> int:
    """Keep a draft as it was typed; the number of this saving. began_from: the saving one had before oneself, 0 for none.

    Errors: DraftMoved when somebody else saved since; Malformed for a text that is too long.
    """
    if len(text) > LONGEST or "\x00" in text:
        raise Malformed("text", "is too long", "内容过长")
    last = await latest(tx, programme_id)
    if last is not None and last.n == began_from and last.text == text:
        return last.n
    kept = await tx.fetchval(
        """INSERT INTO policy.draft (programme_id, n, text, by, at)
           SELECT $1, $2 + 1, $3, $4, $5
           WHERE $2 = 0 OR EXISTS (SELECT FROM policy.draft WHERE programme_id = $1 AND n = $2)
           ON CONFLICT DO NOTHING RETURNING n""",
        programme_id,
        began_from,
        text,
        by,
        now,
    )
    if kept is None:
        raise DraftMoved
    return kept


_DRAFT = "SELECT programme_id, n, text, by, at FROM policy.draft WHERE programme_id = $1"


async def latest(tx: Tx, programme_id: str) -> Draft | None:
    """The last saving."""
    return await row_or_none(tx, Draft, _DRAFT + " ORDER BY n DESC LIMIT 1", programme_id)


async def saved(tx: Tx, programme_id: str, n: int) -> Draft:
    """One saving. Errors: NotFound."""
    found = await row_or_none(tx, Draft, _DRAFT + " AND n = $2", programme_id, n)
    if found is None:
        raise NotFound("draft")
    return found


async def savings(tx: Tx, programme_id: str, most: int = 50) -> list[Draft]:
    """Its savings, the last first."""
    return await rows(tx, Draft, _DRAFT + " ORDER BY n DESC LIMIT $2", programme_id, most)


def shipped() -> dict[str, str]:
    """The programmes that come with the market, as files to begin from: name and text."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(_SHIPPED.glob("*.toml"))}
