"""Stay: nights of a room. Given back by steps; the deposit stays the guest's unless something is broken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from highstreet.kit.text import Words
from highstreet.ledger import Transfer
from highstreet.market import rules
from highstreet.market.format import Choice, Format, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.market.work import Work
from highstreet.orders import Agreed

DEPOSIT = 20_000
STEPS = rules.ladder(free_until_h=48, late_bps=5_000, last_h=6, last_bps=10_000, no_show_bps=10_000)


def nights(period: Mapping[str, str], _terms: Mapping[str, Any]) -> int:
    """From the hour of moving in, each begun day is a night: in at two, out by noon."""
    return rules.begun(period, 24 * 60)


def quote(asked: Asked) -> Agreed:
    return rules.agree(
        asked,
        fee_bps=STAY.money.fee_bps,
        window=asked.period,
        deposit=asked.term("deposit", DEPOSIT),
        whole=True,
        terms=rules.stated(asked, STEPS),
    )


def done(work: Work) -> list[Transfer]:
    """What the host found broken comes out of the deposit, as far as it reaches; no finding in time, nothing kept."""
    seen = work.has("inspected")
    return rules.release_but(work, seen.body.get("damage", 0) if seen is not None else 0)


def undone(work: Work) -> list[Transfer]:
    """Called off by the ladder; who never moved in until the last night was over did not come."""
    late = work.has("late")
    if late is not None and late.body["waits"] == "out":
        return rules.not_come(work)
    return rules.call_off(work)


STAY = Format(
    name="stay",
    version=1,
    sells=("use",),
    promise="asset",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("out", "back"),
    money=Money(done=done, undone=undone, fee_bps=500),
    deadlines={
        "payment": Within(timedelta(minutes=15), "undone"),
        "out": Within(timedelta(hours=12), "undone"),
        "back": Within(timedelta(days=1), "done"),
        "inspect": Within(timedelta(days=1), "done"),
    },
    facts={
        "checked_in": ("buyer", "seller", "device"),
        "checked_out": ("buyer", "seller", "device"),
        "inspected": ("seller",),
        "no_show": ("seller",),
        "cancelled": ("buyer", "seller"),
    },
    licence="lodging",
    hints=Hints(
        title=Words(en="Stay the night", zh="住宿"),
        line=Words(
            en="Choose your nights; the deposit comes back after you leave.",
            zh="选好入住和离店时间，退房查验后退押金。",
        ),
        picture="quilt",
        asks=(Choice("period", steps=nights, by_day=True),),
        terms=(Term("deposit", Words("Deposit", "押金"), usual=DEPOSIT, money=True), *STEPS),
    ),
    stories=(
        Story(
            "slept well and left all whole",
            "provider:paid, clock:+2d, buyer:checked_in, clock:+2d, buyer:checked_out, seller:inspected damage=0",
            "done",
            9500,
            500,
            -10000,
        ),
        Story(
            "called off a day before", "provider:paid, clock:+1d, buyer:cancelled", "undone", 5000, 0, -5000
        ),
        Story(
            "the lamp is broken: the deposit pays",
            "provider:paid, clock:+2d, buyer:checked_in, clock:+2d, buyer:checked_out, seller:inspected damage=8000",
            "done",
            17500,
            500,
            -18000,
        ),
    ),
)
