"""A real browser at the bakery's till or on its courier's phone: the street with one till, served in this process."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
import pytest_asyncio
from granian.constants import Interfaces
from granian.server.embed import Server
from playwright.async_api import BrowserContext, async_playwright

from highstreet.kit.clock import system_clock
from highstreet.kit.db import Database
from highstreet.parties import sessions
from tests.browser.street import CHROMIUM, LOOKS, Eyes
from tests.market.till_street import Till, furnish, market_of
from tests.web.till_pages import app_of


class Counter(msgspec.Struct):
    """The street, a tab of somebody working in it, and the tab's connection."""

    till: Till
    eyes: Eyes
    context: BrowserContext
    lang: str

    async def be(self, person: str) -> None:
        """Signed in as one of the street's people."""
        async with self.till.market.db.transaction() as tx:
            token = await sessions.open_session(
                tx, self.till.people[person], None, False, "browser", self.till.market.clock()
            )
        await self.context.add_cookies([{"name": "session", "value": token, "url": self.eyes.url}])


@asynccontextmanager
async def _served(till: Till) -> AsyncIterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = Server(app_of(till.market), address="127.0.0.1", port=port, interface=Interfaces.ASGI)
    running = asyncio.create_task(server.serve())
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        except OSError:
            await asyncio.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.stop()
    await asyncio.wait([running], timeout=5)


@pytest_asyncio.fixture(params=LOOKS, ids=lambda look: "-".join(map(str, look)))
async def counter(request: pytest.FixtureRequest, db: Database) -> AsyncIterator[Counter]:
    """A tab in one of the ways people look; the machine's clock, since a browser has no other."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine (Debian: apt-get install chromium)")
    width, lang, theme, elder = request.param
    market = market_of(db, system_clock)
    await market.open()
    till = await furnish(market, system_clock())
    async with _served(till) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": width, "height": 800})
        for name, value in (("lang", lang), ("theme", theme), ("elder", elder)):
            await context.add_cookies([{"name": name, "value": value, "url": url}])
        page = await context.new_page()
        eyes = Eyes(page, url, [])
        page.on("pageerror", lambda error: eyes.wrong.append(str(error)))
        page.on("console", lambda said: eyes.heard(said.text))
        yield Counter(till, eyes, context, lang)
        await browser.close()
    await market.close()
