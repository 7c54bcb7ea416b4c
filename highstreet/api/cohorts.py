"""Cohorts: groups, launches, receipts and runs whose orders are decided together; open to everybody to look at and recompute."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from highstreet import catalog
from highstreet.api import keys
from highstreet.api.shapes import Id
from highstreet.api.slots import Moment
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.kit.ids import is_id
from highstreet.kit.paging import cut, read_cursor
from highstreet.market import announcing, gather
from highstreet.market.views import cohorts

_OPEN, _CLOSE = "POST /api/cohorts", "POST /api/cohorts/{id}/close"
_HIDDEN = {"supply", "cuts", "slots_of"}

Whole = Annotated[int, Meta(ge=1, le=1_000_000)]
Step = Annotated[list[Whole], Meta(min_length=2, max_length=2)]


class NewCohort(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is announced, as the offer's format needs it. `tiers`: [members, hundredths of a percent off]; `least`: members it needs;
    `units`: pieces there will be; `once`: everybody once, by account and telephone number."""

    offer: Id
    closes_at: Moment
    tiers: Annotated[list[Step], Meta(max_length=12)] | None = None
    least: Whole | None = None
    units: Whole | None = None
    once: bool | None = None


class Close(msgspec.Struct, frozen=True, omit_defaults=True):
    """What whoever closes it says: that the goods `arrived`, and how many, where that is waited for."""

    arrived: bool | None = None
    units: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None


class Gathered(msgspec.Struct, frozen=True):
    """A cohort. `terms`: what was announced, with the SHA-256 of the draw's seed; `decision`: once it is closed, with the seed itself."""

    id: str
    offer: str
    format: str
    closes_at: datetime
    terms: dict[str, Any]
    joined: int
    steps: int
    decided_at: datetime | None
    decision: dict[str, Any] | None


class Entrant(msgspec.Struct, frozen=True):
    """An order that was in when it was decided, and how much it wanted."""

    order: str
    quantity: int


class Entrants(msgspec.Struct, frozen=True):
    """A page of entrants, by order; with the seed anybody recomputes the decision."""

    entrants: list[Entrant]
    next: str | None


@post("/api/cohorts", tags=["selling"])
async def open_cohort(request: Call, data: JSONBody[NewCohort]) -> Gathered:
    """Open a cohort for an offer of the token's business. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "sell")
    market = market_of(request)
    told = {
        name: value
        for name in ("tiers", "least", "units", "once")
        if (value := getattr(data, name)) is not None
    }

    async def go(tx: Tx) -> Gathered:
        offer = await catalog.read_offer(tx, data.offer)
        if offer.seller_id != token.party_id:
            raise NotFound("offer")
        terms = announcing.announced(market.format(offer.format), told)
        made = await gather.open_cohort(
            market, offer.id, data.closes_at, terms, token.party_id, market.clock(), within=tx
        )
        return await _seen(tx, made.id)

    return await keys.once(request, keys.key_of(request, token.party_id, _OPEN, data), Gathered, go)


@get("/api/cohorts/{cohort_id:str}", tags=["buying", "selling"])
async def see_cohort(request: Call, cohort_id: FromPath[str]) -> Gathered:
    """A cohort, for everybody."""
    async with market_of(request).db.read() as tx:
        return await _seen(tx, cohort_id)


@get("/api/cohorts/{cohort_id:str}/entrants", tags=["buying", "selling"])
async def see_entrants(
    request: Call,
    cohort_id: FromPath[str],
    cursor: FromQuery[str | None] = None,
    most: FromQuery[Annotated[int, Meta(ge=1, le=5000)]] = 1000,
) -> Entrants:
    """Who was in when it was decided, for everybody; nobody before that."""
    after = read_cursor(cursor, str)
    async with market_of(request).db.read() as tx:
        await _seen(tx, cohort_id)
        found = await cohorts.entrants(tx, cohort_id, str(after[0]) if after else "", most + 1)
    page = cut([Entrant(one.order_id, one.quantity) for one in found], most, lambda one: [one.order])
    return Entrants(page.rows, page.next)


@post("/api/cohorts/{cohort_id:str}/close", status_code=200, tags=["selling"])
async def close_cohort(request: Call, cohort_id: FromPath[str], data: JSONBody[Close]) -> Gathered:
    """Decide it now; again, the decision stands. Its members follow at once. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "sell")
    market = market_of(request)
    now, key = market.clock(), keys.key_of(request, token.party_id, f"{_CLOSE} {cohort_id}", data)

    async def go(tx: Tx) -> Gathered:
        seen = await _seen(tx, cohort_id)
        if await cohorts.seller_of(tx, cohort_id) != token.party_id:
            raise NotFound("cohort")
        said = announcing.closing(market.format(seen.format), msgspec.to_builtins(data))
        await gather.decide(market, cohort_id, token.party_id, now, said, within=tx)
        return await _seen(tx, cohort_id)

    answer = await keys.once(request, key, Gathered, go)
    await gather.follow(market, cohort_id, now)
    return answer


async def _seen(tx: Tx, cohort_id: str) -> Gathered:
    found = await cohorts.gathering(tx, cohort_id) if is_id(cohort_id, "coh") else None
    if found is None:
        raise NotFound("cohort")
    terms = {name: value for name, value in found.terms.items() if name not in _HIDDEN}
    return Gathered(
        found.id, found.offer_id, found.format, found.closes_at, terms, found.joined, found.steps, found.decided_at, found.decision,
    )  # fmt: skip
