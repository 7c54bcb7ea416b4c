"""Offers: what is on sale where and how, for what price; opening, pausing and closing with one tap."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from highstreet import catalog
from highstreet.catalog import Offer
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.market.openings import open_offer
from highstreet.market.views import goods as views
from highstreet.web.frame import GivenForm, back_to
from highstreet.web.merchant import steps
from highstreet.web.merchant.desk import Desk, GivenDesk

_SAID = {
    "open": "It is on sale now.",
    "paused": "Paused. Nobody can buy it until you open it again.",
    "closed": "Closed for good.",
}


@get("/offers")
async def offers(
    desk: GivenDesk, show: FromQuery[str] = "", q: FromQuery[str] = "", after: FromQuery[str | None] = None
) -> Response[str]:
    desk.require("see_goods")
    async with desk.market.db.read() as tx:
        counts = await views.offer_counts(tx, desk.id)
        page = await views.offers(tx, desk.id, show, q.strip()[:80], after)
    return desk.show(
        "offers.html",
        at="/merchant/goods",
        state=show,
        q=q.strip()[:80],
        page=page,
        counts=counts,
        way=lambda code: steps.way_name(desk.market, code, desk.lang),
    )


@post("/offers/{offer_id:str}/state")
async def move(desk: GivenDesk, offer_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Open, pause or close an offer."""
    desk.require("sell")
    to = form.get("to")
    now = desk.visitor.now
    async with desk.market.db.transaction() as tx:
        if to == "open":
            await open_offer(desk.market, tx, desk.id, offer_id, now)
        elif to == "paused":
            await catalog.pause_offer(tx, desk.id, offer_id, now=now)
        elif to == "closed":
            await catalog.close_offer(tx, desk.id, offer_id, now=now)
        else:
            raise NotFound("state")
    back = back_to(form.get("back"), f"/merchant/offers/{offer_id}").removeprefix("/merchant")
    return desk.go(back, _SAID[to])


async def own_offer(tx: Tx, desk: Desk, offer_id: str) -> Offer:
    """Errors: NotFound for somebody else's."""
    found = await catalog.read_offer(tx, offer_id)
    if found.seller_id != desk.id:
        raise NotFound("offer")
    return found


ROUTES = [offers, move]
