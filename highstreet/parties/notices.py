"""Notices: what the app tells one party, once per kind and subject.

Never personal data in subject or body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.ids import new_id


class Notice(msgspec.Struct, frozen=True):
    """`kind` chooses the words (a page has them), `subject` is what it is about, `body` fills them in."""

    id: str
    kind: str
    subject: str
    body: dict[str, str | int | bool | None]
    at: datetime
    read_at: datetime | None


async def tell(
    tx: Tx, party_id: str, kind: str, subject: str, body: Mapping[str, str | int | bool | None], now: datetime
) -> bool:
    """Tell a party something. Telling it again changes nothing; True when it was new."""
    made = await tx.fetchval(
        """
        INSERT INTO parties.notice (id, party_id, kind, subject, body, at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (party_id, kind, subject) DO NOTHING RETURNING id
        """,
        new_id("ntc", now),
        party_id,
        kind,
        subject,
        dict(body),
        now,
    )
    return made is not None


async def tell_staff(
    tx: Tx,
    party_id: str,
    kind: str,
    body: Mapping[str, str | int | bool | None],
    now: datetime,
    subject: str = "",
) -> None:
    """Tell the owners and managers of a business something about it (or about `subject`)."""
    people = await tx.fetch(
        """
        SELECT DISTINCT person_id FROM parties.role
        WHERE party_id = $1 AND role IN ('owner', 'manager') ORDER BY 1
        """,
        party_id,
    )
    for one in people:
        await tell(tx, one["person_id"], kind, subject or party_id, {**body, "party": party_id}, now)


async def unread(tx: Tx, party_id: str, most: int = 50) -> list[Notice]:
    """What a party has not read, newest first."""
    return await rows(
        tx,
        Notice,
        """
        SELECT id, kind, subject, body, at, read_at FROM parties.notice
        WHERE party_id = $1 AND read_at IS NULL ORDER BY at DESC, id DESC LIMIT $2
        """,
        party_id,
        most,
    )


async def latest(tx: Tx, party_id: str, most: int = 50) -> list[Notice]:
    """The newest notices of a party, read or not."""
    return await rows(
        tx,
        Notice,
        """
        SELECT id, kind, subject, body, at, read_at FROM parties.notice
        WHERE party_id = $1 ORDER BY at DESC, id DESC LIMIT $2
        """,
        party_id,
        most,
    )


async def read(tx: Tx, party_id: str, ids: Sequence[str] | None, now: datetime) -> int:
    """Mark notices of this party as read (None: all of them); how many were unread."""
    said = await tx.execute(
        """
        UPDATE parties.notice SET read_at = $3
        WHERE party_id = $1 AND read_at IS NULL AND ($2::text[] IS NULL OR id = ANY($2))
        """,
        party_id,
        None if ids is None else list(ids),
        now,
    )
    return int(said.rpartition(" ")[2])
