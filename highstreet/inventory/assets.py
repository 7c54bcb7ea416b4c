"""Assets: single things with a calendar of their own (a room, a bicycle, one used camera)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.inventory.errors import StillPromised, TagTaken
from highstreet.kit.db import Tx, rows


class Asset(msgspec.Struct, frozen=True):
    """One thing, told apart from its twins by its tag."""

    id: int
    variant_id: str
    place_id: str
    tag: str
    state: str


async def register(tx: Tx, variant_id: str, place_id: str, tag: str) -> int:
    """A new thing; its id. A tag exists once in town. Errors: TagTaken."""
    made: int | None = await tx.fetchval(
        "INSERT INTO inventory.asset (variant_id, place_id, tag) VALUES ($1, $2, $3) ON CONFLICT (tag) DO NOTHING RETURNING id",
        variant_id,
        place_id,
        tag,
    )
    if made is None:
        raise TagTaken(tag=tag)
    return made


async def free_between(
    tx: Tx, variant_id: str, place_id: str, starts: datetime, ends: datetime
) -> list[Asset]:
    """The things of this kind nobody has in the period. Only a hold makes it sure: the calendar's constraint decides races."""
    return await rows(
        tx,
        Asset,
        """SELECT a.id, a.variant_id, a.place_id, a.tag, a.state FROM inventory.asset a
           WHERE a.variant_id = $1 AND a.place_id = $2 AND a.state = 'ready' AND NOT EXISTS (
               SELECT FROM inventory.hold h
               WHERE h.kind = 'asset' AND h.target_id = a.id AND h.freed = 0 AND h.period && tstzrange($3, $4))
           ORDER BY a.id""",
        variant_id,
        place_id,
        starts,
        ends,
    )


async def rest(tx: Tx, asset_id: int, state: str) -> None:
    """Take a thing out of use for a while (resting) or back into it (ready)."""
    await tx.execute("UPDATE inventory.asset SET state = $2 WHERE id = $1", asset_id, state)


async def lose(tx: Tx, order_id: str) -> None:
    """What an order lent and never got back is missing: nobody books it until it is found."""
    await tx.execute(
        """UPDATE inventory.asset a SET state = 'missing' FROM inventory.hold h
           WHERE h.order_id = $1 AND h.kind = 'asset' AND h.target_id = a.id AND a.state = 'ready'""",
        order_id,
    )


async def find(tx: Tx, order_id: str) -> None:
    """What an order never brought back turned up."""
    await tx.execute(
        """UPDATE inventory.asset a SET state = 'ready' FROM inventory.hold h
           WHERE h.order_id = $1 AND h.kind = 'asset' AND h.target_id = a.id AND a.state = 'missing'""",
        order_id,
    )


async def retire(tx: Tx, asset_id: int, now: datetime) -> None:
    """Take a thing out of use for good. Errors: StillPromised when somebody has it or has booked it."""
    # The row first: whoever books it at this moment is in before, or finds it retired.
    await tx.execute("SELECT FROM inventory.asset WHERE id = $1 FOR UPDATE", asset_id)
    until = await tx.fetchval(
        """SELECT max(upper(period)) FROM inventory.hold
           WHERE kind = 'asset' AND target_id = $1 AND freed = 0 AND upper(period) > $2""",
        asset_id,
        now,
    )
    if until is not None:
        raise StillPromised(until=f"{until:%Y-%m-%d}")
    await rest(tx, asset_id, "retired")
