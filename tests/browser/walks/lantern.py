"""Lantern Ferry with its doors open to a browser: every page, the sandbox beside it, and a clock that a walk may move.

One market serves all walks. A walk is one person after the other on a phone: it goes where they would, presses what they
would, and ends where the order does.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from playwright.async_api import Browser, ConsoleMessage, Error, Locator, Page, expect

from highstreet import app, wiring
from highstreet.bench.load import free_port
from highstreet.kit.clock import FixedClock
from highstreet.market import laws
from highstreet.market.fulfil import Telling, tell
from highstreet.parties import sessions
from highstreet.sandbox import payments
from highstreet.town import loading
from highstreet.town.founding import Town
from highstreet.wiring import OpenMarket
from tests.api.street import PAYMENT_SECRET, settings_for
from tests.browser.tab import Eyes, a_tab, served
from tests.town import FIRST_LOOK, SECRET, lantern_ferry

WAIT = int(os.environ.get("WALK_WAIT", "30000"))  # milliseconds after which nothing comes any more
PHONE = "138 0013 8000"
# The pictures people look at before a release: phone and desk, and the large text of the elder mode.
PICTURES = (
    ("phone", 360, "zh", "light", "0"),
    ("desk", 1280, "en", "dark", "0"),
    ("elder", 360, "zh", "light", "1"),
)


class Lantern(msgspec.Struct):
    """The open town: its market, who and what is in it, where its pages are, its clock."""

    market: OpenMarket
    town: Town
    url: str
    clock: FixedClock


@asynccontextmanager
async def lit(server_url: str, template: str, folder: Path) -> AsyncIterator[Lantern]:
    """The town on Monday morning, served by this process, with a payment provider that pretends."""
    clock = FixedClock(FIRST_LOOK)
    async with lantern_ferry(server_url, template, clock) as ferry:
        port = free_port()
        bank = payments.create_app([PAYMENT_SECRET], clock=clock)
        async with served(bank) as sandbox:
            here = f"http://127.0.0.1:{port}"
            told = settings_for(
                ferry.url, folder, secret=SECRET.decode(), payment_url=sandbox, url=here, demo="yes"
            )
            async with wiring.opened(told, clock=clock) as market:
                pages = app.build()
                app.serve(pages, market)
                async with served(pages, port):
                    yield Lantern(market, await loading.read_town(market), here, clock)


class Walk(msgspec.Struct):
    """One thing on its way from its offer to its end. `order` is set once it is bought, `name` names its pictures."""

    lantern: Lantern
    eyes: Eyes
    name: str
    elder: str = "0"
    order: str = ""
    link: str = ""
    moments: int = 0

    @property
    def page(self) -> Page:
        return self.eyes.page

    @property
    def now(self) -> datetime:
        return self.lantern.clock()

    def id_of(self, offer: str) -> str:
        return self.lantern.town.offers[offer]

    # --- who and where ---

    async def be(self, person: str) -> None:
        """From now on somebody else holds the phone: `ding`, or `ding at bakery` who has more than one shop.

        Those of the city come with their second factor.
        """
        name, _, shop = person.partition(" at ")
        town = self.lantern.town
        async with self.lantern.market.db.transaction() as tx:
            acts_for, strong = town.sellers.get(shop), name in ("zhou", "liang", "qiu")
            token = await sessions.open_session(tx, town.people[name], acts_for, strong, "walk", self.now)
        await self.page.context.add_cookies([{"name": "session", "value": token, "url": self.eyes.url}])

    async def see(self, path: str) -> None:
        """Another page, on a phone that knows what time it is in the town."""
        await self.page.clock.set_fixed_time(self.now)
        await self.eyes.see(path)

    async def press(self, where: str | Locator) -> None:
        """Press a button that sends something, and be where it leads."""
        button = self.page.locator(where) if isinstance(where, str) else where
        async with self.page.expect_navigation():
            await button.click()

    async def tells(self, fact: str, **more: str) -> None:
        """Press the button that tells a fact, on the page that is open; `more` is typed beside it first."""
        form = self.page.locator(f'form:has(input[name="fact"][value="{fact}"])')
        for name, value in more.items():
            await form.locator(f'[name="{name}"]').fill(value)
        await self.press(form.locator("button"))

    async def looked_at(self, moment: str = "") -> None:
        """The page holds on a phone and before axe; and is kept as pictures when somebody wants to look."""
        await self.eyes.judge(f"{self.name} {moment}")
        if os.environ.get("WALK_PICTURES"):
            self.moments += 1
            for name, width, *look in PICTURES:
                await self._look(width, *look)
                over = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert over <= 0, f"{self.name} {moment} {name} is {over} pixels too wide"
                await self.eyes.keep(f"walks/{self.name}-{self.moments}-{moment}-{name}")
            await self._look(360, "zh", "light", self.elder)

    async def _look(self, width: int, lang: str, theme: str, elder: str) -> None:
        for name, value in {"lang": lang, "theme": theme, "elder": elder}.items():
            await self.page.context.add_cookies([{"name": name, "value": value, "url": self.eyes.url}])
        await self.page.set_viewport_size({"width": width, "height": 800})
        await self.page.reload()

    async def was_refused(self, moment: str) -> None:
        """What was sent was not taken, as it should be: the page says so at its field, and the console at 422."""
        await expect(self.page.locator(".field.wrong, .notice.refusal").first).to_be_visible()
        assert [one for one in self.eyes.wrong if "422" not in one] == []
        self.eyes.wrong.clear()
        await self.eyes.judge(f"{self.name} {moment}")

    # --- buying ---

    async def goes_to(self, offer: str) -> None:
        """The offer's page, looked at as a buyer."""
        await self.see(f"/offers/{self.id_of(offer)}")
        await self.looked_at("offer")

    async def picks(self, field: str, which: int = 0) -> None:
        """One of the choices the offer asks for."""
        await self.page.locator(f'input[name="{field}"]:enabled').nth(which).check(force=True)

    async def buys(self, method: str = "sandbox", phone: str = PHONE) -> None:
        """Into the basket, to the checkout, and paid on the provider's page or from the wallet."""
        page = self.page
        await self.press(".buy-bar .button.main")
        assert page.url.endswith("/basket"), await page.locator(".notice").all_inner_texts()
        await self.see("/checkout")
        await page.fill("#f-phone", phone)
        if method != "none":
            await page.check(f'input[name="method"][value="{method}"]', force=True)
        await page.check("[name=agree]")
        await self.press("form .button.main.wide")
        if method == "sandbox":
            await self._at_the_provider()
        await self._find_order()
        assert await page.locator('a[href="/basket"] .count:not([hidden])').count() == 0, (
            "what was bought is still in the basket"
        )

    async def _at_the_provider(self) -> None:
        await self.page.wait_for_url(re.compile(r"/pay\?"))
        await self.page.locator("button.go").click()
        await self.page.wait_for_url(re.compile(re.escape(self.eyes.url)))

    async def _find_order(self) -> None:
        """The order's own page."""
        page = self.page
        await page.wait_for_url(re.compile(r"/(purchases|orders)/"))
        await self._notice_comes("/purchases/")
        self.order = re.findall(r"ord_\w+", page.url)[0]
        self.link = page.url.removeprefix(self.eyes.url)

    async def _notice_comes(self, path: str) -> None:
        """The provider's notice is on its way; the page leads on once it is here."""
        async with asyncio.timeout(WAIT / 1000):
            while path in self.page.url:
                try:
                    await self.page.reload()
                except Error as error:
                    if "ERR_ABORTED" not in str(error):  # else the page led on by itself, in the middle of it
                        raise

    async def pays_the_rest(self) -> None:
        """What was left to pay, on the provider's page."""
        await self.sees_order()
        await self.press(f'a[href*="/{self.order}/balance"]')
        await self.looked_at("balance")
        await self.page.locator("form .button.main").click()
        await self._at_the_provider()
        await self._notice_comes("/balance")

    async def calls_off(self) -> None:
        """The buyer thinks better of it: what it costs is said before, what comes back afterwards."""
        await self.sees_order()
        await self.page.locator('[data-opens="cancel"]').click()
        await self.eyes.judge(f"{self.name} calling off")
        await self.press("dialog#cancel .button.danger")
        await expect(self.page.locator(".sum .money.off")).to_be_visible()

    async def sees_order(self) -> None:
        await self.see(self.link)

    async def code(self) -> str:
        """The digits the buyer shows, read from the order's page."""
        await self.sees_order()
        return re.sub(r"\D", "", await self.page.locator(".code-digits").first.inner_text())

    async def works_on_it(self) -> None:
        """The order on its seller's desk."""
        await self.see(f"/merchant/orders/{self.order}")

    # --- who carries it ---

    async def sends_it(self, seller: str, buyer: str, *, keeps: bool = False) -> None:
        """A parcel: handed to a carrier, arrived, and all well. `keeps`: it could not go back anyway."""
        await self.be(seller)
        await self.works_on_it()
        await self.page.fill("#f-carrier", "SF")
        await self.page.fill("#f-tracking", "SF1024")
        await self.press(self.page.locator('form[action$="/shipment"] button'))
        await self.tells("delivered")
        await self.be(buyer)
        if not keeps:
            await self.sees_order()
            await self.tells("received")

    async def hands_it_over(self, seller: str, buyer: str) -> None:
        """Over the counter, to whoever shows the code."""
        await self.be(buyer)
        code = await self.code()
        await self.be(seller)
        await self.works_on_it()
        await self.page.fill("#f-code", code)
        await self.press(self.page.locator('form[action$="/handover"] button'))
        await self.be(buyer)

    async def carries_it(self, courier: str, buyer: str, *, keeps: bool = False) -> None:
        """A courier takes it on the round, fetches it, and asks for the code at the door. `keeps`: it could not go back anyway."""
        leg = (await self.fetch("SELECT id FROM logistics.leg WHERE order_id = $1"))["id"]
        await self.be(buyer)
        code = await self.code()
        await self.be(courier)
        await self.see("/courier/near")
        await self.page.check(f'input[value="{leg}"]')
        await self.press(".thumb-bar button")
        await self.see(f"/courier/legs/{leg}")
        await self.looked_at("courier")
        await self.press(".thumb-bar button")
        await self.page.fill("#f-code", code)
        await self.page.locator(".thumb-bar button").click()
        await self.page.wait_for_url(re.compile(r"/courier$"))
        await self.be(buyer)
        if not keeps:
            await self.sees_order()
            await self.tells("received")

    # --- who gathers ---

    async def gathers(self, seller: str, offer: str, **announced: str) -> str:
        """The seller opens a group for the offer; what buyers choose to be in it."""
        await self.be(seller)
        await self.see(f"/merchant/groups?offer={self.id_of(offer)}")
        closes = self.now.astimezone(self.lantern.market.tz) + timedelta(days=2)
        form = self.page.locator('form[action="/merchant/groups"]:not([method="get"])')
        for name, value in {"closes": closes.strftime("%Y-%m-%dT%H:%M"), **announced}.items():
            await form.locator(f'[name="{name}"]').fill(value)
        await self.press(form.locator("button.main"))
        async with self.lantern.market.db.read() as tx:
            found = await tx.fetchval("SELECT id FROM orders.cohort ORDER BY id DESC LIMIT 1")
        return str(found)

    async def joins(self, group: str) -> None:
        await self.page.locator(f'input[name="c-cohort"][value="{group}"]').check(force=True)

    async def closes(self, seller: str, group: str, button: str = "button") -> None:
        """The seller decides it for all."""
        await self.be(seller)
        await self.see("/merchant/groups")
        await self.looked_at("gathering")
        await self.press(self.page.locator(f'form[action$="/{group}/close"] {button}').first)
        await self.worker()

    # --- time ---

    async def passes(self, **span: float) -> None:
        """Time goes by, and the worker does what has come due."""
        self.lantern.clock.forward(timedelta(**span))
        await self.worker()

    async def until(self, moment: datetime) -> None:
        if moment > self.now:
            self.lantern.clock.set(moment)
        await self.worker()

    async def worker(self) -> None:
        """Everything that waits is done once more than there is of it."""
        for one in wiring.rounds(self.lantern.market):
            while await one.go():
                pass

    async def starts(self) -> datetime:
        """When the time that was agreed on begins."""
        found = await self.fetch("SELECT min(window_from) AS at FROM logistics.leg WHERE order_id = $1")
        assert found["at"] is not None
        return found["at"]

    # --- how it ended ---

    async def fetch(self, sql: str) -> Any:
        async with self.lantern.market.db.read() as tx:
            return await tx.fetchrow(sql, self.order)

    async def device_tells(self, fact: str, **more: Any) -> None:
        """What a cabinet, a lock or a gate of the seller's reports by itself."""
        seller = (await self.fetch('SELECT seller_id FROM orders."order" WHERE id = $1'))["seller_id"]
        await tell(self.lantern.market, Telling(self.order, fact, "device", seller, more), self.now)

    async def ends_at_the_till(self, seller: str) -> None:
        """Sold and done at once; whoever bought it has a paper receipt."""
        async with self.lantern.market.db.read() as tx:
            self.order = await tx.fetchval('SELECT id FROM orders."order" ORDER BY id DESC LIMIT 1')
        await self.be(seller)
        await self.works_on_it()
        await self.ends(seller)

    async def ends(self, seller: str, *, stage: str = "done", earned: int | None = None) -> None:
        """The page says so, the money is on the seller's page, every law holds."""
        await self.worker()
        found = await self.fetch('SELECT stage, waits FROM orders."order" WHERE id = $1')
        assert (found["stage"], found["waits"]) == (stage, ""), dict(found)
        if self.link:
            await self.sees_order()
            await expect(self.page.locator(".timeline .now")).to_have_count(0)
            await self.looked_at("end")
        await self.be(seller)
        await self.see("/merchant/takings")
        if earned is not None:
            mine = await self.fetch(_EARNED)
            assert mine["amount"] == earned, dict(mine)
        async with self.lantern.market.db.read(snapshot=True) as tx:
            assert [law for law in await laws.check(tx) if not law.ok] == []


