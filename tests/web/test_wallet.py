"""The wallet's page: putting money in by card, coming back before the provider's word, what is refused, and all that moved."""

from __future__ import annotations

from datetime import timedelta

import pytest_asyncio
from litestar import Litestar

from highstreet.kit.clock import FixedClock
from highstreet.ledger import Notice
from highstreet.market import errands
from tests.market.lane import keeps_the_laws
from tests.web.shop_browser import Browser
from tests.web.shop_world import PASSWORD, Street, app_of, street, street_template

__all__ = ["street", "street_template"]


@pytest_asyncio.fixture
async def app(street: Street) -> Litestar:
    return app_of(street.market)


@pytest_asyncio.fixture
async def ada(app: Litestar) -> Browser:
    browser = Browser(app)
    await browser.get("/sign-in")
    await browser.post("/sign-in", {"handle": "ada@example.com", "password": PASSWORD})
    await browser.get("/me/wallet")
    return browser


async def asked(browser: Browser, **fields: str) -> str:
    """Ask for money from the wallet's page; the key, on the page that leads to the provider."""
    await browser.send("/me/wallet", fields)
    assert browser.status == 200, browser.text
    key = browser.path.split("/")[-1].partition("?")[0]
    assert f"https://pay.example/{key}?back=" in browser.text
    return key


async def test_put_in_and_seen(ada: Browser, street: Street) -> None:
    assert "¥0.00" in ada.text and "Nothing yet" in ada.text
    key = await asked(ada, choice="20000")
    assert "http-equiv" in ada.text
    # Back before the provider's word: it is asked, says it does not know, then that it was paid.
    await ada.get(f"/me/wallet/{key}?back=1&key={key}&outcome=paid")
    assert "One moment" in ada.text and "http-equiv" not in ada.text
    await ada.post(f"/me/wallet/{key}/ask")
    assert "One moment" in ada.text and street.provider.asked == [key]
    street.provider.outcome, street.provider.amounts[key] = "paid", 20_000
    await ada.post(f"/me/wallet/{key}/ask")
    assert ada.path == "/me/wallet" and "Your money is in the wallet." in ada.text
    assert ada.text.count("¥200.00") >= 3, "the choice, the balance and the movement"
    told = Notice("sandbox", "ntc", key, "charge.succeeded", 20_000, "CNY", "ref", street.market.clock())
    assert await errands.told(street.market, told, street.market.clock()) == {"result": "repeated"}
    await ada.get("/me")
    assert "¥200.00" in ada.text and 'href="/pay-code"' in ada.text
    await keeps_the_laws(street.market.db)


async def test_spent_and_given_back_is_told(ada: Browser, street: Street) -> None:
    key = await asked(ada, choice="10000", other="120.50")
    street.provider.outcome, street.provider.amounts[key] = "paid", 12_050
    await ada.post(f"/me/wallet/{key}/ask")
    await ada.post("/basket", {"offer": street.offers["bread/collect"], "quantity": "1", "add": "1"})
    await ada.get("/checkout")
    await ada.send("/checkout", {"name": "Lin", "phone": "13800138000", "method": "wallet", "agree": "1"})
    cancel = ada.find(r'action="(/orders/ord_\w+/cancel[^"]*)"')
    await ada.get("/me/wallet")
    assert "Paid to Old Mill Bakery" in ada.text and "¥92.50" in ada.text
    await ada.get(cancel.replace("/cancel", ""))
    await ada.send(cancel, {"line-1": "1"})
    await ada.get("/me/wallet")
    assert "Money back from Old Mill Bakery" in ada.text and "¥120.50" in ada.text
    await keeps_the_laws(street.market.db)


async def test_declined_and_lapsed(ada: Browser, street: Street, clock: FixedClock) -> None:
    key = await asked(ada, choice="5000")
    street.provider.outcome = "declined"
    await ada.post(f"/me/wallet/{key}/ask")
    assert "The payment was declined" in ada.text and "Pay now" in ada.text
    await ada.get("/me/wallet")
    assert "¥50.00 were declined" in ada.text
    clock.forward(timedelta(minutes=31))
    await ada.get(f"/me/wallet/{key}")
    assert "The time to pay has passed" in ada.text and "pay.example" not in ada.text


async def test_amounts_that_are_refused_are_kept_on_the_form(ada: Browser) -> None:
    for other in ("9.99", "5000.01", "-20", "NaN", "a lot", "0"):
        await ada.send("/me/wallet", {"choice": "5000", "other": other})
        assert ada.status == 422 and f'value="{other}"' in ada.text, other
    await ada.send("/me/wallet", {"choice": "7"})
    assert ada.status == 422
    await ada.post("/me/wallet", {"choice": "5000"})
    assert ada.status == 422, "a form of ours has a key"


async def test_a_second_click_asks_once(ada: Browser) -> None:
    form = ada.hidden("/me/wallet") | {"choice": "5000"}
    for _ in range(2):
        await ada.post("/me/wallet", form)
        assert ada.status == 200
    assert ada.path.startswith("/me/wallet/top_")
    await ada.get("/me/wallet")
    assert ada.text.count("still to be paid") == 1


async def test_somebody_elses_is_not_there(ada: Browser, app: Litestar) -> None:
    key = await asked(ada, choice="5000")
    other = Browser(app)
    await other.get("/sign-in")
    for path in ("/me/wallet", f"/me/wallet/{key}"):
        await other.get(path)
        assert other.path.startswith("/sign-in?next=")
    await other.post("/sign-in", {"handle": "mill@example.com", "password": PASSWORD})
    await other.get(f"/me/wallet/{key}")
    assert other.status == 404
    await other.post(f"/me/wallet/{key}/ask")
    assert other.status == 404
