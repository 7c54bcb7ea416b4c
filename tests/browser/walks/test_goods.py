"""Walks through goods: over the counter, by post, fetched, within the hour, in a window, from a cabinet, seen live."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.walks.lantern import Walk

pytestmark = [pytest.mark.browser, pytest.mark.walks, pytest.mark.timeout(300)]


async def test_counter(walk: Walk) -> None:
    await walk.goes_to("BREAD-SOUR/counter")
    await walk.be("wu")
    await walk.see("/till")
    keys = walk.page.keyboard
    await keys.type("BREAD-SOUR")
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await keys.press("F8")
    await expect(walk.page.locator("#cash")).to_be_visible()
    await keys.press("Enter")
    await expect(walk.page.locator("#done")).to_be_visible()
    await walk.looked_at("sold")
    await walk.ends_at_the_till("wu")


async def test_online(walk: Walk) -> None:
    await walk.be("mei")
    await walk.goes_to("TOY-TRAIN/online")
    await walk.buys()
    await walk.sends_it("chen", "mei")
    await walk.ends("chen", earned=12160)


async def test_collect(walk: Walk) -> None:
    await walk.be("he")
    await walk.goes_to("BREAD-SOUR/collect")
    await walk.buys("wallet")
    await walk.be("wu")
    await walk.works_on_it()
    await walk.tells("ready")
    await walk.hands_it_over("wu", "he")
    await walk.ends("wu")


async def test_instant(walk: Walk) -> None:
    await walk.be("emma")
    await walk.goes_to("NOOD-FISH/instant")
    await walk.buys()
    await walk.be("zhao at noodles")
    await walk.works_on_it()
    await walk.tells("accepted")
    await walk.tells("ready")
    await walk.carries_it("feng", "emma", keeps=True)
    await walk.ends("zhao at noodles")


async def test_scheduled(walk: Walk) -> None:
    await walk.be("mei")
    await walk.goes_to("WAY-BASKET/scheduled")
    await walk.picks("c-slot")
    await walk.buys()
    await walk.be("qian")
    await walk.works_on_it()
    await walk.tells("ready")
    await walk.until(await walk.starts())
    await walk.carries_it("ma", "mei")
    await walk.ends("qian")


async def test_unattended(walk: Walk) -> None:
    await walk.be("xiaoyu")
    await walk.goes_to("WAY-NIGHT/unattended")
    await walk.buys("wallet")
    await walk.looked_at("cabinet")
    await walk.device_tells("opened")
    await walk.sees_order()
    await walk.looked_at("open")
    await walk.device_tells("taken", lines={"1": 1})
    await walk.ends("qian", earned=588)


async def test_live(walk: Walk) -> None:
    await walk.be("he")
    await walk.goes_to("WAY-LIVE/live")
    await walk.buys()
    await walk.sends_it("ruan", "he")
    await walk.ends("ruan")
