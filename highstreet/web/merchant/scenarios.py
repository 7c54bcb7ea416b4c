"""Scenarios of this business, and those of others that ask for its goods or its money: what they are, and yes or no."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import catalog
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market import scenarios as flow
from highstreet.market.views import visits
from highstreet.web.merchant.desk import Desk, GivenDesk

_SAID = {
    "agree": "You agreed. The curator can open it once everybody has.",
    "refuse": "You said no. It does not open with your part.",
    "open": "Open: everybody can buy it now.",
    "close": "Taken off sale. Orders keep the price they agreed.",
    "drop": "Taken back.",
}


@get("/scenarios")
async def scenarios(desk: GivenDesk) -> Response[str]:
    """One's own with who has agreed, and what others ask."""
    return await page(desk)


@post("/scenarios/{scenario_id:str}/{doing:str}", status_code=200)
async def act(desk: GivenDesk, scenario_id: FromPath[str], doing: FromPath[str]) -> Response[Any]:
    """agree, refuse; of one's own open, close or drop."""
    desk.require("sell")
    now, me = desk.visitor.now, desk.session.party_id
    if doing not in _SAID or "\x00" in scenario_id:
        raise NotFound("step")
    try:
        async with desk.market.db.transaction() as tx:
            match doing:
                case "agree":
                    await catalog.consenting.agree(tx, desk.id, scenario_id, now=now)
                case "refuse":
                    await catalog.consenting.refuse(tx, desk.id, scenario_id, now=now)
                case "open":
                    await flow.open_scenario(tx, desk.id, scenario_id, me, now)
                case "close":
                    await flow.close_scenario(tx, desk.id, scenario_id, me, now)
                case _:
                    await catalog.consenting.drop(tx, desk.id, scenario_id)
    except Refusal as no:
        return await page(desk, no)
    return desk.go("/scenarios", _SAID[doing])


async def page(desk: Desk, refused: Refusal | None = None) -> Response[str]:
    desk.require("see_goods")
    async with desk.market.db.read() as tx:
        mine = await catalog.consenting.of_curator(tx, desk.id)
        asked = await catalog.consenting.asked_of(tx, desk.id)
        ids = {part.seller_id for one in (*mine, *asked) for part in one.parts}
        ids |= {part.funder_id for one in (*mine, *asked) for part in one.parts if part.funder_id}
        names = await visits.names(tx, sorted(ids | {one.curator_id for one in asked}))
        offers = await catalog.read_offers(
            tx, [part.offer_id for one in (*mine, *asked) for part in one.parts]
        )
    return desk.show(
        "scenarios.html",
        status=refused.status if refused else 200,
        at="/merchant/goods",
        refused=desk.sentence(refused) if refused else "",
        mine=mine,
        asked=asked,
        names={key: desk.words(one.called) or one.name for key, one in names.items()},
        offers=offers,
    )


ROUTES = [scenarios, act]
