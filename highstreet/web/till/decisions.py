"""Sales the market could not take in: somebody who knows decides whether the goods were there, or the sale is struck out."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet.kit.errors import Malformed, Refusal
from highstreet.market import unsettled
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor
from highstreet.web.sessions import AnyRequest
from highstreet.web.till import telling
from highstreet.web.till.counter import PAGE_ERRORS, Counter, counter_of

REASONS = ("given_back", "typed_twice", "trained", "other")


@get("/till/needs-you", exception_handlers=PAGE_ERRORS)
async def decisions(request: AnyRequest, market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    return await _page(await counter_of(request, market, visitor))


async def _page(counter: Counter, refusal: Refusal | None = None) -> Response[str]:
    async with counter.market.db.read() as tx:
        kept = await unsettled.open_ones(tx, counter.place.id)
    offers = await counter.market.shelf.offers(line.offer for one in kept for line in one.sale.lines)
    error = refusal.sentence(counter.lang) if refusal else ""
    status = refusal.status if refusal else 200
    return counter.show(
        "decisions.html", status=status, kept=kept, offers=offers, error=error, reasons=REASONS
    )


@post("/till/needs-you/{sale_key:str}", exception_handlers=PAGE_ERRORS)
async def decide(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, form: GivenForm, sale_key: FromPath[str]
) -> Response[Any]:
    """decision: record or void. Errors: NotFound, Malformed."""
    counter = await counter_of(request, market, visitor)
    if form.get("decision") == "record":
        try:
            await telling.record(market, counter.clerk, sale_key, visitor.now)
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            return await _page(counter, refusal)
        return counter.go("/needs-you", "Recorded. What was missing is counted in.")
    if form.get("decision") != "void" or form.get("reason") not in REASONS:
        raise Malformed("decision", "choose what happened", "请选择处理方式")
    void = await telling.strike_out(market, counter.clerk, sale_key, form.get("reason"), visitor.now)
    said = "Struck out. It does not count." if void else "It had been recorded already, and stays."
    return counter.go("/needs-you", said, "good" if void else "info")
