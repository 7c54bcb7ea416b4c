"""Photos of goods handed over or left at a door: one for a leg, sealed by whoever brings it here. Never changed once the leg is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from highstreet.kit.db import Tx


async def keep(tx: Tx, leg_id: str, courier_id: str, sealed: bytes, now: datetime) -> bool:
    """Keep a leg's picture, instead of an earlier one, while its courier carries it; False when that is over."""
    kept = await tx.execute(
        """INSERT INTO logistics.photo (leg_id, order_id, content, at)
           SELECT id, order_id, $3, $4 FROM logistics.leg
           WHERE id = $1 AND courier_id = $2 AND state IN ('underway', 'failed')
           ON CONFLICT (leg_id) DO UPDATE SET content = excluded.content, at = excluded.at""",
        leg_id,
        courier_id,
        sealed,
        now,
    )
    return kept == "INSERT 0 1"


async def is_there(tx: Tx, order_id: str) -> bool:
    """Whether an order's delivery has a picture."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM logistics.photo WHERE order_id = $1)", order_id
    )
    return found


async def forget(tx: Tx, order_ids: Sequence[str]) -> None:
    """No picture of these orders is left."""
    await tx.execute("DELETE FROM logistics.photo WHERE order_id = ANY ($1)", list(order_ids))
