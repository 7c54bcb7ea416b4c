"""Made to order: configured from options, made in a run once enough pieces are ordered. Kept, since it fits nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from highstreet.kit.text import Words
from highstreet.market import parcel, rules
from highstreet.market.format import Choice, Format, Gate, Hints, Money, Story, Term, Within
from highstreet.market.quote import Asked
from highstreet.orders import Agreed, Closing

DELIVERY_FEE = 800
FREE_FROM = 9900
FIRST_BPS = 3_000
MAKE_DAYS = 21


def quote(asked: Asked) -> Agreed:
    """Made for this buyer: without a fault nothing goes back (Consumer Rights Protection Law, art. 25, goods made to order)."""
    window: tuple[datetime, datetime] | None = None
    if asked.cohort is not None:
        made = rules.working_days(asked.cohort.closes_at, asked.term("make_days", MAKE_DAYS))
        window = (rules.working_days(made, 1), rules.working_days(made, 3))
    return rules.agree(
        asked,
        fee_bps=MADE_TO_ORDER.money.fee_bps,
        window=window,
        delivery=rules.delivery_fee(asked, DELIVERY_FEE, FREE_FROM),
        first=asked.share_of_price("first_bps", FIRST_BPS),
    )


def close(closing: Closing) -> dict[str, Any]:
    """The run is worth starting from so many pieces on."""
    return {"go": closing.wanted >= closing.cohort.terms.get("least", 1), "pieces": closing.wanted}


MADE_TO_ORDER = Format(
    name="made_to_order",
    version=1,
    sells=("goods",),
    promise="run",
    quote=quote,
    gate=Gate(rules.when_decided_and_paid, waits=("closing", "balance"), close=close),
    decided="cohort",
    legs=("parcel",),
    money=Money(done=rules.release, undone=rules.keep_first, fee_bps=500),
    deadlines={
        **parcel.DEADLINES,
        "payment": Within(timedelta(minutes=30), "undone"),
        "closing": Within(timedelta(days=1), "undone"),
        "balance": Within(timedelta(days=3), "undone"),
        # What is not made two weeks after it was to be there is not worth waiting for.
        "prepare": Within(timedelta(days=14), "undone", after_window=True),
    },
    facts=parcel.FACTS,
    hints=Hints(
        title=Words(en="Made for you", zh="按需定制"),
        line=Words(
            en="Choose how you want it; a part now, the rest when the making starts.",
            zh="选好款式，先付首款，开工付尾款；定制商品不支持无理由退货。",
        ),
        picture="factory",
        needs_address=True,
        gathers=("units", "least"),
        asks=(Choice("options"),),
        terms=(
            parcel.first_term(FIRST_BPS),
            Term(
                "make_days",
                Words("Made within", "制作周期"),
                Words("working days", "个工作日"),
                MAKE_DAYS,
                most=180,
            ),
            *parcel.fee_terms(DELIVERY_FEE, FREE_FROM),
        ),
    ),
    stories=(
        Story(
            "the run was full, made and sent",
            "provider:paid, cohort:closes members=4, provider:paid, seller:ready, seller:shipped, seller:delivered",
            "done",
            9500,
            500,
            -10000,
        ),
        Story("too few wanted it", "provider:paid, cohort:closes", "undone", 0, 0, 0),
        Story(
            "called off when the making had started",
            "provider:paid, cohort:closes members=4, provider:paid, buyer:cancelled",
            "undone",
            2000,
            0,
            -2000,
        ),
    ),
)
