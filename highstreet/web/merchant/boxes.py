"""Curated boxes: whose box is next, and filling one: what may go in, the sum against the budget, and showing it in time."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from highstreet import parties
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.ids import spoken
from highstreet.market import boxes as flow
from highstreet.market.views import boxes as views
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk

_SAID = {
    "put": "It is in the box.",
    "spare": "Kept as a spare.",
    "out": "Taken out.",
    "show": "Shown. The subscriber is told.",
}


@get("/boxes")
async def boxes(desk: GivenDesk) -> Response[str]:
    """The next boxes this business fills, the first due first."""
    desk.require("see_goods")
    async with desk.market.db.read() as tx:
        found = await views.to_fill(tx, desk.id)
        names = await parties.people.names(
            tx, desk.market.seal, [one.buyer_id for one in found if one.buyer_id]
        )
    return desk.show("boxes.html", at="/merchant/goods", boxes=found, names=names, spoken=spoken)


@get("/boxes/{order_id:str}")
async def box(desk: GivenDesk, order_id: FromPath[str], q: FromQuery[str] = "") -> Response[str]:
    return await _page(desk, order_id, q=q)


@post("/boxes/{order_id:str}/{doing:str}", status_code=200)
async def change(
    desk: GivenDesk, order_id: FromPath[str], doing: FromPath[str], form: GivenForm
) -> Response[Any]:
    """put, spare, out (an `offer`), or show."""
    desk.require("sell")
    market, now, offer = desk.market, desk.visitor.now, form.get("offer")
    if doing not in _SAID or "\x00" in order_id:
        raise NotFound("step")
    try:
        if doing == "show":
            await flow.show(market, order_id, desk.id, now)
        elif doing == "out":
            async with market.db.transaction() as tx:
                await flow.take_out(tx, order_id, desk.id, offer)
        else:
            many = form.whole("quantity", 1)
            await flow.put_in(market, order_id, desk.id, offer, many, now, spare=doing == "spare")
    except Refusal as no:
        return await _page(desk, order_id, refused=no, q=form.get("q"))
    return desk.go(
        f"/boxes/{order_id}" + (f"?q={form.get('q')}" if form.get("q").isalnum() else ""), _SAID[doing]
    )


async def _page(desk: Desk, order_id: str, refused: Refusal | None = None, q: str = "") -> Response[str]:
    desk.require("see_goods")
    async with desk.market.db.read() as tx:
        found = None if "\x00" in order_id else await views.next_box(tx, order_id)
        if found is None or found.curator_id != desk.id:
            raise NotFound("box")
        goods = await flow.goods(desk.market, tx, found)
        never = await flow.wishes(desk.market, tx, order_id)
        names = await parties.people.names(tx, desk.market.seal, [found.buyer_id] if found.buyer_id else [])
    there = {one.offer_id for one in found.items}
    return desk.show(
        "box.html",
        status=refused.status if refused else 200,
        at="/merchant/goods",
        box=found,
        number=spoken(found.number),
        name=names.get(found.buyer_id or "", ""),
        never=never,
        goods=[one for one in goods if one.offer_id not in there and q.lower() in one.said],
        q=q,
        refused=desk.sentence(refused) if refused else "",
    )


ROUTES = [boxes, box, change]
