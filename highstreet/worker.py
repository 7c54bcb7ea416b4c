"""The worker: what waits is done, from rows of the database. Any number of workers may run; each thing happens once.

Three kinds of work: facts handed to their subscribers, jobs, and rounds that look for what is due. Each goes on by
itself, over any loss of the database, until the process is asked to stop; what is under way is then finished.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable

import structlog

from highstreet import wiring
from highstreet.kit import jobs, readers
from highstreet.kit.db import DatabaseAway, DatabaseBusy
from highstreet.kit.logs import set_up_logs
from highstreet.settings import Settings
from highstreet.wiring import OpenMarket, Subscriber

_LOOK_SECONDS = 0.2
_MOST_FACTS = 500
_PAUSES = (0.2, 0.5, 1.0, 2.0)

_log = structlog.get_logger()


async def work(settings: Settings) -> int:
    """Work until told to stop; the exit code."""
    stop = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    set_up_logs(settings.log_level)
    async with wiring.opened(settings) as market:
        await work_in(market, stop)
    return 0


async def work_in(market: OpenMarket, stop: asyncio.Event) -> None:
    """Do all the work of a market until `stop`."""
    async with asyncio.TaskGroup() as crew:
        for name, hear in wiring.subscribers(market).items():
            crew.create_task(_again(name, _LOOK_SECONDS, _hearing(market, name, hear), stop))
        for one in wiring.rounds(market):
            crew.create_task(_again(one.name, one.seconds, one.go, stop))
        crew.create_task(jobs.work(market.db.url, wiring.jobs_of(market), stop))


def _hearing(market: OpenMarket, name: str, hear: Subscriber) -> Callable[[], Awaitable[bool]]:
    async def go() -> bool:
        async with market.db.transaction() as tx:
            facts = await readers.read(tx, name, _MOST_FACTS)
            if facts:
                await hear(tx, facts)
        return len(facts) == _MOST_FACTS

    return go


async def _again(name: str, seconds: float, go: Callable[[], Awaitable[bool]], stop: asyncio.Event) -> None:
    """Call `go` every so many seconds, and at once while it found work. A failure is logged and tried again, ever later."""
    failed = 0
    while not stop.is_set():
        pause = seconds
        try:
            if await go():
                pause = 0.0
            failed = 0
        except (DatabaseAway, DatabaseBusy):
            pause = _PAUSES[0]
        except Exception as e:  # noqa: BLE001
            # One kind of work that fails must not end the others.
            pause = max(seconds, _PAUSES[min(failed, len(_PAUSES) - 1)])
            failed += 1
            _log.error("work failed", work=name, times=failed, exc_info=e)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
