"""What can still be chosen of an offer: times with room, things with a calendar, places to go between."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, row, rows
from highstreet.kit.text import Words


class Time(msgspec.Struct, frozen=True):
    """A slot that has not begun, with the room left in it."""

    id: int
    starts: datetime
    ends: datetime
    free: int


class Busy(msgspec.Struct, frozen=True):
    """When one of the things is taken."""

    starts: datetime
    ends: datetime


class Calendar(msgspec.Struct, frozen=True):
    """How many things there are of a kind at a place, and when each is taken."""

    things: int
    busy: list[Busy]


class Spot(msgspec.Struct, frozen=True):
    """A place of the town one can go to or come from."""

    id: str
    name: Words
    lat: float
    lon: float


async def times(
    tx: Tx, variant_ids: list[str], place_id: str, since: datetime, until: datetime
) -> list[Time]:
    """The slots of any of these variants at a place that begin in a time, full ones too."""
    return await rows(
        tx,
        Time,
        """SELECT id, lower(period) AS starts, upper(period) AS ends, total - held - sold AS free FROM inventory.supply
           WHERE variant_id = ANY ($1) AND place_id = $2 AND period IS NOT NULL AND lower(period) > $3 AND lower(period) < $4
           ORDER BY lower(period)""",
        variant_ids,
        place_id,
        since,
        until,
    )


async def calendar(tx: Tx, variant_id: str, place_id: str, since: datetime, until: datetime) -> Calendar:
    """The calendar of all things of a variant at a place."""
    return await row(
        tx,
        Calendar,
        """SELECT count(*) AS things,
                  coalesce((SELECT jsonb_agg(jsonb_build_object('starts', lower(h.period), 'ends', upper(h.period))
                                             ORDER BY lower(h.period))
                            FROM inventory.hold h JOIN inventory.asset b ON b.id = h.target_id
                            WHERE h.kind = 'asset' AND h.freed = 0 AND b.variant_id = $1 AND b.place_id = $2
                              AND h.period && tstzrange($3, $4)), '[]') AS busy
           FROM inventory.asset a WHERE a.variant_id = $1 AND a.place_id = $2 AND a.state = 'ready'""",
        variant_id,
        place_id,
        since,
        until,
    )


async def spots(tx: Tx) -> list[Spot]:
    """The town's places that say where they are, by name."""
    return await rows(
        tx,
        Spot,
        """SELECT id, name, lat, lon
           FROM parties.place WHERE closed_at IS NULL ORDER BY name ->> 'en' LIMIT 200""",
    )
