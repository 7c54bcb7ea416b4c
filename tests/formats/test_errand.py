"""Errands: never more is spent than was allowed, and what is left of it comes back to whoever gave it."""

from __future__ import annotations

import pytest

from highstreet.formats.errand import ERRAND, MOST_SPENT
from highstreet.kit.errors import Malformed
from highstreet.market.using import OverTheCap
from highstreet.orders import NotNow, TooMany
from tests.laws.histories import Town, act, check, line, place

FEE = 1_500  # the buyer's own part; a programme pays the other 500


def _live(*steps: str, cap: int = MOST_SPENT):
    town = Town(stock=10)
    work = place(town, ERRAND, [line(1, 1, 2_000, 500)], "sandbox", terms={"cap": cap})
    for step in ("provider:paid", *steps):
        work = act(town, ERRAND, work, step)
        check(town, work)
    return town, work


def _ends(town: Town) -> tuple[int, int, int]:
    """What the seller has, what the buyer and the programme paid, in the end."""
    own = town.accounts
    return own.get("seller:pty_seller", 0), -own.get("provider:sandbox", 0), -own.get("programme:spring", 0)


@pytest.mark.parametrize("spent", [0, 1, 12_345, MOST_SPENT])
def test_the_receipt_is_paid_and_the_rest_comes_back(spent: int):
    town, work = _live("courier:accepted", f"courier:bought amount={spent}", "courier:brought")
    assert work.order.stage == "done"
    assert _ends(town) == (1_900 + spent, FEE + spent, 500)


def test_more_than_the_cap_is_refused_and_less_may_still_be_bought():
    town, work = _live("courier:accepted")
    with pytest.raises(OverTheCap):
        act(town, ERRAND, work, f"courier:bought amount={MOST_SPENT + 1}")
    assert work.order.waits == "buy"
    work = act(town, ERRAND, work, f"courier:bought amount={MOST_SPENT}")
    assert work.order.waits == "bring"


@pytest.mark.parametrize("said", [{}, {"amount": "30"}, {"amount": True}, {"amount": -1}])
def test_what_was_spent_is_said_as_a_number(said: dict[str, object]):
    town, work = _live("courier:accepted")
    with pytest.raises(Malformed):
        act(town, ERRAND, work, "courier:bought", dict(said))


def test_nothing_is_set_aside_where_something_is_only_carried():
    town, work = _live("courier:accepted", cap=0)
    assert work.order.total == FEE
    with pytest.raises(OverTheCap):
        act(town, ERRAND, work, "courier:bought amount=1")
    for step in ("courier:bought", "courier:brought"):
        work = act(town, ERRAND, work, step)
    check(town, work)
    assert _ends(town) == (1_900, FEE, 500)


def test_it_is_bought_once_and_then_no_longer_called_off():
    town, work = _live("courier:accepted", "courier:bought amount=100")
    for step in ("courier:bought amount=100", "buyer:cancelled", "seller:cancelled"):
        with pytest.raises((NotNow, TooMany)):
            act(town, ERRAND, work, step)


@pytest.mark.parametrize(
    "steps",
    [
        ("clock:+1h",),
        ("seller:refused",),
        ("courier:accepted", "clock:+4d"),
        ("courier:accepted", "courier:bought amount=900", "clock:+2d"),
    ],
)
def test_what_is_never_brought_costs_nothing(steps: tuple[str, ...]):
    town, work = _live(*steps)
    assert work.order.stage == "undone"
    assert _ends(town) == (0, 0, 0)
