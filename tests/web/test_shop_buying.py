"""From a wish to an order that arrived, as the pages let one do it; and what they refuse."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio

from highstreet.kit.clock import FixedClock
from highstreet.kit.paging import write_cursor
from highstreet.market.fulfil import Telling, tell
from tests.web.shop_browser import Browser
from tests.web.shop_world import PASSWORD, Street, app_of, street, street_template

__all__ = ["street", "street_template"]

WHO = {
    "name": "Lin Xiaohe",
    "phone": "138 0013 8000",
    "email": "",
    "address": "Canal Road 5, door 301",
    "agree": "1",
}


@pytest_asyncio.fixture
async def browser(street: Street) -> Browser:
    one = Browser(app_of(street.market))
    await one.get("/")
    return one


async def in_basket(browser: Browser, street: Street, **goods: int) -> None:
    for name, quantity in goods.items():
        offer = street.offers[name.replace("_", "/")]
        await browser.post("/basket", {"offer": offer, "quantity": str(quantity), "add": "1"})
        assert browser.status == 200, browser.text


async def paid(browser: Browser, street: Street) -> None:
    """The provider takes the money, and is asked."""
    street.provider.outcome = "paid"
    async with street.market.db.read() as tx:
        found = await tx.fetch("SELECT key, amount FROM ledger.collection")
    street.provider.amounts = {r["key"]: r["amount"] for r in found}
    await browser.post(browser.find(r'hx-post="(/purchases/[^"]*)"'))


async def test_two_shops_one_payment(browser: Browser, street: Street) -> None:
    await in_basket(browser, street, tea_online=2, bread_collect=1)
    assert "Willow Tea House" in browser.text and "Old Mill Bakery" in browser.text
    assert "¥158.40" in browser.text, "two teas with ten percent off, above free delivery"
    await browser.get("/checkout")
    assert "Card or phone" in browser.text and "At the counter" not in browser.text, (
        "a parcel is not paid at a counter"
    )
    await browser.send("/checkout", WHO | {"method": "sandbox"})
    assert "Your goods are put aside" in browser.text and "https://pay.example/col_" in browser.text
    await paid(browser, street)
    assert "Thank you. Everything is ordered." in browser.text
    await browser.get(browser.find(r'href="(/orders/ord_[^"]*)"'))
    assert browser.status == 200 and "Lin Xiaohe" in browser.text
    await browser.get("/basket")
    assert "Your basket is empty" in browser.text


async def test_fetching_with_a_code_and_cash(browser: Browser, street: Street) -> None:
    await in_basket(browser, street, bread_collect=2)
    await browser.get("/checkout")
    await browser.send("/checkout", WHO | {"method": "cash"})
    assert "Show this at the counter." in browser.text and "<svg" in browser.text
    digits = "".join(browser.find(r'code-digits" aria-label="(([0-9] ){5}[0-9])"').split())
    assert len(digits) == 6
    order_id = browser.find(r'action="/orders/(ord_\w+)/cancel')
    handed = Telling(order_id, "handed_over", "seller", street.sellers["bakery"])
    await tell(street.market, handed, street.market.clock())
    await browser.get(browser.path)
    assert "Fetched" in browser.text and "code-digits" not in browser.text


async def test_a_second_click_places_once(browser: Browser, street: Street) -> None:
    await in_basket(browser, street, buns_collect=3)
    await browser.get("/checkout")
    fields = browser.with_token({**browser.hidden("/checkout"), **WHO, "method": "cash"})
    answers = await asyncio.gather(*(browser.client.post("/checkout", data=fields) for _ in range(3)))
    places = {answer.headers["location"] for answer in answers}
    assert len(places) == 1 and {answer.status_code for answer in answers} == {303}
    async with street.market.db.read() as tx:
        assert await tx.fetchval('SELECT count(*) FROM orders."order"') == 1


async def test_nothing_typed_is_lost(browser: Browser, street: Street) -> None:
    await in_basket(browser, street, tea_online=1)
    await browser.get("/checkout")
    wrong = {
        "name": "Lin <b>",
        "phone": "12",
        "email": "x@",
        "address": "",
        "note": "ring twice",
        "method": "cash",
    }
    await browser.send("/checkout", wrong)
    assert browser.status == 422
    for text in ("Lin &lt;b&gt;", "ring twice", "a phone number the shop", "cannot be right", "where it should be brought",
                 "choose how you pay", "your agreement"):  # fmt: skip
        assert text in browser.text, text
    await browser.send("/checkout", WHO | {"method": "sandbox"})
    assert "Your goods are put aside" in browser.text


async def test_an_old_price_is_shown_anew(browser: Browser, street: Street, clock: FixedClock) -> None:
    await in_basket(browser, street, tea_online=1)
    await browser.get("/checkout")
    clock.forward(timedelta(hours=1))
    await browser.send("/checkout", WHO | {"method": "sandbox"})
    assert browser.status == 410 and "Lin Xiaohe" in browser.text
    await browser.send("/checkout", WHO | {"method": "sandbox"})
    assert "Your goods are put aside" in browser.text
    await browser.get("/checkout")
    await browser.get("/basket")
    assert "Your basket is empty" in browser.text


async def test_a_quote_of_somebody_elses_hand_is_refused(browser: Browser, street: Street) -> None:
    await in_basket(browser, street, tea_online=1)
    await browser.get("/checkout")
    await browser.send("/checkout", WHO | {"method": "sandbox", "quote": "AAAA" * 20})
    assert browser.status == 422 and "not one of ours" in browser.text


@pytest.mark.parametrize("quantity", ["-1", "1.5", "NaN", "99999999999", "many", "²"])
async def test_senseless_quantities_change_nothing(browser: Browser, street: Street, quantity: str) -> None:
    await in_basket(browser, street, tea_online=1)
    await browser.post("/basket", {"offer": street.offers["tea"], "quantity": quantity})
    assert browser.status == 422 and "notice refusal" in browser.text and 'value="1"' in browser.text


@pytest.mark.parametrize("offer", ["ofr_" + "0" * 20, "ofr_x", "", "../", "ord_" + "0" * 20])
async def test_unknown_offers_are_not_found(browser: Browser, offer: str) -> None:
    await browser.post("/basket", {"offer": offer, "quantity": "1"})
    assert browser.status == 404


async def test_what_is_gone_meanwhile_is_told_in_the_basket(browser: Browser, street: Street) -> None:
    await in_basket(browser, street, cake=6, tea_online=1)
    async with street.market.db.transaction() as tx:
        await tx.execute(
            """UPDATE inventory.supply SET total = 2
               WHERE variant_id = (SELECT variant_id FROM catalog.offer WHERE id = $1)""",
            street.offers["cake"],
        )
    await browser.get("/checkout")
    assert "Only 2 left" in browser.text and "Please look again" in browser.text


async def test_what_is_sold_at_the_counter_only_is_not_sent(browser: Browser, street: Street) -> None:
    offer = street.offers["bread/counter"]
    await browser.get(f"/offers/{offer}")
    assert "bought at the counter" in browser.text and 'name="quantity"' not in browser.text
    await browser.post("/basket", {"offer": offer, "quantity": "1", "add": "1"})
    assert "bought at the counter" in browser.text and "/checkout" not in browser.text
    await browser.get("/checkout")
    assert browser.path == "/basket"


async def test_the_last_ones_are_sold_once(browser: Browser, street: Street) -> None:
    await in_basket(browser, street, cake=6)
    await browser.get("/checkout")
    late = {**browser.hidden("/checkout"), **WHO, "method": "cash"}
    other = Browser(app_of(street.market))
    await other.get("/")
    await in_basket(other, street, cake=6)
    await other.get("/checkout")
    await other.send("/checkout", WHO | {"method": "cash"})
    assert "Show this at the counter" in other.text
    await browser.post("/checkout", late)
    assert "Sold out for now" in browser.text


async def test_cancelling_part_and_all(browser: Browser, street: Street) -> None:
    await in_basket(browser, street, buns_collect=3)
    await browser.get("/checkout")
    await browser.send("/checkout", WHO | {"method": "sandbox"})
    await paid(browser, street)
    act = browser.find(r'action="(/orders/ord_\w+/cancel[^"]*)"')
    await browser.send(act, {"line-1": "1"})
    assert "Cancelled. Your money is on its way back." in browser.text and "−¥12.00" in browser.text
    await browser.send(act, {"line-1": "9"})
    assert "has only 2 left" in browser.text
    await browser.send(act, {"line-1": "0"})
    assert "choose what it is about" in browser.text
    await browser.send(act, {"line-1": "2"})
    assert "−¥36.00" in browser.text and 'data-opens="cancel"' not in browser.text


async def test_sending_back_and_the_money(browser: Browser, street: Street, clock: FixedClock) -> None:
    await in_basket(browser, street, train_online=1)
    await browser.get("/checkout")
    await browser.send("/checkout", WHO | {"method": "sandbox"})
    await paid(browser, street)
    path, order_id = browser.path, browser.find(r'hx-get="/orders/(ord_\w+)')
    for fact in ("shipped", "delivered"):
        telling = Telling(
            order_id,
            fact,
            "seller",
            street.sellers["toys"],
            {"carrier": "SF", "tracking": "SF1"} if fact == "shipped" else {},
        )
        await tell(street.market, telling, clock.forward(timedelta(hours=20)))
    await browser.get(path)
    assert "It has arrived" in browser.text
    await browser.send(
        browser.find(r'action="(/orders/ord_\w+/return[^"]*)"'), {"line-1": "1", "reason": "no_reason"}
    )
    assert "You are sending something back" in browser.text
    await tell(
        street.market,
        Telling(order_id, "returned", "seller", street.sellers["toys"]),
        clock.forward(timedelta(days=1)),
    )
    await browser.get(path)
    assert "Back to you" in browser.text and "−¥128.00" in browser.text
    await browser.get(path.replace("?", "/receipt?"))
    assert "Receipt" in browser.text and "¥128.00" in browser.text


async def test_nobody_sees_somebody_elses_order(browser: Browser, street: Street) -> None:
    await in_basket(browser, street, bread_collect=1)
    await browser.get("/checkout")
    await browser.send("/checkout", WHO | {"method": "cash"})
    order_id = browser.find(r'hx-get="/orders/(ord_\w+)')
    async with street.market.db.read() as tx:
        purchase_id = await tx.fetchval("SELECT id FROM orders.purchase")
    stranger = Browser(app_of(street.market))
    await stranger.get("/")
    await stranger.post("/sign-in", {"handle": "ada@example.com", "password": PASSWORD})
    other = street.market.link_signer.short("ord_other")
    for key in ("", "?key=&link=", "?key=wrong&link=wrong", f"?key={other}&link={other}"):
        for path in (f"/orders/{order_id}", f"/orders/{order_id}/live", f"/orders/{order_id}/receipt", f"/purchases/{purchase_id}",
                     f"/purchases/{purchase_id}/live"):  # fmt: skip
            await stranger.get(path + key)
            assert stranger.status == 404, path
        for path in (
            f"/orders/{order_id}/cancel",
            f"/orders/{order_id}/return",
            f"/orders/{order_id}/received",
            f"/purchases/{purchase_id}/ask",
        ):
            await stranger.post(path + key, {"line-1": "1"})
            assert stranger.status == 404, path
    async with street.market.db.read() as tx:
        assert await tx.fetchval('SELECT stage FROM orders."order"') != "undone"


async def test_a_guest_finds_an_order_by_number_and_phone(browser: Browser, street: Street) -> None:
    await in_basket(browser, street, bread_collect=1)
    await browser.get("/checkout")
    await browser.send("/checkout", WHO | {"method": "cash"})
    number = browser.find(r"Order ([0-9A-Z]{4}-[0-9A-Z]{4})")
    other = Browser(app_of(street.market))
    await other.get("/orders")
    await other.post("/orders/find", {"number": number, "reach": "13900139000"})
    assert other.status == 404 and number in other.text
    await other.post("/orders/find", {"number": number.lower(), "reach": "+86 138 0013 8000"})
    assert other.status == 200 and "Show this at the counter" in other.text
    for _ in range(9):
        await other.post("/orders/find", {"number": "X", "reach": "1"})
    assert other.status == 429


async def test_a_declined_payment_can_be_tried_again(browser: Browser, street: Street) -> None:
    await in_basket(browser, street, train_online=1)
    await browser.get("/checkout")
    await browser.send("/checkout", WHO | {"method": "sandbox"})
    street.provider.outcome = "declined"
    await browser.post(browser.find(r'hx-post="(/purchases/[^"]*)"'))
    assert "The payment was declined" in browser.text and "https://pay.example/" in browser.text


async def test_the_basket_follows_whoever_signs_in(browser: Browser, street: Street) -> None:
    await in_basket(browser, street, tea_online=2)
    await browser.post("/sign-in", {"handle": "ada@example.com", "password": PASSWORD, "next": "/basket"})
    assert "Spring green tea" in browser.text
    phone = Browser(app_of(street.market))
    await phone.get("/")
    await phone.post("/sign-in", {"handle": "ada@example.com", "password": PASSWORD, "next": "/basket"})
    assert "Spring green tea" in phone.text
    await phone.get("/checkout")
    assert "Lin Xiaohe" in phone.text and "My wallet" in phone.text


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_every_page_of_the_shop_can_be_read(street: Street, lang: str) -> None:
    browser = Browser(app_of(street.market), lang)
    offer = street.offers["tea"]
    for path in ("/", "/search", "/search?q=tea&sort=price&label=local", "/search?q=茶", "/search?q=zzzqq",
                 "/search?kind=food&band=1&how=collect",
                 "/kinds/food", "/kinds/food.bakery?sort=new", f"/offers/{offer}", f"/offers/{street.offers['blocks']}",
                 f"/shops/{street.sellers['bakery']}", f"/directories/{street.directory}", "/basket", "/orders", "/sign-in", "/sign-up",
                 "/password/forgotten", "/password/new?link=x", "/confirm?link=x", "/ask"):  # fmt: skip
        await browser.get(path)
        assert browser.status == 200, f"{path}: {browser.text[:500]}"
        part = await browser.client.get(path, headers={"hx-request": "true"})
        assert part.status_code == 200
    after = write_cursor([0, "ofr_"])
    for path in ("/search", "/kinds/food", f"/shops/{street.sellers['bakery']}"):
        more = await browser.client.get(f"{path}?cursor={after}", headers={"hx-request": "true"})
        assert more.status_code == 200 and "<html" not in more.text


@pytest.mark.parametrize("path", ["/kinds/nothing", "/offers/ofr_1", "/shops/pty_1", "/directories/dir_1", "/orders/ord_1",
                                  "/purchases/pur_1",
                                  "/search?cursor=%00", "/search?band=9&seller=%27&label=x&sort=;drop&within=1e9"])  # fmt: skip
async def test_nonsense_in_an_address_is_answered_calmly(browser: Browser, path: str) -> None:
    await browser.get(path)
    assert browser.status in (200, 404, 422)
