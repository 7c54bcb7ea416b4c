"""Tax refunds at a shop's desk: a form for a traveller's purchases of a day, its code to print, and the refund paid at once."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import ledger, policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.text import Words
from highstreet.market import tax_refunds
from highstreet.market.tax_refunds import PORTS, Offer
from highstreet.market.views import tax_refunds as views
from highstreet.web.departing import last_promise, paper
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.tax_refund_new import day_in
from highstreet.web.sessions import AnyRequest

_AT = "/merchant/tax-refunds"


@get("/tax-refunds")
async def refunds(desk: GivenDesk, request: AnyRequest) -> Response[str]:
    """Visitors who bought today, a number to look up, and what was written before."""
    desk.require("till")
    typed = request.query_params.get("q", "")[:60].strip()
    market, now = desk.market, desk.visitor.now
    midnight = datetime.combine(now.astimezone(market.tz).date(), time(), market.tz)
    async with market.db.read() as tx:
        found = await views.order_by_number(tx, desk.id, typed) if typed else None
        programme = await policy.departures.programme_of(tx, market.currency)
        takes_part = programme is not None and desk.id in await views.shops_that_refund(tx, programme.id, now)
        visitors = await views.visitors_today(tx, desk.id, midnight)
        forms = await policy.departures.at_shop(tx, desk.id)
    if found:
        return desk.go(f"/tax-refunds/new?orders={found}")
    return desk.show(
        "tax_refunds.html",
        at=_AT,
        typed=typed,
        missed=bool(typed),
        takes_part=takes_part,
        visitors=visitors,
        forms=forms,
        currency=market.currency,
    )


@get("/tax-refunds/{form_id:str}")
async def refund(desk: GivenDesk, form_id: FromPath[str]) -> Response[str]:
    """A form with its code."""
    return await _page(desk, form_id)


@post("/tax-refunds/{form_id:str}", status_code=200)
async def act(desk: GivenDesk, form_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Pay at once, take a payment back before the day, or undo the form."""
    desk.require("till")
    market, now, by = desk.market, desk.visitor.now, desk.session.party_id
    what = form.get("do")
    said = {
        "ahead": "The hold is asked of the card; the refund follows by itself.",
        "back": "The payment is taken back from the card.",
        "undo": "The form is undone.",
    }.get(what)

    async def change(tx: Tx) -> None:
        if (await policy.departures.of(tx, form_id)).shop_id != desk.id or said is None:
            raise NotFound("refund form")
        if what == "ahead":
            offer = Offer(
                day_in(form, "leaves_on"),
                tax_refunds.port_named(form.get("port")),
                bool(form.get("agreed")),
                by,
            )
            await tax_refunds.pay_ahead(market, tx, form_id, offer, form.get("card")[:100], now)
        elif what == "back":
            await policy.departures.of(tx, form_id, lock=True)
            advance = await policy.advances.latest(tx, form_id)
            if advance is None or not await tax_refunds.take_back(
                tx, advance, by, "given back in the shop", now
            ):
                raise policy.departures.departure_errors.FormMovedOn
        else:
            await tax_refunds.undo(tx, form_id, by, now)

    try:
        await market.db.run(change)
    except Refusal as no:
        return await _page(desk, form_id, no)
    return desk.go(f"/tax-refunds/{form_id}", said or "")


async def _page(desk: Desk, form_id: str, refused: Refusal | None = None) -> Response[str]:
    desk.require("till")
    market, now = desk.market, desk.visitor.now
    async with market.db.read() as tx:
        one = await policy.departures.of(tx, form_id)
        if one.shop_id != desk.id:
            raise NotFound("refund form")
        told = await paper(market, tx, one, now)
        programme = await policy.departures.programme_of(tx, market.currency)
        moves = await ledger.tax_refunds.of_form(tx, form_id)
    last = last_promise(market, one, programme, now)
    rule = programme.rules[-1] if programme else None
    limit = (rule.capture_days if rule else None) or 3
    words = policy.advances.agreement(
        one.amount, one.currency, last or one.leave_by, Words("the port chosen above", "上述口岸"), limit
    )
    return desk.show(
        "tax_refund.html",
        status=refused.status if refused else 200,
        at=_AT,
        refused=desk.sentence(refused) if refused else "",
        paper=told,
        last=last,
        today=now.astimezone(market.tz).date(),
        ports=[(port.en, desk.words(port)) for port in PORTS],
        agreement=words,
        trying=any(one.state in ("wanted", "asked") for one in moves),
        can_hold=tax_refunds.holds_cards(market) is not None,
    )


ROUTES = [refunds, refund, act]
