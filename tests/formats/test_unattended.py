"""Unattended: charged for what was taken, whatever the cabinet reports twice, too much of, or never; a person decides what is disputed."""

from __future__ import annotations

import pytest

from highstreet.formats.unattended import UNATTENDED
from highstreet.kit.errors import Refusal
from highstreet.market.work import Work
from highstreet.orders import NotNow, NotReturnable, NotThis
from tests.laws.histories import Town, act, check, line, place

DISPUTE = "buyer:return_wanted reason=not_taken"


def _opened(town: Town) -> Work:
    work = place(town, UNATTENDED, [line(1, 3, 500), line(2, 2, 700, 400)], "sandbox")
    return act(town, UNATTENDED, act(town, UNATTENDED, work, "provider:paid"), "buyer:opened")


def _told(town: Town, work: Work, *told: str) -> Work:
    for action in told:
        work = act(town, UNATTENDED, work, action)
        check(town, work)
    return work


def test_what_was_taken_is_sold_and_the_rest_is_on_sale_and_paid_back():
    town = Town(stock=3)
    work = _told(town, _opened(town), "device:taken 1=2 2=1")
    assert work.order.stage == "done"
    assert [(town.supply[n]["held"], town.supply[n]["sold"]) for n in (1, 2)] == [(0, 2), (0, 1)]
    assert town.accounts["provider:sandbox"] == -(2 * 500 + 500)
    assert town.accounts["programme:spring"] == -200


def test_a_take_reported_twice_counts_once():
    town = Town(stock=3)
    work = _told(town, _opened(town), "device:taken 1=1")
    before = dict(town.accounts)
    with pytest.raises(NotNow):
        act(town, UNATTENDED, work, "device:taken 1=3")
    assert town.accounts == before


def test_a_take_never_reported_charges_nobody():
    town = Town(stock=3)
    work = _told(town, _opened(town), "clock:+1d")
    assert (work.order.stage, set(town.accounts.values())) == ("undone", {0})
    assert town.supply[1]["held"] == 0


def test_where_the_cabinet_is_silent_an_operator_says_what_was_taken():
    town = Town(stock=3)
    work = _told(town, _opened(town), "clock:+5h", "operator:taken 1=1")
    assert (work.order.stage, town.accounts["provider:sandbox"]) == ("done", -500)


def test_more_than_was_paid_in_is_noted_and_not_charged():
    town = Town(stock=10)
    work = _told(town, _opened(town), "device:taken 1=5 2=2")
    told = work.has("taken")
    assert told is not None
    assert told.body["beyond"] == 2
    assert town.accounts["provider:sandbox"] == -(3 * 500 + 2 * 700 - 400)


def test_a_door_never_opened_falls_and_one_opened_cannot_be_called_off():
    town = Town(stock=3)
    work = act(town, UNATTENDED, place(town, UNATTENDED, [line(1, 3, 500)], "sandbox"), "provider:paid")
    assert _told(town, work, "clock:+1h").order.stage == "undone"
    with pytest.raises(NotNow):
        act(town, UNATTENDED, _opened(Town(stock=3)), "buyer:cancelled")


def test_a_disputed_take_is_decided_by_an_operator_not_by_the_seller():
    town = Town(stock=3)
    work = _told(town, _opened(town), "device:taken 1=2", DISPUTE)
    with pytest.raises(NotThis):
        act(town, UNATTENDED, work, "seller:return_refused")
    refused = _told(town, work, "operator:return_refused")
    assert (refused.order.waits, town.accounts["provider:sandbox"]) == ("", -1_000)
    work = _told(town, work, "operator:returned 1=1")
    assert (town.accounts["provider:sandbox"], town.supply[1]["sold"]) == (-500, 1)


@pytest.mark.parametrize(("reason", "on_sale"), [("not_taken", 3), ("faulty", 1)])
def test_a_dispute_nobody_answers_is_the_buyers(reason: str, on_sale: int):
    town = Town(stock=3)
    work = _told(town, _opened(town), "device:taken 1=2", f"buyer:return_wanted reason={reason}", "clock:+6d")
    assert town.accounts["provider:sandbox"] == -1_000
    work = _told(town, work, "clock:+1d")
    assert (work.order.waits, set(town.accounts.values())) == ("", {0})
    told = work.has("returned")
    assert told is not None
    assert (told.by, told.body["reason"]) == ("clock", "not_answered")
    assert town.supply[1]["total"] - town.supply[1]["sold"] == on_sale


@pytest.mark.parametrize(
    ("told", "days", "refusal"),
    [(DISPUTE, 6, None), (DISPUTE, 7, NotReturnable), ("buyer:return_wanted", 0, NotReturnable)],
)
def test_it_is_disputed_within_seven_days_and_never_without_a_reason(
    told: str, days: int, refusal: type[Refusal] | None
):
    town = Town(stock=3)
    work = _told(town, _opened(town), "device:taken 1=2")
    work = _told(town, work, f"clock:+{days}d")
    if refusal is None:
        assert _told(town, work, told).order.waits == "return"
    else:
        with pytest.raises(refusal):
            act(town, UNATTENDED, work, told)
