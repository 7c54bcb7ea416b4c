"""Walks through what is decided for many at once: a group, a draw, a delivery to come, a run to be made."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.walks.lantern import Walk

pytestmark = [pytest.mark.browser, pytest.mark.walks, pytest.mark.timeout(300)]


async def test_group_buy(walk: Walk) -> None:
    announced = {"tier-0-from": "2", "tier-0-off": "10", "least": "2"}
    group = await walk.gathers("yu", "WAY-SHRIMP/group_buy", **announced)
    for buyer in ("emma", "mei"):
        await walk.be(buyer)
        await walk.goes_to("WAY-SHRIMP/group_buy")
        await walk.joins(group)
        await walk.buys()
    await walk.looked_at("joined")
    await walk.closes("yu", group)
    await walk.works_on_it()
    await walk.tells("ready")
    await walk.hands_it_over("yu", "mei")
    await walk.ends("yu")


async def test_debut(walk: Walk) -> None:
    group = await walk.gathers("chen", "WAY-RABBIT/debut", units="1")
    orders: dict[str, tuple[str, str]] = {}
    for buyer in ("emma", "mei"):
        await walk.be(buyer)
        await walk.goes_to("WAY-RABBIT/debut")
        await walk.joins(group)
        await walk.buys(phone=f"1380013800{len(orders)}")
        orders[buyer] = (walk.order, walk.link)
    await walk.looked_at("entered")
    await walk.closes("chen", group)
    drawn: list[str] = []
    for buyer, (order, link) in orders.items():
        walk.order, walk.link = order, link
        await walk.be(buyer)
        await walk.sees_order()
        await walk.looked_at("drawn")
        if await walk.page.locator(".timeline .failed").count() == 0:
            drawn.append(buyer)
    assert len(drawn) == 1
    await walk.see(f"/draws/{group}")
    await expect(walk.page.locator(".lot.won")).to_have_count(1)
    await walk.looked_at("the-draw")
    walk.order, walk.link = orders[drawn[0]]
    await walk.sends_it("chen", drawn[0])
    await walk.ends("chen", earned=18905)


async def test_preorder(walk: Walk) -> None:
    group = await walk.gathers("tao", "WAY-BOWLS/preorder", units="60")
    await walk.be("emma")
    await walk.goes_to("WAY-BOWLS/preorder")
    await walk.joins(group)
    await walk.buys()
    await walk.looked_at("waiting")
    await walk.closes("tao", group, "button[name=arrived]")
    await walk.be("emma")
    await walk.pays_the_rest()
    await walk.sends_it("tao", "emma")
    await walk.ends("tao", earned=34960)


async def test_made_to_order(walk: Walk) -> None:
    group = await walk.gathers("chen", "WAY-SIGN/made_to_order", units="30", least="1")
    await walk.be("emma")
    await walk.goes_to("WAY-SIGN/made_to_order")
    await walk.joins(group)
    for n in range(2):
        await walk.page.locator(f"fieldset.slots >> nth={n} >> input >> nth=1").check(force=True)
    await walk.buys()
    await walk.looked_at("waiting")
    await walk.closes("chen", group)
    await walk.be("emma")
    await walk.pays_the_rest()
    await walk.be("chen")
    await walk.works_on_it()
    await walk.looked_at("desk")
    await walk.tells("ready")
    await walk.sends_it("chen", "emma", keeps=True)
    await walk.ends("chen", earned=33060)
