"""The price of a whole basket at the till, and what public money pays of it when the customer shows a voucher."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import post

from highstreet import policy
from highstreet.kit.errors import NotFound
from highstreet.market import till, vouchers_shown
from highstreet.market.quote import Quote, quote
from highstreet.orders import Entry
from highstreet.web.frame import GivenMarket, GivenVisitor
from highstreet.web.sessions import AnyRequest
from highstreet.web.till.counter import JSON_ERRORS, Counter, counter_of
from highstreet.web.till.sales import sent_of


@post("/till/quote", status_code=200, exception_handlers=JSON_ERRORS)
async def price(request: AnyRequest, market: GivenMarket, visitor: GivenVisitor) -> dict[str, Any]:
    """A basket priced as a whole: {total, text, lines: {offer: paid}, story: [{text, amount, by}], serials: [offer],
    voucher: {off, has: [text]} | None}."""
    sent = await sent_of(request)
    counter = await counter_of(request, market, visitor, sent.place)
    entries = [Entry(line.offer, line.quantity) for line in sent.lines]
    shown = None
    if sent.voucher:
        shown = await vouchers_shown.whose(market, sent.voucher, counter.clerk.person_id, visitor.now)
        if shown.holder_id == counter.clerk.person_id:
            raise policy.errors.OwnCounter
    told = await quote(market, entries, visitor.now, channel=till.CHANNEL, shown=shown)
    if any(
        (o.seller_id, o.place_id) != (counter.clerk.seller_id, counter.place.id) for o in told.quote.orders
    ):
        raise NotFound("offer")
    story: dict[tuple[str, str], int] = {}
    for line in told.lines.values():
        for each in line.adjustments:
            named = (counter.words(each.name), _by(each.funder, counter))
            story[named] = story.get(named, 0) + each.amount
    return {
        "total": told.quote.total,
        "text": told.text,
        "lines": {offer: line.paid for offer, line in told.lines.items()},
        "list": sum(line.list_price * line.quantity for line in told.lines.values()),
        "story": [{"text": text, "amount": amount, "by": by} for (text, by), amount in story.items()],
        "serials": sorted(_with_serials(told.quote)),
        "voucher": await _voucher(counter, shown, story, visitor.now) if shown else None,
    }


def _with_serials(told: Quote) -> set[str]:
    """The offers of which public money wants to see the serial number before they leave."""
    return {
        order.lines[one.line - 1].offer
        for order in told.orders
        for spent in order.spends
        for one in spent.owes
        if one.serial
    }


async def _voucher(
    counter: Counter, shown: policy.codes.Shown, story: dict[tuple[str, str], int], now: datetime
) -> dict[str, Any]:
    """What public money takes off; and what the customer has at all, so that the clerk can say why it is nothing."""
    async with counter.market.db.read() as tx:
        has = await vouchers_shown.had(tx, shown, now)
    off = -sum(amount for (_, by), amount in story.items() if by == "public")
    return {"off": off, "has": [counter.words(each) for each in has]}


def _by(funder: str, counter: Counter) -> str:
    if funder in ("seller", counter.clerk.seller_id):
        return "seller"
    return "platform" if funder == "platform" else "brand" if funder.startswith("pty_") else "public"
