"""Commands: what is asked of a device for an order. The row comes first, a job sends it, and the answer or its time ends it.

A device serves one order at a time: whoever asked first is before the door, and the index says so, not a look beforehand.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from highstreet.kit.db import Tx, row_or_none
from highstreet.logistics.errors import DeviceBusy

State = Literal["wanted", "asked", "opened", "over", "refused", "unanswered"]
_COLUMNS = "key, device_id, order_id, leg_id, kind, state, by, reason, tries, wanted_at, until, answered_at"


class Command(msgspec.Struct, frozen=True):
    """`opened`: somebody uses what it opened; `over`: no more. `unanswered`: its time passed and nobody knows."""

    key: str
    device_id: str
    order_id: str
    leg_id: str
    kind: Literal["unlock", "lock"]
    state: State
    by: str
    reason: str
    tries: int
    wanted_at: datetime
    until: datetime
    answered_at: datetime | None

    @property
    def waits(self) -> bool:
        """Whether the device has still to answer."""
        return self.state in ("wanted", "asked")


async def want(
    tx: Tx,
    key: str,
    device_id: str,
    order_id: str,
    leg_id: str,
    kind: Literal["unlock", "lock"],
    by: str,
    until: datetime,
    now: datetime,
) -> Command:
    """Ask something of a device; asked already for the same leg, the command there is. Errors: DeviceBusy with another's order."""
    made = await row_or_none(
        tx,
        Command,
        f"""INSERT INTO logistics.command (key, device_id, order_id, leg_id, kind, state, by, wanted_at, until)
            VALUES ($1, $2, $3, $4, $5, 'wanted', $6, $7, $8) ON CONFLICT DO NOTHING RETURNING {_COLUMNS}""",
        key,
        device_id,
        order_id,
        leg_id,
        kind,
        by,
        now,
        until,
    )
    if made is not None:
        return made
    there = await row_or_none(
        tx,
        Command,
        f"""SELECT {_COLUMNS} FROM logistics.command
            WHERE device_id = $1 AND kind = 'unlock' AND state IN ('wanted', 'asked', 'opened')""",
        device_id,
    )
    if there is None or there.leg_id != leg_id:
        raise DeviceBusy
    return there


async def claim(tx: Tx, key: str, now: datetime) -> Command | None:
    """Take a command to carry it out, one try more; None when it was answered or its time has passed."""
    return await row_or_none(
        tx,
        Command,
        f"""UPDATE logistics.command SET state = 'asked', tries = tries + 1
            WHERE key = $1 AND state IN ('wanted', 'asked') AND until > $2 RETURNING {_COLUMNS}""",
        key,
        now,
    )


async def answered(tx: Tx, key: str, state: State, reason: str, now: datetime) -> bool:
    """What became of it; whether this is news. A door that opened after all has opened; what is over stays over."""
    done = await tx.execute(
        """UPDATE logistics.command c SET state = $2, reason = $3, answered_at = $4
           WHERE key = $1 AND state <> 'over' AND state <> $2 AND (state IN ('wanted', 'asked') OR $2 = 'opened' AND NOT EXISTS (
               SELECT FROM logistics.command o WHERE o.device_id = c.device_id AND o.key <> c.key AND o.kind = 'unlock'
                 AND o.state IN ('wanted', 'asked', 'opened')))""",
        key,
        state,
        reason,
        now,
    )
    return done == "UPDATE 1"


async def over(tx: Tx, order_id: str, now: datetime) -> int:
    """The order needs its device no more: the next one may come. How many commands ended."""
    done = await tx.execute(
        """UPDATE logistics.command SET state = 'over', answered_at = coalesce(answered_at, $2)
           WHERE order_id = $1 AND kind = 'unlock' AND state IN ('wanted', 'asked', 'opened')""",
        order_id,
        now,
    )
    return int(done.rpartition(" ")[2])


async def lapsed(tx: Tx, now: datetime, most: int = 100) -> list[Command]:
    """Commands whose time has passed without an answer."""
    found = await tx.fetch(
        f"""SELECT {_COLUMNS} FROM logistics.command WHERE state IN ('wanted', 'asked') AND until <= $1
            ORDER BY until LIMIT $2""",
        now,
        most,
    )
    return [msgspec.convert(dict(one), Command) for one in found]


async def command(tx: Tx, key: str) -> Command | None:
    """One command by its key."""
    return await row_or_none(tx, Command, f"SELECT {_COLUMNS} FROM logistics.command WHERE key = $1", key)


async def latest(tx: Tx, order_id: str) -> Command | None:
    """What was last asked for an order."""
    return await row_or_none(
        tx,
        Command,
        f"""SELECT {_COLUMNS} FROM logistics.command WHERE order_id = $1 AND kind = 'unlock'
            ORDER BY wanted_at DESC, key DESC LIMIT 1""",
        order_id,
    )
