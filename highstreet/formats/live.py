"""Live: a drop shown in a live session. It is held for two minutes, then it is somebody else's; sent as a parcel."""

from __future__ import annotations

from datetime import timedelta

from highstreet.kit.text import Words
from highstreet.market import parcel, rules
from highstreet.market.format import Format, Hints, Money, Story, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed

DELIVERY_FEE = 800
FREE_FROM = 4900
SHIPS_WITHIN_DAYS = 2


def quote(asked: Asked) -> Agreed:
    """As any parcel; the host's part comes from the room it is shown in."""
    return rules.agree(
        asked,
        fee_bps=LIVE.money.fee_bps,
        window=parcel.window(asked, asked.now, SHIPS_WITHIN_DAYS),
        return_days=rules.RETURN_DAYS,
        delivery=rules.delivery_fee(asked, DELIVERY_FEE, FREE_FROM),
    )


LIVE = Format(
    name="live",
    version=1,
    sells=("goods",),
    promise="stock",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("parcel",),
    money=Money(done=rules.release, undone=rules.refund_all, fee_bps=500),
    deadlines={
        "payment": Within(timedelta(minutes=2), "undone"),
        **parcel.DEADLINES,
    },
    facts=parcel.FACTS,
    hints=Hints(
        title=Words(en="Live now", zh="直播秒杀"),
        line=Words(
            en="Yours for two minutes until you pay; seven days to send it back.",
            zh="抢到后两分钟内付款有效，七天无理由退货。",
        ),
        picture="lamp",
        needs_address=True,
        in_room=True,
        terms=(
            parcel.ships_term(SHIPS_WITHIN_DAYS),
            *parcel.fee_terms(DELIVERY_FEE, FREE_FROM),
        ),
    ),
    stories=(
        Story(
            "caught, paid and kept",
            "provider:paid, seller:shipped, seller:delivered, clock:+8d",
            "done",
            9500,
            500,
            -10000,
        ),
        Story("not paid in two minutes", "clock:+1h, provider:paid", "undone", 0, 0, 0),
        Story(
            "not what was shown: sent back",
            "provider:paid, seller:shipped, seller:delivered, buyer:return_wanted, seller:returned",
            "done",
            0,
            0,
            0,
        ),
    ),
)
