"""Instant: nearby stock, accepted within minutes, carried in about half an hour."""

from __future__ import annotations

from datetime import timedelta

from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Format, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed

DELIVERY_FEE = 500
FREE_FROM = 8800
METRES_A_MINUTE = 200
USUAL_DISTANCE_M = 2000


def quote(asked: Asked) -> Agreed:
    asked.within_reach()
    cook = asked.term("prepare_minutes", 10)
    ride = (asked.distance_m or USUAL_DISTANCE_M) // METRES_A_MINUTE
    start = asked.opening(asked.now)
    window = (start + timedelta(minutes=cook + ride), start + timedelta(minutes=cook + ride + 20))
    fee = rules.delivery_fee(asked, DELIVERY_FEE, FREE_FROM)
    return rules.agree(
        asked,
        fee_bps=INSTANT.money.fee_bps,
        window=window,
        return_days=asked.term("return_days", 0),
        delivery=fee,
    )


INSTANT = Format(
    name="instant",
    version=1,
    sells=("goods",),
    promise="stock",
    quote=quote,
    gate=rules.WHEN_ACCEPTED,
    legs=("courier",),
    money=Money(done=rules.release, undone=rules.refund_all, fee_bps=800),
    deadlines={
        "payment": Within(timedelta(minutes=15), "undone"),
        "accept": Within(timedelta(minutes=10), "undone"),
        "prepare": Within(timedelta(hours=2), "undone"),
        "courier": Within(timedelta(hours=2), "undone"),
        "underway": Within(timedelta(hours=6), "lost"),
        "confirm": Within(timedelta(days=1), "done"),
        "return": Within(timedelta(days=7), "drop"),
    },
    facts={
        "accepted": ("seller",),
        "refused": ("seller",),
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
        title=Words(en="Within the hour", zh="即时送达"),
        line=Words(en="From a shop near you, by courier.", zh="附近店铺，骑手送达。"),
        picture="courier",
        needs_address=True,
        terms=(
            Term(
                "prepare_minutes",
                Words("Getting it ready takes", "备货时间"),
                Words("minutes", "分钟"),
                10,
                most=600,
            ),
            Term("return_days", Words("May be brought back for", "可退天数"), Words("days", "天"), most=365),
            Term("delivery_fee", Words("Delivery costs", "配送费"), usual=DELIVERY_FEE, money=True),
            Term("delivery_free_from", Words("Free delivery from", "满额包邮"), usual=FREE_FROM, money=True),
        ),
    ),
    stories=(
        Story(
            "carried in half an hour",
            "provider:paid, seller:accepted, seller:ready, courier:picked_up, courier:delivered, clock:+2d",
            "done",
            9200,
            800,
            -10000,
        ),
        Story("the shop did not answer", "provider:paid, clock:+1h", "undone", 0, 0, 0),
        Story(
            "never arrived",
            "provider:paid, seller:accepted, seller:ready, courier:picked_up, clock:+1d",
            "undone",
            0,
            0,
            0,
        ),
    ),
)
