"""Online: ordered on the net, sent as a parcel."""

from __future__ import annotations

from datetime import datetime, timedelta

from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Format, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed

DELIVERY_FEE = 800
FREE_FROM = 9900


def quote(asked: Asked) -> Agreed:
    sent = rules.working_days(asked.now, asked.term("ships_within_days", 1))
    window: tuple[datetime, datetime] = (rules.working_days(sent, 1), rules.working_days(sent, 3))
    fee = rules.delivery_fee(asked, DELIVERY_FEE, FREE_FROM)
    return rules.agree(
        asked, fee_bps=ONLINE.money.fee_bps, window=window, return_days=rules.RETURN_DAYS, delivery=fee
    )


ONLINE = Format(
    name="online",
    version=1,
    sells=("goods",),
    promise="stock",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("parcel",),
    money=Money(done=rules.release, undone=rules.refund_all, fee_bps=500),
    deadlines={
        "payment": Within(timedelta(minutes=30), "undone"),
        "prepare": Within(timedelta(days=3), "undone"),
        "underway": Within(timedelta(days=15), "lost"),
        "confirm": Within(timedelta(days=rules.RETURN_DAYS), "done"),
        "return": rules.SENT_BACK,
    },
    facts={
        "ready": ("seller",),
        "shipped": ("seller",),
        "attempted": ("seller", "courier"),
        "delivered": ("seller", "courier"),
        "received": ("buyer",),
        "cancelled": ("buyer", "seller"),
        **rules.RETURN_FACTS,
    },
    hints=Hints(
        title=Words(en="Sent to you", zh="快递到家"),
        line=Words(
            en="A parcel to your door; seven days to send it back.", zh="包裹送到家，七天无理由退货。"
        ),
        picture="parcel",
        needs_address=True,
        terms=(
            Term(
                "ships_within_days",
                Words("Sent within", "发货时限"),
                Words("working days", "个工作日"),
                1,
                most=60,
            ),
            Term("delivery_fee", Words("Delivery costs", "配送费"), usual=DELIVERY_FEE, money=True),
            Term("delivery_free_from", Words("Free delivery from", "满额包邮"), usual=FREE_FROM, money=True),
        ),
    ),
    stories=(
        Story(
            "delivered and kept",
            "provider:paid, seller:shipped, seller:delivered, clock:+8d",
            "done",
            9500,
            500,
            -10000,
        ),
        Story("cancelled before it was sent", "provider:paid, buyer:cancelled", "undone", 0, 0, 0),
        Story(
            "nobody ever home",
            "provider:paid, seller:shipped, seller:attempted, seller:attempted, seller:attempted, seller:returned",
            "undone",
            0,
            0,
            0,
        ),
        Story(
            "sent back within seven days",
            "provider:paid, seller:shipped, seller:delivered, buyer:return_wanted, seller:returned",
            "done",
            0,
            0,
            0,
        ),
    ),
)
