"""Ride: quoted by the way, bound when a driver accepts, begun with the rider's code, paid when it arrives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from highstreet.kit.geo import Point, metres
from highstreet.kit.text import Words
from highstreet.ledger import Transfer
from highstreet.market import rules
from highstreet.market.format import Choice, Format, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.market.work import Work
from highstreet.orders import Agreed

LEAST_HM = 30
CANCEL_FEE = 500
PICKUP_MIN = 10
STREETS_PERCENT = 130  # streets wind: how much longer than the straight line the way is
SECONDS_PER_HM = 15  # 24 km/h through the town


def hectometres(route: Mapping[str, Any], terms: Mapping[str, Any]) -> int:
    """Begun hectometres of the way, never fewer than the least the fare is for."""
    straight = metres(Point(*route["from"]), Point(*route["to"]))
    return max(-(-straight * STREETS_PERCENT // 10_000), terms.get("least_hm", LEAST_HM))


def quote(asked: Asked) -> Agreed:
    """The fare is fixed: a detour is the driver's. The driver is to be there in so many minutes."""
    there = asked.now + timedelta(minutes=asked.term("pickup_min", PICKUP_MIN))
    way = timedelta(seconds=SECONDS_PER_HM * sum(line.quantity for line in asked.lines))
    return rules.agree(
        asked,
        fee_bps=RIDE.money.fee_bps,
        window=(there, there + way),
        whole=True,
        terms={"cancel_fee": asked.term("cancel_fee", CANCEL_FEE)},
    )


def undone(work: Work) -> list[Transfer]:
    """The fee for calling off a driver who is coming and not yet late, or not standing there; out of the rider's own part.

    After the start nothing is called off any more: whoever gets out early has arrived, and the fare is due.
    """
    agreed, told = work.order.agreed, work.has("cancelled")
    owes = work.has("no_show") is not None
    if told is not None and told.body.get("role") == "buyer" and work.has("accepted") and agreed.window:
        owes = told.at <= agreed.window[0]
    return rules.refund_but(work, agreed.number("cancel_fee") if owes else 0)


RIDE = Format(
    name="ride",
    version=1,
    sells=("service",),
    promise="nothing",
    quote=quote,
    gate=rules.WHEN_ACCEPTED,
    legs=("ride",),
    money=Money(done=rules.release, undone=undone, fee_bps=1_000),
    deadlines={
        "payment": Within(timedelta(minutes=10), "undone"),
        "accept": Within(timedelta(minutes=5), "undone"),
        "driver": Within(timedelta(hours=1), "undone"),
        "ride": Within(timedelta(hours=12), "done"),
    },
    facts={
        "accepted": ("courier", "seller"),
        "refused": ("seller",),
        "started": ("courier", "seller"),
        "arrived": ("courier", "seller"),
        "no_show": ("courier", "seller"),
        "cancelled": ("buyer", "seller"),
    },
    licence="ride",
    hints=Hints(
        title=Words(en="Get a ride", zh="叫车"),
        line=Words(en="The fare is fixed before you get in.", zh="上车前一口价，绕路不加钱。"),
        picture="bicycle",
        asks=(Choice("route", steps=hectometres),),
        terms=(
            Term("cancel_fee", Words("Calling off a driver", "接单后取消费"), usual=CANCEL_FEE, money=True),
            Term(
                "least_hm", Words("Shortest fare", "起步里程"), Words("x 100 m", "百米"), LEAST_HM, most=300
            ),
            Term(
                "pickup_min",
                Words("There within", "接驾时间"),
                Words("minutes", "分钟"),
                PICKUP_MIN,
                most=120,
            ),
        ),
    ),
    stories=(
        Story(
            "driven there",
            "provider:paid, courier:accepted, courier:started, courier:arrived",
            "done",
            8991,
            999,
            -9990,
        ),
        Story("no driver was free", "provider:paid, clock:+1h", "undone", 0, 0, 0),
        Story(
            "called off with the driver on the way",
            "provider:paid, courier:accepted, buyer:cancelled",
            "undone",
            500,
            0,
            -500,
        ),
    ),
)
