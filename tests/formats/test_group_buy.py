"""Group buys: one decision for all, so that all pay the same for the same thing, whoever joins late or leaves."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from highstreet.formats.group_buy import GROUP_BUY, close
from highstreet.market.commit import advance
from highstreet.market.work import Work
from highstreet.orders import Closing, Cohort, Member
from tests.laws.histories import START, TERMS, Town, act, check, line, place

COHORT = Cohort("coh_test", GROUP_BUY.code, "ofr_1", START + timedelta(days=2), TERMS)


def _joins(quantity: int, *steps: str) -> tuple[Town, Work]:
    """A neighbour who orders so many at 10 yuan."""
    town = Town(stock=10)
    work = place(town, GROUP_BUY, [line(1, quantity, 1_000)], "sandbox")
    for step in steps:
        work = act(town, GROUP_BUY, work, step)
        check(town, work)
    return town, work


def _decided(group: list[tuple[Town, Work]]) -> list[tuple[Town, Work]]:
    """The group closes: decided once, from whoever waits for it then, and every one of them sees the same."""
    waiting = [work for _town, work in group if work.order.waits == "closing"]
    members = [Member(f"ord_{n}", work.lines[0].quantity) for n, work in enumerate(waiting)]
    decision = close(Closing(COHORT, members, COHORT.closes_at, "seed", {}))
    followed: list[tuple[Town, Work]] = []
    for town, work in group:
        town.now = COHORT.closes_at
        assert work.cohort is not None
        work.cohort = msgspec.structs.replace(work.cohort, decision=decision, decided_at=town.now)
        if work.order.stage == "placed":
            advance(work, GROUP_BUY, town.now)
        work = town.write(work)
        check(town, work)
        followed.append((town, work))
    return followed


def _paid(town: Town) -> int:
    return -town.accounts.get("provider:sandbox", 0)


@pytest.mark.parametrize(
    ("members", "go", "off"),
    [(0, False, 0), (1, False, 0), (2, True, 1_000), (4, True, 1_000), (5, True, 2_000), (90, True, 2_000)],
)
def test_the_price_falls_by_steps_with_the_number(members: int, go: bool, off: int):
    joined = [Member(f"ord_{n}", 1) for n in range(members)]
    assert close(Closing(COHORT, joined, START, "seed", {})) == {"go": go, "members": members, "off_bps": off}


def test_all_members_pay_the_same_for_the_same_thing():
    group = _decided([_joins(quantity, "provider:paid") for quantity in (1, 2, 3, 1, 5)])
    assert [work.order.stage for _town, work in group] == ["committed"] * 5
    assert {_paid(town) / work.lines[0].quantity for town, work in group} == {800}


def test_who_leaves_before_it_closes_counts_for_nobody_and_pays_nothing():
    group = [_joins(1, "provider:paid") for _ in range(4)]
    group.append(_joins(1, "provider:paid", "buyer:cancelled"))
    group = _decided(group)
    assert [_paid(town) for town, _work in group] == [900, 900, 900, 900, 0]
    assert group[-1][1].order.stage == "undone"


def test_who_leaves_after_it_closed_changes_nobody_elses_price():
    group = _decided([_joins(1, "provider:paid") for _ in range(5)])
    town, work = group[0]
    work = act(town, GROUP_BUY, work, "buyer:cancelled")
    check(town, work)
    assert (work.order.stage, _paid(town)) == ("undone", 0)
    assert [_paid(town) for town, _work in group[1:]] == [800] * 4


def test_who_pays_after_it_closed_is_not_in_it_and_has_the_money_back():
    group = _decided([*(_joins(1, "provider:paid") for _ in range(4)), _joins(1)])
    assert [_paid(town) for town, _work in group] == [900, 900, 900, 900, 0]
    town, work = group[-1]
    work = act(town, GROUP_BUY, work, "provider:paid")
    check(town, work)
    assert (work.order.stage, _paid(town)) == ("undone", 0)


def test_too_few_and_everybody_has_the_money_back():
    ((town, work),) = _decided([_joins(3, "provider:paid")])
    assert (work.order.stage, _paid(town)) == ("undone", 0)


def test_the_leader_hands_over_to_each_and_nobody_fetching_is_paid_back():
    (town, work), (idle, late) = _decided([_joins(1, "provider:paid") for _ in range(2)])
    work = act(town, GROUP_BUY, act(town, GROUP_BUY, work, "partner:ready"), "partner:handed_over")
    assert (work.order.stage, town.accounts["seller:pty_seller"]) == ("done", 882)
    late = act(idle, GROUP_BUY, act(idle, GROUP_BUY, late, "partner:ready"), "clock:+4d")
    check(idle, late)
    assert (late.order.stage, _paid(idle)) == ("undone", 0)
