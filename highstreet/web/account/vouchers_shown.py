"""My vouchers at a till: a code on the phone, good for minutes; or a slip on paper for one of them."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.errors import NotFound
from highstreet.market import vouchers_shown
from highstreet.web.drawn import qr
from highstreet.web.frame import GivenMarket, GivenVisitor, go, say, show, signed_in
from highstreet.web.slips import slip_of


@get("/me/vouchers/code")
async def voucher_code(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """A new code for the next sale; the one shown before ends."""
    mine = signed_in(visitor).party_id
    code = await vouchers_shown.show(market, mine, visitor.now)
    async with market.db.read() as tx:
        usable = await policy.claims.usable(tx, mine, visitor.now)
    return show(
        visitor,
        "account/voucher_code.html",
        part="code",
        code=code,
        picture=qr(code.text),
        usable=len(usable),
    )


@post("/me/vouchers/slips/{claim_id:str}", status_code=200)
async def print_slip(market: GivenMarket, visitor: GivenVisitor, claim_id: FromPath[str]) -> Response[str]:
    """A slip on paper for one voucher of mine; the one printed before is void. Errors: NotFound."""
    mine = signed_in(visitor).party_id
    claim = await _mine(market, mine, claim_id)
    code = await vouchers_shown.print_slip(market, claim.id, mine, None, visitor.now)
    slip = await slip_of(market, claim, code, visitor.now)
    return show(visitor, "account/slip.html", slip=slip, currency=market.currency)


@post("/me/vouchers/slips/{claim_id:str}/void", status_code=200)
async def void_slip(market: GivenMarket, visitor: GivenVisitor, claim_id: FromPath[str]) -> Response[Any]:
    """The slip is lost: it is good for nothing any more, the voucher stays mine. Errors: NotFound."""
    mine = signed_in(visitor).party_id
    await _mine(market, mine, claim_id)
    async with market.db.transaction() as tx:
        await policy.codes.void(tx, claim_id, mine, visitor.now)
    return go(visitor, "/me/vouchers", say=say(visitor, "The slip is void. The voucher is still yours."))


async def _mine(market: GivenMarket, mine: str, claim_id: str) -> policy.Claim:
    async with market.db.read() as tx:
        for claim in await policy.claims.of(tx, mine, 1000):
            if claim.id == claim_id:
                return claim
    raise NotFound("voucher")
