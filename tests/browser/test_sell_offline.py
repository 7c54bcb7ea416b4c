"""Selling at the till by scanner and keyboard, with and without a connection; what was sold in between arrives once."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from highstreet.inventory import stock
from highstreet.market import laws
from tests.browser.counter import Counter, counter
from tests.browser.tab import LOOKS

__all__ = ["counter"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

BREAD, CAKE = "6901234567892", "6901234567915"


async def scan(page: Page, text: str) -> None:
    """What a scanner does: it types, and ends with Enter."""
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")


async def pay(page: Page, given: str = "") -> None:
    await page.keyboard.press("F8")
    await expect(page.locator("#cash")).to_be_visible()
    await page.keyboard.type(given)
    await page.keyboard.press("Enter")
    await expect(page.locator("#done")).to_be_visible()


async def sold(at: Counter) -> list[tuple[int, str]]:
    async with at.till.market.db.read() as tx:
        found = await tx.fetch('SELECT total, stage FROM orders."order" ORDER BY number')
    return [(r["total"], r["stage"]) for r in found]


async def test_sell_offline(counter: Counter) -> None:
    page, eyes = counter.eyes.page, counter.eyes
    await counter.be("mei")
    await eyes.see("/till")
    await expect(page.locator(".tile")).to_have_count(4)
    await eyes.judge("till")

    # With a connection: a bar code, three by name, one by arrows, and the whole basket's price.
    await scan(page, BREAD)
    await scan(page, "3*buns" if counter.lang == "en" else "3*馒头")
    await page.keyboard.type("B-mi")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator("#due")).to_have_text("¥79.12")
    await page.keyboard.press("-")
    await expect(page.locator("#due")).to_have_text("¥64.00")
    await eyes.judge("till, rung up")
    await pay(page, "100")
    await expect(page.locator("#done-change")).to_have_text("¥36.00")
    await expect(page.locator("#done-number")).to_have_text(re.compile(r"\w{4}-\w{4}"))
    await eyes.judge("till, sold")
    await page.keyboard.press("Enter")
    await expect(page.locator("#done")).to_be_hidden()
    await expect(page.locator("#entry")).to_be_focused()
    assert await sold(counter) == [(6400, "done")]

    # The worker looks after the page from its next opening on.
    await page.evaluate("navigator.serviceWorker.ready")
    await page.reload()
    await page.wait_for_function("navigator.serviceWorker.controller !== null")
    await counter.context.set_offline(True)
    await page.reload()
    await expect(page.locator(".tile")).to_have_count(4)
    for code in (BREAD, CAKE):
        await scan(page, code)
        await pay(page)
        await page.keyboard.press("Enter")
    await expect(page.locator("#waiting-text")).to_contain_text("2")
    await eyes.judge("till, away")
    await page.reload()
    await expect(page.locator("#waiting-text")).to_contain_text("2")
    assert len(await sold(counter)) == 1

    await counter.context.set_offline(False)
    await expect(page.locator("#waiting-text")).to_have_text("")
    await page.reload()
    await expect(page.locator(".tile")).to_have_count(4)
    assert await sold(counter) == [(6400, "done"), (2800, "done"), (3600, "done")]
    async with counter.till.market.db.read(snapshot=True) as tx:
        assert [law for law in await laws.check(tx) if not law.ok] == []


@pytest.mark.parametrize("counter", LOOKS[:1], indirect=True)
async def test_the_last_one_was_sold_meanwhile(counter: Counter) -> None:
    """What the market cannot take in waits for a person, who says that the goods were there."""
    page, eyes, till = counter.eyes.page, counter.eyes, counter.till
    await counter.be("mei")
    await eyes.see("/till")
    await expect(page.locator(".tile")).to_have_count(4)
    await page.evaluate("navigator.serviceWorker.ready")
    await counter.context.set_offline(True)
    await scan(page, CAKE)
    await pay(page)
    await page.keyboard.press("Enter")
    await expect(page.locator("#waiting-text")).to_contain_text("1")
    async with till.market.db.transaction() as tx:
        await stock.count(tx, till.supplies["cake"], 0, till.people["mill"], till.market.clock())
    await counter.context.set_offline(False)
    badge = page.locator('.surface a[href="/till/needs-you"] .count')
    await expect(badge).to_have_text("1")
    await eyes.see("/till/needs-you")
    await eyes.judge("needs you")
    await page.get_by_role("button", name="The goods were there").click()
    await expect(page.locator(".notice.good")).to_be_visible()
    assert await sold(counter) == [(3600, "done")]

    # With the customer at the counter nothing is kept: it is asked at once, and sold when the goods are there.
    await eyes.see("/till")
    await expect(page.locator(".tile")).to_have_count(4)
    await scan(page, CAKE)
    await page.keyboard.press("F8")
    await page.keyboard.press("Enter")
    await expect(page.locator("#cash-error")).to_contain_text("count them in")
    await page.locator("#found-anyway").click()
    await expect(page.locator("#done")).to_be_visible()
    assert len(await sold(counter)) == 2


@pytest.mark.parametrize("counter", LOOKS[:2], indirect=True)
async def test_hold_and_recall_and_the_other_pages(counter: Counter) -> None:
    page, eyes = counter.eyes.page, counter.eyes
    await counter.be("mill")
    await eyes.see("/till")
    await expect(page.locator(".tile")).to_have_count(4)
    await scan(page, BREAD)
    await page.keyboard.press("F4")
    await expect(page.locator("#due")).to_have_text("¥0.00")
    await scan(page, "nothing like this")
    await expect(page.locator("#heard")).to_contain_text("nothing like this")
    await page.keyboard.press("Escape")
    await page.keyboard.press("F4")
    await page.locator("#held-list button").click()
    await expect(page.locator("#due")).to_have_text("¥28.00")
    for path in ("collect", "returns?goods=" + BREAD, "needs-you", "close"):
        await eyes.see(f"/till/{path}")
        await eyes.judge(path)
