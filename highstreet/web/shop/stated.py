"""What a seller stated when offering in this way, as its buyer reads it: what the price is for, deposits, ceilings, fees and times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from highstreet.kit.errors import Refusal
from highstreet.market.desk import Market
from highstreet.market.format import Format
from highstreet.market.quote import Asked
from highstreet.web import render
from highstreet.web.frame import Visitor, say
from highstreet.web.shop.shelves import Shown, offers


def per(form: Format, terms: Mapping[str, Any], visitor: Visitor) -> str:
    """What one price is for where a choice or the course of it says how much it is; empty where it is for a thing."""
    if "lessons" in form.legs:
        return say(visitor, "lesson")
    counted = next((ask for ask in form.hints.asks if ask.steps is not None), None)
    if counted is not None and counted.kind == "route":
        return say(visitor, "100 m")
    if counted is None or counted.kind != "period":
        return ""
    minutes = 0 if counted.by_day else int(terms.get("unit_minutes", 0)) or 60
    return say(visitor, {0: "night", 60: "hour", 1440: "day"}.get(minutes, "%(n)s minutes"), n=minutes)


def stated(form: Format, terms: Mapping[str, Any], currency: str, visitor: Visitor) -> list[tuple[str, str]]:
    """What was stated and what is usual, in words; not what is only a yes or a no."""
    told: list[tuple[str, str]] = []
    for term in form.hints.terms:
        value = terms.get(term.name, term.usual)
        if not isinstance(value, int) or not value or term.most == 1:
            continue
        if term.money:
            text = render.money(value, currency, visitor.lang)
        elif term.share:
            text = f"{value / 100:g} %"
        else:
            text = f"{value} {term.unit.say(visitor.lang)}".strip()
        told.append((term.words.say(visitor.lang), text))
    return told


async def each_time(market: Market, visitor: Visitor, terms: Mapping[str, Any]) -> Shown | None:
    """What a rhythm orders each time, as it is sold now."""
    of = terms.get("of")
    return (await offers(market, visitor, [of]))[0] if isinstance(of, str) else None


def return_days(market: Market, visitor: Visitor, one: Shown) -> int:
    """In how many days it may go back without a reason, the way it is sold; seven where nobody can say yet."""
    try:
        asked = Asked([one.priced], [one.goods], visitor.now, market.tz, one.distance_m)
        return market.format(one.goods.format).quote(asked).return_days
    except Refusal:
        return 7
