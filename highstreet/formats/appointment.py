"""Appointment: a time with somebody who does something for you: clinic, salon, tutoring, a repair at home."""

from __future__ import annotations

from datetime import timedelta

from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Choice, Format, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed

FREE_UNTIL_H = 24
LATE_BPS = 5_000
FIRST_BPS = 3_000


def quote(asked: Asked) -> Agreed:
    """A first part now, the rest after the visit. Called off late or not turned up: what was agreed stays with the seller."""
    return rules.agree(
        asked,
        fee_bps=APPOINTMENT.money.fee_bps,
        window=asked.period,
        first=asked.share_of_price("first_bps", FIRST_BPS),
        terms={
            "free_until_h": asked.term("free_until_h", FREE_UNTIL_H),
            "late_bps": min(asked.term("late_bps", LATE_BPS), asked.term("first_bps", FIRST_BPS)),
            "no_show_bps": asked.term("first_bps", FIRST_BPS),
        },
    )


APPOINTMENT = Format(
    name="appointment",
    version=1,
    sells=("service",),
    promise="slot",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("visit",),
    money=Money(done=rules.release, undone=rules.call_off, fee_bps=300),
    deadlines={
        "payment": Within(timedelta(minutes=15), "undone"),
        "visit": Within(timedelta(days=2), "done"),
        "balance": Within(timedelta(days=7), "done"),
    },
    facts={"visited": ("seller",), "no_show": ("seller",), "cancelled": ("buyer", "seller")},
    hints=Hints(
        title=Words(en="Book a time", zh="预约服务"),
        line=Words(
            en="Choose a time; a part now, the rest after the visit.", zh="选好时间，先付定金，服务后付余款。"
        ),
        picture="scissors",
        asks=(Choice("slot"),),
        terms=(
            Term(
                "first_bps",
                Words("Paid when booking", "预付比例"),
                Words("hundredths of a percent", "万分比"),
                FIRST_BPS,
                most=10_000,
            ),
            Term(
                "free_until_h",
                Words("Calling off is free until", "免费取消截止"),
                Words("hours before", "小时前"),
                FREE_UNTIL_H,
                most=720,
            ),
            Term(
                "late_bps",
                Words("Kept when called off later", "逾期取消扣除"),
                Words("hundredths of a percent", "万分比"),
                LATE_BPS,
                most=10_000,
            ),
        ),
    ),
    stories=(
        Story(
            "came and paid the rest",
            "provider:paid, clock:+49h, seller:visited, provider:paid",
            "done",
            9700,
            300,
            -10000,
        ),
        Story("called off two days before", "provider:paid, buyer:cancelled", "undone", 0, 0, 0),
        Story("did not come", "provider:paid, clock:+49h, seller:no_show", "undone", 3000, 0, -3000),
    ),
)
