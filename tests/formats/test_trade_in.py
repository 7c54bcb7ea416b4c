"""Trade-in: who pays for the old thing is the shop alone; the customer's word is needed for less, never for more."""

from __future__ import annotations

from datetime import UTC

import pytest

from highstreet.formats.trade_in import TRADE_IN
from highstreet.kit.errors import Malformed
from highstreet.market.quote import Asked
from highstreet.market.work import Work
from highstreet.orders import NotNow, NotThis
from tests.laws.histories import START, TERMS, Good, Town, act, check, line, place

WALLET, SHOP = "wallet:pty_buyer", "seller:pty_seller"


def _told(town: Town, *told: str, device: int = 0) -> Work:
    work = place(town, TRADE_IN, [line(1, 1, 0)], "wallet", terms={"device": device})
    for action in told:
        work = act(town, TRADE_IN, work, action)
        check(town, work)
    return work


@pytest.mark.parametrize("amount", [8_000, 9_500])
def test_as_described_or_better_needs_no_other_word(amount: int):
    town = Town(stock=1)
    work = _told(town, "seller:handed_in", f"seller:inspected amount={amount}")
    assert work.order.stage == "done"
    assert (town.accounts[WALLET], town.accounts[SHOP]) == (amount, -amount)


def test_less_is_paid_only_when_the_customer_agrees():
    town = Town(stock=1)
    work = _told(town, "seller:handed_in", "seller:inspected amount=3000")
    assert (work.order.waits, town.accounts) == ("agree", {})
    with pytest.raises(NotThis):
        act(town, TRADE_IN, work, "seller:agreed")
    act(town, TRADE_IN, work, "buyer:agreed")
    assert (town.accounts[WALLET], town.accounts[SHOP]) == (3_000, -3_000)


@pytest.mark.parametrize(
    "told",
    [
        ("buyer:declined",),
        ("seller:inspected amount=1", "buyer:declined"),
        ("seller:inspected amount=1", "clock:+5d"),
        ("clock:+3d",),
    ],
)
def test_declined_unanswered_or_never_looked_at_it_is_given_back(told: tuple[str, ...]):
    town = Town(stock=1)
    work = _told(town, "seller:handed_in", *told)
    assert (work.order.stage, work.order.waits) == ("placed", "give_back")
    with pytest.raises(NotNow):
        act(town, TRADE_IN, work, "seller:inspected amount=8000")
    assert act(town, TRADE_IN, work, "seller:given_back").order.stage == "undone"
    assert town.accounts == {}


def test_a_device_is_wiped_before_it_is_paid():
    town = Town(stock=1)
    work = _told(town, "seller:handed_in", "seller:inspected amount=8000", device=1)
    assert (work.order.waits, town.accounts) == ("wipe", {})
    assert act(town, TRADE_IN, work, "seller:wiped").order.stage == "done"
    assert town.accounts[WALLET] == 8_000


def test_a_wiping_nobody_confirms_is_late_and_does_not_keep_the_customer_unpaid():
    town = Town(stock=1)
    work = _told(town, "seller:handed_in", "seller:inspected amount=8000", "clock:+3d", device=1)
    late = work.has("late")
    assert late is not None
    assert late.body["waits"] == "wipe"
    assert (work.order.stage, town.accounts[WALLET]) == ("done", 8_000)


def test_what_the_answers_take_off_never_makes_the_customer_pay():
    answers = {"screen": {"cracked": -6_000}, "works": {"no": 2_000}}
    choice = {"answers": {"screen": "cracked", "works": "no"}}
    good = Good({**TERMS, "answers": answers})
    asked = Asked([line(1, 1, 0)], [good], START, UTC, choices=(choice,))  # type: ignore[list-item]
    assert TRADE_IN.quote(asked).number("estimate") == 0


def test_a_page_that_only_shows_it_gets_an_answer_and_a_price_is_refused():
    good = Good(TERMS)
    shown = TRADE_IN.quote(Asked([line(1, 1, 0)], [good], START, UTC))  # type: ignore[list-item]
    assert (shown.asked(later=False), shown.number("estimate")) == (0, 0)
    with pytest.raises(Malformed):
        TRADE_IN.quote(Asked([line(1, 1, 500)], [good], START, UTC))  # type: ignore[list-item]
