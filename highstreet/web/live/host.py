"""The host's side of a live room: start and end, open and show drops, see what they bring in, keep the chat civil."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import catalog
from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.ids import new_id, spoken
from highstreet.market import rooms as flows
from highstreet.market.desk import Market
from highstreet.market.views import rooms as views
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show, signed_in
from highstreet.web.live import seen
from highstreet.web.live.deeds import DEEDS
from highstreet.web.shop.wording import drawn


@get("/live/{room_id:str}/host")
async def host(market: GivenMarket, visitor: GivenVisitor, room_id: FromPath[str]) -> Response[str]:
    """Errors: SignInFirst, NotAllowed, NotFound."""
    return await _page(market, visitor, room_id)


async def _page(market: Market, visitor: Visitor, room_id: str) -> Response[str]:
    signed_in(visitor)
    found = await seen.read(market, visitor, room_id, hosting=True)
    flows.must_run(visitor.session, found.room)
    ways = [one for one in market.formats.values() if one.hints.in_room]
    async with market.db.read() as tx:
        brought = await views.brought(tx, room_id)
        came = await views.came_in(tx, room_id)
        choices = await views.to_show(tx, found.room.seller_id, ways, room_id)
    return show(
        visitor,
        "live/host.html",
        part="board",
        here=found,
        room=found.room,
        brought=brought,
        came=came,
        choices=choices,
        spoken=spoken,
        drawn=drawn,
        currency=found.drops[0].currency if found.drops else market.currency,
        once=new_id("key", visitor.now),
    )


@post("/live/{room_id:str}/host", status_code=200)
async def act(
    market: GivenMarket, visitor: GivenVisitor, form: GivenForm, room_id: FromPath[str]
) -> Response[Any]:
    """Do one thing, named by the form's `do`. Each can be sent twice: what is so already stays so."""
    session = signed_in(visitor)
    async with market.db.read() as tx:
        room = await catalog.rooms.read(tx, room_id)
    flows.must_run(session, room)
    deed = DEEDS.get(form.get("do"))
    if deed is None:
        raise Malformed("do", "is nothing a host does", "无法识别的操作")
    said, kind = "", "good"
    try:
        async with market.db.transaction() as tx:
            said = await deed(market, tx, room, form, session.party_id, visitor.now)
    except Refusal as no:
        if visitor.part:
            raise
        said, kind = no.sentence(visitor.lang), "refusal"
    if visitor.part:
        return await _page(market, visitor, room_id)
    told = said if kind == "refusal" else say(visitor, said) if said else ""
    return go(visitor, f"/live/{room_id}/host", say=told, kind="refusal" if kind == "refusal" else "good")
