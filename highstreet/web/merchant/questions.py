"""Questions about public money that concern this business: what the city found, and the appeal."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.errors import Malformed, Refusal
from highstreet.web.asked import asked_of, own
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk


@get("/questions")
async def questions(desk: GivenDesk) -> Response[str]:
    desk.require("takings")
    return await _page(desk)


async def _page(desk: Desk, typed: str = "", refused: Refusal | None = None) -> Response[str]:
    async with desk.market.db.read() as tx:
        found = await asked_of(tx, desk.visitor.now, seller=desk.id)
    return desk.show(
        "questions.html",
        status=refused.status if refused else 200,
        at="/merchant/business",
        found=found,
        typed=typed,
        refused=desk.sentence(refused) if refused else "",
    )


@post("/questions/{alert_id:str}", status_code=200)
async def appeal(desk: GivenDesk, alert_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Disagree, once, for the business: its owners and managers. Errors: NotFound for what is about others."""
    desk.require("takings")
    try:
        async with desk.market.db.transaction() as tx:
            own(await asked_of(tx, desk.visitor.now, seller=desk.id), alert_id)
            await policy.alerts.appeal(
                tx, alert_id, form.get("text"), desk.session.party_id, desk.visitor.now
            )
    except (policy.AppealOver, Malformed) as refused:
        return await _page(desk, form.get("text"), refused)
    return desk.go("/questions", "Your appeal is with the city. Somebody else decides it.")


ROUTES = [questions, appeal]
