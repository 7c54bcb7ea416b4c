"""My next box: what is in it, declining and swapping, leaving it out, and what shall never be in it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet.kit.errors import NotFound, Refusal
from highstreet.market import boxes as flow
from highstreet.market.views import boxes as views
from highstreet.market.views import visits
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, go, say, show, signed_in
from highstreet.web.shop.shelves import drawn


@get("/orders/{order_id:str}/box")
async def box(market: GivenMarket, visitor: GivenVisitor, order_id: FromPath[str]) -> Response[str]:
    """The next box of one of my rhythms."""
    mine = signed_in(visitor).party_id
    async with market.db.read() as tx:
        found = None if "\x00" in order_id else await views.next_box(tx, order_id)
        if found is None or found.buyer_id != mine:
            raise NotFound("box")
        never = await flow.wishes(market, tx, order_id)
        names = await visits.names(tx, [found.curator_id])
    return show(
        visitor,
        "shop/box.html",
        box=found,
        never=never,
        curator=names.get(found.curator_id),
        may=visitor.now < found.locks_at and not found.skipped_at,
        drawn=drawn,
    )


@post("/orders/{order_id:str}/box/{doing:str}", status_code=200)
async def change(
    market: GivenMarket, visitor: GivenVisitor, order_id: FromPath[str], doing: FromPath[str], form: GivenForm
) -> Response[Any]:
    """decline (an `offer`), swap (it for `instead`), skip, or never (words)."""
    mine, back = signed_in(visitor).party_id, f"/orders/{order_id}/box"
    if "\x00" in order_id:
        raise NotFound("box")
    try:
        async with market.db.transaction() as tx:
            match doing:
                case "decline":
                    await flow.decline(tx, order_id, mine, form.get("offer"), visitor.now)
                case "swap":
                    await flow.swap(tx, order_id, mine, form.get("offer"), form.get("instead"), visitor.now)
                case "skip":
                    await flow.skip(tx, order_id, mine, visitor.now)
                case "never":
                    words = form.get("never").replace("，", ",").replace("、", ",").split(",")
                    await flow.wish(market, tx, order_id, mine, words)
                case _:
                    raise NotFound("step")
    except Refusal as refused:
        return go(visitor, back, say=refused.sentence(visitor.lang), kind="refusal")
    return go(visitor, back, say=say(visitor, "Kept."))
