"""Sending something back: the parcel arrives while one looks, goes back for no reason, and the money follows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from highstreet.kit.clock import FixedClock
from highstreet.market.fulfil import Telling, tell
from tests.browser.street import eyes
from tests.browser.tab import LOOKS, Eyes
from tests.web.shop_world import Street, street, street_template

__all__ = ["eyes", "street", "street_template"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def told(street: Street, clock: FixedClock, order_id: str, fact: str, **body: str) -> None:
    """The toy maker tells something; whoever looks is woken, as the worker does it."""
    await tell(
        street.market,
        Telling(order_id, fact, "seller", street.sellers["toys"], body),
        clock.forward(timedelta(hours=9)),
    )
    async with street.market.db.transaction() as tx:
        await tx.execute("SELECT pg_notify('told', $1)", order_id)


@pytest.mark.parametrize("eyes", LOOKS[:2], indirect=True)
async def test_return_and_refund(eyes: Eyes, street: Street, clock: FixedClock) -> None:
    page = eyes.page
    street.provider.outcome = "paid"
    await eyes.see(f"/offers/{street.offers['train/online']}")
    await page.locator(".buy-bar .button.main").click()
    await eyes.see("/checkout")
    for field, text in (
        ("name", "Lin Xiaohe"),
        ("phone", "13800138000"),
        ("address", "Canal Road 5, door 301"),
    ):
        await page.fill(f"#f-{field}", text)
    await page.check("[name=agree]")
    await page.locator("form .button.main.wide").click()
    await page.locator("#pay").click()
    await page.wait_for_url(re.compile("/orders/ord_"))
    order_id = re.findall(r"ord_\w+", page.url)[0]

    # It is sent and delivered while the page is open: no reload.
    await told(street, clock, order_id, "shipped", carrier="SF", tracking="SF1024")
    await expect(page.locator("h1")).to_have_text(
        re.compile("On its way to you|正在送来的路上"), timeout=10_000
    )
    await expect(page.locator("main")).to_contain_text("SF1024")
    await told(street, clock, order_id, "delivered")
    await expect(page.locator("h1")).to_have_text(re.compile("It has arrived|已送达"))
    await eyes.judge("arrived")

    await page.reload()
    await page.locator('[data-opens="return"]').click()
    await expect(page.locator("dialog#return")).to_be_visible()
    await eyes.judge("asking what goes back")
    await page.locator("dialog#return .button.main").click()
    await expect(page.locator("#said .notice.good")).to_be_visible()
    await told(street, clock, order_id, "returned")
    await expect(page.locator(".sum .money.off")).to_have_text("−¥128.00")
    await eyes.judge("returned")
    await page.locator('a[href*="/receipt"]').click()
    await expect(page.locator("main")).to_contain_text("−¥128.00")
    await eyes.judge("receipt")
    async with street.market.db.read() as tx:
        seller = await tx.fetchval(
            """SELECT coalesce(sum(CASE WHEN t.to_id = a.id THEN t.amount ELSE -t.amount END), 0)
               FROM ledger.account a JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id)
               WHERE a.kind = 'escrow'"""
        )
        assert seller == 0, "escrow is empty again"
