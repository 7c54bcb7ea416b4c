"""Digital content: there at once, returnable until it is opened, and always when it does not work."""

from __future__ import annotations

import pytest

from highstreet.formats.digital import DIGITAL
from highstreet.orders import NotNow, NotReturnable
from tests.laws.histories import OutOfStockHere, Town, act, check, line, place


def _live(*steps: str):
    """Two copies of a numbered print, of which a programme pays 500, and a book."""
    town = Town(stock=3)
    work = place(town, DIGITAL, [line(1, 2, 2_000, 500), line(2, 1, 1_000)], "sandbox")
    for step in ("provider:paid", *steps):
        work = act(town, DIGITAL, work, step)
        check(town, work)
    return town, work


def test_it_is_there_as_soon_as_it_is_paid():
    town, work = _live()
    assert (work.order.stage, work.order.waits) == ("done", "")
    assert [one.fulfilled for one in work.lines] == [2, 1]
    assert town.supply[1] == {"total": 3, "held": 0, "sold": 2}


def test_a_numbered_edition_is_never_sold_twice():
    town, _work = _live()
    with pytest.raises(OutOfStockHere):
        place(town, DIGITAL, [line(1, 2, 2_000)], "sandbox")


def test_what_nobody_opened_goes_back_with_everybodys_money():
    town, work = _live("buyer:return_wanted", "seller:returned")
    assert [one.returned for one in work.lines] == [2, 1]
    assert not any(town.accounts.values())
    assert town.supply[1]["sold"] == 0
    with pytest.raises(NotNow):
        act(town, DIGITAL, work, "buyer:accessed")


def test_what_was_opened_goes_back_only_when_something_is_wrong_with_it():
    town, work = _live()
    work = act(town, DIGITAL, work, "buyer:accessed", {"lines": {"2": 1}})
    with pytest.raises(NotReturnable):
        act(town, DIGITAL, work, "buyer:return_wanted")
    unopened = act(town, DIGITAL, work, "buyer:return_wanted", {"lines": {"1": 2}})
    assert unopened.order.waits == "return"
    work = act(town, DIGITAL, work, "buyer:return_wanted", {"lines": {"2": 1}, "reason": "faulty"})
    work = act(town, DIGITAL, work, "seller:returned")
    check(town, work)
    assert [one.returned for one in work.lines] == [0, 1]


def test_a_key_that_never_came_is_paid_back_even_weeks_later():
    town, work = _live("clock:+30d")
    with pytest.raises(NotReturnable):
        act(town, DIGITAL, work, "buyer:return_wanted")
    work = act(town, DIGITAL, work, "buyer:return_wanted", {"reason": "faulty"})
    work = act(town, DIGITAL, work, "seller:returned")
    check(town, work)
    assert not any(town.accounts.values())


def test_what_is_going_back_stays_closed_and_opening_twice_is_told_once():
    town, work = _live("buyer:accessed", "device:accessed")
    assert [told.kind for told in work.told].count("accessed") == 1
    town, work = _live()
    work = act(town, DIGITAL, work, "buyer:return_wanted", {"lines": {"1": 1}})
    with pytest.raises(NotNow):
        act(town, DIGITAL, work, "buyer:accessed", {"lines": {"1": 1}})
    work = act(town, DIGITAL, work, "buyer:accessed", {"lines": {"2": 1}})
    work = act(town, DIGITAL, work, "seller:return_refused")
    act(town, DIGITAL, work, "buyer:accessed", {"lines": {"1": 1}})


def test_a_seller_who_does_not_answer_lets_it_lapse():
    _town, work = _live("buyer:return_wanted", "clock:+15d")
    assert (work.order.stage, work.order.waits) == ("done", "")
