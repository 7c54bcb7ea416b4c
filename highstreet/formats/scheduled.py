"""Scheduled: brought in a delivery window the buyer chose: the week's shopping, a mattress, a gas bottle."""

from __future__ import annotations

from datetime import timedelta

from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Choice, Format, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed

DELIVERY_FEE = 600
FREE_FROM = 9900


def quote(asked: Asked) -> Agreed:
    """The window is the slot chosen: its places are counted by the variant the terms name as `slots_of`."""
    asked.within_reach()
    return rules.agree(
        asked,
        fee_bps=SCHEDULED.money.fee_bps,
        window=asked.period,
        return_days=asked.term("return_days", rules.RETURN_DAYS),
        delivery=rules.delivery_fee(asked, DELIVERY_FEE, FREE_FROM),
    )


SCHEDULED = Format(
    name="scheduled",
    version=1,
    sells=("goods",),
    promise="stock",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("courier",),
    money=Money(done=rules.release, undone=rules.refund_all, fee_bps=500),
    deadlines={
        "payment": Within(timedelta(minutes=15), "undone"),
        "prepare": Within(timedelta(hours=2), "undone", after_window=True),
        "courier": Within(timedelta(hours=2), "undone", after_window=True),
        "underway": Within(timedelta(hours=6), "lost", after_window=True),
        "confirm": Within(timedelta(days=rules.RETURN_DAYS), "done"),
        "return": rules.SENT_BACK,
    },
    facts={
        "ready": ("seller",),
        "picked_up": ("courier",),
        "attempted": ("courier",),
        "delivered": ("courier",),
        "received": ("buyer",),
        "cancelled": ("buyer", "seller"),
        **rules.RETURN_FACTS,
        **rules.OLD_FACTS,
    },
    hints=Hints(
        title=Words(en="Brought when you say", zh="预约送货"),
        line=Words(en="Choose the hours; we come in that window.", zh="选好时段，按时送到家。"),
        picture="courier",
        needs_address=True,
        asks=(Choice("slot"),),
        terms=(
            Term("delivery_fee", Words("Delivery", "配送费"), usual=DELIVERY_FEE, money=True),
            Term("delivery_free_from", Words("Free from", "满额免配送费"), usual=FREE_FROM, money=True),
            Term(
                "return_days",
                Words("May be sent back", "无理由退货"),
                Words("days", "天"),
                rules.RETURN_DAYS,
                most=90,
            ),
        ),
    ),
    stories=(
        Story(
            "brought in its window",
            "provider:paid, seller:ready, clock:+49h, courier:picked_up, courier:delivered, clock:+8d",
            "done",
            9500,
            500,
            -10000,
        ),
        Story("called off before it was ready", "provider:paid, buyer:cancelled", "undone", 0, 0, 0),
        Story("nobody came in the window", "provider:paid, seller:ready, clock:+5d", "undone", 0, 0, 0),
    ),
)
