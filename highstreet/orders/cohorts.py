"""Cohorts: orders that are decided together, once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from highstreet.kit.db import Tx, row_or_none


class Cohort(msgspec.Struct):
    """A group, a draw or a run: its members' orders name it; the decision is written once and holds for all."""

    id: str
    format: str
    offer_id: str
    closes_at: datetime
    members: int = 0
    decided_at: datetime | None = None
    decision: dict[str, Any] | None = None


async def gather(tx: Tx, cohort: Cohort) -> None:
    """Open a cohort."""
    await tx.execute(
        "INSERT INTO orders.cohort (id, format, offer_id, closes_at) VALUES ($1, $2, $3, $4)",
        cohort.id,
        cohort.format,
        cohort.offer_id,
        cohort.closes_at,
    )


async def decide(tx: Tx, cohort_id: str, decision: dict[str, Any], now: datetime) -> bool:
    """Write the decision unless one stands already; whether this call was the one that decided."""
    done = await tx.execute(
        """UPDATE orders.cohort SET decided_at = $2, decision = $3, version = version + 1,
                  members = (SELECT count(*) FROM orders."order" o WHERE o.cohort_id = $1 AND o.stage = 'placed')
           WHERE id = $1 AND decided_at IS NULL""",
        cohort_id,
        now,
        decision,
    )
    return done == "UPDATE 1"


async def read(tx: Tx, cohort_id: str) -> Cohort | None:
    """A cohort as it stands."""
    return await row_or_none(
        tx,
        Cohort,
        "SELECT id, format, offer_id, closes_at, members, decided_at, decision FROM orders.cohort WHERE id = $1",
        cohort_id,
    )
