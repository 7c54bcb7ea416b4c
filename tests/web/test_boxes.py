"""A box on the pages: the curator fills it to its budget, its subscriber swaps, declines and leaves it out."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from highstreet.parties import sessions
from tests.web.merchant_desk import Desk, open_desk
from tests.web.shop_browser import Browser
from tests.web.shop_world import app_of


@pytest_asyncio.fixture
async def desk(server_url: str, template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(server_url, template, tmp_path) as found:
        yield found


async def test_a_box_is_filled_and_looked_at(desk: Desk) -> None:
    curator = await desk.sit("xu", "books")
    page = await curator.get("/merchant/boxes")
    his, hers = (path for path in dict.fromkeys(re.findall(r'href="(/merchant/boxes/ord_\w+)"', page)))
    mei, he = (hers, his) if "Lin Mei" in await curator.get(hers) else (his, hers)
    page = await curator.get(he)
    assert "Hill green tea" in page and "¥37.80 / ¥160.00" in page
    dear = curator.find(r'(?s)Dark tea brick.*?name="offer" value="(\w+)"')
    await curator.send(he + "/put", offer=dear)
    assert curator.status == 422 and "dearer than its budget" in curator.text
    await curator.send(he + "/show")
    assert "The subscriber is told" in curator.text
    stranger = await desk.sit("wu", "bakery")
    await stranger.get(mei)
    assert stranger.status == 404

    browser = Browser(app_of(desk.market))
    async with desk.market.db.transaction() as tx:
        token = await sessions.open_session(
            tx, desk.town.people["mei"], None, False, "test", desk.market.clock()
        )
    browser.client.cookies.set("session", token)
    order = "/orders/" + mei.rsplit("/", 1)[1]
    assert f'href="{order}/box"' in await browser.get(order)
    await browser.get(order + "/box")
    assert "chosen by The Reading Boat" in browser.text
    first = browser.find(r'(?s)box/decline" method="post">.*?name="offer" value="(\w+)"')
    await browser.post(order + "/box/decline", {"offer": first})
    assert first not in browser.text and browser.status == 200
    await browser.post(order + "/box/never", {"never": "peanut、 lavender"})
    assert "peanut, lavender" in browser.text
    await browser.post(order + "/box/skip")
    assert "You leave this one out" in browser.text
    await browser.post("/orders/" + he.rsplit("/", 1)[1] + "/box/skip")
    assert browser.status == 404
