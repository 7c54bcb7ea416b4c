"""What is off while all of a scenario is bought together, whoever sells its parts."""

from __future__ import annotations

import pytest

from highstreet.pricing import Promotion, Want, WrongRule, price_lines, read_rule
from tests.pricing.goods import NOW, promotion, want

RULE = {"bps": 500, "needs": [["boat", 2], ["room", 1]]}
BOAT = promotion("together", RULE, "boat", seller="boats", funder="city")
ROOM = promotion("together", RULE, "room", seller="inn")


def paid(wants: list[Want], *promotions: Promotion) -> list[tuple[int, int]]:
    """amount and paid of each line."""
    return [(line.amount, line.paid) for line in price_lines(wants, promotions, "online", NOW)]


def test_the_whole_of_it_has_something_off_each_part_paid_by_its_own_funder():
    boat, room = want("boat", 6_850, 2, seller="boats"), want("room", 32_800, seller="inn")
    other = want("tea", 1_000, seller="tea")
    assert paid([boat, room, other], BOAT, ROOM) == [(13_700, 13_015), (31_160, 31_160), (1_000, 1_000)]
    assert paid([room, boat], ROOM, BOAT) == [(31_160, 31_160), (13_700, 13_015)]


@pytest.mark.parametrize("boats", [0, 1])
def test_less_than_the_whole_has_nothing_off(boats: int):
    wants = [want("room", 32_800, seller="inn")]
    wants += [want("boat", 6_850, boats, seller="boats")] if boats else []
    assert {amount - cost for amount, cost in paid(wants, BOAT, ROOM)} == {0}
    assert paid(wants, BOAT, ROOM)[0] == (32_800, 32_800)


def test_another_sellers_goods_of_the_same_name_are_not_reduced():
    assert paid(
        [want("boat", 100, 2, seller="else"), want("room", 100, seller="inn")], BOAT
    ) == [(200, 200), (100, 100)]  # fmt: skip


@pytest.mark.parametrize(
    "rule",
    [
        {"bps": 500},
        {"bps": 500, "needs": [["boat", 1]]},
        {"bps": 500, "needs": [["boat", 0], ["room", 1]]},
        {"bps": 10_000, "needs": [["boat", 1], ["room", 1]]},
        {"needs": [["boat", 1], ["room", 1]]},
    ],
)
def test_rules_that_make_no_sense(rule: dict[str, object]):
    with pytest.raises(WrongRule):
        read_rule("together", rule)
