"""How many look at a room: counted by open streams in each process, told to the database now and then, nothing about who they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta

from litestar.response import ServerSentEventMessage

from highstreet import catalog
from highstreet.kit.db import DatabaseAway, DatabaseBusy
from highstreet.kit.ids import new_id
from highstreet.market.desk import Market

_TOLD_EVERY = timedelta(seconds=10)


class Watching:
    """The open streams of one process, by room."""

    def __init__(self, now: datetime) -> None:
        self._process = new_id("web", now)
        self._here: Counter[str] = Counter()
        self._told: dict[str, datetime] = {}

    async def counted(
        self, market: Market, room_id: str, events: AsyncIterator[ServerSentEventMessage]
    ) -> AsyncIterator[ServerSentEventMessage]:
        """The same events; while they are listened to, somebody looks."""
        self._here[room_id] += 1
        try:
            async for event in events:
                await self._tell(market, room_id)
                yield event
        finally:
            self._here[room_id] -= 1
            if not self._here[room_id]:
                del self._here[room_id]
                self._told.pop(room_id, None)

    async def _tell(self, market: Market, room_id: str) -> None:
        now = market.clock()
        if self._told.get(room_id, now - _TOLD_EVERY) > now - _TOLD_EVERY:
            return
        self._told[room_id] = now
        with suppress(DatabaseAway, DatabaseBusy):
            await market.db.run(catalog.rooms.seen_by, room_id, self._process, self._here[room_id], now)
