"""Orders that are fetched here: found by the code the customer shows, paid if they are not yet, and handed over."""

from __future__ import annotations

import re
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import logistics
from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.ids import spoken
from highstreet.kit.rates import Limit
from highstreet.logistics import CodeWrong
from highstreet.market.desk import Market
from highstreet.market.fulfil import Telling, tell
from highstreet.market.units import Key
from highstreet.market.views import till as views
from highstreet.market.views.till import Pickup
from highstreet.orders import NoSuchOrder
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, limited
from highstreet.web.sessions import AnyRequest, Visitor
from highstreet.web.till.counter import PAGE_ERRORS, Counter, counter_of

_SIX = re.compile(r"(?<!\d)\d{6}(?!\d)")
_TRIES = (Limit(20, 60), Limit(200, 3600))


@get("/till/collect", exception_handlers=PAGE_ERRORS)
async def handover(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, asked: GivenForm
) -> Response[str]:
    counter = await counter_of(request, market, visitor)
    async with market.db.read() as tx:
        waiting = await views.pickups(tx, counter.place.id)
    typed = asked.get("code")
    found: Pickup | None = None
    error = ""
    if typed:
        try:
            found = await _found(market, visitor, waiting, typed)
        except Refusal as refusal:
            error = refusal.sentence(counter.lang)
    work = None
    if found is not None:
        async with market.db.read() as tx:
            work = await views.order(tx, counter.clerk.seller_id, order_id=found.order)
    return counter.show(
        "handover.html",
        status=409 if error else 200,
        waiting=waiting,
        found=found,
        work=work,
        typed=typed,
        error=error,
        spoken=spoken,
    )


@post("/till/collect/{order_id:str}", exception_handlers=PAGE_ERRORS)
async def hand_over(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, form: GivenForm, order_id: FromPath[str]
) -> Response[Any]:
    """Errors: NoSuchOrder, CodeWrong, CodeExpired, NotNow."""
    counter = await counter_of(request, market, visitor)
    async with market.db.read() as tx:
        waiting = [one for one in await views.pickups(tx, counter.place.id) if one.order == order_id]
        if not waiting:
            await views.order(tx, counter.clerk.seller_id, order_id=order_id)
            raise NoSuchOrder
    one = await _found(market, visitor, waiting, form.get("code"))
    told = Telling(one.order, "handed_over", "seller", counter.clerk.person_id, {"how": "code"})
    await tell(market, told, visitor.now, _key(counter, one))
    return counter.go("/collect", "Order %(number)s is handed over.", number=spoken(one.number))


async def _found(market: Market, visitor: Visitor, waiting: list[Pickup], typed: str) -> Pickup:
    """The one order of these whose code this is. Every try is counted, so that codes cannot be guessed."""
    await limited(market, visitor, "till code", *_TRIES)
    six = _SIX.findall(typed.replace(" ", "").replace("-", "")) or _SIX.findall(typed)
    if not six:
        raise Malformed("code", "has six digits", "应为六位数字")
    signer = market.code_signer
    fitting = [one for one in waiting if logistics.codes.code_of(signer, one.leg) == six[-1]]
    if len(fitting) != 1:
        raise CodeWrong(left=logistics.codes.MOST_TRIES)
    logistics.codes.check(
        signer, fitting[0].leg, fitting[0].tries, fitting[0].code_until, six[-1], visitor.now
    )
    return fitting[0]


def _key(counter: Counter, one: Pickup) -> Key:
    return Key(f"till {counter.place.id} handover", one.leg, one.order)
