"""Walks through what is done for somebody: a time, a talk, lessons, a boat, a ride, an errand."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.walks.lantern import Walk

pytestmark = [pytest.mark.browser, pytest.mark.walks, pytest.mark.timeout(300)]


async def test_appointment(walk: Walk) -> None:
    await walk.be("emma")
    await walk.goes_to("WAY-MEASURE/appointment")
    await walk.picks("c-slot")
    await walk.buys()
    await walk.looked_at("booked")
    await walk.until(await walk.starts())
    await walk.be("ruan")
    await walk.works_on_it()
    await walk.looked_at("desk")
    await walk.tells("visited")
    await walk.be("emma")
    await walk.pays_the_rest()
    await walk.ends("ruan", earned=11640)


async def test_course(walk: Walk) -> None:
    await walk.be("mei")
    await walk.goes_to("WAY-BRUSH/course")
    await walk.page.fill("[name=quantity]", "3")
    await walk.buys()
    await walk.be("luo")
    for _ in range(3):
        await walk.works_on_it()
        await walk.tells("attended")
    await walk.be("mei")
    await walk.ends("luo", earned=17100)


async def test_ticket(walk: Walk) -> None:
    await walk.be("emma")
    await walk.goes_to("WAY-BOAT/ticket")
    await walk.picks("c-slot")
    await walk.buys()
    await walk.looked_at("ticket")
    await walk.until(await walk.starts())
    await walk.be("zhao at boats")
    await walk.works_on_it()
    await walk.tells("entered")
    await walk.be("emma")
    await walk.ends("zhao at boats", earned=6596)
    await expect(walk.page.locator("h1")).to_be_visible()


async def test_consult(walk: Walk) -> None:
    await walk.be("luo")
    await walk.goes_to("WAY-DOCTOR/consult")
    await walk.picks("c-slot")
    await walk.buys()
    await walk.looked_at("booked")
    await walk.until(await walk.starts())
    await walk.be("fang")
    await walk.works_on_it()
    await walk.looked_at("desk")
    await walk.tells("visited")
    await walk.be("luo")
    await walk.ends("su", earned=4850)


async def test_ride(walk: Walk) -> None:
    await walk.be("emma")
    await walk.goes_to("WAY-CART/ride")
    for end, n in (("from", 1), ("to", 5)):
        await walk.page.locator(f'[name="c-route-{end}"]').select_option(index=n)
    await walk.buys()
    await walk.looked_at("asked")
    await walk.be("zhao at boats")
    await walk.works_on_it()
    await walk.tells("accepted")
    await walk.be("emma")
    code = await walk.code()
    await walk.looked_at("coming")
    await walk.be("zhao at boats")
    await walk.works_on_it()
    await walk.tells("started", code="000000")
    await walk.was_refused("wrong-code")
    await walk.tells("started", code=code)
    await walk.tells("arrived")
    await walk.be("emma")
    await walk.ends("zhao at boats")


async def test_errand(walk: Walk) -> None:
    await walk.be("mei")
    await walk.goes_to("WAY-RUN/errand")
    await walk.page.fill("#f-c-text", "Two pears and a lemon from the market at First Bridge")
    await walk.buys()
    await walk.be("ma")
    await walk.works_on_it()
    await walk.tells("accepted")
    await walk.looked_at("desk")
    await walk.tells("bought", amount="18.50")
    await walk.be("mei")
    await walk.sees_order()
    await walk.looked_at("bought")
    await walk.be("ma")
    await walk.works_on_it()
    await walk.tells("brought")
    await walk.be("mei")
    await walk.ends("ma", earned=1140 + 1850)
