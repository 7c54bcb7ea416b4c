"""A weekend bought on its page: each part's choice beside the other, all of it in the basket at once, or the reason why not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from highstreet import catalog
from highstreet.kit.clock import FixedClock
from tests.town import FIRST_LOOK, Ferry, lantern_ferry
from tests.web.shop_browser import Browser
from tests.web.shop_world import app_of


@pytest_asyncio.fixture
async def ferry(server_url: str, template: str) -> AsyncIterator[Ferry]:
    async with lantern_ferry(server_url, template, FixedClock(FIRST_LOOK)) as found:
        yield found


async def opened(ferry: Ferry, lang: str = "en") -> tuple[Browser, str]:
    """A browser on the scenario's page, found from the front page; and the page's path."""
    browser = Browser(app_of(ferry.market), lang)
    await browser.get("/")
    path = browser.find(r'href="(/scenarios/[^"]+)"')
    await browser.get(path)
    assert browser.status == 200
    return browser, path


def chosen(browser: Browser) -> dict[str, str]:
    """What a family fills in: two hours of a bicycle, the first free boat, one night."""
    day = (FIRST_LOOK + timedelta(days=2)).date()
    return {
        "p1-quantity": "3",
        "p2-c-from": f"{day}T14:00",
        "p2-c-to": f"{day}T16:00",
        "p3-c-slot": browser.find(r'name="p3-c-slot" value="(\d+)"'),
        "p3-quantity": "3",
        "p4-c-from": f"{day}",
        "p4-c-to": f"{day + timedelta(days=1)}",
        "p5-quantity": "3",
    }


async def test_the_page_draws_the_course_of_the_day_and_who_pays_what(ferry: Ferry) -> None:
    browser, _ = await opened(ferry)
    moments = re.findall(r'class="course-moment">([^<]*)', browser.text)
    assert [moments[0], moments[-1], len(moments)] == [
        "Saturday, at noon",
        "Sunday, before the ferry home",
        5,
    ]
    assert "paid by Qinghe" in browser.text and "Willow Quay 3" in browser.text
    browser, _ = await opened(ferry, "zh")
    assert "亲子周末" in browser.text and "周六华灯初上" in browser.text and "谁付了多少" in browser.text


async def test_all_of_it_goes_into_the_basket_at_once(ferry: Ferry) -> None:
    browser, path = await opened(ferry)
    await browser.send(path, chosen(browser))
    assert (browser.path, browser.status) == ("/basket", 200)
    assert browser.text.count("A weekend with the children") == 5, "something off every part"
    assert "All of it is in your basket." in browser.text
    await browser.send("/basket", {"offer": ferry.town.offers["NOOD-FISH/collect"], "quantity": "0"})
    assert "A weekend with the children" not in browser.text, "what is not bought whole has nothing off"


async def test_what_cannot_be_had_is_told_with_its_part_and_nothing_is_put_in(ferry: Ferry) -> None:
    browser, path = await opened(ferry)
    right = chosen(browser)
    for wrong, told in (
        ({"p3-c-slot": ""}, "Evening boat with lanterns: "),
        ({"p2-c-to": right["p2-c-from"]}, "Town bicycle: "),
        ({"p4-c-from": "yesterday"}, "Room above the water: "),
        ({"p1-quantity": "0"}, "Fish broth noodles: "),
        ({"p5-quantity": "100"}, "Steamed bun: "),
    ):
        await browser.send(path, right | wrong)
        assert browser.path == path and told in browser.text, wrong
    await browser.get("/basket")
    assert "Your basket is empty" in browser.text


async def test_without_one_of_its_parts_it_says_so(ferry: Ferry) -> None:
    browser, path = await opened(ferry)
    right = chosen(browser)
    async with ferry.market.db.transaction() as tx:
        await catalog.pause_offer(
            tx, ferry.town.sellers["inn"], ferry.town.offers["WAY-ROOM/stay"], now=FIRST_LOOK
        )
    ferry.market.shelf._changed(None)
    await browser.send(path, right)
    assert "so “A weekend with the children” cannot be had whole" in browser.text
    assert "“Room above the water” cannot be had at the moment" in browser.text
    assert "Into the basket" not in browser.text
    await browser.get("/")
    assert path not in browser.text


async def test_what_is_no_scenario(ferry: Ferry) -> None:
    browser, _ = await opened(ferry)
    for name in ("scn_none", "scn%00"):
        await browser.get(f"/scenarios/{name}")
        assert browser.status == 404
