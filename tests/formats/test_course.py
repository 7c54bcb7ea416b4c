"""Courses: lessons are earned one by one, and what was not taught goes back to each who paid for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from highstreet.formats.course import COURSE, MOST_LESSONS, MOST_WEEKS
from highstreet.kit.errors import Malformed
from highstreet.orders import NotNow, TooMany
from tests.laws.histories import START, Town, act, check, line, place


def _live(*steps: str, terms: dict[str, int] | None = None):
    """Ten lessons at 10 yuan, of which the city's voucher pays a fifth, and two books' worth of reading lessons beside them."""
    town = Town(stock=20)
    wanted = [line(1, 10, 1_000, 2_000), line(2, 2, 500)]
    work = place(town, COURSE, wanted, "sandbox", terms=terms)
    for step in ("provider:paid", *steps):
        work = act(town, COURSE, work, step)
        check(town, work)
    return town, work


def _ends(town: Town) -> tuple[int, int, int]:
    """What seller and platform have, what the learner and the programme paid, in the end."""
    own = town.accounts
    earned = own.get("seller:pty_seller", 0) + own.get("platform:", 0)
    return earned, -own.get("provider:sandbox", 0), -own.get("programme:spring", 0)


def test_a_lesson_is_told_one_of_each_line_at_a_time_or_by_number():
    town, work = _live("seller:attended")
    assert [one.fulfilled for one in work.lines] == [1, 1]
    work = act(town, COURSE, work, "device:attended", {"lines": {"1": 3}})
    assert [one.fulfilled for one in work.lines] == [4, 1]
    with pytest.raises(TooMany):
        act(town, COURSE, work, "seller:attended", {"lines": {"1": 7}})


@pytest.mark.parametrize("who", ["buyer:cancelled", "seller:cancelled"])
@pytest.mark.parametrize("after", ["clock:+1h", "clock:+60d"])
def test_what_was_not_taught_goes_back_whenever_either_stops(who: str, after: str):
    town, work = _live("seller:attended", "seller:attended", after, who)
    assert work.order.stage == "done"
    # Two of ten lessons (2,000, of them 400 from the voucher) and both of the others (1,000) were given.
    assert _ends(town) == (3_000, 2_600, 400)


def test_a_teacher_who_never_came_earns_nothing():
    town, work = _live(f"clock:+{MOST_WEEKS * 7 + 15}d")
    assert work.order.stage == "undone"
    assert _ends(town) == (0, 0, 0)


def test_a_teacher_who_vanishes_is_waited_for_until_two_weeks_after_the_agreed_end():
    town, work = _live("seller:attended", terms={"weeks": 4})
    assert work.deadlines["lessons"] == START + timedelta(weeks=4, days=14)
    work = act(town, COURSE, work, "clock:+41d")
    assert work.order.stage == "committed"
    work = act(town, COURSE, work, "clock:+2d")
    assert work.order.stage == "done"
    assert _ends(town) == (1_500, 1_300, 200)
    with pytest.raises(NotNow):
        act(town, COURSE, work, "seller:attended")


def test_some_lessons_can_be_dropped_and_the_rest_goes_on():
    town, work = _live("seller:attended")
    work = act(town, COURSE, work, "buyer:cancelled", {"lines": {"1": 4}})
    check(town, work)
    assert work.order.waits == "lessons"
    work = act(town, COURSE, work, "seller:attended", {"lines": {"1": 5, "2": 1}})
    assert work.order.stage == "done"
    assert _ends(town) == (7_000, 5_800, 1_200)


def test_nobody_is_charged_for_more_lessons_ahead_than_the_law_allows():
    with pytest.raises(Malformed):
        place(Town(stock=99), COURSE, [line(1, MOST_LESSONS, 100), line(2, 1, 100)], "sandbox")
