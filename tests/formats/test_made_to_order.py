"""Made to order: the run starts from so many pieces on; then the first part binds, and only what is faulty comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from highstreet.formats.made_to_order import MADE_TO_ORDER, close
from highstreet.market.work import Work
from highstreet.orders import Closing, Cohort, Member, NotReturnable
from tests.laws.histories import START, Town, act, check, line, place

DELIVERED = (
    "provider:paid, cohort:closes members=4, provider:paid, seller:ready, seller:shipped, seller:delivered"
)


def _lived(town: Town, told: str, terms: dict[str, int] | None = None) -> Work:
    work = place(town, MADE_TO_ORDER, [line(1, 1, 10_000)], "sandbox", terms=terms)
    for action in told.split(", "):
        work = act(town, MADE_TO_ORDER, work, action)
        check(town, work)
    return work


def test_pieces_count_not_orders():
    members = [Member("ord_1", 3), Member("ord_2", 2)]
    for least, go in ((5, True), (6, False)):
        cohort = Cohort("coh_test", MADE_TO_ORDER.code, "ofr_1", START, {"least": least})
        assert close(Closing(cohort, members, START)) == {"go": go, "pieces": 5}


def test_what_was_chosen_stays_with_the_line():
    work = _lived(Town(stock=10), "provider:paid")
    assert work.lines[0].choice["options"] == {"size": "M"}


@pytest.mark.parametrize(
    ("told", "seller"),
    [
        ("provider:paid, buyer:cancelled", 0),
        ("provider:paid, cohort:closes members=4, clock:+4d", 2_000),
        ("provider:paid, cohort:closes members=4, buyer:cancelled", 2_000),
        ("provider:paid, cohort:closes members=4, provider:paid, buyer:cancelled", 2_000),
        ("provider:paid, cohort:closes members=4, provider:paid, seller:cancelled", 0),
        ("provider:paid, cohort:closes members=4, provider:paid, clock:+90d", 0),
    ],
)
def test_who_leaves_once_it_is_being_made_leaves_at_most_a_fifth(told: str, seller: int):
    town = Town(stock=10)
    assert _lived(town, told).order.stage == "undone"
    assert town.accounts.get("seller:pty_seller", 0) == seller
    assert town.accounts["provider:sandbox"] == -seller


def test_a_small_first_part_is_all_that_stays():
    town = Town(stock=10)
    _lived(town, "provider:paid, cohort:closes members=4, buyer:cancelled", {"first_bps": 1_000})
    assert town.accounts["seller:pty_seller"] == 1_000


def test_the_maker_has_until_two_weeks_after_the_window():
    town = Town(stock=10)
    work = _lived(town, "provider:paid, cohort:closes members=4, provider:paid")
    assert work.order.agreed.window is not None
    assert work.deadlines == {"prepare": work.order.agreed.window[1] + timedelta(days=14)}


def test_nothing_goes_back_without_a_fault_and_what_is_faulty_does():
    town = Town(stock=10)
    work = _lived(town, DELIVERED)
    assert work.order.stage == "done"
    with pytest.raises(NotReturnable):
        act(town, MADE_TO_ORDER, work, "buyer:return_wanted")
    work = act(town, MADE_TO_ORDER, work, "buyer:return_wanted", {"reason": "faulty"})
    work = act(town, MADE_TO_ORDER, work, "seller:returned", {"resale": False})
    check(town, work)
    assert set(town.accounts.values()) == {0}
