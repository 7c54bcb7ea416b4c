"""A shop's prepaid card on its pages: set up, bought, paid with, looked at by its seller, and what is left taken back."""

from __future__ import annotations

from litestar import Litestar

from highstreet import ledger
from highstreet.kit.text import Words
from highstreet.market import errands
from highstreet.web import cards, merchant
from tests.market.lane import Lane, keeps_the_laws
from tests.market.lane import furnished as furnished
from tests.market.lane import lane as lane
from tests.web.operator_office import Browser as Office
from tests.web.operator_office import app as app
from tests.web.operator_office import zhou as zhou
from tests.web.shop_browser import Browser
from tests.web.shop_world import PASSWORD, Street, app_of, street, street_template

__all__ = ["street", "street_template"]


async def signed_in(app: Litestar, handle: str) -> Browser:
    browser = Browser(app)
    await browser.get("/sign-in")
    await browser.post("/sign-in", {"handle": f"{handle}@example.com", "password": PASSWORD})
    return browser


async def test_from_setting_it_up_to_taking_the_rest_back(street: Street) -> None:
    app = app_of(street.market, *cards.ROUTES, *merchant.ROUTES)
    mill, ada = await signed_in(app, "mill"), await signed_in(app, "ada")
    shop = street.sellers["bakery"]
    await ada.get(f"/shops/{shop}/card")
    assert ada.status == 404
    await mill.post("/me/act-for", {"business": shop, "back": "/merchant"})
    await mill.get("/merchant/cards?amount1=100&bonus1=10")
    assert "¥110.00" in mill.text, "the card as buyers would see it"
    await mill.get("/merchant/cards")
    await mill.send("/merchant/cards", {"amount1": "100", "bonus1": "60"})
    assert (mill.status == 422 and "At most half" in mill.text) or "at most half" in mill.text
    await mill.send("/merchant/cards", {"amount1": "100", "bonus1": "10", "note_en": "For bread"})
    assert mill.status == 200 and "On sale" in mill.text

    await ada.get(f"/shops/{shop}")
    assert f"/shops/{shop}/card" in ada.text
    await ada.get(f"/shops/{shop}/card")
    assert "For bread" in ada.text and "¥1,000.00" in ada.text, "its rules, with what this buyer may hold"
    await ada.send(f"/shops/{shop}/card", {"choice": "777"})
    assert ada.status == 422
    await ada.send(f"/shops/{shop}/card", {"choice": "10000"})
    key = ada.path.split("/")[-1].partition("?")[0]
    assert f"https://pay.example/{key}?back=" in ada.text and "http-equiv" in ada.text
    street.provider.outcome, street.provider.amounts[key] = "paid", 10_000
    await ada.post(f"/me/cards/paying/{key}/ask")
    mine = ada.path
    assert mine.startswith("/me/cards/crd_") and "¥110.00" in ada.text and "<svg" in ada.text

    await ada.post("/basket", {"offer": street.offers["bread/collect"], "quantity": "2", "add": "1"})
    await ada.get("/checkout")
    method = ada.find(r'value="(card:crd_\w+)"')
    await ada.send("/checkout", {"name": "Lin", "phone": "13800138000", "method": method, "agree": "1"})
    assert ada.path.startswith("/orders/ord_"), ada.text
    assert "Of it the shop" in ada.text
    await ada.get(ada.path.replace("?", "/receipt?", 1))
    assert "Prepaid card" in ada.text
    await ada.get(mine)
    assert "Paid with it" in ada.text
    left = ada.find(r'name="amount" value="(\d+)"')
    assert 0 < int(left) < 10_000
    await ada.get(f"{mine}/statement.csv")
    assert ada.text.count("\n") == 3 and f"{int(left) / 100:.2f}" in ada.text
    await mill.get("/merchant/cards")
    assert f"¥{int(left) / 100:.2f}" in mill.text
    for other in (mine, f"{mine}/code", f"{mine}/statement.csv", f"/me/cards/paying/{key}"):
        await mill.get(other)
        assert mill.status == 404
    await ada.get(mine)
    await ada.send(f"{mine}/back", {"amount": "1"})
    assert ada.status == 409 and f"{int(left) / 100:.2f}" in ada.text
    await ada.send(f"{mine}/back", {"amount": left})
    assert ada.status == 200 and "on its way back" in ada.text and 'name="amount"' not in ada.text
    await mill.get("/merchant/takings")
    assert "Bonus on your prepaid cards" in mill.text
    await mill.post("/merchant/cards/stop", {})
    await ada.get(f"/shops/{shop}")
    assert f"/shops/{shop}/card" not in ada.text
    await keeps_the_laws(street.market.db)


async def test_everything_on_a_sellers_cards_is_given_back(lane: Lane, zhou: Office) -> None:
    shop, buyer, now = lane.made.sellers["tea"], lane.made.people["buyer"], lane.clock()
    async with lane.market.db.transaction() as tx:
        steps = [ledger.card_plans.Step(20_000, 1_000)]
        await ledger.card_plans.offer(tx, shop, steps, Words("-"), "CNY", shop, now)
        want = ledger.cards.Buying(shop, buyer, 20_000, "sandbox", "x", 100_000)
        key = (await ledger.cards.ask(tx, want, now)).key
        paid = ledger.Notice("sandbox", "n", key, "charge.succeeded", 20_000, "CNY", "r", now)
        await ledger.cards.heard(tx, paid, now)
    page = await zhou.see("/cards")
    assert "¥200.00" in page.text and "Willow Tea House" in page.text
    assert (await zhou.post("/cards/close", id=shop, why=" ")).status_code == 422
    assert (await zhou.post("/cards/close", id=shop, why="The shop is empty.")).status_code == 303
    await errands.cards(lane.market, now)
    page = await zhou.see("/cards")
    assert "The shop is empty." in page.text and "¥0.00 / ¥200.00" in page.text
    async with lane.market.db.read() as tx:
        (refund,) = [
            r["key"] for r in await tx.fetch("SELECT key FROM ledger.refund WHERE card_id IS NOT NULL")
        ]
    await lane.market.db.run(ledger.refunds.done, refund, "SBX", now)
    assert "¥200.00 / ¥200.00" in (await zhou.see("/cards")).text
    assert (await zhou.post("/cards/reopen", id=shop)).status_code == 303
    async with lane.market.db.read() as tx:
        plan = await ledger.card_plans.of(tx, shop)
    assert plan is not None and plan.closed_at is None
