"""Giving back a voucher or a qualification one claimed and does not want: its money is free again, and so is the person."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.errors import Refusal
from highstreet.web.frame import GivenMarket, GivenVisitor, go, say, signed_in


@post("/me/vouchers/{claim_id:str}/back", status_code=200)
async def give_claim_back(
    market: GivenMarket, visitor: GivenVisitor, claim_id: FromPath[str]
) -> Response[Any]:
    """Again changes nothing; what an order uses stays."""
    mine = signed_in(visitor).party_id
    try:
        async with market.db.transaction() as tx:
            await policy.claims.give_back(tx, claim_id, mine, visitor.now)
    except Refusal as refused:
        return go(visitor, "/me/vouchers", say=refused.sentence(visitor.lang), kind="refusal")
    return go(
        visitor,
        "/me/vouchers",
        say=say(visitor, "Given back. You may claim it again while the round is open."),
    )
