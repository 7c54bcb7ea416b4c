"""Questions about public money that concern me: what the city found, and my appeal."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.errors import Malformed, Refusal
from highstreet.market.desk import Market
from highstreet.web.asked import asked_of, own
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show, signed_in


@get("/me/questions")
async def questions(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """What was upheld of this person."""
    return await _page(market, visitor)


async def _page(
    market: Market, visitor: Visitor, typed: str = "", refused: Refusal | None = None
) -> Response[str]:
    mine = signed_in(visitor).party_id
    async with market.db.read() as tx:
        found = await asked_of(tx, visitor.now, person=mine)
    return show(
        visitor,
        "account/questions.html",
        status=refused.status if refused else 200,
        found=found,
        typed=typed,
        refused=refused.sentence(visitor.lang) if refused else "",
    )


@post("/me/questions/{alert_id:str}", status_code=200)
async def appeal(
    market: GivenMarket, visitor: GivenVisitor, alert_id: FromPath[str], form: GivenForm
) -> Response[Any]:
    """Disagree, once. Errors: NotFound for what is about others."""
    mine = signed_in(visitor).party_id
    try:
        async with market.db.transaction() as tx:
            own(await asked_of(tx, visitor.now, person=mine), alert_id)
            await policy.alerts.appeal(tx, alert_id, form.get("text"), mine, visitor.now)
    except (policy.AppealOver, Malformed) as refused:
        return await _page(market, visitor, form.get("text"), refused)
    return go(
        visitor, "/me/questions", say=say(visitor, "Your appeal is with the city. Somebody else decides it.")
    )
