"""Debut: the first launch of a thing more people want than there is. Everybody enters, lots decide, and anyone can draw them again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from highstreet.kit.text import Words
from highstreet.market import parcel, rules
from highstreet.market.format import FALLEN, Format, Gate, Hints, Money, Story, Within
from highstreet.market.quote import Asked
from highstreet.market.work import Work
from highstreet.orders import Agreed, Closing, Member

DELIVERY_FEE = 800
FREE_FROM = 9900
SHIPS_WITHIN_DAYS = 2


def quote(asked: Asked) -> Agreed:
    window: tuple[datetime, datetime] | None = None
    if asked.cohort is not None:
        window = parcel.window(asked, asked.cohort.closes_at, SHIPS_WITHIN_DAYS)
    return rules.agree(
        asked,
        fee_bps=DEBUT.money.fee_bps,
        window=window,
        return_days=rules.RETURN_DAYS,
        delivery=rules.delivery_fee(asked, DELIVERY_FEE, FREE_FROM),
        whole=True,
    )


def lot(seed: str, order_id: str) -> str:
    """An order's lot: the SHA-256 of `seed:order_id` (UTF-8), in lower-case hexadecimal."""
    return hashlib.sha256(f"{seed}:{order_id}".encode()).hexdigest()


def draw(seed: str, members: Iterable[Member], units: int) -> str:
    """The highest lot that wins, "" when none does. Orders are served from the lowest lot up until one does not fit.

    An order for more than all units takes no part. The seed's own SHA-256 is announced before anybody enters, the seed when it is drawn.
    """
    cutoff = ""
    for its_lot, quantity in sorted(
        (lot(seed, m.order_id), m.quantity) for m in members if m.quantity <= units
    ):
        units -= quantity
        if units < 0:
            break
        cutoff = its_lot
    return cutoff


def close(closing: Closing) -> dict[str, Any]:
    units = int(closing.cohort.terms.get("units", 0))
    cutoff = draw(closing.seed, closing.members, units)
    return {"go": True, "seed": closing.seed, "units": units, "cutoff": cutoff}


def decide(work: Work, now: datetime) -> str:
    verdict, drawn = rules.when_decided(work, now), rules.decision_of(work)
    if drawn is None or verdict == FALLEN:
        return verdict
    fits = sum(line.quantity for line in work.lines) <= drawn["units"]
    return verdict if fits and lot(drawn["seed"], work.order.id) <= drawn["cutoff"] else FALLEN


DEBUT = Format(
    name="debut",
    version=1,
    sells=("goods",),
    promise="stock",
    quote=quote,
    gate=Gate(decide, waits=("closing",), close=close),
    decided="cohort",
    hold="committing",
    legs=("parcel",),
    money=Money(done=rules.release, undone=rules.refund_all, fee_bps=500),
    deadlines={
        "payment": Within(timedelta(minutes=30), "undone"),
        "closing": Within(timedelta(days=1), "undone"),
        **parcel.DEADLINES,
    },
    facts=parcel.FACTS,
    hints=Hints(
        title=Words(en="First launch", zh="新品首发"),
        line=Words(
            en="Enter once; lots decide. Not drawn, all your money back.",
            zh="每人限参与一次，公开抽签；未中签全额退款。",
        ),
        needs_address=True,
        gathers=("units", "once"),
        terms=(
            parcel.ships_term(SHIPS_WITHIN_DAYS),
            *parcel.fee_terms(DELIVERY_FEE, FREE_FROM),
        ),
    ),
    stories=(
        Story(
            "drawn, sent and kept",
            "provider:paid, cohort:closes members=1, seller:shipped, seller:delivered, clock:+8d",
            "done",
            9500,
            500,
            -10000,
        ),
        Story("not drawn", "provider:paid, cohort:closes members=9", "undone", 0, 0, 0),
        Story("left before the draw", "provider:paid, buyer:cancelled, cohort:closes", "undone", 0, 0, 0),
    ),
)
