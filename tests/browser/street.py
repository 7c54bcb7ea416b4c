"""A real browser on the street of three shops: served in this process, watched for errors, judged by axe."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Response, get
from litestar.params import FromPath
from playwright.async_api import BrowserContext, Page, async_playwright

from highstreet.ledger import Intent
from highstreet.web import render
from highstreet.web.sessions import AnyRequest
from tests.web.shop_world import Street, app_of

AXE = render.WEB.parent.parent / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SHOTS = Path(__file__).parents[2] / "build" / "pages"  # pictures of the run, for whoever wants to look

# How people look at the town: width, language, theme, larger text.
LOOKS = [(360, "en", "light", "0"), (1280, "zh", "dark", "0"), (360, "zh", "light", "1")]

# What we would not hand to anybody; colour contrast of the drawn pictures is judged by eye.
STILL = """Promise.allSettled(
    document.getAnimations().filter(a => a.effect.getComputedTiming().iterations !== Infinity).map(a => a.finished))"""
SERIOUS = ("serious", "critical")


class Eyes(msgspec.Struct):
    """A browser tab, with what went wrong in it."""

    page: Page
    url: str
    wrong: list[str]
    measured: bool = False

    def heard(self, text: str) -> None:
        """Something the console said: what the security policy refused to us."""
        if "Content Security" in text and not (self.measured and "style-src" in text):
            self.wrong.append(text)

    async def see(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def judge(self, name: str) -> None:
        """No sideways scrolling, no script error, nothing axe calls serious."""
        over = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{name} is {over} pixels too wide"
        assert not self.wrong, f"{name}: {self.wrong}"
        if AXE.exists():
            # Where the pointer was left, a colour may be on its way to another one.
            await self.page.mouse.move(0, 0)
            await self.page.evaluate(STILL)
            self.measured = True  # with inline styles of its own, which our policy refuses
            await self.page.evaluate(AXE.read_text())
            found = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            bad = [
                f"{v['id']}: {v['nodes'][0]['html'][:200]} {v['nodes'][0]['failureSummary'][:300]}"
                for v in found["violations"]
                if v["impact"] in SERIOUS
            ]
            assert not bad, f"{name}: {bad}"

    async def keep(self, name: str) -> None:
        """A picture of the whole page."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


@get("/pretend/{key:str}")
async def pretend(request: AnyRequest, key: FromPath[str]) -> Response[str]:
    """The payment provider's page: one button, which leads back."""
    back = request.query_params["back"]
    onward = f"{back}&key={key}&outcome=unknown"
    html = f'<!doctype html><html lang="en"><title>Pay</title><h1>Pay {key}</h1><a id="pay" href="{onward}">Pay</a></html>'
    return Response(html, media_type="text/html")


@asynccontextmanager
async def served(street: Street) -> AsyncIterator[str]:
    """The street at an address of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    url = f"http://127.0.0.1:{port}"

    def pay_url(intent: Intent, return_url: str) -> str:
        street.provider.amounts[intent.key] = intent.amount
        return f"{url}/pretend/{intent.key}?back={return_url.replace('&', '%26').replace('?', '%3F')}"

    street.provider.pay_url = pay_url
    server = Server(app_of(street.market, pretend), address="127.0.0.1", port=port, interface=Interfaces.ASGI)
    running = asyncio.create_task(server.serve())
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        except OSError:
            await asyncio.sleep(0.05)
    yield url
    server.stop()
    await asyncio.wait([running], timeout=5)


@pytest_asyncio.fixture(params=LOOKS, ids=lambda look: "-".join(map(str, look)))
async def eyes(request: pytest.FixtureRequest, street: Street) -> AsyncIterator[Eyes]:
    """A tab that looks at the street in one of the ways people do."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine (Debian: apt-get install chromium)")
    width, lang, theme, elder = request.param
    async with served(street) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context: BrowserContext = await browser.new_context(viewport={"width": width, "height": 800})
        for name, value in (("lang", lang), ("theme", theme), ("elder", elder)):
            await context.add_cookies([{"name": name, "value": value, "url": url}])
        page = await context.new_page()
        eyes = Eyes(page, url, [])
        page.on("pageerror", lambda error: eyes.wrong.append(str(error)))
        page.on("console", lambda said: eyes.heard(said.text))
        yield eyes
        await browser.close()
