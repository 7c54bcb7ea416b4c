"""Stays: nights are counted by begun days, called off by steps, and only the deposit pays for what is broken."""

from __future__ import annotations

import pytest

from highstreet.formats.stay import DEPOSIT, STAY, nights
from highstreet.orders import NotNow
from tests.laws.histories import Town, act, check, line, place

PAID = 9_000  # the guest's own part; the city's voucher pays the other 1,000


def _live(*steps: str):
    town = Town(stock=10)
    work = place(town, STAY, [line(1, 2, 5_000, 1_000)], "sandbox")
    for step in ("provider:paid", *steps):
        work = act(town, STAY, work, step)
        check(town, work)
    return town, work


def _ends(town: Town) -> tuple[int, int, int]:
    """What the seller has, what the guest and the programme paid, in the end."""
    own = town.accounts
    return own.get("seller:pty_seller", 0), -own.get("provider:sandbox", 0), -own.get("programme:spring", 0)


@pytest.mark.parametrize(
    ("until", "count"),
    [
        ("2026-11-26T12:00:00+08:00", 1),
        ("2026-11-27T12:00:00+08:00", 2),
        ("2026-11-26T14:00:00+08:00", 1),
        ("2026-11-26T15:00:00+08:00", 2),
        # The same moment written in another zone is the same number of nights.
        ("2026-11-26T16:00:00-12:00", 2),
    ],
)
def test_nights_are_counted_whatever_the_zone_says(until: str, count: int):
    assert nights({"from": "2026-11-25T14:00:00+08:00", "to": until}, {}) == count


@pytest.mark.parametrize(
    ("steps", "kept"),
    [
        (("buyer:cancelled",), 0),
        (("clock:+1h", "buyer:cancelled"), PAID // 2),
        (("clock:+43h", "buyer:cancelled"), PAID),
        (("clock:+43h", "seller:cancelled"), 0),
        (("clock:+50h", "seller:no_show"), PAID),
        (("clock:+5d",), PAID),
    ],
)
def test_a_room_not_used_costs_by_steps_and_the_deposit_and_the_voucher_come_back(
    steps: tuple[str, ...], kept: int
):
    town, work = _live(*steps)
    assert work.order.stage == "undone"
    assert _ends(town) == (kept, kept, 0)


def test_what_is_broken_is_paid_by_the_deposit_as_far_as_it_reaches():
    town, work = _live("clock:+2d", "seller:checked_in", "clock:+2d", "device:checked_out")
    work = act(town, STAY, work, f"seller:inspected damage={DEPOSIT + 5_000}")
    assert work.order.stage == "done"
    assert _ends(town) == (9_500 + DEPOSIT, PAID + DEPOSIT, 1_000)


def test_a_host_who_does_not_look_keeps_nothing_of_the_deposit():
    town, work = _live("clock:+2d", "seller:checked_in", "clock:+2d", "buyer:checked_out", "clock:+2d")
    assert work.order.stage == "done"
    assert _ends(town) == (9_500, PAID, 1_000)


def test_nobody_moves_in_twice_or_calls_off_from_the_room():
    town, work = _live("clock:+2d", "buyer:checked_in")
    for step in ("device:checked_in", "buyer:cancelled", "seller:no_show"):
        with pytest.raises(NotNow):
            act(town, STAY, work, step)
