"""The end of a day at the till: the drawer counted against the books, the difference kept to be seen."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from highstreet import parties
from highstreet.kit.errors import Refusal
from highstreet.kit.money import parse_money
from highstreet.market import drawer
from highstreet.market.views import till as views
from highstreet.web import render
from highstreet.web.frame import Form, GivenForm, GivenMarket, GivenVisitor
from highstreet.web.sessions import AnyRequest
from highstreet.web.till.counter import PAGE_ERRORS, Counter, counter_of


@get("/till/close", exception_handlers=PAGE_ERRORS)
async def closing(request: AnyRequest, market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    return await _page(await counter_of(request, market, visitor))


async def _page(counter: Counter, form: Form | None = None, refusal: Refusal | None = None) -> Response[str]:
    market = counter.market
    async with market.db.read() as tx:
        now = await views.drawer(tx, counter.clerk.seller_id, counter.place.id, market.currency)
        past = await views.closings(tx, counter.place.id)
        people = await parties.people.names(tx, market.seal, [one.by for one in past])
    return counter.show(
        "closing.html",
        status=refusal.status if refusal else 200,
        now=now,
        past=past,
        people=people,
        currency=market.currency,
        form=form,
        error=refusal.sentence(counter.lang) if refusal else "",
    )


@post("/till/close", exception_handlers=PAGE_ERRORS)
async def close(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, form: GivenForm
) -> Response[Any]:
    """counted, taken: amounts as people write them."""
    counter = await counter_of(request, market, visitor)
    try:
        counted = parse_money(form.get("counted"), market.currency, counter.say("Counted"))
        taken = parse_money(form.get("taken") or "0", market.currency, counter.say("Taken out"))
        async with market.db.read() as tx:
            now = await views.drawer(tx, counter.clerk.seller_id, counter.place.id, market.currency)
        done = await drawer.close_day(
            market,
            counter.clerk,
            booked=now.booked,
            counted=counted,
            taken=taken,
            now=visitor.now,
            key=counter.key(form, "close"),
        )
    except Refusal as refusal:
        return await _page(counter, form, refusal)
    difference = done["difference"]
    if difference == 0:
        return counter.go("/close", "Closed. The drawer is exactly what the books say.")
    said = (
        "Closed. %(amount)s too much in the drawer."
        if difference > 0
        else "Closed. %(amount)s missing in the drawer."
    )
    return counter.go("/close", said, "warn", amount=render.money(abs(difference), market.currency))
