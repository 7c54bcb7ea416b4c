"""Courier rounds: the legs one courier carries on one outing, in order."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from highstreet.kit.db import Tx, row_or_none
from highstreet.kit.ids import new_id
from highstreet.logistics.errors import LegTaken, NoSuchRound


class Round(msgspec.Struct, frozen=True):
    """One outing; its stops are the legs that name it."""

    id: str
    courier_id: str
    day: date
    state: str


async def current(tx: Tx, courier_id: str, day: date, now: datetime) -> Round:
    """The courier's round that is not over yet; a new one when there is none."""
    found = await row_or_none(
        tx,
        Round,
        "SELECT id, courier_id, day, state FROM logistics.round WHERE courier_id = $1 AND state <> 'done' ORDER BY id LIMIT 1",
        courier_id,
    )
    if found is not None:
        return found
    made = Round(new_id("rnd", now), courier_id, day, "planned")
    await tx.execute(
        "INSERT INTO logistics.round (id, courier_id, day) VALUES ($1, $2, $3)", made.id, courier_id, day
    )
    return made


async def take(tx: Tx, round_id: str, courier_id: str, leg_ids: list[str]) -> None:
    """Put legs on a round, each only while no other courier has it: one guarded statement."""
    taken = await tx.execute(
        """WITH stops AS (SELECT coalesce(max(stop), 0) AS last FROM logistics.leg WHERE round_id = $1)
           UPDATE logistics.leg l SET round_id = $1, courier_id = $2, stop = stops.last + w.n
           FROM stops, unnest($3::text[]) WITH ORDINALITY AS w (id, n)
           WHERE l.id = w.id AND l.kind = 'courier' AND l.round_id IS NULL AND l.state IN ('planned', 'ready')""",
        round_id,
        courier_id,
        leg_ids,
    )
    if taken != f"UPDATE {len(leg_ids)}":
        raise LegTaken


async def put_back(tx: Tx, round_id: str, leg_id: str) -> None:
    """Take a leg off a round again, as long as nothing was picked up."""
    changed = await tx.execute(
        """UPDATE logistics.leg SET round_id = NULL, courier_id = NULL, stop = NULL
           WHERE id = $2 AND round_id = $1 AND state IN ('planned', 'ready')""",
        round_id,
        leg_id,
    )
    if changed != "UPDATE 1":
        raise LegTaken


async def reorder(tx: Tx, round_id: str, leg_ids: list[str]) -> None:
    """The stops in this order."""
    await tx.execute(
        """UPDATE logistics.leg l SET stop = w.n FROM unnest($2::text[]) WITH ORDINALITY AS w (id, n)
           WHERE l.id = w.id AND l.round_id = $1""",
        round_id,
        leg_ids,
    )


async def start(tx: Tx, round_id: str, courier_id: str, now: datetime) -> None:
    """The courier sets out."""
    changed = await tx.execute(
        "UPDATE logistics.round SET state = 'underway', started_at = $3 WHERE id = $1 AND courier_id = $2 AND state = 'planned'",
        round_id,
        courier_id,
        now,
    )
    if changed != "UPDATE 1":
        raise NoSuchRound


async def end_if_done(tx: Tx, round_id: str, now: datetime) -> bool:
    """A round is over when every stop is; whether it is now."""
    changed = await tx.execute(
        """UPDATE logistics.round SET state = 'done', ended_at = $2 WHERE id = $1 AND state <> 'done'
           AND NOT EXISTS (SELECT FROM logistics.leg WHERE round_id = $1 AND state NOT IN ('done', 'void'))""",
        round_id,
        now,
    )
    return changed == "UPDATE 1"
