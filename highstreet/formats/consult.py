"""Consult: a visit to a licensed practitioner over the network. What is said and found there stays between the two, outside the order."""

from __future__ import annotations

from datetime import timedelta

from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Choice, Format, Hints, Money, Story, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed

STEPS = rules.ladder(free_until_h=2, late_bps=3_000, last_h=0, last_bps=0, no_show_bps=5_000)


def quote(asked: Asked) -> Agreed:
    """The whole price at booking, as at a clinic's desk."""
    return rules.agree(
        asked,
        fee_bps=CONSULT.money.fee_bps,
        window=asked.period,
        whole=True,
        terms=rules.stated(asked, STEPS),
    )


CONSULT = Format(
    name="consult",
    version=1,
    sells=("service",),
    promise="slot",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("visit",),
    money=Money(done=rules.release, undone=rules.call_off, fee_bps=300),
    deadlines={
        "payment": Within(timedelta(minutes=15), "undone"),
        # A visit without a record was not held: who never told of it by the next day has not earned it.
        "visit": Within(timedelta(days=1), "undone"),
    },
    # `prescribed` carries a prescription's number and nothing of what it says; the record never comes near the order.
    facts={
        "visited": ("seller",),
        "prescribed": ("seller",),
        "no_show": ("seller",),
        "cancelled": ("buyer", "seller"),
    },
    licence="clinic",
    hints=Hints(
        title=Words(en="See a doctor online", zh="在线问诊"),
        line=Words(
            en="Choose a time; a licensed practitioner calls you. What you say stays between you two.",
            zh="预约时间，由执业医师线上接诊；病历只对医患双方可见。",
        ),
        picture="thermometer",
        asks=(Choice("slot"),),
        terms=STEPS,
    ),
    stories=(
        Story("seen by the doctor", "provider:paid, clock:+49h, seller:visited", "done", 9700, 300, -10000),
        Story("called off the day before", "provider:paid, clock:+1d, buyer:cancelled", "undone", 0, 0, 0),
        Story("the doctor never came", "provider:paid, clock:+6d", "undone", 0, 0, 0),
    ),
)
