"""Writing a refund form: the purchases of a day, the passport in hand, and what it gives."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Response, get, post

from highstreet import policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.market import tax_refunds
from highstreet.market.tax_refunds import Traveller, Wish
from highstreet.market.views import tax_refunds as views
from highstreet.policy import No
from highstreet.web.frame import Form, GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.once import once
from highstreet.web.sessions import AnyRequest

_AT = "/merchant/tax-refunds"
_MOST_CHOSEN = 20


@get("/tax-refunds/new")
async def new_form(desk: GivenDesk, request: AnyRequest) -> Response[str]:
    """The purchases, the passport, and what it would give."""
    orders = tuple(one for one in request.query_params.get("orders", "").split(",") if one)[:_MOST_CHOSEN]
    return await _new(desk, orders, None)


@post("/tax-refunds/new", status_code=200)
async def issue_form(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """Write it. `more`: another receipt of the day to put on it first."""
    desk.require("till")
    orders = tuple(one for one in form.get("orders").split(",") if one)[:_MOST_CHOSEN]
    market, now = desk.market, desk.visitor.now
    try:
        if form.get("more"):
            return desk.go(f"/tax-refunds/new?orders={','.join([*orders, await _more(desk, form, orders)])}")
        if not form.get("seen"):
            raise Malformed("passport", "look at the passport first", "请先核对护照原件")

        async def write(tx: Tx) -> str:
            wish = await _wish(desk, tx, orders, form)
            return (await tax_refunds.issue(market, tx, wish, now)).id

        made = await once(desk, form, "tax refund", write)
    except Refusal as no:
        return await _new(desk, orders, no, form)
    return desk.go(f"/tax-refunds/{made}", "The form is written. Print it, or show its code.")


async def _more(desk: Desk, form: Form, orders: tuple[str, ...]) -> str:
    async with desk.market.db.read() as tx:
        found = await views.order_by_number(tx, desk.id, form.get("more")[:60])
    if found is None or found in orders:
        raise NotFound("order")
    return found


async def _wish(desk: Desk, tx: Tx, orders: tuple[str, ...], form: Form | None) -> Wish:
    """What was filled in; the passport of an account comes from what its person showed before."""
    kept = await views.kept(tx, orders)
    buyers = {one.buyer_id for one in kept if one.buyer_id}
    buyer = next(iter(buyers)) if len(buyers) == 1 else None
    traveller = await policy.departures.travellers.passport_of(tx, desk.market.seal, buyer) if buyer else None
    if traveller is None:
        given = form or Form({})
        traveller = Traveller(
            given.get("name")[:100],
            given.get("passport")[:40],
            given.get("nationality")[:10],
            day_in(given, "entered_on"),
        )
    return Wish(desk.id, orders, traveller, buyer, desk.session.party_id)


async def _new(
    desk: Desk, orders: tuple[str, ...], refused: Refusal | None, form: Form | None = None
) -> Response[str]:
    desk.require("till")
    market, now = desk.market, desk.visitor.now
    told = worth = known = None
    async with market.db.transaction() as tx:
        kept = [one for one in await views.kept(tx, orders) if one.seller_id == desk.id]
        if not kept:
            raise NotFound("order")
        buyer = kept[0].buyer_id
        known = await policy.departures.travellers.passport_of(tx, market.seal, buyer) if buyer else None
        try:
            # What it gives hangs on the rate and the day; a passport that is not typed yet stands in as one that just came.
            traveller = known or Traveller("-", "XXXXX", "XXX", kept[0].at.astimezone(market.tz).date())
            told = await tax_refunds.reckon(market, tx, Wish(desk.id, orders, traveller, buyer, desk.id), now)
            worth = told.worth
        except Refusal as no:
            refused = refused or no
    return desk.show(
        "tax_refund_new.html",
        status=refused.status if refused else 200,
        at=_AT,
        refused=desk.sentence(refused) if refused else "",
        kept=kept,
        orders=",".join(orders),
        worth=None if isinstance(worth, No) else worth,
        no=worth if isinstance(worth, No) else None,
        known=known,
        filled=form.values if form else {},
        today=now.astimezone(market.tz).date().isoformat(),
        currency=market.currency,
    )


def day_in(form: Form, name: str) -> date:
    try:
        return date.fromisoformat(form.get(name))
    except ValueError:
        raise Malformed(name, "must be a day", "请填写日期") from None


ROUTES = [new_form, issue_form]
