"""My vouchers: claimed on the page, taken off in the basket, and what the page says of each round."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from highstreet import policy
from highstreet.market import programmes
from highstreet.market.desk import Market
from tests.market.lane import keeps_the_laws
from tests.web.shop_browser import Browser
from tests.web.shop_world import PASSWORD, Street, app_of, street, street_template

__all__ = ["street", "street_template"]

RULES = """
id = "weeks"
name = { en = "Bread weeks", zh = "面包周" }
kind = "voucher"
currency = "CNY"
[[rule]]
from = 2020-01-01
to = 2100-01-01
source = "a made programme of the tests"
sellers = ["enrolled"]
[[rule.schedule]]
of = "basket"
least = "20.00"
off = "5.00"
"""


async def _launch(market: Market, seller: str, now: datetime) -> None:
    window = {"opens_at": now.isoformat(), "closes_at": (now + timedelta(hours=1)).isoformat()}
    soon = {
        "opens_at": (now + timedelta(hours=2)).isoformat(),
        "closes_at": (now + timedelta(hours=3)).isoformat(),
    }
    changes: list[tuple[policy.ChangeKind, dict[str, object]]] = [
        ("rules", {"rules": RULES}),
        ("budget", {"amount": 10_000}),
        ("batch", {"claims": 2, "amount": 500, **window}),
        ("batch", {"claims": 2, "amount": 500, "way": "draw", **window}),
        ("batch", {"claims": 2, "amount": 500, **soon}),
    ]
    await market.db.run(policy.budgets.draft, "weeks", "pty_city", "CNY", "he", now)
    for kind, body in changes:
        one = await market.db.run(policy.budgets.propose, "weeks", kind, body, "as planned", "he", now)
        await market.db.run(programmes.decide, one.id, True, "she", now)
    await market.db.run(policy.enrolments.enrol, "weeks", seller, frozenset(), "he", now)


async def test_claimed_on_the_page_and_taken_off_in_the_basket(street: Street) -> None:
    market = street.market
    async with market.db.read() as tx:
        seller = await tx.fetchval(
            "SELECT seller_id FROM catalog.offer WHERE id = $1", street.offers["bread/collect"]
        )
    browser = Browser(app_of(market))
    await browser.get("/me/vouchers")
    assert "/sign-in" in browser.path, "only one's own"
    await browser.post("/sign-in", {"handle": "ada@example.com", "password": PASSWORD})
    await browser.get("/me/vouchers")
    assert "Nothing to claim just now" in browser.text
    await _launch(market, seller, market.clock())

    await browser.get("/me/vouchers")
    assert browser.text.count("Bread weeks") == 3
    assert "5.00 off from 20.00" in browser.text and "opens" in browser.text
    first, lots = re.findall(r'action="(/me/vouchers/bat_\w+)"', browser.text)
    for form in (first, lots):
        await browser.post(form, {"key": "k"})
        assert browser.path == "/me/vouchers" and "Yours." in browser.text, browser.text
    assert "you are in" in browser.text
    await browser.post(first, {"key": "another"})
    assert "as many of this round as one person may" in browser.text

    await browser.post("/basket", {"offer": street.offers["bread/collect"], "quantity": "1", "add": "1"})
    await browser.get("/basket")
    assert "Bread weeks" in browser.text and "¥23.00" in browser.text
    await browser.get("/checkout")
    await browser.send("/checkout", {"name": "Lin", "phone": "13800138000", "method": "cash", "agree": "1"})
    await browser.get("/me/vouchers")
    assert "spent on an order" in browser.text
    await keeps_the_laws(market.db)
