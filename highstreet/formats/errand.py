"""Errand: somebody buys or carries for you. The fee is the price; what may be spent is set aside beside it, and what is left comes back."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from highstreet.kit.text import Words
from highstreet.ledger import ESCROW, Transfer
from highstreet.market import rules
from highstreet.market.format import Choice, Format, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.market.work import Work
from highstreet.orders import Agreed, Due

MOST_SPENT = 20_000
WITHIN_MINUTES = 90


def quote(asked: Asked) -> Agreed:
    """The fee, and the most that may be spent: nothing where something is only carried."""
    asked.within_reach()
    start = asked.opening(asked.now)
    agreed = rules.agree(
        asked,
        fee_bps=ERRAND.money.fee_bps,
        window=(start, start + timedelta(minutes=asked.term("within_minutes", WITHIN_MINUTES))),
        whole=True,
    )
    cap = asked.term("cap", MOST_SPENT)
    return msgspec.structs.replace(agreed, dues=[*agreed.dues, Due(rules.CAP, cap)]) if cap else agreed


def done(work: Work) -> list[Transfer]:
    """The fee is earned as any price; what was laid out is paid back to the seller, to the last fen and no more."""
    told = work.has("bought")
    spent = min(told.body.get("amount", 0) if told is not None else 0, work.escrow(rules.CAP))
    return [
        *(one for one in rules.release(work) if one.purpose != rules.CAP),
        Transfer(rules.CAP, ESCROW, work.seller, spent),
        Transfer(rules.CAP, ESCROW, work.payer, work.escrow(rules.CAP) - spent),
    ]


ERRAND = Format(
    name="errand",
    version=1,
    sells=("service",),
    promise="nothing",
    quote=quote,
    gate=rules.WHEN_ACCEPTED,
    legs=("errand",),
    money=Money(done=done, undone=rules.refund_all, fee_bps=500),
    deadlines={
        "payment": Within(timedelta(minutes=15), "undone"),
        "accept": Within(timedelta(minutes=15), "undone"),
        "buy": Within(timedelta(hours=2), "undone", after_window=True),
        # Bought and never brought: the buyer has nothing, so the buyer pays nothing.
        "bring": Within(timedelta(days=1), "undone"),
    },
    facts={
        "accepted": ("courier", "seller"),
        "refused": ("seller",),
        "bought": ("courier", "seller"),
        "brought": ("courier", "seller"),
        "cancelled": ("buyer", "seller"),
    },
    hints=Hints(
        title=Words(en="Run an errand", zh="跑腿代办"),
        line=Words(
            en="Say what to buy or carry. You pay the fee and what the receipt says, never more than you allowed.",
            zh="写明代买或代送什么；只付跑腿费和小票金额，不超过限额。",
        ),
        picture="basket-of-things",
        needs_address=True,
        asks=(Choice("text"),),
        terms=(
            Term("cap", Words("May be spent at most", "代买限额"), usual=MOST_SPENT, money=True),
            Term(
                "within_minutes",
                Words("Done within", "完成时限"),
                Words("minutes", "分钟"),
                WITHIN_MINUTES,
                most=1_440,
            ),
        ),
    ),
    stories=(
        Story(
            "rice for thirty yuan",
            "provider:paid, courier:accepted, courier:bought amount=3000, courier:brought",
            "done",
            12500,
            500,
            -13000,
        ),
        Story(
            "called off before it was bought",
            "provider:paid, courier:accepted, buyer:cancelled",
            "undone",
            0,
            0,
            0,
        ),
        Story(
            "bought and never brought",
            "provider:paid, courier:accepted, courier:bought amount=3000, clock:+2d",
            "undone",
            0,
            0,
            0,
        ),
    ),
)
