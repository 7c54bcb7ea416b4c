"""Helping somebody to a voucher at the till: for people without a smartphone."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from highstreet.market.helping import Helper
from highstreet.web import helping
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor
from highstreet.web.helping import Stand
from highstreet.web.sessions import AnyRequest
from highstreet.web.till.counter import PAGE_ERRORS, counter_of


async def _stand(request: AnyRequest, market: GivenMarket, visitor: GivenVisitor) -> Stand:
    counter = await counter_of(request, market, visitor)
    helper = Helper(counter.clerk.person_id, counter.clerk.seller_id, counter.place.id)
    return Stand(market, visitor, helper, "/till/help", counter.show)


@get("/till/help", exception_handlers=PAGE_ERRORS)
async def help_page(request: AnyRequest, market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    return await helping.start(await _stand(request, market, visitor))


@post("/till/help", status_code=200, exception_handlers=PAGE_ERRORS)
async def help_meet(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, form: GivenForm
) -> Response[str]:
    """Who is it? Errors: TooOften."""
    return await helping.meet(await _stand(request, market, visitor), form)


@post("/till/help/claim", status_code=200, exception_handlers=PAGE_ERRORS)
async def help_claim(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, form: GivenForm
) -> Response[str]:
    return await helping.claim(await _stand(request, market, visitor), form)


@post("/till/help/slip", status_code=200, exception_handlers=PAGE_ERRORS)
async def help_slip(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, form: GivenForm
) -> Response[str]:
    return await helping.print_again(await _stand(request, market, visitor), form)


@post("/till/help/void", exception_handlers=PAGE_ERRORS)
async def help_void(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, form: GivenForm
) -> Response[Any]:
    return await helping.void(await _stand(request, market, visitor), form)


ROUTES = [help_page, help_meet, help_claim, help_slip, help_void]
