"""Closing: what a closed programme has free goes back where it came from, whenever it comes: at once, or when a held voucher lapses."""

from __future__ import annotations

from datetime import datetime

from highstreet.kit import facts
from highstreet.kit.db import Tx


async def unspent(tx: Tx, now: datetime) -> list[tuple[str, str, int]]:
    """What closed programmes have free is theirs no more: programme, currency and how much. Again: nothing."""
    found = await tx.fetch(
        """
        WITH over AS (
            SELECT id, free FROM policy.programme WHERE state = 'closed' AND free > 0 ORDER BY id FOR UPDATE
        )
        UPDATE policy.programme p SET allocated = p.allocated - over.free, free = 0 FROM over WHERE p.id = over.id
        RETURNING p.id, p.currency::text AS currency, over.free AS amount
        """
    )
    for row in found:
        await facts.tell(tx, "programme.given_back", row["id"], "clock", now, {"amount": row["amount"]})
    return [(row["id"], row["currency"], row["amount"]) for row in found]
