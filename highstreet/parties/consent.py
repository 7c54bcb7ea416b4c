"""Consent: what a person allowed their data to be used for, in which words, from when until when.

Nothing is overwritten.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.errors import Malformed

Purpose = Literal["marketing", "personalisation", "statistics", "location", "sharing"]


class Consent(msgspec.Struct, frozen=True):
    """One consent, in the words it was given in; over once `withdrawn_at` is set."""

    purpose: Purpose
    wording: str
    given_at: datetime
    withdrawn_at: datetime | None


async def give(tx: Tx, party_id: str, purpose: Purpose, wording: str, now: datetime) -> None:
    """Allow a use.

    Giving it again in the same words changes nothing; other words end the old consent and begin a new one.
    """
    if purpose not in get_args(Purpose) or not wording.strip():
        raise Malformed("purpose", "choose one of those offered", "请选择所列用途")
    # The party's row orders two at once.
    await tx.execute("SELECT FROM parties.party WHERE id = $1 FOR NO KEY UPDATE", party_id)
    standing = await tx.fetchval(
        "SELECT wording FROM parties.consent WHERE party_id = $1 AND purpose = $2 AND withdrawn_at IS NULL",
        party_id,
        purpose,
    )
    if standing == wording:
        return
    await withdraw(tx, party_id, purpose, now)
    await tx.execute(
        """
        INSERT INTO parties.consent (party_id, purpose, given_at, wording) VALUES ($1, $2, $3, $4)
        ON CONFLICT (party_id, purpose, given_at)
            DO UPDATE SET withdrawn_at = NULL, wording = excluded.wording
        """,
        party_id,
        purpose,
        now,
        wording,
    )


async def withdraw(tx: Tx, party_id: str, purpose: Purpose, now: datetime) -> None:
    """End a consent at once; without one, nothing happens."""
    await tx.execute(
        """
        UPDATE parties.consent SET withdrawn_at = $3
        WHERE party_id = $1 AND purpose = $2 AND withdrawn_at IS NULL
        """,
        party_id,
        purpose,
        now,
    )


async def given(tx: Tx, party_id: str, purpose: Purpose) -> bool:
    """Whether the person allows this use now."""
    return bool(
        await tx.fetchval(
            """
            SELECT EXISTS (SELECT FROM parties.consent
                WHERE party_id = $1 AND purpose = $2 AND withdrawn_at IS NULL)
            """,
            party_id,
            purpose,
        )
    )


async def consents_of(tx: Tx, party_id: str) -> list[Consent]:
    """Everything ever allowed, newest first."""
    return await rows(
        tx,
        Consent,
        """
        SELECT purpose, wording, given_at, withdrawn_at FROM parties.consent
        WHERE party_id = $1 ORDER BY given_at DESC, purpose
        """,
        party_id,
    )
