"""Walks that end otherwise: thought better of, before it was sent, on the way, in the middle; the money comes back as agreed."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.walks.lantern import Walk

pytestmark = [pytest.mark.browser, pytest.mark.walks, pytest.mark.timeout(300)]


async def test_parcel_called_off(walk: Walk) -> None:
    await walk.be("luo")
    await walk.goes_to("TOY-BLOCKS/online")
    await walk.buys()
    await walk.calls_off()
    await walk.ends("chen", stage="undone", earned=0)


async def test_ride_called_off_when_the_driver_comes(walk: Walk) -> None:
    await walk.be("luo")
    await walk.goes_to("WAY-CART/ride")
    for end, n in (("from", 2), ("to", 4)):
        await walk.page.locator(f'[name="c-route-{end}"]').select_option(index=n)
    await walk.buys()
    await walk.be("zhao at boats")
    await walk.works_on_it()
    await walk.tells("accepted")
    await walk.be("luo")
    await walk.calls_off()
    await walk.ends("zhao at boats", stage="undone", earned=500)


async def test_course_stopped_after_one_lesson(walk: Walk) -> None:
    await walk.be("he")
    await walk.goes_to("WAY-BRUSH/course")
    await walk.page.fill("[name=quantity]", "3")
    await walk.buys()
    await walk.be("luo")
    await walk.works_on_it()
    await walk.tells("attended")
    await walk.be("he")
    await walk.calls_off()
    await walk.ends("luo", earned=5700)


async def test_not_drawn(walk: Walk) -> None:
    group = await walk.gathers("chen", "WAY-RABBIT/debut", units="1")
    entered: list[tuple[str, str, str]] = []
    for n, buyer in enumerate(("luo", "he")):
        await walk.be(buyer)
        await walk.goes_to("WAY-RABBIT/debut")
        await walk.joins(group)
        await walk.buys(phone=f"1390013900{n}")
        entered.append((buyer, walk.order, walk.link))
    await walk.closes("chen", group)
    for buyer, walk.order, walk.link in entered:
        found = await walk.fetch('SELECT stage FROM orders."order" WHERE id = $1')
        if found["stage"] == "undone":
            await walk.be(buyer)
            await walk.ends("chen", stage="undone", earned=0)
            await walk.be(buyer)
            await walk.sees_order()
            await expect(walk.page.locator("h1")).to_contain_text("未中签")
