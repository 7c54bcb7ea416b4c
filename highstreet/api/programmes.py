"""Public money: programmes and their rounds, for everybody to look at; claiming one, and what a person has claimed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from highstreet import policy
from highstreet.api import keys
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.kit.text import Words


class Round(msgspec.Struct, frozen=True):
    """What can be claimed from a moment on. amount: the most one pays, in minor units. seed: of the draw, told once it is drawn."""

    id: str
    way: str
    amount: int
    claims: int
    opens_at: datetime
    closes_at: datetime
    days: int
    most: int
    seed_sha256: str
    seed: str | None


class Programme(msgspec.Struct, frozen=True):
    """A programme of public money. rules: its file as it is in force, with the legal source of every rule."""

    id: str
    name: Words
    kind: str
    currency: str
    state: str
    rules: str
    rounds: list[Round]


class Programmes(msgspec.Struct, frozen=True):
    """All that are running."""

    programmes: list[str]


class NewClaim(msgspec.Struct, frozen=True, omit_defaults=True):
    """`device`: what the app knows its device by; one device is one person."""

    device: Annotated[str, Meta(max_length=200, pattern=r"\A[^\x00]*\Z")] | None = None


class Claimed(msgspec.Struct, frozen=True):
    """claim: its id, or that of the entry where lots decide later."""

    claim: str


class OwnClaim(msgspec.Struct, frozen=True):
    """A claim of the token's person, in minor units. state: open, taken (by an order) or lapsed."""

    id: str
    programme: str
    round: str
    amount: int
    spent: int
    state: str
    claimed_at: datetime
    valid_until: datetime
    order: str | None


class OwnClaims(msgspec.Struct, frozen=True):
    """The newest first."""

    claims: list[OwnClaim]


@get("/api/programmes", tags=["public money"])
async def see_programmes(request: Call) -> Programmes:
    """The programmes that are running, by name."""
    async with market_of(request).db.read() as tx:
        return Programmes(await policy.budgets.running(tx))


@get("/api/programmes/{programme_id:str}", tags=["public money"])
async def see_programme(request: Call, programme_id: FromPath[str]) -> Programme:
    """A programme with the rules in force and its rounds, for everybody."""
    async with market_of(request).db.read() as tx:
        one = await policy.budgets.running_one(tx, programme_id)
        batches = await policy.budgets.batches(tx, programme_id)
    told = policy.instruments.read(one.rules or "")
    rounds = [
        Round(b.id, b.way, b.amount, b.claims, b.opens_at, b.closes_at, b.days, b.most, b.seed_sha256, b.seed)
        for b in batches
    ]
    return Programme(one.id, told.name, told.kind, one.currency, one.state, one.rules or "", rounds)


@post("/api/rounds/{round_id:str}/claims", tags=["public money"])
async def claim(request: Call, round_id: FromPath[str], data: JSONBody[NewClaim]) -> Claimed:
    """Claim one of a round, or enter its draw, for the token's person. Scope orders:write; needs an Idempotency-Key."""
    market = market_of(request)
    now = market.clock()
    # Asked before who it is: saying no to a hundred thousand people must cost next to nothing.
    if market.claims.is_gone(round_id, now):
        raise policy.AllClaimed
    token = await must_have(request, "own")
    key = keys.key_of(request, token.party_id, "POST /api/rounds/claims", data)
    found = await market.claims.claim(round_id, token.party_id, data.device, key.key, now)
    return Claimed(found.claim)


@delete("/api/claims/{claim_id:str}", status_code=204, tags=["public money"])
async def give_claim_back(request: Call, claim_id: FromPath[str]) -> None:
    """Give back what was claimed and not used: its money is free again, and so is the person. Scope orders:write; again changes nothing."""
    token = await must_have(request, "own")
    market = market_of(request)
    async with market.db.transaction() as tx:
        await policy.claims.give_back(tx, claim_id, token.party_id, market.clock())


@get("/api/claims", tags=["public money"])
async def own_claims(request: Call) -> OwnClaims:
    """What the token's person has claimed. Scope orders:write."""
    token = await must_have(request, "own")
    async with market_of(request).db.read() as tx:
        found = await policy.claims.of(tx, token.party_id)
    return OwnClaims(
        [
            OwnClaim(
                c.id, c.programme_id, c.batch_id, c.amount, c.spent, c.state, c.claimed_at, c.valid_until, c.order_id
            )
            for c in found
        ]
    )  # fmt: skip
