"""What an order costs, sum by sum in words."""

from __future__ import annotations

import msgspec

from highstreet.web.shop.follow import Followed
from highstreet.web.shop.standing import due


class Sum(msgspec.Struct, frozen=True):
    """What for, and how much in minor units."""

    text: str
    amount: int


def sums(found: Followed, lang: str) -> list[Sum]:
    """What the order costs by what it is for; nothing where that is the price alone."""
    dues = [one for one in found.work.order.agreed.dues if one.amount]
    parts = sum(one.purpose == "price" for one in dues) > 1
    if len(dues) < 2:
        return []
    return [Sum(due(one.purpose, later=one.later, parts=parts).say(lang), one.amount) for one in dues]


def extras(found: Followed, lang: str) -> list[Sum]:
    """What was paid besides the price of the lines, and what of that is still to be paid (negative)."""
    beside = [one for one in found.work.order.agreed.dues if one.purpose != "price" and one.amount]
    told = [Sum(due(one.purpose, later=False, parts=False).say(lang), one.amount) for one in beside]
    rest = Sum(due("price", later=True, parts=True).say(lang), -found.owed)
    return [*told, rest] if found.owed else told
