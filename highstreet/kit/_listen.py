"""One connection that only listens, made again whenever it is lost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

Heard = Callable[[str | None], None]

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 0.2
_BROKEN = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_PROBE_SECONDS = 30.0


class Listener:
    """Starts with the first `add`. `session` makes a connection; `lost` is called when that fails or ends."""

    def __init__(self, session: Callable[[], Awaitable[Any]], lost: Callable[[], None]) -> None:
        self._session = session
        self._lost = lost
        self._heard: dict[str, list[Heard]] = {}
        self._connection: Any = None
        self._task: asyncio.Task[None] | None = None
        self._first = asyncio.Event()

    async def add(self, channel: str, heard: Heard) -> None:
        """Returns when the channel is listened to. A lost connection meanwhile is only waited for."""
        self._heard.setdefault(channel, []).append(heard)
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name="listen")
        elif self._connection is not None:
            with contextlib.suppress(*_BROKEN):
                await self._connection.add_listener(channel, self._news)
            self._call(heard, None)
        await self._first.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _keep(self) -> None:
        while True:
            try:
                self._connection = await self._session()
                await self._until_lost(self._connection)
            except _BROKEN as e:
                _log.info("listening was interrupted: %s", e)
            finally:
                if self._connection is not None:
                    self._connection.terminate()
                self._connection = None
            self._lost()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _until_lost(self, connection: Any) -> None:
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        for channel in tuple(self._heard):
            await connection.add_listener(channel, self._news)
        for calls in tuple(self._heard.values()):
            for heard in calls:
                self._call(heard, None)
        self._first.set()
        while not ended.is_set():
            try:
                await asyncio.wait_for(ended.wait(), _PROBE_SECONDS)
            except TimeoutError:
                # A network that drops silently would otherwise leave us deaf.
                await connection.execute("SELECT 1", timeout=_PROBE_SECONDS)

    def _news(self, _connection: object, _pid: int, channel: str, payload: str) -> None:
        for heard in self._heard.get(channel, ()):
            self._call(heard, payload)

    def _call(self, heard: Heard, payload: str | None) -> None:
        try:
            heard(payload)
        except Exception:  # noqa: BLE001
            # One deaf subscriber must not end the news for the others.
            _log.exception("a listener failed")
