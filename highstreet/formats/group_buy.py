"""Group buy: neighbours order together; the price falls with their number and is decided once, for all, when the group closes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from highstreet.kit.money import share
from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Format, Gate, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.market.work import Work
from highstreet.orders import Agreed, Closing, Line


def quote(asked: Asked) -> Agreed:
    """The dearest price is paid in; what the group saves comes back when it closes."""
    window: tuple[datetime, datetime] | None = None
    if asked.cohort is not None:
        ready = asked.opening(asked.cohort.closes_at + timedelta(days=asked.term("ready_days", 2)))
        window = (ready, ready + timedelta(days=2))
    return rules.agree(asked, fee_bps=GROUP_BUY.money.fee_bps, window=window)


def close(closing: Closing) -> dict[str, Any]:
    """With enough neighbours it goes ahead, at the step their number reaches: tiers are [number, basis points off]."""
    number = len(closing.members)
    off = max((bps for least, bps in closing.cohort.terms.get("tiers", []) if number >= least), default=0)
    return {"go": number >= closing.cohort.terms.get("least", 1), "members": number, "off_bps": off}


def price(work: Work, line: Line) -> int:
    decision = rules.decision_of(work)
    return line.amount - share(line.amount, decision["off_bps"] if decision else 0, 10_000)


GROUP_BUY = Format(
    name="group_buy",
    version=1,
    sells=("goods",),
    promise="stock",
    quote=quote,
    gate=Gate(rules.when_decided, waits=("closing",), close=close),
    decided="cohort",
    legs=("pickup",),
    money=Money(price=price, done=rules.release, undone=rules.refund_all, fee_bps=200),
    deadlines={
        "payment": Within(timedelta(minutes=30), "undone"),
        "closing": Within(timedelta(days=1), "undone"),
        "prepare": Within(timedelta(days=7), "undone"),
        "pickup": Within(timedelta(days=3), "undone"),
    },
    facts={
        "cancelled": ("buyer", "seller"),
        "ready": ("seller", "partner"),
        "handed_over": ("seller", "partner"),
    },
    hints=Hints(
        title=Words(en="Buy together", zh="社区团购"),
        line=Words(
            en="The more neighbours join, the less each pays; fetched from your group's leader.",
            zh="邻里越多越便宜，到团长处自提。",
        ),
        picture="basket-of-things",
        gathers=("tiers", "least"),
        terms=(
            Term(
                "ready_days",
                Words("Ready after the group closes", "截团后备货"),
                Words("days", "天"),
                2,
                most=30,
            ),
        ),
    ),
    stories=(
        Story(
            "five join and all pay a fifth less",
            "provider:paid, cohort:closes members=4, seller:ready, seller:handed_over",
            "done",
            7840,
            160,
            -8000,
        ),
        Story("too few joined", "provider:paid, cohort:closes", "undone", 0, 0, 0),
        Story(
            "left before it closed, and could not join again afterwards",
            "provider:paid, buyer:cancelled, cohort:closes members=9",
            "undone",
            0,
            0,
            0,
        ),
    ),
)
