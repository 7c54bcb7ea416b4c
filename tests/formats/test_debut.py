"""Debut: lots anyone can draw again, a decision that says all of it in four words, never more winners than there are pieces."""

from __future__ import annotations

import hashlib
import json
import random

import pytest

from highstreet.formats.debut import DEBUT, close, draw, lot
from highstreet.market.work import Work
from highstreet.orders import Closing, Cohort, Member
from tests.laws.histories import START, Town, act, check, line, place


def _entered(town: Town, quantity: int = 1) -> Work:
    work = place(town, DEBUT, [line(1, quantity, 2_000)], "sandbox")
    return act(town, DEBUT, work, "provider:paid")


def _closing(members: list[Member], units: int, seed: str = "seed") -> Closing:
    return Closing(Cohort("coh_test", DEBUT.code, "ofr_1", START, {"units": units}), members, START, seed)


def test_a_lot_is_what_any_shell_computes():
    said = hashlib.sha256(b"1c0ffee:ord_0001").hexdigest()
    assert lot("1c0ffee", "ord_0001") == said == said.lower()


def test_the_decision_has_one_size_and_draws_the_same_whoever_draws_again_in_whatever_order():
    members = [Member(f"ord_{n:06}", 1) for n in range(3_000)]
    decision = close(_closing(members, 500))
    random.Random(7).shuffle(members)
    assert close(_closing(members, 500)) == decision
    assert set(decision) == {"go", "seed", "units", "cutoff"}
    assert len(json.dumps(decision)) < 200
    won = [m for m in members if lot("seed", m.order_id) <= decision["cutoff"]]
    assert len(won) == 500
    other = draw("another seed", members, 500)
    assert won != [m for m in members if lot("another seed", m.order_id) <= other]


@pytest.mark.parametrize("units", [0, 1, 4, 9])
def test_no_more_is_drawn_than_there_is(units: int):
    dice = random.Random(units)
    for _ in range(200):
        members = [Member(f"ord_{dice.random()}", dice.randint(1, 5)) for _ in range(dice.randint(0, 12))]
        cutoff = draw("seed", members, units)
        fit = [m for m in members if m.quantity <= units]
        assert sum(m.quantity for m in fit if lot("seed", m.order_id) <= cutoff) <= units
        if units and fit:
            assert cutoff
        if sum(m.quantity for m in fit) <= units:
            assert all(lot("seed", m.order_id) <= cutoff for m in fit)


def test_everybody_has_the_same_chance():
    members = [Member(f"ord_{n}", 1) for n in range(10)]
    wins = dict.fromkeys(range(10), 0)
    for seed in range(2_000):
        cutoff = draw(str(seed), members, 3)
        for n in range(10):
            wins[n] += lot(str(seed), f"ord_{n}") <= cutoff
    assert sum(wins.values()) == 6_000
    assert all(500 < won < 700 for won in wins.values())


def test_whoever_asks_for_more_than_there_is_takes_no_part():
    town = Town(stock=10)
    work = act(town, DEBUT, _entered(town, quantity=5), "cohort:closes")  # of three pieces
    check(town, work)
    assert (work.order.stage, town.accounts["provider:sandbox"]) == ("undone", 0)


def test_nothing_is_set_aside_before_the_draw():
    town = Town(stock=10)
    assert _entered(town).holds == []


def test_whoever_pays_after_the_draw_came_too_late_and_gets_it_all_back():
    town = Town(stock=10)
    work = place(town, DEBUT, [line(1, 1, 2_000)], "sandbox")
    for action in ("cohort:closes", "provider:paid"):
        work = act(town, DEBUT, work, action)
        check(town, work)
    assert (work.order.stage, town.accounts["provider:sandbox"]) == ("undone", 0)
