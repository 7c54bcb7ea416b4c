"""What a seller owes for public money: the prices it files for a programme."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from highstreet import policy
from highstreet.api import keys
from highstreet.api.shapes import Amount, Id
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.kit.db import Tx
from highstreet.market.views import promised

_FILE = "POST /api/programmes/{id}/filed-prices"


class Filing(msgspec.Struct, frozen=True):
    """What one piece of each variant costs at most while the programme runs, in minor units."""

    prices: Annotated[dict[Id, Amount], Meta(min_length=1, max_length=500)]


class Filed(msgspec.Struct, frozen=True):
    """new: how many differ from what was filed before."""

    new: int


class FiledPrice(msgspec.Struct, frozen=True):
    """The price that holds for a variant, in minor units."""

    variant: str
    price: int
    filed_at: datetime


class FiledPrices(msgspec.Struct, frozen=True):
    """The latest of each variant."""

    prices: list[FiledPrice]


@get("/api/programmes/{programme_id:str}/filed-prices", tags=["public money"])
async def see_filed_prices(request: Call, programme_id: FromPath[str]) -> FiledPrices:
    """What the token's business filed for a programme. Scope catalog:write."""
    token = await must_have(request, "sell")
    async with market_of(request).db.read() as tx:
        found = await policy.prices.filed(tx, [programme_id], [token.party_id])
    return FiledPrices([FiledPrice(one.variant_id, one.price, one.filed_at) for one in found])


@post("/api/programmes/{programme_id:str}/filed-prices", status_code=200, tags=["public money"])
async def file_prices(request: Call, programme_id: FromPath[str], data: JSONBody[Filing]) -> Filed:
    """File prices for a programme the token's business takes part in. Scope catalog:write; needs an Idempotency-Key."""
    token = await must_have(request, "sell")
    market = market_of(request)
    key = keys.key_of(request, f"{token.party_id} {programme_id}", _FILE, data)

    async def act(tx: Tx) -> Filed:
        await promised.check_offered(tx, token.party_id, data.prices)
        now = market.clock()
        return Filed(
            await policy.prices.file(tx, programme_id, token.party_id, data.prices, token.party_id, now)
        )

    return await keys.once(request, key, Filed, act)
