"""Scenarios: offers of several sellers for one occasion. Bought by quoting all of their parts together."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get

from highstreet import catalog
from highstreet.api.tokens import Call, market_of
from highstreet.kit.text import Words


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
