"""A plan is never over budget, keeps its floors or says why not, and prefers nobody where the data do not carry it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from highstreet.policy.targeting import Floors, Group, Plan, Refused, plan

shares = st.integers(0, 10_000)
groups = st.lists(
    st.builds(
        Group,
        name=st.uuids().map(str),
        people=st.integers(0, 3_000),
        cost=st.integers(1, 20_000),
        gain=st.floats(-1e5, 1e6),
        low=st.floats(-1e6, 1e5),
        small=shares,
        elderly=shares,
        rural=shares,
    ),
    max_size=6,
)
floors = st.builds(Floors, small=shares, elderly=shares, rural=shares)


@given(groups, st.integers(0, 30_000_000), floors, st.booleans())
def test_never_over_budget_and_floors_are_kept_or_refused(
    some: list[Group], budget: int, least: Floors, carried: bool
) -> None:
    found = plan(some, budget, least, carried=carried)
    if isinstance(found, Refused):
        assert found.why.en
        assert found.why.zh
        return
    by_name = {one.name: one for one in some}
    given_ = [(by_name[one.name], one) for one in found.given]
    assert 0 < found.cost == sum(one.cost * told.people for one, told in given_) <= budget
    assert all(0 <= told.people <= one.people for one, told in given_)
    assert found.people == sum(told.people for _, told in given_) > 0
    money = sum(one.cost * told.people * one.small for one, told in given_)
    assert money >= least.small * found.cost
    assert sum(one.elderly * told.people for one, told in given_) >= least.elderly * found.people
    assert sum(one.rural * told.people for one, told in given_) >= least.rural * found.people
    assert found.small >= least.small
    assert found.way == "lot" or carried


TOWN = Group("town", 1_000, 1_000, 5_000, 4_000, small=3_000, elderly=1_000)
VILLAGE = Group("village", 500, 1_000, 3_000, 2_000, small=8_000, elderly=4_000, rural=10_000)
ABROAD = Group("abroad", 1_000, 1_000, 100, -500, small=1_000)


def people(found: Plan | Refused) -> dict[str, int]:
    assert isinstance(found, Plan), found
    return {one.name: one.people for one in found.given}


def test_the_best_for_each_yuan_comes_first_and_floors_move_the_rest() -> None:
    three = [TOWN, VILLAGE, ABROAD]
    first = plan(three, 1_200_000, Floors(), carried=True)
    assert people(first) == {"town": 1_000, "village": 200, "abroad": 0}
    assert isinstance(first, Plan)
    assert (first.way, first.low, first.gain) == ("gain", 4_400_000, 5_600_000)
    # A third to villages: fewer in town, more there.
    fairer = plan(three, 1_200_000, Floors(rural=3_334), carried=True)
    assert people(fairer) == {"town": 799, "village": 400, "abroad": 0}
    assert isinstance(fairer, Plan)
    assert fairer.rural >= 3_334 > first.rural
    assert fairer.unplanned.rural == 2_000
    # Nobody is given what may change nothing, though money is left.
    assert people(plan(three, 9_000_000, Floors(), carried=True))["abroad"] == 0


def test_where_the_data_do_not_carry_it_everybody_has_one_chance() -> None:
    three = [TOWN, VILLAGE, ABROAD]
    lot = plan(three, 1_250_000, Floors(), carried=False)
    assert people(lot) == {"town": 500, "village": 250, "abroad": 500}
    assert isinstance(lot, Plan)
    assert {one.chance for one in lot.given} == {5_000}
    assert lot.way == "lot"
    sure_of_nothing = [Group("a", 100, 100, 500, -1), Group("b", 100, 100, 50, -9)]
    assert isinstance(unsure := plan(sure_of_nothing, 5_000, Floors(), carried=True), Plan)
    assert unsure.way == "lot"
    fairer = plan(three, 1_000_000, Floors(rural=3_000), carried=False)
    assert isinstance(fairer, Plan)
    assert fairer.rural >= 3_000
    assert people(fairer)["town"] == people(fairer)["abroad"], "the others share one chance"


def test_a_floor_nobody_can_keep_is_refused_with_the_most_that_can() -> None:
    found = plan([TOWN, ABROAD], 1_000_000, Floors(elderly=2_000), carried=True)
    assert isinstance(found, Refused)
    assert (found.floor, found.most) == ("elderly", 1_000)
    assert "10 %" in found.why.en
    both = plan(
        [Group("old", 10, 100, 1, 1, elderly=10_000), Group("far", 10, 100, 1, 1, rural=10_000)], 10_000,
        Floors(elderly=6_000, rural=6_000), carried=True,
    )  # fmt: skip
    assert isinstance(both, Refused)
    assert isinstance(plan([TOWN], 999, Floors(), carried=True), Refused)
