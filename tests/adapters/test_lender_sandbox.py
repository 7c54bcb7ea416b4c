"""The sandbox lender's client against the lender: terms, decisions, refunds, and what forgers and mistakes are worth."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx
import pytest
import pytest_asyncio

from highstreet import ledger
from highstreet.adapters.lender_sandbox import SandboxLender
from highstreet.kit.clock import FixedClock
from highstreet.ledger import Intent, ProviderAway, ProviderRefused, WrongSignature
from tests.sandbox.lender import RunningLender, lender
from tests.sandbox.provider import SECRET, until

instalments = ledger.instalments
_numbers = count()
PRICE = 219_900


@pytest_asyncio.fixture(scope="module")
async def running() -> AsyncIterator[RunningLender]:
    async with lender(FixedClock(datetime(2026, 11, 30, 8, tzinfo=UTC))) as one:
        port: instalments.Lender = one.client  # it answers the whole port
        assert port.name == "lender"
        yield one


@pytest_asyncio.fixture
async def there(running: RunningLender) -> RunningLender:
    await running.faults()
    return running


def intent(there: RunningLender, key: str, terms: str, amount: int = PRICE) -> Intent:
    return Intent(key, amount, "CNY", there.clock() + timedelta(minutes=30), terms)


async def borrow(
    there: RunningLender, choice: str = "take", key: str = "", months: int = 6
) -> tuple[str, str]:
    """Press a button for a new key; the key and what came of it."""
    key = key or f"col_{next(_numbers):06d}"
    sheet = await there.sheet(PRICE, months)
    url = there.client.pay_url(intent(there, key, sheet.text), "http://market.test/purchases/1?link=x")
    return key, await there.press(url, choice)


async def test_what_is_lent_and_what_it_costs(there: RunningLender) -> None:
    reach = await there.client.reach()
    assert (reach.least, reach.most, reach.months) == (30_000, 5_000_000, (3, 6, 12))
    assert reach.covers(PRICE, "CNY") and not reach.covers(29_999, "CNY") and not reach.covers(PRICE, "USD")
    for sheet in await there.client.sheets(PRICE, "CNY"):
        assert instalments.check(sheet).amount == PRICE and sheet == there.client.read_sheet(sheet.text)
        assert sheet.lender.zh and sheet.on_return.en and sheet.rounding.en
        # Begun on 30 November: the last day of February is the 28th.
        days = [one.on.isoformat() for one in sheet.payments]
        assert days[:3] == ["2026-12-30", "2027-01-30", "2027-02-28"]
    assert await there.client.sheets(29_999, "CNY") == []
    assert await there.client.sheets(PRICE, "EUR") == []


async def test_from_agreed_terms_to_a_verified_notice(there: RunningLender) -> None:
    sheet = await there.sheet(PRICE, 12)
    url = there.client.pay_url(intent(there, "col_whole", sheet.text), "http://market.test/")
    page = (await there.http.get(url)).text
    assert "¥2,199.00" in page and f"{sheet.annual_rate / 100:.2f}%" in page and "Pretend Lender" in page
    assert await there.client.loan("col_whole") is None
    assert await there.press(url) == "paid"
    (notice,) = await there.notices("col_whole")
    assert (notice.provider, notice.about, notice.outcome, notice.amount) == (
        "lender",
        "charge",
        "paid",
        PRICE,
    )
    assert (await there.client.query("col_whole")).provider_ref == notice.provider_ref
    loan = await there.client.loan("col_whole")
    assert loan is not None and (loan.state, loan.left, len(loan.parts)) == ("running", sheet.total, 12)
    assert await there.press(url) != "paid", "pressing again only says that it is done"
    assert await there.movements("col_whole") == [PRICE]


async def test_a_refusal_and_what_is_decided_later(there: RunningLender) -> None:
    key, outcome = await borrow(there, "no")
    assert outcome == "declined" and (await there.client.query(key)).outcome == "declined"
    loan = await there.client.loan(key)
    assert loan is not None and loan.state == "refused" and "cannot lend" in loan.why.en and loan.why.zh
    for choice, approve in (("late", True), ("too_late", False)):
        key, outcome = await borrow(there, choice)
        assert outcome == "unknown"
        state = await there.client.query(key)
        assert (state.outcome, state.seen) == ("unknown", True), "known, so it may not lapse"
        loan = await there.client.loan(key)
        assert loan is not None and loan.state == "deciding"
        await there.decide(key, approve=approve)
        (notice,) = await there.notices(key)
        assert notice.outcome == ("paid" if approve else "declined")


async def test_a_refund_reduces_the_loan_and_the_answer_says_how(there: RunningLender) -> None:
    key, _ = await borrow(there)
    sheet = await there.sheet(PRICE, 6)
    assert (await there.client.refund(key + "r", key, 100_000, "CNY")).outcome == "paid"
    loan = await there.client.loan(key)
    assert loan is not None and loan.amount == PRICE - 100_000
    assert (
        loan.left == sum(one.amount for one in (await there.sheet(PRICE - 100_000, 6)).payments) < sheet.total
    )
    again = await there.http.post(
        "/refunds", json={"charge_key": key, "amount": 100_000, "currency": "CNY"},
        headers={"idempotency-key": key + "r"},
    )  # fmt: skip
    assert again.json()["loan"]["left"] == loan.left
    await there.client.refund(key + "s", key, PRICE - 100_000, "CNY")
    loan = await there.client.loan(key)
    assert loan is not None and (loan.state, loan.left) == ("cancelled", 0)
    with pytest.raises(ProviderRefused, match="refund_over_charge"):
        await there.client.refund(key + "t", key, 1, "CNY")


async def test_lent_twice_is_told_twice_and_goes_back_once(there: RunningLender) -> None:
    key, outcome = await borrow(there, "lent_twice")
    assert outcome == "paid"
    first, second = await there.notices(key, 2)
    assert first.key == second.key == key and first.provider_ref != second.provider_ref
    assert await there.movements(key) == [PRICE, PRICE]
    lines = await there.client.statement(there.clock() - timedelta(days=1), there.clock() + timedelta(days=1))
    assert len([one for one in lines if one.key == key]) == 2
    for _ in range(2):
        assert (await there.client.refund("str_" + key, key, PRICE, "CNY")).outcome == "paid"
    loan = await there.client.loan(key)
    assert loan is not None and loan.state == "running", "it is the second one that went back"


async def test_forgers_and_mistakes(there: RunningLender) -> None:
    key, _ = await borrow(there, "forged")
    with pytest.raises(WrongSignature):
        await there.notices(key)
    await until(lambda: len(there.inbox.about(key)) >= 1)
    key, _ = await borrow(there, "wrong_amount")
    (notice,) = await there.notices(key)
    assert notice.amount != PRICE and (await there.client.query(key)).amount == PRICE
    await there.faults(decline_rate=1)
    assert (await borrow(there))[1] == "declined"
    await there.faults(answer_late_rate=1)
    assert (await borrow(there))[1] == "unknown"
    sheet = await there.sheet(PRICE, 3)
    for terms, amount in (
        (sheet.text, PRICE + 1),
        ("", PRICE),
        (sheet.text[:-1] + "g", PRICE),
        ("a.b", PRICE),
    ):
        url = there.client.pay_url(intent(there, "col_forged", terms, amount), "http://market.test/")
        assert "does not come from the market" in await there.press(url), terms
    assert not (await there.client.query("col_forged")).seen
    for text in ("", ".", "a.b", sheet.text.replace(".", ""), "é" * 9, sheet.text + " ", "x" * 100_000):
        with pytest.raises(instalments.SheetUnknown):
            there.client.read_sheet(text)
    with pytest.raises(ProviderRefused, match="needs_the_borrower"):
        await there.client.charge(intent(there, "col_card", sheet.text), "tok_ok")


async def test_a_lender_that_is_away_is_not_asked_at_every_page() -> None:
    asked: list[str] = []

    def away(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(502, text="<h1>nginx</h1>")

    clock = FixedClock(datetime(2026, 11, 30, 8, tzinfo=UTC))
    client = SandboxLender(
        "http://lender.test", (SECRET,), "", "", clock=clock, transport=httpx.MockTransport(away)
    )
    for _ in range(3):
        with pytest.raises(ProviderAway):
            await client.reach()
    clock.forward(timedelta(seconds=21))
    with pytest.raises(ProviderAway):
        await client.reach()
    assert asked == ["/plans", "/plans"]
    await client.close()
