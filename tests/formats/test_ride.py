"""Rides: the fare follows the way, a cancelled driver is paid for by the rider alone, and what has started ends with the fare."""

from __future__ import annotations

import pytest

from highstreet.formats.ride import CANCEL_FEE, LEAST_HM, RIDE, hectometres
from highstreet.market.work import Work
from highstreet.orders import NotNow
from tests.laws.histories import COURIER, Town, act, check, line, place

PAID = 3_600  # the rider's own part of 40 hectometres; a programme pays the other 400


def _live(*steps: str, funded: int = 400):
    town = Town(stock=10)
    work = place(town, RIDE, [line(1, 40, 100, funded)], "sandbox")
    for step in ("provider:paid", *steps):
        work = act(town, RIDE, work, step)
        check(town, work)
    return town, work


def _ends(town: Town) -> tuple[int, int, int]:
    """What the drivers' company has, what the rider and the programme paid, in the end."""
    own = town.accounts
    return own.get("seller:pty_seller", 0), -own.get("provider:sandbox", 0), -own.get("programme:spring", 0)


def test_the_fare_follows_the_way_and_is_never_below_the_least():
    assert hectometres({"from": [31.0, 121.0], "to": [31.0, 121.0]}, {}) == LEAST_HM
    # One degree of latitude is 111.195 km: a tenth of it 11,119 m, by streets 14,455 m.
    assert hectometres({"from": [31.0, 121.0], "to": [31.1, 121.0]}, {}) == 145
    assert hectometres({"from": [31.1, 121.0], "to": [31.0, 121.0]}, {"least_hm": 200}) == 200


def test_the_driver_who_accepted_is_the_one_who_drives():
    town, work = _live("courier:accepted")
    assert [leg.courier_id for leg in work.legs] == [COURIER]
    other = _by_another(work)
    for step in ("courier:started", "courier:no_show", "courier:accepted"):
        with pytest.raises(NotNow):
            act(town, RIDE, other, step)


def _by_another(work: Work) -> Work:
    """The same ride, taken on by another driver."""
    work.legs[0].courier_id = "pty_another"
    return work


@pytest.mark.parametrize(
    ("steps", "kept"),
    [
        (("buyer:cancelled",), 0),
        (("courier:accepted", "buyer:cancelled"), CANCEL_FEE),
        (("courier:accepted", "seller:cancelled"), 0),
        (("courier:accepted", "clock:+1h"), 0),
        (("seller:refused",), 0),
        (("clock:+1h",), 0),
    ],
)
def test_a_ride_that_never_starts(steps: tuple[str, ...], kept: int):
    town, work = _live(*steps)
    assert work.order.stage == "undone"
    assert _ends(town) == (kept, kept, 0)


def _minutes(town: Town, minutes: int) -> None:
    town.now = town.now.replace(minute=town.now.minute + minutes)


@pytest.mark.parametrize(
    ("step", "minutes", "kept"),
    [
        ("buyer:cancelled", 10, CANCEL_FEE),
        ("buyer:cancelled", 11, 0),  # the driver is late: calling off is free
        ("courier:no_show", 11, CANCEL_FEE),
    ],
)
def test_who_is_late_pays(step: str, minutes: int, kept: int):
    town, work = _live("courier:accepted")
    _minutes(town, minutes)
    work = act(town, RIDE, work, step)
    check(town, work)
    assert _ends(town) == (kept, kept, 0)


def test_a_driver_does_not_miss_a_rider_before_the_time():
    town, work = _live("courier:accepted")
    with pytest.raises(NotNow):
        act(town, RIDE, work, "courier:no_show")


def test_the_fee_never_takes_more_than_the_rider_paid():
    town, _work = _live("courier:accepted", "buyer:cancelled", funded=3_900)
    assert _ends(town) == (100, 100, 0)


@pytest.mark.parametrize("ends", ["courier:arrived", "clock:+1d"])
def test_a_ride_cancelled_after_the_start_is_refused_and_the_fare_is_due(ends: str):
    town, work = _live("courier:accepted", "courier:started")
    for step in ("buyer:cancelled", "seller:cancelled", "courier:no_show", "courier:started"):
        with pytest.raises(NotNow):
            act(town, RIDE, work, step)
    work = act(town, RIDE, work, ends)
    check(town, work)
    assert work.order.stage == "done"
    assert _ends(town) == (3_600, PAID, 400)
