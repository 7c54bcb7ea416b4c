"""Handing an order over to whoever shows its code; the code's tries are limited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from highstreet import logistics
from highstreet.kit.errors import NotFound
from highstreet.logistics import Leg
from highstreet.market.views import merchant as views
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.codes import check_code
from highstreet.web.merchant.desk import GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.order_acts import mine, tell_or_say


@post("/orders/{order_id:str}/handover")
async def hand_over(desk: GivenDesk, order_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """The buyer is here and shows the code. Tries are counted before the code is judged, in a transaction that stays."""
    desk.require("orders")
    leg = _coded(await mine(desk, order_id))
    filled = Filled(desk.lang, form)
    await check_code(desk, leg, filled.text("code", required=True, most=300), filled, "code")
    return await tell_or_say(desk, order_id, "handed_over", {"by": "code"}, filled, "code", "Handed over.")


@post("/orders/{order_id:str}/code")
async def renew_code(desk: GivenDesk, order_id: FromPath[str]) -> Response[Any]:
    """A person looked at the order and at the buyer: the code may be tried again."""
    desk.require("refund")
    leg = _coded(await mine(desk, order_id))
    async with desk.market.db.transaction() as tx:
        await logistics.codes.renew(tx, leg.id, desk.visitor.now + timedelta(days=2))
    return desk.go(f"/orders/{order_id}", "The code can be tried again, for two days.")


def _coded(found: views.SellersOrder) -> Leg:
    leg = found.work.leg("planned", "ready")
    if leg is None or leg.code_until is None:
        raise NotFound("code")
    return leg


ROUTES = [hand_over, renew_code]
