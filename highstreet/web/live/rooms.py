"""What is on live now in the town, and what comes next."""

from __future__ import annotations

import msgspec
from litestar import Response, get

from highstreet import catalog
from highstreet.catalog import Room
from highstreet.market.views import rooms as views
from highstreet.market.views.rooms import DropSeen, Shop
from highstreet.web.frame import GivenMarket, GivenVisitor, show
from highstreet.web.shop.wording import drawn

_WITH_DROPS = 12


class Tile(msgspec.Struct, frozen=True):
    """A room with who sells in it and what of."""

    room: Room
    shop: Shop
    drops: list[DropSeen]
    viewers: int

    @property
    def front(self) -> DropSeen | None:
        open_now = [one for one in self.drops if one.state == "open"]
        return next(
            (one for one in open_now if one.id == self.room.shown_drop), open_now[0] if open_now else None
        )


@get("/live")
async def rooms(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """On now, the fullest first; then what comes, the next first."""
    now = visitor.now
    async with market.db.read() as tx:
        found = await catalog.rooms.running(tx, now)
        shops = await views.shops(tx, [one.seller_id for one in found], now)
        viewers = await views.viewers(tx, [one.id for one in found], now)
        drops = {one.id: await views.drops(tx, one.id) for one in found[:_WITH_DROPS]}
    tiles = [Tile(one, shops[one.seller_id], drops.get(one.id, []), viewers.get(one.id, 0)) for one in found]
    return show(
        visitor,
        "live/rooms.html",
        on=sorted([one for one in tiles if one.room.state != "planned"], key=lambda one: -one.viewers),
        coming=[one for one in tiles if one.room.state == "planned"],
        drawn=drawn,
    )
