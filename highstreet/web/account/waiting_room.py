"""The waiting room of a round that is given out in turn: wait before it opens, see one's number, claim when called up."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market import lining_up, vouchers_shown
from highstreet.market.desk import Market
from highstreet.market.views import public_money
from highstreet.web.frame import GivenMarket, GivenVisitor, Visitor, go, show, signed_in


@get("/me/vouchers/{round_id:str}")
async def waiting_room(market: GivenMarket, visitor: GivenVisitor, round_id: FromPath[str]) -> Response[str]:
    """Errors: NotFound for a round without a line."""
    return await _page(market, visitor, round_id)


@get("/me/vouchers/{round_id:str}/turn")
async def turn(market: GivenMarket, visitor: GivenVisitor, round_id: FromPath[str]) -> Response[str]:
    """How one stands just now; the page asks again and again, the more seldom the longer it takes."""
    return await _page(market, visitor, round_id)


@post("/me/vouchers/{round_id:str}/line", status_code=200)
async def stand_in_line(market: GivenMarket, visitor: GivenVisitor, round_id: FromPath[str]) -> Response[Any]:
    """Stand in the line, once however often pressed."""
    try:
        await lining_up.stand(market, round_id, signed_in(visitor).party_id, None, visitor.now)
    except NotFound:
        raise
    except Refusal as refused:
        return await _page(market, visitor, round_id, refused)
    return go(visitor, f"/me/vouchers/{round_id}")


async def _page(
    market: Market, visitor: Visitor, round_id: str, refused: Refusal | None = None
) -> Response[str]:
    mine, now = signed_in(visitor).party_id, visitor.now
    batch = await market.claims.batch(round_id, now)
    if batch.pace is None:
        raise NotFound("line")
    stands = await lining_up.stands(market, round_id, mine, now)
    async with market.db.read() as tx:
        mine_now = any(one.batch_id == round_id for one in await policy.claims.of(tx, mine))
        left = await public_money.unclaimed(tx, round_id)
        words = await vouchers_shown.terms(tx, batch.programme_id, batch.schedule)
    if mine_now:
        state = "mine"
    elif left < batch.amount or now >= batch.closes_at:
        state = "over"
    elif stands is None:
        state = "outside" if now >= batch.opens_at - policy.lines.DOORS else "early"
    elif stands.nth is None:
        state = "before"
    else:
        state = "called" if stands.called(now) else "waiting"
    until = stands.calls_at if state == "waiting" and stands and stands.calls_at else batch.opens_at
    pause = max(3, min(20, int((until - now).total_seconds() / 4) + 1))
    return show(
        visitor,
        "account/waiting_room.html",
        part="turn",
        status=refused.status if refused else 200,
        refused=refused.sentence(visitor.lang) if refused else "",
        batch=batch,
        stands=stands,
        state=state,
        words=words,
        ahead=stands.ahead(now) if stands else 0,
        minutes=max(1, -(-int((until - now).total_seconds()) // 60)),
        ends=stands.calls_at + policy.lines.TURN if stands and stands.calls_at else None,
        pause=int(policy.lines.BLOCK.total_seconds()) if state == "called" else pause,
        left=left // batch.amount,
        currency=market.currency,
        key=secrets.token_urlsafe(12),
    )
