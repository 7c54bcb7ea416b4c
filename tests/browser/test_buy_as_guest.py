"""Buying as a guest: two shops, one basket, one payment, two orders followed; at phone and desk width, in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.street import eyes
from tests.browser.tab import LOOKS, Eyes
from tests.web.shop_world import Street, street, street_template

__all__ = ["eyes", "street", "street_template"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def test_buy_as_guest(eyes: Eyes, street: Street) -> None:
    page = eyes.page
    await eyes.see("/")
    await eyes.judge("front")
    await page.fill("#q", "tea")
    await page.press("#q", "Enter")
    await eyes.judge("search")
    await page.locator(".card a").first.click()
    await eyes.judge("offer")
    await page.locator('.buy-bar [data-step="1"]').click()
    await page.locator(".buy-bar .button.main").click()
    await expect(page.locator("h1")).to_have_text(re.compile("Basket|购物篮"))
    await eyes.see(f"/offers/{street.offers['bread/collect']}")
    await page.locator(".buy-bar .button.main").click()
    await expect(page.locator("#contents .group-head")).to_have_count(2)
    await eyes.judge("basket")

    # One more, without leaving the page.
    await page.locator('#contents [data-step="1"]').first.click()
    await expect(page.locator("#contents input[name=quantity]").first).to_have_value("3")
    await expect(page.locator("aside .price").first).to_contain_text("265.60")

    await eyes.see("/checkout")
    await eyes.judge("checkout")
    await page.locator("form .button.main.wide").click()
    await expect(page.locator(".field.wrong")).not_to_have_count(0)
    await eyes.judge("checkout, marked")
    await page.fill("#f-name", "林小河")
    await page.fill("#f-phone", "138 0013 8000")
    await page.fill("#f-address", "运河路 5 号 301")
    await page.check("[name=agree]")
    await page.locator("form .button.main.wide").click()

    # The provider's page, and back: its notice is missing, so we ask.
    await page.locator("#pay").click()
    await expect(page.locator("#state")).to_be_visible()
    await eyes.judge("paying")
    street.provider.outcome = "paid"
    await expect(page.locator("h1")).to_have_text(
        re.compile("Everything is ordered|全部下单成功"), timeout=15_000
    )
    await page.locator("a.order-tile").first.click()
    await eyes.judge("order")
    await expect(page.locator(".timeline .done")).to_have_count(2)
    async with street.market.db.read() as tx:
        assert await tx.fetchval("SELECT count(*) FROM orders.\"order\" WHERE stage = 'committed'") == 2
        assert await tx.fetchval("SELECT total FROM orders.purchase") == 26560


@pytest.mark.parametrize("eyes", LOOKS[:1], indirect=True)
async def test_with_the_keyboard_alone(eyes: Eyes, street: Street) -> None:
    """Skip link, search, an offer and the basket, without a mouse."""
    page = eyes.page
    await eyes.see(f"/offers/{street.offers['buns/collect']}")
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.matches('.buy-bar .button.main')"):
            break
    await page.keyboard.press("Enter")
    await expect(page.locator("#contents li h3")).to_have_count(1)
