"""Helping somebody to a voucher at the city's counter: for people without a smartphone."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from highstreet.market.helping import Helper
from highstreet.web import helping
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.frame import GivenForm
from highstreet.web.helping import Stand


def _stand(desk: Desk) -> Stand:
    desk.require("programmes")
    return Stand(desk.market, desk.visitor, Helper(desk.by), "/city/help", desk.show)


@get("/help")
async def help_page(desk: GivenDesk) -> Response[str]:
    return await helping.start(_stand(desk))


@post("/help", status_code=200)
async def help_meet(desk: GivenDesk, form: GivenForm) -> Response[str]:
    """Who is it? Errors: TooOften."""
    return await helping.meet(_stand(desk), form)


@post("/help/claim", status_code=200)
async def help_claim(desk: GivenDesk, form: GivenForm) -> Response[str]:
    return await helping.claim(_stand(desk), form)


@post("/help/slip", status_code=200)
async def help_slip(desk: GivenDesk, form: GivenForm) -> Response[str]:
    return await helping.print_again(_stand(desk), form)


@post("/help/void")
async def help_void(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    return await helping.void(_stand(desk), form)


ROUTES = [help_page, help_meet, help_claim, help_slip, help_void]
