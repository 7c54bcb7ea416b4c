"""A parcel, as most formats send it: who tells what of it, how long each step may take, and what a seller states of its price."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Teller, Term, Within

FACTS: Mapping[str, tuple[Teller, ...]] = {
    "ready": ("seller",),
    "shipped": ("seller",),
    "attempted": ("seller", "courier"),
    "delivered": ("seller", "courier"),
    "received": ("buyer",),
    "cancelled": ("buyer", "seller"),
    **rules.RETURN_FACTS,
}
DEADLINES: Mapping[str, Within] = {
    "prepare": Within(timedelta(days=3), "undone"),
    "underway": Within(timedelta(days=15), "lost"),
    "confirm": Within(timedelta(days=rules.RETURN_DAYS), "done"),
    "return": rules.SENT_BACK,
}


def fee_terms(fee: int, free_from: int) -> tuple[Term, ...]:
    """What a seller states of the delivery fee, as `rules.delivery_fee` reads it."""
    return (
        Term("delivery_fee", Words("Delivery", "运费"), usual=fee, money=True),
        Term("delivery_free_from", Words("Delivery is free from", "满额包邮"), usual=free_from, money=True),
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
