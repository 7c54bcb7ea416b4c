"""A real browser at the bakery's till or on its courier's phone: the street with one till, served in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext

from highstreet.kit.clock import system_clock
from highstreet.kit.db import Database
from highstreet.parties import sessions
from tests.browser.tab import LOOKS, Eyes, a_tab, name_of, served
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


@pytest_asyncio.fixture(params=LOOKS, ids=name_of)
async def counter(request: pytest.FixtureRequest, db: Database, chromium: Browser) -> AsyncIterator[Counter]:
    """A tab in one of the ways people look; the machine's clock, since a browser has no other."""
    market = market_of(db, system_clock)
    await market.open()
    till = await furnish(market, system_clock())
    async with served(app_of(market)) as url, a_tab(chromium, url, request.param) as eyes:
        yield Counter(till, eyes, eyes.page.context, request.param[1])
    await market.close()
