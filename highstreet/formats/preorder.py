"""Preorder: a place in a delivery still to come. A first part now, the rest when the goods are there; decided once per receipt."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from highstreet.kit.text import Words
from highstreet.ledger import Transfer
from highstreet.market import parcel, rules
from highstreet.market.format import FALLEN, Format, Gate, Hints, Money, Story, Within
from highstreet.market.quote import Asked
from highstreet.market.work import Work
from highstreet.orders import Agreed, Closing

DELIVERY_FEE = 800
FREE_FROM = 9900
FIRST_BPS = 2_000


def quote(asked: Asked) -> Agreed:
    window: tuple[datetime, datetime] | None = None
    if asked.cohort is not None:
        window = (asked.cohort.closes_at, rules.working_days(asked.cohort.closes_at, 6))
    return rules.agree(
        asked,
        fee_bps=PREORDER.money.fee_bps,
        window=window,
        return_days=rules.RETURN_DAYS,
        delivery=rules.delivery_fee(asked, DELIVERY_FEE, FREE_FROM),
        first=asked.share_of_price("first_bps", FIRST_BPS),
    )


def close(closing: Closing) -> dict[str, Any]:
    """It goes ahead when whoever closes it says that the goods arrived. `units`: how many, when fewer than were promised.

    Then who ordered first is served first, as long as whole orders can be: `last` is the last of them.
    """
    decision: dict[str, Any] = {"go": bool(closing.told.get("arrived")), "members": len(closing.members)}
    left = closing.told.get("units", closing.wanted)
    if left < closing.wanted:
        decision["last"] = ""
        for member in sorted(closing.members, key=lambda member: member.order_id):
            left -= member.quantity
            if left < 0:
                break
            decision["last"] = member.order_id
    return decision


def decide(work: Work, now: datetime) -> str:
    decision = rules.decision_of(work)
    if decision is not None and work.order.id > decision.get("last", work.order.id):
        return FALLEN
    return rules.when_decided_and_paid(work, now)


def undone(work: Work) -> list[Transfer]:
    """The goods are there and the buyer does not want them any more: the first part stays. Whatever else goes wrong, all goes back."""
    return rules.refund_all(work) if work.settled else rules.keep_first(work)


PREORDER = Format(
    name="preorder",
    version=1,
    sells=("goods",),
    promise="run",
    quote=quote,
    gate=Gate(decide, waits=("closing", "balance"), close=close),
    decided="cohort",
    legs=("parcel",),
    money=Money(done=rules.release, undone=undone, fee_bps=500),
    deadlines={
        "payment": Within(timedelta(minutes=30), "undone"),
        "closing": Within(timedelta(days=1), "undone"),
        "balance": Within(timedelta(days=3), "undone"),
        **parcel.DEADLINES,
    },
    facts=parcel.FACTS,
    hints=Hints(
        title=Words(en="Order ahead", zh="新品预售"),
        line=Words(
            en="A first part now, the rest when it arrives; no goods, all your money back.",
            zh="先付首款，到货付尾款；到期未到货，全额退款。",
        ),
        needs_address=True,
        gathers=("units", "arrived"),
        terms=(
            parcel.first_term(FIRST_BPS),
            *parcel.fee_terms(DELIVERY_FEE, FREE_FROM),
        ),
    ),
    stories=(
        Story(
            "arrived, paid and sent",
            "provider:paid, cohort:closes arrived=1, provider:paid, seller:shipped, seller:delivered, clock:+8d",
            "done",
            9500,
            500,
            -10000,
        ),
        Story("the goods never came", "provider:paid, cohort:closes", "undone", 0, 0, 0),
        Story(
            "they came, the rest was never paid",
            "provider:paid, cohort:closes arrived=1, clock:+4d",
            "undone",
            2000,
            0,
            -2000,
        ),
    ),
)
