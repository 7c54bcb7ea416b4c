"""Instalments as a buyer meets them: all of it shown before the yes, the lender's answer told, the loan shown as the lender tells it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape

import pytest_asyncio

from highstreet.kit.clock import FixedClock
from tests.sandbox.lender import RunningLender, lender
from tests.web.shop_browser import Browser
from tests.web.shop_world import Street, app_of, street, street_template

__all__ = ["street", "street_template"]

WHO = {"name": "Lin Xiaohe", "phone": "138 0013 8000", "address": "Canal Road 5, door 301", "agree": "1"}
BORN = "1990-06-15"


@pytest_asyncio.fixture
async def bank(street: Street, clock: FixedClock) -> AsyncIterator[RunningLender]:
    async with lender(clock) as one:
        street.market.lenders = {"lender": one.client}
        street.market.providers = {**street.market.providers, "lender": one.client}
        yield one


async def at_the_terms(street: Street, trains: int = 4) -> Browser:
    """Somebody who has filled in the checkout and looks at what instalments cost."""
    browser = Browser(app_of(street.market))
    await browser.get("/")
    offer = street.offers["train/online"]
    await browser.post("/basket", {"offer": offer, "quantity": str(trains), "add": "1"})
    await browser.get("/checkout")
    if trains > 2:
        assert "By instalments" in browser.text and "3, 6, 12 months" in browser.text
        await browser.send("/checkout", WHO | {"method": "lender"})
    return browser


def sheets(browser: Browser) -> list[str]:
    return re.findall(r'name="sheet" value="([^"]+)"', browser.text)


async def onward(browser: Browser) -> str:
    """The lender's page the browser is sent to."""
    return unescape(browser.find(r'http-equiv="refresh" content="0;url=([^"]+)"'))


async def test_every_term_stands_before_the_yes_and_the_yes_is_an_act(
    street: Street, bank: RunningLender
) -> None:
    browser = await at_the_terms(street)
    assert browser.status == 200 and len(sheets(browser)) == 3
    for sheet in (bank.client.read_sheet(text) for text in sheets(browser)):
        shown = (sheet.total, sheet.cost, sheet.interest, sheet.fees, *(one.amount for one in sheet.payments))
        for amount in shown:
            assert f"¥{amount / 100:,.2f}" in browser.text
        for one in sheet.payments:
            assert one.on.isoformat() in browser.text
        assert f"{sheet.annual_rate / 100:.2f}%" in browser.text
        assert sheet.lender.en in browser.text and sheet.on_return.en in browser.text
    assert "checked" not in browser.text, "no plan and no yes is chosen for anybody"
    chosen = sheets(browser)[1]
    for fields, said in (
        ({}, "Please choose how many months."),
        ({"sheet": chosen, "born": BORN}, "only when you have agreed"),
        ({"sheet": chosen, "loan": "1"}, "Please give your date of birth."),
        ({"sheet": chosen, "loan": "1", "born": "2015-01-01"}, "Only people of 18 and over"),
        ({"sheet": chosen, "loan": "1", "born": "<b>"}, "Please give your date of birth."),
        ({"sheet": "nonsense", "loan": "1", "born": BORN}, "are not the lender"),
    ):
        await browser.send("/checkout", fields)
        assert browser.status == 422 and said in browser.text, said
    async with street.market.db.read() as tx:
        assert await tx.fetchval('SELECT count(*) FROM orders."order"') == 0
    await browser.send("/checkout", {"sheet": sheets(browser)[1], "loan": "1", "born": BORN})
    assert "On to the lender" in browser.text and await onward(browser)


async def test_the_loan_is_shown_as_the_lender_tells_it(street: Street, bank: RunningLender) -> None:
    browser = await at_the_terms(street)
    sheet = bank.client.read_sheet(sheets(browser)[0])
    await browser.send("/checkout", {"sheet": sheet.text, "loan": "1", "born": BORN})
    assert await bank.press(await onward(browser)) == "paid"
    ask = browser.find(r'hx-post="(/purchases/[^"]*)"')
    await browser.post(ask)
    await browser.get(browser.path)
    assert "By instalments" not in browser.text and "/instalments?key=" in browser.text
    order = browser.path
    loan = browser.find(r'hx-get="(/orders/[^"]*/instalments[^"]*)"')
    await browser.get(loan)
    assert f"¥{sheet.total / 100:,.2f}" in browser.text and sheet.payments[2].on.isoformat() in browser.text
    await browser.get(loan, **{"HX-Request": "true"})
    assert "<html" not in browser.text and "Still to pay" in browser.text
    await bank.faults(error_500_rate=1)
    await browser.get(loan)
    assert browser.status == 200 and "does not answer just now" in browser.text
    await browser.get(order.replace("?", "/receipt?"))
    assert "Instalments, by a lender" in browser.text
    await browser.get(loan.partition("?")[0])
    assert browser.status == 404, "nobody else sees it"


async def test_a_refusal_is_told_in_its_words_and_one_pays_otherwise(
    street: Street, bank: RunningLender
) -> None:
    browser = await at_the_terms(street)
    await browser.send("/checkout", {"sheet": sheets(browser)[2], "loan": "1", "born": BORN})
    assert await bank.press(await onward(browser), "no") == "declined"
    await browser.post(browser.find(r'hx-post="(/purchases/[^"]*)"'))
    await browser.get(browser.path)
    assert "The lender said no" in browser.text and "We cannot lend this sum" in browser.text
    await browser.send(browser.find(r'action="(/purchases/[^"]*otherwise[^"]*)"'), {})
    assert "Everything is in your basket again" in browser.text and "Wooden train" in browser.text
    async with street.market.db.read() as tx:
        assert await tx.fetchval('SELECT stage FROM orders."order"') == "undone"


async def test_a_late_lender_and_one_that_is_away_hold_nobody_up(
    street: Street, bank: RunningLender, clock: FixedClock
) -> None:
    browser = await at_the_terms(street)
    await browser.send("/checkout", {"sheet": sheets(browser)[0], "loan": "1", "born": BORN})
    await bank.press(await onward(browser), "too_late")
    await browser.get(browser.path.replace("&pay=1", "&back=1"))
    assert "The lender is deciding" in browser.text
    await browser.post(browser.find(r'hx-post="(/purchases/[^"]*)"'))
    assert "The lender is deciding" in browser.text
    await bank.faults(error_500_rate=1)
    clock.forward(timedelta(minutes=6))
    browser = await at_the_terms(street, 1)
    assert "Card or phone" in browser.text and "By instalments" not in browser.text
    other = await at_the_terms(street, 2)
    await other.send("/checkout", WHO | {"method": "lender"})
    assert other.status in (422, 503) and "notice refusal" in other.text and "Lin Xiaohe" in other.text
