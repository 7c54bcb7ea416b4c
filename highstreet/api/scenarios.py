"""Scenarios: offers of several sellers for one occasion. Bought by quoting all of their parts together; put together, agreed to, opened."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from highstreet import catalog
from highstreet.api import keys
from highstreet.api.shapes import Code, Id, Line, Short
from highstreet.api.slots import Moment
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.kit.text import Words
from highstreet.market import scenarios as flow


class PartTold(msgspec.Struct, frozen=True):
    """A part. `asks`: the kinds of choice its format needs, as in a quote. `off_bps`: taken off while all parts are bought together,
    paid by `funder` (a party's id)."""

    offer: str
    title: Words
    seller: str
    quantity: int
    moment: Words
    asks: list[str]
    off_bps: int
    funder: str | None
    sellable: bool


class ScenarioTold(msgspec.Struct, frozen=True):
    """`whole`: every part is on sale now."""

    id: str
    name: Words
    about: Words
    until: datetime
    whole: bool
    parts: list[PartTold]


@get("/api/scenarios", tags=["buying"])
async def see_scenarios(request: Call) -> list[ScenarioTold]:
    """What is open now. To buy one, `POST /api/quotes` with a line for each part, with what its format asks: a basket that holds all
    parts gets what is taken off them."""
    market = market_of(request)
    async with market.db.read() as tx:
        found = await catalog.scenarios(tx, market.clock())
        known = await catalog.read_offers(tx, [part.offer_id for one in found for part in one.parts])
    return [
        ScenarioTold(
            one.id,
            one.name,
            one.about,
            one.until,
            not one.missing,
            [
                PartTold(
                    part.offer_id,
                    part.title,
                    part.seller_id,
                    part.quantity,
                    part.moment,
                    [
                        ask.kind
                        for ask in market.format(known[part.offer_id].format).hints.asks
                        if ask.kind != "seats" or known[part.offer_id].terms.get("hall")
                    ],
                    part.off_bps,
                    part.funder_id,
                    part.sellable,
                )
                for part in one.parts
            ],
        )
        for one in found
    ]


class NewPart(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part. `off_bps`: taken off while all parts are bought together, paid by `funder` (a party's id; the token's own when left out)."""

    offer: Id
    quantity: Annotated[int, Meta(ge=1, le=99)] = 1
    moment_en: Short = ""
    moment_zh: Short = ""
    off_bps: Annotated[int, Meta(ge=0, le=5000)] = 0
    funder: Id | None = None


class NewScenario(msgspec.Struct, frozen=True, omit_defaults=True):
    """A scenario to put together; `picture` names one of the market's drawings."""

    name_en: Short
    name_zh: Short
    until: Moment
    parts: Annotated[list[NewPart], Meta(min_length=2, max_length=12)]
    about_en: Line = ""
    about_zh: Line = ""
    picture: Code = "waves"


class MadeScenario(msgspec.Struct, frozen=True):
    """Its id, and who is still to say yes: sellers of parts, and who pays for what comes off."""

    id: str
    asked: list[str]


class Step(msgspec.Struct, frozen=True):
    """`agree` or `refuse` what another's scenario asks of the token's business; `open` or `close` one's own."""

    do: Literal["agree", "refuse", "open", "close"]


@post("/api/scenarios", tags=["selling"])
async def make_scenario(request: Call, data: JSONBody[NewScenario]) -> MadeScenario:
    """Put a scenario together and ask everybody it needs; it is not on sale. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "sell")
    now = market_of(request).clock()
    parts = [
        catalog.Wanted(
            one.offer,
            one.quantity,
            Words(one.moment_en, one.moment_zh),
            one.off_bps,
            (one.funder or token.party_id) if one.off_bps else None,
        )
        for one in data.parts
    ]

    async def go(tx: Tx) -> MadeScenario:
        name, about = Words(data.name_en, data.name_zh), Words(data.about_en, data.about_zh)
        made = await flow.describe(tx, token.party_id, name, about, data.picture, parts, data.until, now)
        return await _made(tx, made)

    return await keys.once(
        request, keys.key_of(request, token.party_id, "POST /api/scenarios", data), MadeScenario, go
    )


@post("/api/scenarios/{scenario:str}/steps", status_code=200, tags=["selling"])
async def step_scenario(request: Call, scenario: FromPath[str], data: JSONBody[Step]) -> MadeScenario:
    """Agree, refuse, open or close. Refuses seller_asked, funder_asked, scenario_refused. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "sell")
    now, me = market_of(request).clock(), token.party_id
    if "\x00" in scenario:
        raise NotFound("scenario")

    async def go(tx: Tx) -> MadeScenario:
        match data.do:
            case "agree":
                await catalog.consenting.agree(tx, me, scenario, now=now)
            case "refuse":
                await catalog.consenting.refuse(tx, me, scenario, now=now)
            case "open":
                await flow.open_scenario(tx, me, scenario, me, now)
            case "close":
                await flow.close_scenario(tx, me, scenario, me, now)
        return await _made(tx, scenario)

    key = keys.key_of(request, me, f"POST /api/scenarios/{scenario}/steps", data)
    return await keys.once(request, key, MadeScenario, go)


async def _made(tx: Tx, scenario_id: str) -> MadeScenario:
    found = await catalog.read_scenario(tx, scenario_id)
    asked = {part.seller_id for part in found.parts if not part.seller_agreed}
    asked |= {part.funder_id for part in found.parts if part.funder_id and not part.agreed}
    return MadeScenario(found.id, sorted(asked))
