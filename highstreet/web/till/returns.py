"""Goods that come back over the counter: with a receipt by the order's number, without one as goodwill of the shop."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import catalog
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.kit.ids import heard, spoken
from highstreet.kit.money import parse_money
from highstreet.market import till
from highstreet.market.fulfil import Telling, tell
from highstreet.market.views import till as views
from highstreet.market.views.answers import or_first_answer
from highstreet.market.work import Work
from highstreet.orders import NoSuchOrder
from highstreet.web import render
from highstreet.web.frame import Form, GivenForm, GivenMarket, GivenVisitor
from highstreet.web.sessions import AnyRequest
from highstreet.web.till.counter import PAGE_ERRORS, Counter, counter_of

REASONS = ("no_reason", "faulty", "wrong", "other")


@get("/till/returns", exception_handlers=PAGE_ERRORS)
async def returns(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, asked: GivenForm
) -> Response[str]:
    counter = await counter_of(request, market, visitor)
    return await _page(counter, asked)


async def _page(counter: Counter, asked: Form, error: Refusal | None = None) -> Response[str]:
    market = counter.market
    work: Work | None = None
    wares: list[catalog.Offer] = []
    try:
        if asked.get("number"):
            number = heard(asked.get("number").removeprefix("#"))
            if number is None:
                raise NoSuchOrder
            async with market.db.read() as tx:
                work = await views.order(tx, counter.clerk.seller_id, number=number)
        elif asked.get("goods"):
            async with market.db.read() as tx:
                found = await catalog.offer_by_code(
                    tx, counter.clerk.seller_id, counter.place.id, asked.get("goods")
                )
            wares = [one for one in found if till.taken_at_once(market.format(one.format))][:1]
            if not wares:
                raise NotFound(counter.say("item with this code"))
    except Refusal as refusal:
        error = error or refusal
    return counter.show(
        "returns.html",
        status=error.status if error else 200,
        work=work,
        number=asked.get("number"),
        ware=wares[0] if wares else None,
        goods=asked.get("goods"),
        error=error.sentence(counter.lang) if error else "",
        reasons=REASONS,
        spoken=spoken,
        may_refund=counter.may("refund"),
    )


@post("/till/returns/{order_id:str}", exception_handlers=PAGE_ERRORS)
async def take_back(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, form: GivenForm, order_id: FromPath[str]
) -> Response[Any]:
    """With a receipt: the money goes back the way it came. Errors: NoSuchOrder, TooMany, NotThis."""
    counter = await counter_of(request, market, visitor)
    async with market.db.read() as tx:
        work = await views.order(tx, counter.clerk.seller_id, order_id=order_id)
    lines = {str(line.position): form.whole(f"line-{line.position}", 0) for line in work.lines}
    lines = {position: count for position, count in lines.items() if count}
    if not lines:
        raise Malformed("lines", "say how many come back", "请填写退回数量")
    reason = form.get("reason") if form.get("reason") in REASONS else "other"
    body = {"lines": lines, "reason": reason, "resale": form.get("resale") == "1"}
    told = Telling(order_id, "returned", "seller", counter.clerk.person_id, body)
    key = counter.key(form, "return")
    await or_first_answer(market, key, tell(market, told, visitor.now, key))
    back = sum(
        line.part(line.paid, line.undone + lines.get(str(line.position), 0))
        - line.part(line.paid, line.undone)
        for line in work.lines
    )
    text = (
        "Taken back. Give %(amount)s from the drawer."
        if work.method == "cash"
        else "Taken back. %(amount)s go back the way they were paid."
    )
    return counter.go("/returns", text, amount=render.money(back, work.order.currency))


@post("/till/returns/goods/{offer_id:str}", exception_handlers=PAGE_ERRORS)
async def take_back_goods(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, form: GivenForm, offer_id: FromPath[str]
) -> Response[Any]:
    """Without a receipt: out of the shop's own pocket. Errors: NotAllowed, NotFound, Malformed."""
    counter = await counter_of(request, market, visitor)
    counter.require("refund")
    async with market.db.read() as tx:
        ware = await views.supply_of(tx, counter.clerk.seller_id, counter.place.id, offer_id)
    if ware is None:
        raise NotFound("offer")
    quantity = form.whole("quantity", 1)
    if not 0 < quantity <= 1000:
        raise Malformed("quantity", "must be between 1 and 1,000", "应在 1 到 1000 之间")
    amount = parse_money(form.get("amount"), market.currency)
    known = (await market.shelf.offers([offer_id]))[offer_id]
    if not 0 < amount <= known.priced.list_price * quantity:
        raise Malformed("amount", "is more than the goods cost", "超过商品售价")
    answer = await till.take_back_without_order(
        market,
        seller_id=counter.clerk.seller_id,
        lines=[(ware.supply, ware.variant, quantity, amount)],
        method="cash",
        by=counter.clerk.person_id,
        now=visitor.now,
        key=counter.key(form, "goodwill"),
        reason=form.get("reason") if form.get("reason") in REASONS else "other",
        place_id=counter.place.id,
    )
    text = "Taken back. Give %(amount)s from the drawer."
    return counter.go("/returns", text, amount=render.money(answer["amount"], market.currency))
