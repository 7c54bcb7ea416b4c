"""Tickets: scanned once, given back by steps, and public money never pays for a seat nobody took."""

from __future__ import annotations

import pytest

from highstreet.formats.ticket import TICKET
from highstreet.orders import NotNow
from tests.laws.histories import Town, act, check, line, place

PAID = 9_000  # the family's own part of four tickets; the city's voucher pays the other 1,000


def _live(*steps: str):
    town = Town(stock=10)
    work = place(town, TICKET, [line(1, 4, 2_500, 1_000)], "sandbox")
    for step in ("provider:paid", *steps):
        work = act(town, TICKET, work, step)
        check(town, work)
    return town, work


def _kept(town: Town) -> tuple[int, int]:
    """What the seller has, and what the programme paid, in the end."""
    return town.accounts.get("seller:pty_seller", 0), -town.accounts.get("programme:spring", 0)


def test_a_ticket_scanned_twice_is_refused_at_the_second_gate():
    town, work = _live("clock:+49h", "device:entered")
    assert work.order.stage == "done"
    for gate in ("device:entered", "seller:entered"):
        with pytest.raises(NotNow):
            act(town, TICKET, work, gate)
    assert _kept(town) == (9_700, 1_000)


def test_a_gate_that_was_off_the_network_tells_a_day_later():
    _town, work = _live("clock:+4d", "clock:+20h", "device:entered")
    assert work.order.stage == "done"
    assert work.has("entered")


@pytest.mark.parametrize(
    ("steps", "kept"),
    [
        (("clock:+24h", "buyer:cancelled"), 0),
        (("clock:+25h", "buyer:cancelled"), PAID // 2),
        (("clock:+47h", "buyer:cancelled"), PAID),
        (("clock:+47h", "seller:cancelled"), 0),
    ],
)
def test_giving_back_costs_by_steps_and_the_voucher_is_whole_again(steps: tuple[str, ...], kept: int):
    town, work = _live(*steps)
    assert work.order.stage == "undone"
    assert _kept(town) == (kept, 0)
    assert town.supply[9]["held"] == town.supply[9]["sold"] == 0


@pytest.mark.parametrize("steps", [("clock:+6d",), ("clock:+49h", "buyer:cancelled")])
def test_who_does_not_come_pays_alone(steps: tuple[str, ...]):
    town, _work = _live(*steps)
    assert _kept(town) == (PAID, 0)


def test_a_party_gives_its_tickets_back_together():
    town, work = _live()
    with pytest.raises(NotNow):
        act(town, TICKET, work, "buyer:cancelled", {"lines": {"1": 1}})


def test_no_more_are_let_in_than_there_are_seats():
    _town, work = _live()
    assert [(hold.target_id, hold.quantity) for hold in work.holds] == [(9, 4)]
