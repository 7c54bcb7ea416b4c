"""A trial keeps the limits that the market itself would have kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from highstreet import policy
from highstreet.policy import Asked, Award, Thing
from highstreet.policy.rehearsing import GUEST, HAD, Terms, Trial

RULES = """
id = "{id}"
name = {{ en = "Made", zh = "测试" }}
kind = "{kind}"
currency = "CNY"
[[rule]]
from = 2026-01-01
to = 2027-01-01
source = "made for the tests"
limits = [{limits}]
[[rule.schedule]]
kinds = ["fridge", "tv"]
rate = "15%"
cap = "1500.00"
"""
FIRST = datetime(2026, 3, 1, 4, tzinfo=UTC)
EACH = '{ per = "each", within = "year", count = 1 }'
MONEY = '{ per = "person", within = "month", amount = "2000.00" }'

orders = st.lists(
    st.tuples(
        st.integers(0, 80),  # day
        st.sampled_from(["ann", "ben", "cai"]),
        st.sampled_from(["fridge", "tv", "sofa"]),
        st.integers(1, 2_000_000),
    ),
    max_size=40,
)


def trial(kind: str, limits: str, terms: Terms) -> Trial:
    rules = RULES.format(id="made", kind=kind, limits=limits)
    return Trial(policy.instruments.read(rules), UTC, terms, date(2026, 3, 1))


def asked(day: int, kind: str, amount: int) -> Asked:
    return Asked([Thing(0, (kind,), 1, amount, amount, amount)], FIRST + timedelta(days=day))


@given(orders, st.integers(0, 500_000))
def test_no_trial_gives_more_than_limits_and_budget(
    asks: list[tuple[int, str, str, int]], budget: int
) -> None:
    one = trial("subsidy", f"{EACH}, {MONEY}", Terms(budget=budget))
    by_kind: Counter[tuple[str, str]] = Counter()
    by_month: defaultdict[tuple[str, int], int] = defaultdict(int)
    total = 0
    for day, who, kind, amount in sorted(asks):
        found = one.ask(who, asked(day, kind, amount))
        if isinstance(found, Award):
            total += found.amount
            by_kind[who, kind] += 1
            by_month[who, (FIRST + timedelta(days=day)).month] += found.amount
    assert total == one.spent <= budget
    assert all(times == 1 for times in by_kind.values())
    assert all(money <= 200_000 for money in by_month.values())
    assert not any(kind == "sofa" for _, kind in by_kind)


@given(orders, st.integers(1, 3), st.integers(1, 30))
def test_a_round_of_vouchers_gives_a_person_so_many(
    asks: list[tuple[int, str, str, int]], claims: int, days: int
) -> None:
    one = trial("voucher", "", Terms(claims, days))
    given_: Counter[tuple[str, int]] = Counter()
    for day, who, kind, amount in sorted(asks):
        found = one.ask(who, asked(day, kind, amount))
        if isinstance(found, Award):
            given_[who, day // days] += 1
        elif found == HAD:
            assert given_[who, day // days] == claims
    assert all(times <= claims for times in given_.values())
    assert one.ask(None, asked(0, "tv", 100_000)) == GUEST
