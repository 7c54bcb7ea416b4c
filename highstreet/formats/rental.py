"""Rental: a bicycle, wheelchair, stroller or tool for a time. The rent is earned, the deposit stays the buyer's until it is inspected."""

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

DEPOSIT = 5_000
ZONE_FEE = 1_000
MINUTES, METRES = Words("minutes", "分钟"), Words("m", "米")


def hours(period: Mapping[str, str], terms: Mapping[str, Any]) -> int:
    """Begun units of the tariff; a unit is `unit_minutes` long (an hour when nothing is said)."""
    return rules.begun(period, terms.get("unit_minutes", 60))


def quote(asked: Asked) -> Agreed:
    return rules.agree(
        asked,
        fee_bps=RENTAL.money.fee_bps,
        window=asked.period,
        deposit=asked.term("deposit", DEPOSIT),
        whole=True,
        terms={
            "late_per_hour": asked.term("late_per_hour", 500),
            "zone_m": asked.term("zone_m", 0),
            "zone_fee": asked.term("zone_fee", ZONE_FEE),
        },
    )


def done(work: Work) -> list[Transfer]:
    """Lateness and damage come out of the deposit, never out of anybody's voucher; what never came back costs all of it."""
    late = work.has("late")
    if late is not None and late.body["waits"] == "back":
        return rules.release_but(work, work.escrow(rules.DEPOSIT))
    seen = work.has("inspected")
    damage = seen.body.get("damage", 0) if seen is not None else 0
    owed = rules.hours_late(work) * work.order.agreed.number("late_per_hour") + damage
    return rules.release_but(work, owed + astray(work))


def astray(work: Work) -> int:
    """What bringing it back elsewhere than near its place costs; nobody is charged where nobody knows how far away it stands."""
    agreed, back = work.order.agreed, work.has("brought_back")
    away = back.body.get("away_m", 0) if back is not None else 0
    return agreed.number("zone_fee") if 0 < agreed.number("zone_m") < away else 0


RENTAL = Format(
    name="rental",
    version=1,
    sells=("use",),
    promise="asset",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("out", "back"),
    money=Money(done=done, undone=rules.refund_all, fee_bps=500),
    deadlines={
        "payment": Within(timedelta(minutes=10), "undone"),
        "out": Within(timedelta(hours=2), "undone"),
        "back": Within(timedelta(days=3), "done"),
        "inspect": Within(timedelta(days=1), "done"),
    },
    facts={
        "unlocked": ("buyer", "seller", "device"),
        "brought_back": ("buyer", "seller", "device"),
        "inspected": ("seller",),
        "unanswered": ("device",),
        "found": ("seller", "operator"),
        "cancelled": ("buyer", "seller"),
    },
    hints=Hints(
        title=Words(en="Borrow it", zh="租用"),
        line=Words(
            en="Unlock with a code; the deposit comes back with the thing.", zh="扫码开锁，归还后退押金。"
        ),
        picture="bicycle",
        asks=(Choice("period", steps=hours),),
        terms=(
            Term("deposit", Words("Deposit", "押金"), usual=DEPOSIT, money=True),
            Term("late_per_hour", Words("Each hour late", "超时每小时"), usual=500, money=True),
            Term("unit_minutes", Words("The price is for", "计价单位"), MINUTES, 60, most=43_200),
            Term("zone_m", Words("To be brought back within", "归还范围"), METRES, 0),
            Term("zone_fee", Words("Elsewhere", "范围外调度费"), usual=ZONE_FEE, money=True),
        ),
    ),
    stories=(
        Story(
            "brought back in time and whole",
            "provider:paid, clock:+2d, buyer:unlocked, clock:+1d, buyer:brought_back, seller:inspected damage=0",
            "done",
            9485,
            499,
            -9984,
        ),
        Story("called off before it went out", "provider:paid, buyer:cancelled", "undone", 0, 0, 0),
        Story(
            "came back broken: the deposit pays",
            "provider:paid, clock:+2d, buyer:unlocked, clock:+1d, buyer:brought_back, seller:inspected damage=3000",
            "done",
            12485,
            499,
            -12984,
        ),
    ),
)
