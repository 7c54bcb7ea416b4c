"""What an offer says besides its price, by the way it is sold: which terms a format reads, asked in a shopkeeper's words."""

from __future__ import annotations

import msgspec

from highstreet.kit.text import Words
from highstreet.market.format import Format
from highstreet.web.merchant.filled import Filled


class Term(msgspec.Struct, frozen=True):
    """One term: `money` in minor units, else a whole number up to `most`."""

    name: str
    label: Words
    hint: Words
    unit: Words = Words()
    money: bool = False
    most: int = 10_000


_PREPARE = Term(
    "prepare_minutes",
    Words("Getting it ready takes", "备货时间"),
    Words("The promise to the buyer counts it in.", "给买家的承诺时间已包含在内。"),
    Words("minutes", "分钟"),
)
_SHIPS = Term(
    "ships_within_days",
    Words("Sent within", "发货时限"),
    Words("Working days until the parcel leaves.", "包裹发出前的工作日。"),
    Words("working days", "个工作日"),
    most=60,
)
_RETURN = Term(
    "return_days",
    Words("May be brought back for", "可退天数"),
    Words("Days after buying.", "购买后的天数。"),
    Words("days", "天"),
    most=365,
)
_FEE = Term(
    "delivery_fee",
    Words("Delivery costs", "配送费"),
    Words("For the whole order.", "按整单收取。"),
    money=True,
)
_FREE = Term(
    "delivery_free_from",
    Words("Free delivery from", "满额包邮"),
    Words("Sum of the order.", "订单金额。"),
    money=True,
)

_OF_LEG = {"parcel": (_SHIPS,), "pickup": (_PREPARE,), "courier": (_PREPARE, _RETURN)}


def terms_of(one: Format) -> list[Term]:
    """The terms a format reads: what its movements need, and what bringing it costs."""
    found: list[Term] = [term for leg in one.legs for term in _OF_LEG.get(leg, ())]
    if not one.legs:
        found.append(_RETURN)
    if one.hints.needs_address:
        found += [_FEE, _FREE]
    return found


def read_terms(f: Filled, one: Format, currency: str) -> dict[str, int]:
    """What the form says; an empty field leaves the usual in force."""
    said: dict[str, int] = {}
    for term in terms_of(one):
        field = f"t-{term.name}"
        value = (
            f.money(field, currency, required=False)
            if term.money
            else f.whole(field, most=term.most, required=False)
        )
        if value is not None:
            said[term.name] = value
    return said
