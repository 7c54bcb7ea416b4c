"""Rentals: lateness and damage come out of the deposit and out of nothing else, and one lock opens for one rider."""

from __future__ import annotations

import pytest

from highstreet.formats.rental import DEPOSIT, RENTAL, hours
from highstreet.orders import NotNow
from tests.laws.histories import Town, act, check, line, place

OUT = ("clock:+2d", "buyer:unlocked")
IN_TIME = (*OUT, "clock:+2d", "device:brought_back")
PAID = 4_300  # the rider's own part of 48 hours at a yuan; the city's voucher pays the other 500
EARNED = 4_560  # the rent less the platform's 5 %


def _live(*steps: str):
    town = Town(stock=10)
    work = place(town, RENTAL, [line(1, 48, 100, 500)], "sandbox")
    for step in ("provider:paid", *steps):
        work = act(town, RENTAL, work, step)
        check(town, work)
    return town, work


def _ends(town: Town) -> tuple[int, int, int]:
    """What the seller has, what the rider and the programme paid, in the end."""
    own = town.accounts
    return own.get("seller:pty_seller", 0), -own.get("provider:sandbox", 0), -own.get("programme:spring", 0)


def test_begun_units_of_the_tariff_are_counted():
    afternoon = {"from": "2026-11-25T14:00:00+08:00", "to": "2026-11-25T16:01:00+08:00"}
    assert hours(afternoon, {}) == 3
    assert hours(afternoon, {"unit_minutes": 30}) == 5
    assert hours({**afternoon, "to": "2026-11-25T08:01:00+00:00"}, {}) == 3


@pytest.mark.parametrize(
    ("back", "owes"),
    [
        ("clock:+48h", 0),
        ("clock:+49h", 500),
        ("clock:+53h", 2_500),
        ("clock:+59h", DEPOSIT),
    ],
)
def test_each_begun_hour_late_costs_as_agreed_and_never_more_than_the_deposit(back: str, owes: int):
    town, work = _live(*OUT, back, "buyer:brought_back", "seller:inspected damage=0")
    assert work.order.stage == "done"
    assert _ends(town) == (EARNED + owes, PAID + owes, 500)


@pytest.mark.parametrize(("damage", "owes"), [(1_200, 1_200), (DEPOSIT, DEPOSIT), (80_000, DEPOSIT)])
def test_damage_above_the_deposit_takes_the_deposit_and_no_voucher(damage: int, owes: int):
    town, _work = _live(*IN_TIME, f"seller:inspected damage={damage}")
    assert _ends(town) == (EARNED + owes, PAID + owes, 500)


def test_what_never_comes_back_costs_the_whole_deposit():
    town, work = _live(*OUT, "clock:+6d")
    assert work.order.stage == "done"
    assert [leg.state for leg in work.legs] == ["done", "void"]
    assert _ends(town) == (EARNED + DEPOSIT, PAID + DEPOSIT, 500)
    with pytest.raises(NotNow):
        act(town, RENTAL, work, "seller:inspected damage=0")


def test_nobody_looks_in_time_and_the_deposit_goes_back():
    town, work = _live(*IN_TIME, "clock:+2d")
    assert work.order.stage == "done"
    assert _ends(town) == (EARNED, PAID, 500)


def test_two_devices_unlocking_the_same_bicycle_open_it_once():
    town, work = _live(*OUT)
    for step in ("device:unlocked", "buyer:unlocked", "seller:unlocked"):
        with pytest.raises(NotNow):
            act(town, RENTAL, work, step)
    assert [told.kind for told in work.told].count("unlocked") == 1


def test_it_does_not_go_out_while_somebody_else_may_have_it():
    town, work = _live("clock:+47h")
    for step in ("buyer:unlocked", "device:unlocked"):
        with pytest.raises(NotNow):
            act(town, RENTAL, work, step)
    assert act(town, RENTAL, work, "seller:unlocked").order.waits == "back"


def test_it_comes_back_once_and_is_not_called_off_on_the_road():
    town, work = _live(*OUT)
    with pytest.raises(NotNow):
        act(town, RENTAL, work, "buyer:cancelled")
    work = act(town, RENTAL, work, "device:brought_back")
    with pytest.raises(NotNow):
        act(town, RENTAL, work, "buyer:brought_back")


def test_what_never_went_out_is_paid_back():
    town, work = _live("clock:+5d")
    assert work.order.stage == "undone"
    assert _ends(town) == (0, 0, 0)
