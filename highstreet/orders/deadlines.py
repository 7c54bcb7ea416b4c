"""Deadlines: every wait of an order has one, and something happens when it passes."""

from __future__ import annotations

from datetime import datetime

from highstreet.kit.db import Tx


async def passed(tx: Tx, now: datetime, most: int = 200) -> list[str]:
    """Orders with a deadline that has passed, the oldest first. Two workers may see the same one: the order's version decides."""
    found = await tx.fetch(
        "SELECT DISTINCT order_id FROM (SELECT order_id FROM orders.deadline WHERE due_at <= $1 ORDER BY due_at LIMIT $2) d",
        now,
        most,
    )
    return [r["order_id"] for r in found]


async def next_due(tx: Tx) -> datetime | None:
    """When the next deadline of all passes."""
    due: datetime | None = await tx.fetchval("SELECT min(due_at) FROM orders.deadline")
    return due
