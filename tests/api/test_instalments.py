"""Instalments over the API: every term before the yes, the yes with the order, once; and how the loan stands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from tests.api.street import Street
from tests.sandbox.lender import RunningLender, lender

BORN = "1990-06-15"


@pytest_asyncio.fixture
async def bank(street: Street) -> AsyncIterator[RunningLender]:
    async with lender(street.clock) as one:
        street.market.lenders = {"lender": one.client}
        street.market.providers = {"sandbox": street.market.sandbox, "lender": one.client}
        yield one


async def ask(street: Street, bread: int = 20) -> tuple[str, list[dict[str, Any]]]:
    """A quote and its plans."""
    quote = (await street.quote(("bread/collect", bread)))["quote"]
    told = await street.call("POST", "/api/instalments", {"quote": quote}, key="")
    assert told.status_code == 200, told.text
    return quote, told.json()["plans"]


async def test_from_plans_to_a_loan_that_a_refund_reduces(street: Street, bank: RunningLender) -> None:
    quote, plans = await ask(street)
    assert [one["months"] for one in plans] == [3, 6, 12]
    plan = plans[1]
    assert plan["amount"] == 56_000 and plan["total"] == sum(one["amount"] for one in plan["payments"])
    assert plan["total"] - plan["amount"] == plan["interest"] + plan["fees"] and plan["annual_rate"] > 0
    assert plan["method"] == "lender" and "借款" in plan["wording"]["zh"] and plan["on_return"]["en"]
    yes = {"sheet": plan["sheet"], "agreed": True, "born": BORN}
    body = {"quote": quote, "method": "lender", "contact": {"name": "Ada"}, "instalments": yes}
    first = await street.call("POST", "/api/orders", body, key="borrow once")
    again = await street.call("POST", "/api/orders", body, key="borrow once")
    assert first.status_code == 201 and first.text == again.text
    placed = first.json()
    assert placed["collection"]["provider"] == "lender"
    order = placed["orders"][0]
    where = f"/api/orders/{order['id']}/instalments?key={order['link']}"
    assert (await street.call("GET", where)).json()["state"] == "none"
    assert await bank.press(placed["pay_url"]) == "paid"
    await bank.notices(placed["collection"]["key"])
    (told,) = bank.inbox.about(placed["collection"]["key"])
    signed = {name.replace("-", "_"): value for name, value in told.headers.items() if "webhook" in name}
    heard = await street.call("POST", "/api/payments/lender/notices", told.body, key="", **signed)
    assert heard.json() == {"result": "paid"}
    stands = (await street.call("GET", where)).json()
    assert (stands["state"], stands["left"], len(stands["payments"])) == ("running", plan["total"], 6)
    assert (await street.call("GET", where, who="ada")).status_code == 200
    assert (await street.call("GET", where.partition("?")[0], who="ada")).status_code == 404
    assert (await street.call("GET", where.partition("?")[0])).status_code == 401
    other = await street.order(("bread/collect", 1))
    link = f"/api/orders/{other['orders'][0]['id']}/instalments?key={other['orders'][0]['link']}"
    assert (await street.call("GET", link)).json()["code"] == "not_lent"


async def test_a_loan_without_a_yes_is_no_loan(street: Street, bank: RunningLender) -> None:
    quote, plans = await ask(street)
    sheet = plans[0]["sheet"]
    for code, given in {
        "loan_not_agreed": {"sheet": sheet, "born": BORN},
        "too_young_to_borrow": {"sheet": sheet, "agreed": True, "born": "2015-01-01"},
        "sheet_unknown": {"sheet": sheet[:-1] + "z", "agreed": True, "born": BORN},
        "malformed": {"sheet": sheet, "agreed": True, "born": "soon"},
    }.items():
        body = {"quote": quote, "method": "lender", "instalments": given}
        refused = await street.call("POST", "/api/orders", body)
        assert refused.status_code in (403, 422) and refused.json()["code"] == code
        assert refused.json()["detail"]
    without = await street.call("POST", "/api/orders", {"quote": quote, "method": "lender"})
    assert without.json()["code"] == "loan_not_agreed"
    assert (await ask(street, 1))[1] == [], "too little to lend"
    nonsense = await street.call("POST", "/api/instalments", {"quote": "x" * 50}, key="")
    assert nonsense.status_code == 422
