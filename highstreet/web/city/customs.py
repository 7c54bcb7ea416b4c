"""The customs counter: scan or type a form, compare passport and goods, stamp or refuse; and pay what is stamped."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, Refusal
from highstreet.market import tax_refunds
from highstreet.market.tax_refunds import PORTS
from highstreet.market.views import tax_refunds as views
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.departing import paper
from highstreet.web.frame import GivenForm
from highstreet.web.sessions import AnyRequest

_WAYS = ("cash", "transfer", "card")


@get("/customs")
async def customs(desk: GivenDesk, request: AnyRequest) -> Response[str]:
    """One field to scan into; what this counter did today."""
    return await _counter(
        desk, request.query_params.get("number", "")[:60], request.query_params.get("port", "")[:60]
    )


@get("/customs/{form_id:str}")
async def at_counter(desk: GivenDesk, form_id: FromPath[str], request: AnyRequest) -> Response[str]:
    """A traveller stands here with a form."""
    return await _page(desk, form_id, request.query_params.get("port", "")[:60])


@post("/customs/{form_id:str}", status_code=200)
async def decide(desk: GivenDesk, form_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Stamp, refuse, or pay. Twice is once: a form passes each step one time."""
    desk.require("customs")
    market, now, by = desk.market, desk.now, desk.by
    what, port = form.get("do"), form.get("port")[:60]

    async def act(tx: Tx) -> str:
        if what == "stamp":
            if not form.get("unused"):
                raise Malformed("unused", "look at the goods first", "请先核对商品")
            done = await tax_refunds.stamp(market, tx, form_id, by, port, form.get("seen")[:300], now)
            return (
                "Stamped. It was paid in the shop; the hold on the card is released."
                if done.way == "advance"
                else "Stamped. It can be paid now."
            )
        if what == "refuse":
            await tax_refunds.refuse(tx, form_id, by, form.get("reason")[:300], now)
            return "Refused. The reason stands on the form."
        way = form.get("way")
        if what != "pay" or way not in _WAYS:
            raise Malformed("way", "choose one of those offered", "请选择支付方式")
        await tax_refunds.pay(market, tx, form_id, cast(Any, way), form.get("account")[:80], by, now)
        return "Paid in cash." if way == "cash" else "On its way to the account."

    try:
        said = await market.db.run(act)
    except Refusal as no:
        return await _page(desk, form_id, port, no)
    return desk.go(f"/customs/{form_id}?port={port}", said)


async def _counter(desk: Desk, typed: str, port: str) -> Response[str]:
    desk.require("customs")
    market = desk.market
    midnight = datetime.combine(desk.now.astimezone(market.tz).date(), time(), market.tz)
    async with market.db.read() as tx:
        if typed:
            try:
                found = await policy.departures.of_number(tx, typed)
            except Refusal:
                found = None
            if found is not None:
                return await _page(desk, found.id, port)
        done = await views.at_port(tx, midnight)
        lately = await views.lately(tx, desk.by, midnight)
        people = await policy.advances.need_a_person(tx, desk.now.astimezone(market.tz).date())
    return desk.show(
        "customs.html",
        typed=typed,
        port=port,
        ports=[(one.en, desk.words(one)) for one in PORTS],
        done=done,
        lately=lately,
        stuck=people,
    )


async def _page(desk: Desk, form_id: str, port: str, refused: Refusal | None = None) -> Response[str]:
    desk.require("customs")
    market = desk.market
    async with market.db.read() as tx:
        one = await policy.departures.of(tx, form_id)
        told = await paper(market, tx, one, desk.now)
        binds = await policy.departures.advance_binds(tx, form_id)
    return desk.show(
        "customs_form.html",
        refused=refused,
        paper=told,
        port=port,
        binds=binds,
        ports=[(each.en, desk.words(each)) for each in PORTS],
        late=one.leave_by < desk.now.astimezone(market.tz).date(),
        cash=one.cash_most is None or one.amount <= one.cash_most,
    )


ROUTES = [customs, at_counter, decide]
