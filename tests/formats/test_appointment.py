"""Appointments: a first part binds, the rest is asked after the visit, and calling off late costs the buyer's own part alone."""

from __future__ import annotations

import pytest

from highstreet.formats.appointment import APPOINTMENT
from highstreet.orders import NotNow
from tests.laws.histories import Town, act, check, line, place

PAID = 9_000  # the buyer's own part; a programme pays the other 1,000
FIRST = 2_700


def _live(*steps: str, terms: dict[str, int] | None = None):
    town = Town(stock=10)
    work = place(town, APPOINTMENT, [line(1, 1, 10_000, 1_000)], "sandbox", terms=terms)
    for step in ("provider:paid", *steps):
        work = act(town, APPOINTMENT, work, step)
        check(town, work)
    return town, work


def _ends(town: Town) -> tuple[int, int, int]:
    """What the seller has, what the buyer and the programme paid, in the end."""
    own = town.accounts
    return own.get("seller:pty_seller", 0), -own.get("provider:sandbox", 0), -own.get("programme:spring", 0)


def test_a_first_part_is_paid_now_and_the_rest_after_the_visit():
    town, work = _live()
    assert _ends(town)[1] == FIRST
    work = act(town, APPOINTMENT, work, "clock:+49h")
    work = act(town, APPOINTMENT, work, "seller:visited")
    assert work.order.waits == "balance"
    work = act(town, APPOINTMENT, work, "provider:paid")
    assert work.order.stage == "done"
    assert _ends(town) == (9_700, PAID, 1_000)


def test_a_rest_that_is_never_paid_leaves_the_seller_what_came_in():
    town, work = _live("clock:+49h", "seller:visited", "clock:+8d")
    assert work.order.stage == "done"
    assert _ends(town)[1] == FIRST


@pytest.mark.parametrize(
    ("steps", "kept"),
    [
        (("clock:+24h", "buyer:cancelled"), 0),
        (("clock:+25h", "buyer:cancelled"), FIRST),
        (("clock:+25h", "seller:cancelled"), 0),
        (("clock:+49h", "buyer:cancelled"), FIRST),
        (("clock:+49h", "seller:no_show"), FIRST),
    ],
)
def test_calling_off_late_and_not_coming_cost_the_first_part_at_most(steps: tuple[str, ...], kept: int):
    town, work = _live(*steps)
    assert work.order.stage == "undone"
    assert _ends(town) == (kept, kept, 0)


def test_a_seller_may_ask_for_less_when_it_is_called_off():
    town, _work = _live("clock:+47h", "buyer:cancelled", terms={"late_bps": 1_000, "free_until_h": 12})
    assert _ends(town) == (900, 900, 0)


def test_nobody_is_missed_before_the_time_or_seen_twice():
    town, work = _live("clock:+47h")
    with pytest.raises(NotNow):
        act(town, APPOINTMENT, work, "seller:no_show")
    work = act(town, APPOINTMENT, work, "seller:visited")
    for step in ("seller:visited", "seller:no_show", "buyer:cancelled"):
        with pytest.raises(NotNow):
            act(town, APPOINTMENT, work, step)
