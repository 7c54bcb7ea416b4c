"""Counter: paid and taken in the shop."""

from __future__ import annotations

from datetime import timedelta

from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Format, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed


def quote(asked: Asked) -> Agreed:
    return rules.agree(
        asked,
        fee_bps=COUNTER.money.fee_bps,
        window=(asked.now, asked.now),
        return_days=asked.term("return_days", 7),
    )


COUNTER = Format(
    name="counter",
    version=1,
    sells=("goods", "service"),
    promise="stock",
    quote=quote,
    gate=rules.AT_ONCE,
    money=Money(done=rules.release, undone=rules.refund_all, fee_bps=60, ways=("cash", "provider", "wallet")),
    deadlines={
        "payment": Within(timedelta(minutes=10), "undone"),
        "return": Within(timedelta(days=1), "drop"),
    },
    facts={"cancelled": ("seller",), "return_wanted": ("seller",), "returned": ("seller",)},
    hints=Hints(
        title=Words(en="At the counter", zh="到店购买"),
        line=Words(en="Pay and take it with you.", zh="当面付款，即刻带走。"),
        picture="shop-grocer",
        terms=(
            Term(
                "return_days", Words("May be brought back for", "可退天数"), Words("days", "天"), 7, most=365
            ),
        ),
    ),
    stories=(
        Story("paid and taken", "clerk:cash", "done", 9940, 60, -10000),
        Story("payment never came", "clock:+1h", "undone", 0, 0, 0),
        Story("brought back", "clerk:cash, seller:returned", "done", 0, 0, 0),
    ),
)
