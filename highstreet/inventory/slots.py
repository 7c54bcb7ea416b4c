"""Slots: capacity of people, rooms and machines by time window. A slot is a supply with a period."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from highstreet.kit.db import Tx, row_or_none, rows


class Slot(msgspec.Struct, frozen=True):
    """A window with room for so many; free = total - held - sold."""

    id: int
    starts: datetime
    ends: datetime
    total: int
    free: int


async def open_slot(
    tx: Tx,
    variant_id: str,
    place_id: str,
    starts: datetime,
    ends: datetime,
    capacity: int,
    by: str,
    now: datetime,
) -> int:
    """Offer room for `capacity` in a window; opening the same window again adds to it."""
    made: int = await tx.fetchval(
        """INSERT INTO inventory.supply (variant_id, place_id, period, total) VALUES ($1, $2, tstzrange($3, $4), $5)
           ON CONFLICT (variant_id, place_id, period) DO UPDATE SET total = inventory.supply.total + excluded.total RETURNING id""",
        variant_id,
        place_id,
        starts,
        ends,
        capacity,
    )
    await tx.execute(
        "INSERT INTO inventory.movement (supply_id, kind, quantity, by, at) VALUES ($1, 'opened', $2, $3, $4)",
        made,
        capacity,
        by,
        now,
    )
    return made


async def open_apart(
    tx: Tx, variant_id: str, place_id: str, starts: datetime, ends: datetime, capacity: int, by: str, now: datetime
) -> int:  # fmt: skip
    """Room for `capacity` that is nobody else's: a window opened before at this very moment stays as it is, this one begins after it."""
    while True:
        made: int | None = await tx.fetchval(
            """INSERT INTO inventory.supply (variant_id, place_id, period, total) VALUES ($1, $2, tstzrange($3, $4), $5)
               ON CONFLICT (variant_id, place_id, period) DO NOTHING RETURNING id""",
            variant_id, place_id, starts, ends, capacity,
        )  # fmt: skip
        if made is not None:
            break
        starts += timedelta(microseconds=1)
    await tx.execute(
        "INSERT INTO inventory.movement (supply_id, kind, quantity, by, at) VALUES ($1, 'opened', $2, $3, $4)",
        made, capacity, by, now,
    )  # fmt: skip
    return made


async def find(tx: Tx, slot_id: int, place_id: str, variant_ids: tuple[str, ...]) -> Slot | None:
    """A window by its id, if it is one of these variants' at this place."""
    return await row_or_none(
        tx,
        Slot,
        """SELECT id, lower(period) AS starts, upper(period) AS ends, total, total - held - sold AS free
           FROM inventory.supply WHERE id = $1 AND place_id = $2 AND variant_id = ANY ($3) AND period IS NOT NULL""",
        slot_id,
        place_id,
        list(variant_ids),
    )


async def slots(tx: Tx, variant_id: str, place_id: str, since: datetime, until: datetime) -> list[Slot]:
    """The windows that begin in a time, in order."""
    return await rows(
        tx,
        Slot,
        """SELECT id, lower(period) AS starts, upper(period) AS ends, total, total - held - sold AS free
           FROM inventory.supply
           WHERE variant_id = $1 AND place_id = $2 AND period IS NOT NULL AND lower(period) >= $3 AND lower(period) < $4
           ORDER BY lower(period)""",
        variant_id,
        place_id,
        since,
        until,
    )
