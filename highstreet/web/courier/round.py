"""The round: what to fetch, whom to bring it, in which order; deliveries near that nobody has taken; the day's earnings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response, get, post

from highstreet import logistics
from highstreet.kit.errors import Malformed
from highstreet.kit.geo import Point
from highstreet.kit.ids import spoken
from highstreet.kit.rates import Limit
from highstreet.market import carry
from highstreet.market.carry import Door
from highstreet.market.desk import Market
from highstreet.market.views import courier as views
from highstreet.web import frame, sessions
from highstreet.web.courier.rider import Leg, opened, outlined, rider_of
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor
from highstreet.web.sessions import Visitor

MOST = 12  # on one round


@get("/courier")
async def round_(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    rider = await rider_of(market, visitor)
    if not rider.round:
        return await _near(market, visitor)
    return rider.show("round.html", spoken=spoken)


@get("/courier/near")
async def near(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    return await _near(market, visitor)


async def _near(market: Market, visitor: Visitor) -> Response[str]:
    rider = await rider_of(market, visitor)
    async with market.db.read() as tx:
        found = [outlined(market, visitor, stop) for stop in await views.free(tx)]
    if visitor.near is not None:
        # What is ready and near first; the promise decides between neighbours.
        found.sort(key=lambda leg: (leg.stop.state != "ready", (leg.to_shop or 0) // 500, leg.stop.leg))
    return rider.show("near.html", found=found, here=visitor.near is not None)


@post("/courier/here", status_code=200)
async def here(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Where the courier is, to a hundred metres; kept in the courier's own browser only."""
    await rider_of(market, visitor)
    try:
        point = Point(float(form.get("lat")), float(form.get("lon")))
    except ValueError:
        raise Malformed("lat", "is no place on the map", "位置无效") from None
    if not (-90 <= point.lat <= 90 and -180 <= point.lon <= 180):
        raise Malformed("lat", "is no place on the map", "位置无效")
    return frame.go(visitor, "/courier/near", cookies=(sessions.near_cookie(visitor, point),))


@post("/courier/take", status_code=200)
async def take(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Several deliveries onto the round, all or none. Taking what is mine already changes nothing. Errors: LegTaken."""
    rider = await rider_of(market, visitor)
    await frame.limited(market, visitor, "courier take", Limit(60, 60))
    mine = {leg.stop.leg for leg in rider.round}
    wanted = [leg for leg in dict.fromkeys(form.all("leg")) if leg not in mine]
    if len(mine) + len(wanted) > MOST:
        raise Malformed("leg", f"at most {MOST} on one round", f"每趟最多 {MOST} 单")
    if not wanted and not mine:
        raise Malformed("leg", "choose at least one delivery", "请至少选择一单")
    today = visitor.now.astimezone(market.tz).date()
    if wanted:
        async with market.db.transaction() as tx:
            round_now = await logistics.rounds.current(tx, rider.id, today, visitor.now)
            await logistics.rounds.take(tx, round_now.id, rider.id, wanted)
            legs = [opened(market, visitor, stop) for stop in await views.carried(tx, rider.id)]
            await logistics.rounds.reorder(tx, round_now.id, _order(legs, visitor))
    return rider.go("", "Taken. Fetch it, then the door.")


def _order(legs: list[Leg], visitor: Visitor) -> list[str]:
    start = visitor.near or (legs[0].stop.at if legs else None)
    return carry.suggest(
        [Door(leg.stop.leg, leg.door, leg.stop.window_to) for leg in legs], start, visitor.now
    )


@get("/courier/day")
async def day(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """What today brought, and the week before it."""
    rider = await rider_of(market, visitor)
    midnight = visitor.now.astimezone(market.tz).replace(hour=0, minute=0, second=0, microsecond=0)
    async with market.db.read() as tx:
        brought = await views.delivered(tx, rider.id, midnight, midnight + timedelta(days=1))
        week = await views.earned(tx, rider.id, market.currency, str(market.tz), visitor.now)
    days = [midnight - timedelta(days=6 - n) for n in range(7)]
    return rider.show(
        "day.html", brought=brought, week=list(zip(days, week.days, strict=True)), spoken=spoken
    )
