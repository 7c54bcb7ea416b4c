"""Online: ordered on the net, sent as a parcel."""

from __future__ import annotations

from datetime import timedelta

from highstreet.kit.text import Words
from highstreet.market import parcel, rules
from highstreet.market.format import Format, Hints, Money, Story, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed

DELIVERY_FEE = 800
FREE_FROM = 9900
SHIPS_WITHIN_DAYS = 1


def quote(asked: Asked) -> Agreed:
    return rules.agree(
        asked,
        fee_bps=ONLINE.money.fee_bps,
        window=parcel.window(asked, asked.now, SHIPS_WITHIN_DAYS),
        return_days=rules.RETURN_DAYS,
        delivery=rules.delivery_fee(asked, DELIVERY_FEE, FREE_FROM),
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
    deadlines={"payment": Within(timedelta(minutes=30), "undone"), **parcel.DEADLINES},
    facts=parcel.FACTS,
    hints=Hints(
        title=Words(en="Sent to you", zh="快递到家"),
        line=Words(
            en="A parcel to your door; seven days to send it back.", zh="包裹送到家，七天无理由退货。"
        ),
        picture="parcel",
        needs_address=True,
        terms=(parcel.ships_term(SHIPS_WITHIN_DAYS), *parcel.fee_terms(DELIVERY_FEE, FREE_FROM)),
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
