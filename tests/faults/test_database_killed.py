"""The embedded database is killed under writers: back within ten seconds, nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from highstreet.kit import postgres
from highstreet.kit.db import Database, DatabaseAway, DatabaseBusy, Tx, connect
from tests.conftest import folder_to_pass

WRITERS = 8
BETWEEN_KILLS = 150


class Storm:
    """Writers that count what was acknowledged; a write repeats its key until it is."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.acknowledged: list[str] = []
        self.running = True
        self.longest_call = 0.0

    async def writer(self, name: int) -> None:
        number = 0
        while self.running:
            began = time.monotonic()
            try:
                await self.db.run_again(self._write, f"{name}-{number}")
            except (DatabaseAway, DatabaseBusy):
                await asyncio.sleep(0.01)
            else:
                self.acknowledged.append(f"{name}-{number}")
                number += 1
            self.longest_call = max(self.longest_call, time.monotonic() - began)

    async def _write(self, tx: Tx, key: str) -> None:
        await tx.execute("INSERT INTO public.written VALUES ($1) ON CONFLICT DO NOTHING", key)
        await tx.execute("UPDATE public.counted SET n = (SELECT count(*) FROM public.written)")

    async def more(self, count: int, within: float) -> float:
        """Wait for `count` more acknowledgements; seconds it took."""
        began = time.monotonic()
        wanted = len(self.acknowledged) + count
        while len(self.acknowledged) < wanted:
            assert time.monotonic() - began < within, f"{len(self.acknowledged)} of {wanted} after {within} s"
            await asyncio.sleep(0.005)
        return time.monotonic() - began


def postmaster_of(data_dir: Path) -> int:
    return int((data_dir / "pg" / "postmaster.pid").read_text().split()[0])


def is_another(data_dir: Path, killed: int) -> bool:
    """Whether another postmaster has written its number; while it starts there may be no number, or half of one."""
    try:
        return postmaster_of(data_dir) != killed
    except (OSError, IndexError, ValueError):
        return False


def kill(data_dir: Path, *, everything: bool) -> None:
    """The postmaster, or it and all of its processes."""
    postmaster = postmaster_of(data_dir)
    pids = [postmaster]
    if everything:
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        pids += [int(pid) for pid in children]
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


@pytest.mark.fault
async def test_no_acknowledged_write_is_lost_and_service_is_back_in_seconds() -> None:
    with folder_to_pass() as folder:
        await storm_over(await postgres.ensure(folder / "data"))


async def storm_over(server: postgres.Server) -> None:
    db = await connect(server.url, size=WRITERS, revive=server.ensure_running)
    async with db.transaction() as tx:
        await tx.execute("CREATE TABLE public.written (key text PRIMARY KEY)")
        await tx.execute("CREATE TABLE public.counted AS SELECT 0::bigint AS n")
    storm = Storm(db)
    writers = [asyncio.create_task(storm.writer(name)) for name in range(WRITERS)]
    for everything in (False, True, False, True):
        await storm.more(BETWEEN_KILLS, within=30)
        killed = postmaster_of(server.data_dir)
        kill(server.data_dir, everything=everything)
        # Answers that were under way when it was killed are no sign of life, nor are those of sessions that outlive it for a moment.
        took = await storm.more(WRITERS * 2, within=10)
        while not is_another(server.data_dir, killed) and took < 10:
            took += await storm.more(1, within=10)
        assert took < 10
    await storm.more(BETWEEN_KILLS, within=30)
    storm.running = False
    await asyncio.gather(*writers)

    async with db.read() as tx:
        written = {r["key"] for r in await tx.fetch("SELECT key FROM public.written")}
    assert len(storm.acknowledged) == len(set(storm.acknowledged))
    assert set(storm.acknowledged) <= written
    # Each writer has at most the one it was refused last without having heard of its success.
    assert len(written) - len(storm.acknowledged) <= WRITERS
    assert storm.longest_call < 10
    await db.close()
    assert await server.leave()
