"""Collect: ordered ahead, fetched at the shop with a code."""

from __future__ import annotations

from datetime import timedelta

from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Format, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed

USUAL_MINUTES = 60


def quote(asked: Asked) -> Agreed:
    ready = asked.opening(asked.now + timedelta(minutes=asked.term("prepare_minutes", USUAL_MINUTES)))
    return rules.agree(
        asked,
        fee_bps=COLLECT.money.fee_bps,
        window=(ready, ready + timedelta(days=2)),
        return_days=rules.RETURN_DAYS,
    )


COLLECT = Format(
    name="collect",
    version=1,
    sells=("goods",),
    promise="stock",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("pickup",),
    money=Money(
        done=rules.release,
        undone=rules.refund_all,
        fee_bps=200,
        ways=("provider", "wallet", "cash"),
        at_handover=("cash",),
    ),
    deadlines={
        "payment": Within(timedelta(minutes=30), "undone"),
        "prepare": Within(timedelta(days=1), "undone"),
        "pickup": Within(timedelta(days=3), "undone"),
        "return": rules.SENT_BACK,
    },
    facts={
        "ready": ("seller",),
        "handed_over": ("seller",),
        "cancelled": ("buyer", "seller"),
        **rules.RETURN_FACTS,
        **rules.OLD_FACTS,
        "return_wanted": ("buyer", "seller"),
    },
    hints=Hints(
        title=Words(en="Fetch it yourself", zh="到店自提"),
        line=Words(en="We put it aside; show your code at the shop.", zh="店家备好，凭码自提。"),
        picture="locker",
        terms=(
            Term(
                "prepare_minutes",
                Words("Getting it ready takes", "备货时间"),
                Words("minutes", "分钟"),
                USUAL_MINUTES,
                most=10_000,
            ),
        ),
    ),
    stories=(
        Story(
            "fetched", "provider:paid, seller:ready, seller:handed_over, clock:+8d", "done", 9800, 200, -10000
        ),
        Story("never fetched", "provider:paid, seller:ready, clock:+4d", "undone", 0, 0, 0),
        Story(
            "fetched and brought back",
            "provider:paid, seller:ready, seller:handed_over, buyer:return_wanted, seller:returned",
            "done",
            0,
            0,
            0,
        ),
    ),
)
