"""Assets: single things that are lent, each with its tag and its calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from highstreet import inventory
from highstreet.api import keys
from highstreet.api.shapes import Id
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.market.views import capacity
from highstreet.market.views.calls import shelf_of

_REGISTER, _TURN = "POST /api/assets", "POST /api/assets/{id}"
_AHEAD = timedelta(days=28)

Tag = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\A[^\x00-\x1f\x7f]+\Z")]


class NewAsset(msgspec.Struct, frozen=True):
    """A single thing of a variant that stands at a place of the business; its tag exists once in town."""

    variant: Id
    place: Id
    tag: Tag


class Booked(msgspec.Struct, frozen=True):
    """When it is somebody's, and by which order."""

    starts: datetime
    ends: datetime
    order: str


class Asset(msgspec.Struct, frozen=True):
    """A thing. `state`: ready, resting, missing (it never came back) or retired; `booked`: the next four weeks."""

    asset: int
    variant: str
    place: str
    tag: str
    state: str
    booked: list[Booked] = []


class Assets(msgspec.Struct, frozen=True):
    """A business's things, those in use first; at most 500."""

    assets: list[Asset]


class Turn(msgspec.Struct, frozen=True):
    """Out of use for a while, back into it, or out of it for good."""

    state: Literal["ready", "resting", "retired"]


@get("/api/assets", tags=["selling"])
async def see_assets(request: Call) -> Assets:
    """The single things of the token's business. Scope offers:read."""
    token = await must_have(request, "see_goods")
    market = market_of(request)
    now = market.clock()
    async with market.db.read() as tx:
        return Assets([_asset(one) for one in await capacity.things(tx, token.party_id, now, now + _AHEAD)])


@post("/api/assets", tags=["selling"])
async def register_asset(request: Call, data: JSONBody[NewAsset]) -> Asset:
    """Register a thing. Refuses tag_taken. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "stock")
    now = market_of(request).clock()

    async def go(tx: Tx) -> Asset:
        if not await shelf_of(tx, token.party_id, data.variant, data.place):
            raise NotFound("variant")
        made = await inventory.assets.register(tx, data.variant, data.place, data.tag)
        return _asset(await capacity.thing(tx, token.party_id, made, now, now + _AHEAD))

    return await keys.once(request, keys.key_of(request, token.party_id, _REGISTER, data), Asset, go)


@post("/api/assets/{asset:int}", status_code=200, tags=["selling"])
async def turn_asset(request: Call, asset: FromPath[int], data: JSONBody[Turn]) -> Asset:
    """Let a thing rest, be ready, or retire it; refuses still_promised. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "stock")
    now = market_of(request).clock()

    async def go(tx: Tx) -> Asset:
        if not 0 < asset < 2**63:
            raise NotFound("thing")
        was = await capacity.thing(tx, token.party_id, asset, now, now + _AHEAD)
        if was.state == "retired" and data.state != "retired":
            raise NotFound("thing")
        if data.state == "retired":
            await inventory.assets.retire(tx, asset, now)
        else:
            await inventory.assets.rest(tx, asset, data.state)
        return _asset(await capacity.thing(tx, token.party_id, asset, now, now + _AHEAD))

    return await keys.once(request, keys.key_of(request, token.party_id, f"{_TURN} {asset}", data), Asset, go)


def _asset(one: capacity.Thing) -> Asset:
    booked = [Booked(each.starts, each.ends, each.order) for each in one.booked]
    return Asset(one.id, one.variant_id, one.place_id, one.tag, one.state, booked)
