"""The hall: every way to buy in this town, in the town's words, and what is on now in each."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from litestar import Response, get

from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.format import Format
from highstreet.market.views import hall as views
from highstreet.web.frame import GivenMarket, GivenVisitor, show
from highstreet.web.shop.shelves import drawn

_SHOWN = 3


class On(msgspec.Struct, frozen=True):
    """An offer in a way's tile.

    `now`: what is on about it: gathering, draw, time, thing, or nothing; how `many` are in or free, `at`: until or from when.
    """

    offer_id: str
    title: Words
    picture: str | None
    price: int
    currency: str
    unit: str
    now: str = ""
    many: int = 0
    at: datetime | None = None


class Way(msgspec.Struct, frozen=True):
    """A way to buy: its format, how many offers there are, and a few of them; what is on now first."""

    form: Format
    offers: int
    shown: list[On]

    @property
    def on(self) -> bool:
        return any(one.now for one in self.shown)


@get("/ways")
async def hall(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """All ways, those with something on now first."""
    forms = latest(market)
    timed = [form.name for form in forms if any(ask.kind == "slot" for ask in form.hints.asks)]
    lent = [form.name for form in forms if form.promise == "asset"]
    today = visitor.now.astimezone(market.tz).replace(hour=0, minute=0, second=0, microsecond=0)
    async with market.db.read() as tx:
        picks = await views.picks(tx, _SHOWN)
        gathering = await views.gathering_now(tx, visitor.now)
        times = await views.times_free(tx, timed, visitor.now, today + timedelta(days=1))
        things = await views.things_free(tx, lent, visitor.now)
    drawn_by_lot = {form.name for form in forms if "once" in form.hints.gathers}
    now = [(one.format, _gathering(one, one.format in drawn_by_lot)) for one in gathering]
    now += [(one.format, _free(one)) for one in (*times, *things)]
    ways = [_way(form, [on for name, on in now if name == form.name], picks) for form in forms]
    return show(visitor, "shop/hall.html", ways=sorted(ways, key=_rank), drawn=drawn)


def latest(market: Market) -> list[Format]:
    """The latest version of each format, as they were registered."""
    found: dict[str, Format] = {}
    for form in market.formats.values():
        if form.name not in found or found[form.name].version < form.version:
            found[form.name] = form
    return list(found.values())


def _rank(way: Way) -> tuple[bool, bool]:
    return (not way.on, not way.offers)


def _way(form: Format, now: list[On], picks: list[views.Pick]) -> Way:
    mine = [one for one in picks if one.format == form.name]
    first = {one.offer_id: one for one in reversed(now)}
    shown = list({one.offer_id: first[one.offer_id] for one in now}.values())
    shown += [
        On(one.offer_id, one.title, one.picture, one.price, one.currency, one.unit)
        for one in mine
        if one.offer_id not in first
    ]
    return Way(form, mine[0].offers if mine else 0, shown[:_SHOWN])


def _gathering(one: views.GatheringNow, by_lot: bool) -> On:
    now = "draw" if by_lot else "gathering"
    return On(
        one.offer_id,
        one.title,
        one.picture,
        one.price,
        one.currency,
        one.unit,
        now,
        one.joined,
        one.closes_at,
    )


def _free(one: views.FreeNow) -> On:
    now = "thing" if one.first is None else "time"
    return On(
        one.offer_id, one.title, one.picture, one.price, one.currency, one.unit, now, one.free, one.first
    )
