"""Scheduled: one place in the window for the whole order, kept while anything of it is still to come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from highstreet.formats.scheduled import SCHEDULED
from highstreet.orders import NotNow
from tests.laws.histories import START, Town, act, check, line, place

WINDOW = 9  # the supply that counts the places of the window in these histories


def test_an_order_takes_one_place_in_its_window_however_much_is_in_it():
    town = Town(stock=10)
    work = place(town, SCHEDULED, [line(1, 5, 900)], "sandbox")
    assert [(hold.line, hold.target_id, hold.held) for hold in work.holds] == [(1, 1, 5), (0, WINDOW, 1)]
    work = act(town, SCHEDULED, work, "provider:paid")
    assert work.order.agreed.window == (START + timedelta(days=2), START + timedelta(days=4))


def test_leaving_something_out_keeps_the_place_and_calling_off_frees_it():
    town = Town(stock=10)
    work = act(town, SCHEDULED, place(town, SCHEDULED, [line(1, 5, 900)], "sandbox"), "provider:paid")
    work = act(town, SCHEDULED, work, "buyer:cancelled", {"lines": {"1": 2}})
    assert (town.supply[1]["held"], town.supply[WINDOW]["held"]) == (3, 1)
    work = act(town, SCHEDULED, work, "buyer:cancelled")
    check(town, work)
    assert work.order.stage == "undone"
    assert (town.supply[1]["held"], town.supply[WINDOW]["held"]) == (0, 0)
    assert set(town.accounts.values()) == {0}


def test_a_shop_is_late_only_after_the_window():
    town = Town(stock=10)
    work = act(town, SCHEDULED, place(town, SCHEDULED, [line(1, 1, 900)], "sandbox"), "provider:paid")
    work = act(town, SCHEDULED, work, "clock:+4d")
    assert (work.order.stage, work.order.waits) == ("committed", "prepare")
    work = act(town, SCHEDULED, work, "clock:+3h")
    assert work.order.stage == "undone"
    assert town.accounts["provider:sandbox"] == 0


def test_what_is_on_its_way_cannot_be_called_off():
    town = Town(stock=10)
    work = act(town, SCHEDULED, place(town, SCHEDULED, [line(1, 1, 900)], "sandbox"), "provider:paid")
    for told in ("seller:ready", "courier:picked_up"):
        work = act(town, SCHEDULED, work, told)
    with pytest.raises(NotNow):
        act(town, SCHEDULED, work, "buyer:cancelled")
