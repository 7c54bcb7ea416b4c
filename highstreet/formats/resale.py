"""Resale: one used thing, graded, sold for its owner on commission. The owner earns once the buyer has kept it."""

from __future__ import annotations

from datetime import timedelta

from highstreet.kit.text import Words
from highstreet.market import parcel, rules
from highstreet.market.format import Format, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed

DELIVERY_FEE = 800
FREE_FROM = 9900
SHIPS_WITHIN_DAYS = 2


def quote(asked: Asked) -> Agreed:
    """The condition it was sold in is remembered: whether it was as described is judged by that. The owner's part is one of the cuts."""
    return rules.agree(
        asked,
        fee_bps=RESALE.money.fee_bps,
        window=parcel.window(asked, asked.now, SHIPS_WITHIN_DAYS),
        return_days=rules.RETURN_DAYS,
        delivery=rules.delivery_fee(asked, DELIVERY_FEE, FREE_FROM),
        terms={"tenths": asked.term("tenths", 9), "complain_days": rules.RETURN_DAYS},
    )


RESALE = Format(
    name="resale",
    version=1,
    sells=("goods",),
    promise="stock",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("parcel",),
    money=Money(done=rules.release, undone=rules.refund_all, fee_bps=300),
    deadlines={"payment": Within(timedelta(minutes=30), "undone"), **parcel.DEADLINES},
    facts=parcel.FACTS,
    licence="second_hand",
    hints=Hints(
        title=Words(en="Second hand", zh="二手寄卖"),
        line=Words(
            en="Looked over and graded; seven days to send it back.",
            zh="专业验货、标明成色，七天无理由退货。",
        ),
        needs_address=True,
        terms=(
            # As such things are described here: ten tenths is as new, six has seen much use.
            Term("tenths", Words("Condition", "成色"), Words("tenths of new", "成新"), 9, most=10),
            parcel.ships_term(SHIPS_WITHIN_DAYS),
            *parcel.fee_terms(DELIVERY_FEE, FREE_FROM),
        ),
    ),
    stories=(
        Story(
            "sent and kept",
            "provider:paid, seller:shipped, seller:delivered, clock:+8d",
            "done",
            9700,
            300,
            -10000,
        ),
        Story("called off before it was sent", "provider:paid, buyer:cancelled", "undone", 0, 0, 0),
        Story(
            "not as described: sent back",
            "provider:paid, seller:shipped, seller:delivered, buyer:return_wanted reason=not_as_described, seller:returned",
            "done",
            0,
            0,
            0,
        ),
    ),
)
