"""Watching a programme: what is claimed, redeemed and lapsed day by day, where, and how much of it reaches small sellers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from litestar import Response, get
from litestar.params import FromPath

from highstreet import policy
from highstreet.market.rehearsal import SMALL
from highstreet.market.views import city as views
from highstreet.market.views import watching
from highstreet.web.city import drawn
from highstreet.web.city.desk import GivenDesk

_SHEET = (640, 400, 36)  # a map's width, height and edge


class Pin(NamedTuple):
    """A place on the map: where on the sheet, and how large."""

    spot: watching.Spot
    x: float
    y: float
    radius: float


class District(NamedTuple):
    """Places of one district together."""

    name: str
    orders: int
    spent: int


@get("/programmes/{programme_id:str}/watch")
async def watch(desk: GivenDesk, programme_id: FromPath[str]) -> Response[str]:
    desk.require("programmes")
    zone = str(desk.market.tz)
    async with desk.market.db.read(snapshot=True) as tx:
        one = await views.purse(tx, programme_id, desk.now)
        days = await watching.days(tx, programme_id, desk.now, zone)
        sellers = await watching.by_seller(tx, programme_id, desk.now, SMALL)
        spots = await watching.by_place(tx, programme_id)
        kinds = await watching.by_kind(tx, programme_id)
        names = await views.kinds(tx)
    small = sum(each.spent for each in sellers if each.small)
    return desk.show(
        "watch.html",
        one=one,
        name=policy.instruments.read(one.rules).name if one.rules else one.id,
        days=days,
        top=max([each.claimed for each in days] + [each.redeemed for each in days] + [1]),
        line=drawn.line,
        sellers=sellers,
        small=small,
        whole=sum(each.spent for each in sellers),
        pins=pins(spots),
        sheet=_SHEET,
        districts=districts(spots),
        kinds=[(names.get(each.id), each) for each in kinds],
    )


def pins(spots: Sequence[watching.Spot]) -> list[Pin]:
    """Every place on the sheet; its circle's area grows with the money it redeemed."""
    at = drawn.spread([(one.lat, one.lon) for one in spots], *_SHEET)
    most = max((one.spent for one in spots), default=0) or 1
    return [
        Pin(one, x, y, round(4 + 22 * (one.spent / most) ** 0.5, 1))
        for one, (x, y) in zip(spots, at, strict=True)
    ]


def districts(spots: Sequence[watching.Spot]) -> list[District]:
    """The most money first; '' for places whose address names no district."""
    sums: dict[str, tuple[int, int]] = {}
    for one in spots:
        orders, spent = sums.get(one.district, (0, 0))
        sums[one.district] = orders + one.orders, spent + one.spent
    found = [District(name, orders, spent) for name, (orders, spent) in sums.items()]
    return sorted(found, key=lambda one: (-one.spent, one.name))


ROUTES = [watch]
