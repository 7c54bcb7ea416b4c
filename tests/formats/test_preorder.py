"""Preorder: decided once per receipt; the first part stays only with a seller whose goods are there."""

from __future__ import annotations

import pytest

from highstreet.formats.preorder import PREORDER, close
from highstreet.market.work import Work
from highstreet.orders import Closing, Cohort, Member, NotNow
from tests.laws.histories import START, Town, act, check, line, place


def _ordered(town: Town, funded: int = 0, terms: dict[str, int] | None = None) -> Work:
    work = place(town, PREORDER, [line(1, 1, 10_000, funded)], "sandbox", terms=terms)
    return act(town, PREORDER, work, "provider:paid")


def test_a_part_is_paid_first_and_the_rest_only_when_the_goods_are_there():
    town = Town(stock=10)
    work = _ordered(town)
    assert (work.order.waits, work.escrow("price")) == ("closing", 2_000)
    work = act(town, PREORDER, work, "cohort:closes arrived=1")
    assert work.order.waits == "balance"
    work = act(town, PREORDER, work, "provider:paid")
    assert (work.order.stage, work.escrow("price")) == ("committed", 10_000)


def test_the_rest_never_paid_leaves_the_first_part_and_gives_other_funders_theirs_back():
    town = Town(stock=10)
    work = act(town, PREORDER, _ordered(town, funded=3_000), "cohort:closes arrived=1")
    work = act(town, PREORDER, work, "clock:+4d")
    check(town, work)
    assert town.accounts["seller:pty_seller"] == 1_400
    assert town.accounts["programme:spring"] == 0


def test_at_most_a_fifth_of_the_price_stays():
    town = Town(stock=10)
    work = act(town, PREORDER, _ordered(town, terms={"first_bps": 5_000}), "cohort:closes arrived=1")
    work = act(town, PREORDER, work, "clock:+4d")
    assert (town.accounts["seller:pty_seller"], town.accounts["provider:sandbox"]) == (2_000, -2_000)


@pytest.mark.parametrize(
    ("told", "seller"),
    [
        ("buyer:cancelled, cohort:closes arrived=1", 0),
        ("cohort:closes arrived=1, buyer:cancelled", 2_000),
        ("cohort:closes arrived=1, seller:cancelled", 0),
        ("cohort:closes arrived=1, provider:paid, buyer:cancelled", 0),
        ("cohort:closes arrived=1, provider:paid, clock:+5d", 0),
        ("clock:+5d", 0),
    ],
)
def test_calling_off_is_free_unless_the_goods_are_there_and_unpaid(told: str, seller: int):
    town = Town(stock=10)
    work = _ordered(town)
    for action in told.split(", "):
        work = act(town, PREORDER, work, action)
        check(town, work)
    assert work.order.stage == "undone"
    assert town.accounts.get("seller:pty_seller", 0) == seller
    assert town.accounts["provider:sandbox"] == -seller


def test_the_rest_that_comes_too_late_goes_straight_back():
    town = Town(stock=10)
    work = act(town, PREORDER, _ordered(town), "cohort:closes arrived=1")
    work = act(town, PREORDER, work, "clock:+4d")
    before = dict(town.accounts)
    work = act(town, PREORDER, work, "provider:paid")
    check(town, work)
    assert town.accounts == before


def test_an_order_is_called_off_as_a_whole():
    town = Town(stock=10)
    work = act(town, PREORDER, place(town, PREORDER, [line(1, 3, 900)], "sandbox"), "provider:paid")
    with pytest.raises(NotNow):
        act(town, PREORDER, work, "buyer:cancelled", {"lines": {"1": 1}})


def _closing(*quantities: int, **told: int) -> Closing:
    cohort = Cohort("coh_test", PREORDER.code, "ofr_1", START)
    return Closing(cohort, [Member(f"ord_{n}", q) for n, q in enumerate(quantities)], START, told=told)


def test_fewer_arrived_than_were_promised_goes_to_whoever_ordered_first():
    assert close(_closing(1, 2, 1, arrived=1)) == {"go": True, "members": 3}
    assert close(_closing(1, 2, 1, arrived=1, units=3)) == {"go": True, "members": 3, "last": "ord_1"}
    assert close(_closing(1, 2, 1, arrived=1, units=2)) == {"go": True, "members": 3, "last": "ord_0"}
    assert close(_closing(2, 1, arrived=1, units=1)) == {"go": True, "members": 2, "last": ""}


def test_whom_too_few_arrived_for_gets_all_back():
    town = Town(stock=10)
    work = act(town, PREORDER, _ordered(town), "cohort:closes members=3 arrived=1 units=3")
    check(town, work)
    assert (work.order.stage, town.accounts["provider:sandbox"]) == ("undone", 0)
