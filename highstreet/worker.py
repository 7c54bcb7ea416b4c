"""The worker: what is due is done, from rows of the database. Any number may run; each thing happens once."""

from __future__ import annotations

import asyncio
import signal

from highstreet import wiring
from highstreet.settings import Settings


async def work(settings: Settings) -> int:
    """Work until told to stop; the exit code."""
    stop = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    wiring.set_up_logs(settings.log_level)
    async with wiring.opened(settings):
        await stop.wait()
    return 0
