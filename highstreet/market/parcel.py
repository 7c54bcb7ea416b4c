"""A parcel, as most formats send it: who tells what of it, how long each step may take, when it arrives, what a seller states of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Teller, Term, Within
from highstreet.market.quote import Asked

FACTS: Mapping[str, tuple[Teller, ...]] = {
    "ready": ("seller",),
    "shipped": ("seller",),
    "attempted": ("seller", "courier"),
    "delivered": ("seller", "courier"),
    "received": ("buyer",),
    "cancelled": ("buyer", "seller"),
    **rules.RETURN_FACTS,
    **rules.OLD_FACTS,
}
DEADLINES: Mapping[str, Within] = {
    "prepare": Within(timedelta(days=3), "undone"),
    "underway": Within(timedelta(days=15), "lost"),
    "confirm": Within(timedelta(days=rules.RETURN_DAYS), "done"),
    "return": rules.SENT_BACK,
}


def window(asked: Asked, start: datetime, ships_within_days: int) -> tuple[datetime, datetime]:
    """When it arrives: so many working days until it is sent, and one to three on its way."""
    sent = rules.working_days(start, asked.term("ships_within_days", ships_within_days))
    return (rules.working_days(sent, 1), rules.working_days(sent, 3))


def ships_term(usual: int) -> Term:
    """How soon a seller sends it, as `window` reads it."""
    return Term(
        "ships_within_days",
        Words("Sent within", "发货时限"),
        Words("working days", "个工作日"),
        usual,
        most=60,
    )


def fee_terms(fee: int, free_from: int) -> tuple[Term, ...]:
    """What a seller states of the delivery fee, as `rules.delivery_fee` reads it."""
    return (
        Term("delivery_fee", Words("Delivery costs", "运费"), usual=fee, money=True),
        Term("delivery_free_from", Words("Free delivery from", "满额包邮"), usual=free_from, money=True),
    )


def first_term(usual_bps: int) -> Term:
    """What part of the price is paid at first, the rest later."""
    return Term(
        "first_bps",
        Words("Paid at first", "首款比例"),
        Words("hundredths of a percent", "万分比"),
        usual_bps,
        most=5_000,
    )
