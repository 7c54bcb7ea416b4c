"""Four processes for a whole run, each with a market of its own on the database of the test at hand."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest_asyncio

from highstreet.kit.clock import FixedClock
from tests.market.lane import Lane, Made, copy_of
from tests.market.lane import furnished as furnished
from tests.market.lane import lane as lane

PROCESSES = 4
_LONGEST_S = 60


class Crowd:
    """Processes that act at once."""

    def __init__(self, processes: list[asyncio.subprocess.Process]) -> None:
        self._processes = processes

    async def _ask(self, said: list[Any]) -> list[Any]:
        for process, one in zip(self._processes, said, strict=True):
            assert process.stdin is not None
            process.stdin.write(msgspec.json.encode(one) + b"\n")
        return await asyncio.gather(*(self._heard(process) for process in self._processes))

    async def _heard(self, process: asyncio.subprocess.Process) -> Any:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), _LONGEST_S)
        assert line, f"a process ended with {await process.wait()}"
        return msgspec.json.decode(line)

    async def come(self, lane: Lane) -> None:
        """All open the lane's market."""
        await self._ask([{"open": lane.market.db.url, "now": lane.clock().isoformat()}] * PROCESSES)

    async def act(self, acts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The acts are dealt out like cards, all processes begin at once; the answers in the order of the acts."""
        answers = await self._ask([{"act": acts[n::PROCESSES]} for n in range(PROCESSES)])
        return [answers[n % PROCESSES][n // PROCESSES] for n in range(len(acts))]

    async def go(self) -> None:
        """All close it."""
        await self._ask([{"close": True}] * PROCESSES)


@pytest_asyncio.fixture(scope="session")
async def processes() -> AsyncIterator[list[asyncio.subprocess.Process]]:
    root = Path(__file__).parents[2]
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.races.buyers", cwd=root, env=os.environ | {"PYTHONPATH": str(root)},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 26,
        )
        for _ in range(PROCESSES)
    ]  # fmt: skip
    yield started
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
    for process in started:
        await asyncio.wait_for(process.wait(), 20)


@pytest_asyncio.fixture
async def crowd(processes: list[asyncio.subprocess.Process], lane: Lane) -> AsyncIterator[Crowd]:
    found = Crowd(processes)
    await found.come(lane)
    yield found
    await found.go()


@pytest_asyncio.fixture
async def careless(
    processes: list[asyncio.subprocess.Process],
    server_url: str,
    furnished: tuple[str, Made],
    clock: FixedClock,
) -> AsyncIterator[tuple[Lane, Crowd]]:
    """A lane whose database has no constraint to save a careless program, for the twins; its laws will not hold."""
    async with copy_of(server_url, furnished, clock, lawful=False) as lane:
        async with lane.market.db.transaction() as tx:
            await tx.execute("ALTER TABLE inventory.supply DROP CONSTRAINT never_oversold")
            await tx.execute("DROP INDEX logistics.one_at_a_time")
        found = Crowd(processes)
        await found.come(lane)
        yield lane, found
        await found.go()
