"""Seats: which seats of a time are somebody's. They are taken and given free with the hold of the room they fill, all of them or none."""

from __future__ import annotations

from highstreet.kit.db import Tx


async def taken(tx: Tx, slot_id: int) -> set[str]:
    """The labels of the seats of a time that are somebody's. Only the hold makes it sure: its table decides races."""
    return {
        r["label"] for r in await tx.fetch("SELECT label FROM inventory.seat WHERE supply_id = $1", slot_id)
    }
