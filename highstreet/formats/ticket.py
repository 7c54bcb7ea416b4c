"""Ticket: entry at a time to a sight, a museum, a match or a show: seats or room, one code each for the gate, given back by steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from highstreet.kit.text import Words
from highstreet.ledger import Transfer
from highstreet.market import rules
from highstreet.market.format import Choice, Format, Hints, Money, Story, Within
from highstreet.market.quote import Asked
from highstreet.market.work import Work
from highstreet.orders import Agreed

STEPS = rules.ladder(free_until_h=24, late_bps=5_000, last_h=2, last_bps=10_000, no_show_bps=10_000)
TERMS = (*STEPS, *rules.passing(times=3, until_h=1))


def _seats(chosen: Any, _terms: Mapping[str, Any]) -> int:
    """As many tickets as seats; where there is no hall, the buyer says how many."""
    return len(chosen)


def quote(asked: Asked) -> Agreed:
    """Paid at once. A party's tickets are given back together or not at all, or the steps of the ladder would mean nothing."""
    return rules.agree(
        asked,
        fee_bps=TICKET.money.fee_bps,
        window=asked.period,
        whole=True,
        terms=rules.stated(asked, TERMS),
    )


def done(work: Work) -> list[Transfer]:
    """Earned at the gate. Unused when the day is over: the seller keeps the buyer's part as agreed, public money goes back."""
    return rules.release(work) if work.has("entered") else rules.not_come(work)


TICKET = Format(
    name="ticket",
    version=1,
    sells=("service",),
    promise="slot",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("visit",),
    money=Money(done=done, undone=rules.call_off, fee_bps=300),
    deadlines={
        "payment": Within(timedelta(minutes=15), "undone"),
        # A gate that was off the network tells whom it let in when it is back: a day is left for that.
        "visit": Within(timedelta(days=1), "done"),
    },
    facts={"entered": ("seller", "device"), "cancelled": ("buyer", "seller")},
    hints=Hints(
        title=Words(en="Tickets", zh="门票预约"),
        line=Words(
            en="Choose a time; your code opens the gate. Given back in time, it costs nothing.",
            zh="选好入场时间，凭码检票入场；按时退票不收费。",
        ),
        picture="ticket",
        asks=(Choice("slot"), Choice("seats", steps=_seats)),
        terms=TERMS,
    ),
    stories=(
        Story("went in", "provider:paid, clock:+49h, seller:entered", "done", 9700, 300, -10000),
        Story(
            "given back the evening before: half is kept",
            "provider:paid, clock:+36h, buyer:cancelled",
            "undone",
            5000,
            0,
            -5000,
        ),
        Story("nobody came", "provider:paid, clock:+6d", "done", 10000, 0, -10000),
    ),
)
