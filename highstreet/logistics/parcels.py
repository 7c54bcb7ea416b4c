"""Tracking of parcels handed to a carrier: what was seen where and when, typed in by a person or told by the carrier."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, rows

SCANS = ("accepted", "in_transit", "at_hub", "out_for_delivery", "attempted", "delivered", "lost")


class Scan(msgspec.Struct, frozen=True):
    """One sighting of a parcel."""

    at: datetime
    kind: str
    where_at: dict[str, str]


async def seen(tx: Tx, leg_id: str, kind: str, at: datetime, where_at: dict[str, str]) -> bool:
    """Write down a sighting; False when it was known already (carriers repeat themselves and tell out of order)."""
    done = await tx.execute(
        "INSERT INTO logistics.scan (leg_id, at, kind, where_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        leg_id,
        at,
        kind,
        where_at,
    )
    return done == "INSERT 0 1"


async def scans(tx: Tx, leg_id: str) -> list[Scan]:
    """Everything seen of a parcel, the latest first."""
    return await rows(
        tx, Scan, "SELECT at, kind, where_at FROM logistics.scan WHERE leg_id = $1 ORDER BY at DESC", leg_id
    )
