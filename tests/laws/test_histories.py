"""The laws, over random histories of every registered format."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from highstreet.market.format import Format
from highstreet.orders import Cut
from highstreet.wiring import formats
from tests.laws.histories import Town, act, check, choice, line, place, steps, try_to, usual_way

ALL = sorted(formats().values(), key=lambda one: one.code)
HISTORIES = 20_000 if os.environ.get("HYPOTHESIS_PROFILE") == "large" else 500

_ways = st.sampled_from(["sandbox", "wallet", "cash", "card:crd_a"])
_lines = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 9999), st.integers(0, 5000), st.integers(0, 5000)),
    min_size=1,
    max_size=4,
)


def _actions(one: Format) -> st.SearchStrategy[list[tuple[str, dict[int, int] | None]]]:
    facts = [f"{who}:{fact}" for fact, tellers in one.facts.items() for who in tellers]
    other = ["provider:paid", "clock:+1h", "clock:+1d", "clock:+5d", "clock:+30d"]
    if one.decided == "cohort":
        other += ["cohort:closes", "cohort:closes members=1 arrived=1", "cohort:closes members=9 arrived=1"]
    names = st.sampled_from([*facts, *other])
    some_lines = st.none() | st.dictionaries(st.integers(1, 4), st.integers(-1, 6), min_size=1, max_size=3)
    # The happy story's own steps come often, or a long story would never be lived to its end.
    happy = st.sampled_from(
        [step for step in one.stories[0].steps if not step.startswith("clerk")] or ["clock:+1h"]
    )
    return st.lists(st.tuples(names | happy, some_lines), max_size=60)


def _aids(amount: int, voucher: int, subsidy: int) -> tuple[int, int]:
    """Two aids that together pay no more than there is to pay."""
    voucher = min(voucher, amount)
    return voucher, min(subsidy, amount - voucher)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.code)
@settings(max_examples=HISTORIES // len(ALL))
@given(data=st.data())
def test_every_history_keeps_the_laws(one: Format, data: st.DataObject) -> None:
    town = Town(stock=10)
    wanted = [
        line(n, quantity, price, *_aids(quantity * price, voucher, subsidy))
        for n, (quantity, price, voucher, subsidy) in enumerate(data.draw(_lines), start=1)
    ]
    method = data.draw(_ways)
    way = method if method in ("cash", "wallet") else "provider"
    if way not in one.money.ways or (method.startswith("card:") and "wallet" not in one.money.ways):
        method = usual_way(one)
    counted = steps(one, choice(one, town.now))
    if counted is not None:
        price, voucher, subsidy = data.draw(st.tuples(st.integers(1, 9999), *[st.integers(0, 5000)] * 2))
        wanted = [line(1, counted, price, *_aids(counted * price, voucher, subsidy))]
    cuts = data.draw(
        st.sampled_from(
            [
                (),
                (Cut("host", "pty_partner", 1000),),
                (Cut("owner", "pty_partner", 7700), Cut("leader", "pty_b", 333)),
            ]
        )
    )
    least = data.draw(st.sampled_from([0, sum(priced.amount for priced in wanted)]))
    work = place(town, one, wanted, method, cuts, least=least)
    check(town, work)
    for action, said in data.draw(_actions(one)):
        known = None if said is None else {str(n): count for n, count in said.items() if n <= len(work.lines)}
        work = try_to(town, one, work, action, {"lines": known} if known else None)
        check(town, work)
    # Time alone brings every order to an end.
    for _ in range(12):
        work = act(town, one, work, "clock:+40d")
        check(town, work)
    assert work.order.stage in ("done", "undone")
    assert work.order.waits == ""


@pytest.mark.parametrize(
    ("one", "story"),
    [(one, story) for one in ALL for story in one.stories],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_stories_of_a_format_end_as_they_say(one: Format, story) -> None:
    town = Town(stock=10)
    method = "cash" if story.steps[0] == "clerk:cash" else usual_way(one)
    usual = 4 if "lessons" in one.legs else 1  # what is fulfilled little by little is bought as several
    counted = steps(one, choice(one, town.now)) or usual
    work = place(town, one, [line(1, counted, 10_000 // counted)], method)
    for action in story.steps:
        work = act(town, one, work, action)
        check(town, work)
    assert work.order.stage == story.stage
    assert town.accounts.get("seller:pty_seller", 0) == story.seller
    assert town.accounts.get("platform:", 0) == story.platform
    assert town.accounts.get(work.payer, 0) == story.buyer


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.code)
def test_what_a_buyer_may_announce_to_send_back_a_seller_answers(one: Format) -> None:
    if "buyer" in one.facts.get("return_wanted", ()):
        # Where nobody was there when it was bought, somebody who is neither buyer nor seller.
        assert {"seller", "operator"} & set(one.facts["returned"])
        assert {"seller", "operator"} & set(one.facts["return_refused"])
        # What is never sent is dropped; where there is nothing to send but a word to answer, no answer is the buyer's yes.
        seen = "device" in one.facts.get("taken", ())
        assert one.deadlines["return"].falls == ("granted" if seen else "drop")
