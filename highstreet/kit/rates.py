"""How often somebody may try something, counted in the database: exact over restarts and any number of
processes.

Several windows of different lengths make the wait grow with the tries: five a minute, ten a quarter of an
hour, ... Who tries is a keyed hash (`Seal.blind`), never an address or a name.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from highstreet.kit.db import Tx
from highstreet.kit.errors import TooOften


class Limit(msgspec.Struct, frozen=True):
    """At most this many tries within each window of so many seconds."""

    most: int
    seconds: int


async def take(tx: Tx, what: str, who: bytes, limits: tuple[Limit, ...], now: datetime) -> int:
    """Count one try; 0 when it may go ahead, otherwise the seconds until it may be repeated.

    The count stands only if the transaction is committed: when the try itself may end in a raised refusal,
    count it in a transaction of its own, or return the refusal instead of raising it.
    """
    ordered = sorted(limits, key=lambda limit: limit.seconds)  # one order of row locks for everybody
    found = await tx.fetch(
        """
        INSERT INTO kit.rate AS r (what, who, window_start, used)
        SELECT w.what, $2, w.start, 1
        FROM unnest($1::text[], $3::timestamptz[]) WITH ORDINALITY AS w (what, start, nr) ORDER BY w.nr
        ON CONFLICT (what, who, window_start) DO UPDATE SET used = r.used + 1
        RETURNING r.what, r.used
        """,
        [_name(what, limit) for limit in ordered],
        who.hex(),
        [_start(limit, now) for limit in ordered],
    )
    used = {row["what"]: row["used"] for row in found}
    waits = [_left(limit, now) for limit in ordered if used[_name(what, limit)] > limit.most]
    return max(waits, default=0)


async def spend(tx: Tx, what: str, who: bytes, limits: tuple[Limit, ...], now: datetime) -> None:
    """The same, refusing with `TooOften`. Call it in a transaction of its own, before the try."""
    wait = await take(tx, what, who, limits, now)
    if wait:
        raise TooOften(seconds=wait)


async def give_back(tx: Tx, what: str, who: bytes, limits: tuple[Limit, ...], now: datetime) -> None:
    """Take back one counted try that turned out honest."""
    await tx.execute(
        """
        UPDATE kit.rate r SET used = r.used - 1
        FROM unnest($1::text[], $3::timestamptz[]) AS w (what, start)
        WHERE r.what = w.what AND r.who = $2 AND r.window_start = w.start AND r.used > 0
        """,
        [_name(what, limit) for limit in limits],
        who.hex(),
        [_start(limit, now) for limit in limits],
    )


async def sweep(tx: Tx, now: datetime) -> int:
    """Forget windows older than two days; how many. No limit may be longer than a day."""
    said = await tx.execute("DELETE FROM kit.rate WHERE window_start < $1", now - timedelta(days=2))
    return int(said.rpartition(" ")[2])


def _name(what: str, limit: Limit) -> str:
    # Windows of two lengths can start at the same moment, so the length is part of the name.
    return f"{what}/{limit.seconds}"


def _start(limit: Limit, now: datetime) -> datetime:
    return datetime.fromtimestamp(int(now.timestamp()) // limit.seconds * limit.seconds, UTC)


def _left(limit: Limit, now: datetime) -> int:
    return limit.seconds - int(now.timestamp()) % limit.seconds
