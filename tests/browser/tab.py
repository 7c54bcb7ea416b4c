"""A tab of a real browser: how people look at the town, what went wrong while they did, and what axe says of it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from playwright.async_api import Browser, Page

from highstreet.bench.load import free_port
from highstreet.web import render

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
        path = SHOTS / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=path, full_page=True)


def name_of(look: tuple[object, ...]) -> str:
    """How a test of this look is called."""
    return "-".join(map(str, look))


@asynccontextmanager
async def served(app: Litestar, port: int = 0) -> AsyncIterator[str]:
    """Pages at an address of their own, from this process."""
    port = port or free_port()
    server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(60):
        while not await _answers(port):  # noqa: ASYNC110 - what is waited for happens in another thread
            await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.stop()
    await asyncio.wait([running], timeout=5)


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@asynccontextmanager
async def a_tab(browser: Browser, url: str, look: tuple[Any, ...], **cookies: str) -> AsyncIterator[Eyes]:
    """An empty tab of somebody who looks like that and has these cookies; nobody else's are seen in it."""
    width, lang, theme, elder = look
    context = await browser.new_context(viewport={"width": width, "height": 800})
    for name, value in {"lang": lang, "theme": theme, "elder": elder, **cookies}.items():
        await context.add_cookies([{"name": name, "value": value, "url": url}])
    page = await context.new_page()
    eyes = Eyes(page, url, [])
    page.on("pageerror", lambda error: eyes.wrong.append(str(error)))
    page.on("console", lambda said: eyes.heard(said.text))
    yield eyes
    await context.close()