_EARNED = """SELECT coalesce(sum(CASE WHEN a.id = t.to_id THEN t.amount ELSE -t.amount END), 0)::bigint AS amount
    FROM ledger.transfer t JOIN ledger.account a ON a.id IN (t.to_id, t.from_id) AND a.kind = 'seller'
    WHERE t.order_id = $1"""


@asynccontextmanager
async def walking(chromium: Browser, lantern: Lantern, name: str, elder: str) -> AsyncIterator[Walk]:
    """A phone nobody has used yet. Whatever its console calls an error is one."""
    lantern.clock.forward(timedelta(minutes=5))  # so that nobody's tries of the walk before count
    look = (360, "zh", "light", elder)
    async with a_tab(chromium, lantern.url, look) as eyes:
        eyes.page.on("console", lambda said: _heard(eyes, said))
        eyes.page.set_default_timeout(WAIT)
        yield Walk(lantern, eyes, name, elder)


def _heard(eyes: Eyes, said: ConsoleMessage) -> None:
    # What the security policy refuses is heard by the tab itself, which knows what axe does; and news of a page one leaves end.
    ended = "ERR_INCOMPLETE_CHUNKED_ENCODING" in said.text and "/live" in said.location.get("url", "")
    if said.type == "error" and "Content Security" not in said.text and not ended:
        eyes.wrong.append(said.text)
