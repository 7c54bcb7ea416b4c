"""What changes while one looks: server-sent events, woken by what was told of an order on the channel `told`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from litestar.response import ServerSentEvent, ServerSentEventMessage

from highstreet.market.desk import Market
from highstreet.web.sessions import AnyRequest


class News:
    """Hears on one channel which orders something was told about, and wakes whoever looks at them."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._opened: asyncio.Task[None] | None = None

    async def changes(
        self, market: Market, subjects: frozenset[str], apart: float = 0
    ) -> AsyncIterator[ServerSentEventMessage]:
        """One event whenever something was told about one of these, at least `apart` seconds after the one before.

        A sign of life every 20 seconds, for ten minutes, or as long as there is news.
        """
        if self._opened is None:
            self._opened = asyncio.ensure_future(market.db.listen("told", self._heard))
        await self._opened
        woken = asyncio.Event()
        for subject in subjects:
            self._waiting.setdefault(subject, set()).add(woken)
        try:
            yield ServerSentEventMessage(comment="listening", retry=2000)
            for _ in range(30):
                try:
                    await asyncio.wait_for(woken.wait(), 20)
                except TimeoutError:
                    yield ServerSentEventMessage(comment="here")
                    continue
                woken.clear()
                yield ServerSentEventMessage(data="changed")
                await asyncio.sleep(apart)
        finally:
            for subject in subjects:
                self._waiting[subject].discard(woken)
                if not self._waiting[subject]:
                    del self._waiting[subject]

    def _heard(self, payload: str | None) -> None:
        # After a lost connection nobody knows what was missed: everybody looks again.
        told = list(self._waiting) if payload is None else payload.replace(",", " ").split()
        for subject in told:
            for woken in self._waiting.get(subject, ()):
                woken.set()


def live(request: AnyRequest, market: Market, *subjects: str) -> ServerSentEvent:
    """Events for a part with `data-live`, one whenever something was told about these orders or purchases."""
    return stream(news_of(request).changes(market, frozenset(subjects)))


def news_of(request: AnyRequest) -> News:
    """What this process hears."""
    state = request.app.state
    if "news" not in state:
        state["news"] = News()
    return state["news"]


def stream(events: AsyncIterator[ServerSentEventMessage]) -> ServerSentEvent:
    """Events as an answer nobody keeps or holds back."""
    answer = ServerSentEvent(events)
    answer.headers["cache-control"] = "no-store"
    answer.headers["x-accel-buffering"] = "no"
    return answer
