"""Subscription: a rhythm is agreed, nothing is paid for it, and it ends when either says so or a year has passed."""

from __future__ import annotations

import pytest

from highstreet.formats.subscription import SUBSCRIPTION
from highstreet.market.work import Work
from highstreet.orders import NotNow, NotThis
from tests.laws.histories import Town, act, check, line, place


def _running(town: Town, terms: dict[str, int | str] | None = None) -> Work:
    return place(town, SUBSCRIPTION, [line(1, 1, 0)], "wallet", terms=terms)


def test_the_rhythm_and_what_it_orders_are_agreed_and_nothing_is_paid():
    town = Town(stock=1)
    work = _running(town, {"every_days": 30, "of": "ofr_milk"})
    assert (work.order.stage, work.order.waits, work.order.total) == ("committed", "rhythm", 0)
    assert work.order.agreed.terms == {"every_days": 30, "of": "ofr_milk"}
    assert (work.holds, town.accounts) == ([], {})


def test_a_rhythm_is_a_day_at_least():
    assert _running(Town(stock=1), {"every_days": 0}).order.agreed.number("every_days") == 1


@pytest.mark.parametrize("who", ["buyer", "seller"])
def test_either_ends_it_at_any_time_and_once(who: str):
    town = Town(stock=1)
    work = act(town, SUBSCRIPTION, _running(town), "clock:+30d")
    with pytest.raises(NotThis):
        act(town, SUBSCRIPTION, work, "courier:stopped")
    work = act(town, SUBSCRIPTION, work, f"{who}:stopped")
    check(town, work)
    assert work.order.stage == "done"
    with pytest.raises(NotNow):
        act(town, SUBSCRIPTION, work, "buyer:stopped")


def test_forgotten_it_ends_by_itself_after_a_year_and_not_before():
    town = Town(stock=1)
    work = act(town, SUBSCRIPTION, _running(town), "clock:+364d")
    assert work.order.stage == "committed"
    assert act(town, SUBSCRIPTION, work, "clock:+1d").order.stage == "done"
