"""A courier's round on a phone: take two, fetch, one door with a code over a bad network, one left with a neighbour."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from highstreet.logistics import codes
from highstreet.market import laws
from tests.browser.counter import Counter, counter
from tests.market.till_street import leg_of, order

__all__ = ["counter"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def test_deliver_by_courier(counter: Counter) -> None:
    page, eyes, till = counter.eyes.page, counter.eyes, counter.till
    river = await leg_of(till, await order(till, "bread/instant", "river"))
    bridge = await leg_of(till, await order(till, "buns/instant", "bridge", 2))
    await counter.be("jun")
    await eyes.see("/courier")
    await eyes.judge("near")
    for leg in (river, bridge):
        await page.check(f'input[value="{leg}"]')
    await page.locator(".thumb-bar button").click()
    await expect(page.locator("a.leg")).to_have_count(2)
    await eyes.judge("round")
    # How many there are stands beside the sign of the tab, not on it.
    tab = page.locator(".surface a[aria-current]")
    sign, number = await tab.locator(".icon").bounding_box(), await tab.locator(".count").bounding_box()
    assert sign is not None and number is not None and sign["x"] + sign["width"] <= number["x"] + 0.5

    for leg in (river, bridge):
        await eyes.see(f"/courier/legs/{leg}")
        await eyes.judge("at the shop")
        await page.locator(".thumb-bar button").click()
        await expect(page.locator("#f-code")).to_be_visible()
    await eyes.judge("at the door")

    # The network goes away at the first door; the form is sent again by itself and counts once.
    await eyes.see(f"/courier/legs/{river}")
    await page.fill("#f-code", codes.code_of(till.market.code_signer, river))
    await counter.context.set_offline(True)
    await page.locator(".thumb-bar button").click()
    await expect(page.locator(".again")).to_be_visible()
    await counter.context.set_offline(False)
    await expect(page.locator("a.leg")).to_have_count(1)

    await eyes.see(f"/courier/legs/{bridge}")
    await page.locator(".no-code summary").click()
    await page.check('input[value="neighbour"]')
    await page.locator(".thumb-bar button").click()
    await expect(page.locator(".notice.good")).to_be_visible()
    await eyes.see("/courier/day")
    await expect(page.locator(".stat.good")).to_contain_text("¥11.00")
    await eyes.judge("day")
    async with till.market.db.read(snapshot=True) as tx:
        legs = await tx.fetch("SELECT state, proof ->> 'how' AS how FROM logistics.leg ORDER BY id")
        assert [(r["state"], r["how"]) for r in legs] == [("done", "code"), ("done", "told")]
        assert [law for law in await laws.check(tx) if not law.ok] == []
