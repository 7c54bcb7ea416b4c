"""Lines before rounds of vouchers: stand in one, ask how one stands, and order the lots again."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from highstreet import policy
from highstreet.api.programmes import NewClaim
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.market import lining_up


class Turn(msgspec.Struct, frozen=True):
    """nth: the number, once lots gave it; ahead: how many come before; calls_at: when it may claim, until `until`."""

    id: str
    nth: int | None
    ahead: int
    waiting: int
    opens_at: datetime
    calls_at: datetime | None
    until: datetime | None


class Lots(msgspec.Struct, frozen=True):
    """Who waited at the opening, as bare ids: their order is that of SHA-256 of `seed:id`. Empty, and no seed, before it."""

    seed_sha256: str
    seed: str | None
    turns: list[str]


@post("/api/rounds/{round_id:str}/turns", status_code=200, tags=["public money"])
async def line_up(request: Call, round_id: FromPath[str], data: JSONBody[NewClaim]) -> Turn:
    """Stand in a round's line, or hear how one stands: asking again changes nothing. Scope orders:write."""
    market, token = market_of(request), await must_have(request, "own")
    now = market.clock()
    found = await lining_up.stand(market, round_id, token.party_id, data.device, now)
    until = found.calls_at + policy.lines.TURN if found.calls_at else None
    return Turn(found.id, found.nth, found.ahead(now), found.waiting, found.opens_at, found.calls_at, until)


@get("/api/rounds/{round_id:str}/turns", tags=["public money"])
async def see_turns(request: Call, round_id: FromPath[str]) -> Lots:
    """What anybody needs to order the line of a round again, for everybody."""
    async with market_of(request).db.read() as tx:
        batch = await policy.budgets.batch(tx, round_id)
        turns = await policy.lines.first_ones(tx, round_id)
    return Lots(batch.seed_sha256, batch.seed, turns)
