"""Unattended: a cabinet or shop with nobody in it. What may be taken at most is paid in; what was not taken is paid back at once."""

from __future__ import annotations

from datetime import timedelta

from highstreet.kit.text import Words
from highstreet.market import rules
from highstreet.market.format import Format, Hints, Money, Story, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed

COMPLAIN_DAYS = 7


def quote(asked: Asked) -> Agreed:
    """The quantities are a ceiling. Bought on the spot there is no return without a reason; who is charged wrongly says so in time."""
    return rules.agree(
        asked,
        fee_bps=UNATTENDED.money.fee_bps,
        window=(asked.now, asked.now + timedelta(hours=1)),
        terms={"complain_days": COMPLAIN_DAYS},
    )


UNATTENDED = Format(
    name="unattended",
    version=1,
    sells=("goods",),
    promise="stock",
    quote=quote,
    gate=rules.AT_ONCE,
    legs=("cabinet",),
    money=Money(done=rules.release, undone=rules.refund_all, fee_bps=200),
    deadlines={
        "payment": Within(timedelta(minutes=10), "undone"),
        "open": Within(timedelta(hours=1), "undone"),
        # Opened and never reported: until then an operator may say what was taken; without anybody's word nobody is charged.
        "take": Within(timedelta(days=1), "undone"),
        # It is the buyer's word against the cabinet's: who runs the market decides, and not at the buyer's expense when nobody does.
        "return": Within(timedelta(days=7), "granted"),
    },
    facts={
        "opened": ("buyer", "device"),
        "unanswered": ("device",),
        "taken": ("device", "operator"),
        "cancelled": ("buyer", "seller"),
        "return_wanted": ("buyer",),
        # Nobody saw it but the cabinet, which is the seller's: a person who is neither decides.
        "returned": ("operator",),
        "return_refused": ("operator",),
    },
    hints=Hints(
        title=Words(en="Take it yourself", zh="无人货柜"),
        line=Words(
            en="Open with your code and take; what you leave is paid back at once.",
            zh="扫码开门，随手取货；没拿的当场退款。",
        ),
        picture="locker",
    ),
    stories=(
        Story("taken", "provider:paid, buyer:opened, device:taken 1=1", "done", 9800, 200, -10000),
        Story("opened, and nothing taken", "provider:paid, buyer:opened, device:taken", "undone", 0, 0, 0),
        Story(
            "charged for what was never taken: a person decides",
            "provider:paid, buyer:opened, device:taken 1=1, buyer:return_wanted reason=not_taken, operator:returned",
            "done",
            0,
            0,
            0,
        ),
    ),
)
