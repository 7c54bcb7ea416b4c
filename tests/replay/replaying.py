"""A replay in a process of its own, to be killed: `python -m tests.replay.replaying URL FILE`; tells progress, then its report."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from highstreet.kit.clock import system_clock
from highstreet.kit.db import connect
from highstreet.replay.online_retail import Report, replay_all
from tests.market.lane import market_of


async def replayed(url: str, file: Path, *, aloud: bool = False) -> Report:
    """The whole file into the database at `url`; its report."""

    def progress(done: int, of: int) -> None:
        if aloud:
            sys.stdout.write(f"{done} {of}\n")
            sys.stdout.flush()

    db = await connect(url, name="replay", size=8)
    market = market_of(db, system_clock)
    try:
        await market.open()
        return await replay_all(market, file, progress)
    finally:
        await market.close()
        await db.close()


if __name__ == "__main__":
    sys.stdout.write(
        msgspec.json.encode(asyncio.run(replayed(sys.argv[1], Path(sys.argv[2]), aloud=True))).decode() + "\n"
    )
