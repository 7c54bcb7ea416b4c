"""Choosing: what a format asks besides how many (a time, days, options, answers, a way through town, a wish), drawn and read back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

import msgspec

from highstreet.kit.errors import Malformed
from highstreet.market.choices import ON_PRESCRIPTION
from highstreet.market.desk import Market
from highstreet.market.format import Choice
from highstreet.market.shelf import ForSale
from highstreet.market.views import choosing as views
from highstreet.market.views import cohorts
from highstreet.web.frame import Form, Visitor

_AHEAD, _DAYS = timedelta(days=14), 28
_IN, _OUT = time(14), time(12)


class Day(msgspec.Struct, frozen=True):
    """A day of a calendar and how many things are free for its night."""

    day: date
    free: int


class Chooser(msgspec.Struct, frozen=True):
    """What the page of an offer asks: by kind, with what there is to choose from."""

    kinds: list[str]
    by_day: bool = False
    days: list[tuple[date, list[views.Time]]] = []
    calendar: list[Day] = []
    things: int = 0
    options: Mapping[str, Mapping[str, int]] = {}
    answers: Mapping[str, Mapping[str, int]] = {}
    spots: list[views.Spot] = []
    gatherings: list[cohorts.Gathering] = []
    gathers: bool = False
    counted: bool = False

    @property
    def closed(self) -> bool:
        """Nothing can be chosen now: no time is open, no group gathers, nothing is there to lend."""
        return (
            (self.gathers and not self.gatherings)
            or ("slot" in self.kinds and not any(one.free > 0 for _, times in self.days for one in times))
            or ("period" in self.kinds and not self.things)
        )


async def chooser(market: Market, visitor: Visitor, goods: ForSale) -> Chooser | None:
    """What is asked for this offer; None where a quantity is all there is to say."""
    form = market.format(goods.format)
    kinds = [ask.kind for ask in form.hints.asks if ask.kind != "seats" or goods.terms.get("hall")]
    if not kinds and form.decided == "alone":
        return None
    now, place = visitor.now, goods.place.id
    found: dict[str, Any] = {}
    async with market.db.read() as tx:
        if "slot" in kinds:
            variants = [goods.variant_id, str(goods.terms.get("slots_of", ""))]
            times = await views.times(tx, variants, place, now, now + _AHEAD)
            by_day = groupby(times, lambda t: t.starts.astimezone(market.tz).date())
            found["days"] = [(day, list(each)) for day, each in by_day]
        if "period" in kinds:
            known = await views.calendar(tx, goods.variant_id, place, now, now + timedelta(days=_DAYS))
            found |= {"things": known.things, "calendar": _calendar(market, known, now)}
        if "route" in kinds:
            found["spots"] = await views.spots(tx)
        if form.decided == "cohort":
            found["gatherings"] = await cohorts.open_for(tx, goods.id, now)
    return Chooser(
        kinds,
        by_day=any(ask.by_day for ask in form.hints.asks),
        options=goods.terms.get("options", {}),
        answers=goods.terms.get("answers", {}),
        gathers=form.decided == "cohort",
        counted=any(ask.steps is not None and ask.kind in kinds for ask in form.hints.asks),
        **found,
    )


def _calendar(market: Market, known: views.Calendar, now: datetime) -> list[Day]:
    first = now.astimezone(market.tz).date()
    days: list[Day] = []
    for day in (first + timedelta(days=n) for n in range(_DAYS)):
        starts = datetime.combine(day, _IN, market.tz)
        ends = datetime.combine(day + timedelta(days=1), _OUT, market.tz)
        taken = sum(busy.starts < ends and busy.ends > starts for busy in known.busy)
        days.append(Day(day, max(0, known.things - taken)))
    return days


def chosen(market: Market, goods: ForSale, form: Form, of: str = "") -> dict[str, Any]:
    """The choice a form of `choices.html` sent. `of`: what its fields' names begin with, where a form asks for several offers.

    Errors: Malformed for a date or time nobody can read.
    """
    found: dict[str, Any] = {}
    if goods.rx is not None:
        found[ON_PRESCRIPTION] = form.get(f"{of}c-{ON_PRESCRIPTION}")
    for ask in market.format(goods.format).hints.asks:
        match ask.kind:
            case "period":
                found["period"] = _period(market, form, ask, of)
            case "options" | "answers":
                prefix = f"{of}c-{ask.kind}-"
                names = goods.terms.get(ask.kind, {})
                found[ask.kind] = {name: form.get(prefix + name) for name in names if form.get(prefix + name)}
            case "seats":
                found["seats"] = form.all(f"{of}c-seats")
            case "route":
                found["route"] = {end: _point(form.get(f"{of}c-route-{end}")) for end in ("from", "to")}
            case kind:
                found[kind] = form.get(f"{of}c-{kind}")
    if form.get(of + "c-cohort"):
        found["cohort"] = form.get(of + "c-cohort")
    return {kind: value for kind, value in found.items() if value}


def _period(market: Market, form: Form, ask: Choice, of: str) -> dict[str, str]:
    told = {end: form.get(f"{of}c-{end}") for end in ("from", "to")}
    if not all(told.values()):
        return {}
    try:
        if ask.by_day:
            ends = {"from": _IN, "to": _OUT}
            moments = {end: datetime.combine(date.fromisoformat(told[end]), ends[end]) for end in told}
        else:
            moments = {end: datetime.fromisoformat(text) for end, text in told.items()}
        return {end: moment.replace(tzinfo=market.tz).isoformat() for end, moment in moments.items()}
    except ValueError:
        raise Malformed("period", "please choose from when until when", "请选择起止时间") from None


def _point(text: str) -> list[float]:
    """Latitude and longitude of a place as its choice carries them; nothing for what no page of ours sends."""
    try:
        lat, lon = text.split(",")
        return [float(lat), float(lon)]
    except ValueError:
        return []
