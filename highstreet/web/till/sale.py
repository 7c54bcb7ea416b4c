"""The till itself: one field for scanner and keyboard, the basket, the money. Its script goes on without a connection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litestar import Response, get

from highstreet.kit.clock import in_utc
from highstreet.kit.money import digits
from highstreet.market import till
from highstreet.market.views import till as views
from highstreet.web import render
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor
from highstreet.web.sessions import AnyRequest
from highstreet.web.till.counter import JSON_ERRORS, PAGE_ERRORS, counter_of
from highstreet.web.till.pictures import drawn

_WORKER = Path(render.WEB) / "static" / "till-worker.js"

# What the script says; it fills in %(name)s itself.
WORDS = (
    "Nothing here is called “%(text)s”, and no bar code is.",
    "%(title)s added",
    "Only %(n)s may be sold at once.",
    "Connected",
    "No connection. Sales are kept here and sent later.",
    "waiting to be sent: %(n)s",
    "All sales were sent.",
    "Please sign in again, so that what waits can be sent.",
    "Our books say there are not enough left. If the goods are in your hand, count them in and sell.",
    "The goods are here: count in and sell",
    "Not enough was given.",
    "Held at %(time)s",
    "Waiting for the customer's payment …",
    "Paid",
    "The payment was not made.",
    "This needs a connection.",
    "each",
    "Remove",
    "one less",
    "one more",
    "Kept; gets its number when it is sent",
    "Promotions of a whole basket come back with the connection.",
    "sold out by our books",
    "%(n)s left",
    "Nothing of theirs can be used for this sale.",
    "They have no voucher.",
    "Vouchers need the connection. Selling without them goes on.",
    "Looking at the voucher …",
    "Public money pays %(amount)s of this sale.",
    "paid by %(name)s",
    "No connection: a voucher needs one. Try again, or take the voucher off and sell without it.",
)


@get("/till", exception_handlers=PAGE_ERRORS)
async def sale(request: AnyRequest, market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    counter = await counter_of(request, market, visitor)
    words = {text: counter.say(text) for text in WORDS}
    sign = render.money(0, market.currency).rstrip("0.")
    setting = {
        "place": counter.place.id,
        "lang": counter.lang,
        "sign": sign,
        "digits": digits(market.currency),
        "provider": next(iter(market.providers), ""),
        "words": words,
    }
    answer = counter.show("sale.html", setting=setting)
    # A newer worker waits no longer than this page; the page itself may be kept by the worker alone.
    answer.headers["cache-control"] = "no-store"
    return answer


@get("/till/worker.js", media_type="text/javascript")
async def worker() -> Response[bytes]:
    """The service worker, from where it may look after /till."""
    headers = {"service-worker-allowed": "/till", "cache-control": "no-cache"}
    return Response(_WORKER.read_bytes(), media_type="text/javascript; charset=utf-8", headers=headers)


@get("/till/goods", exception_handlers=JSON_ERRORS)
async def goods(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, asked: GivenForm
) -> Response[dict[str, Any]]:
    """Everything this place sells at its counter, with signed prices: what a till needs to go on alone for a week."""
    counter = await counter_of(request, market, visitor, asked.get("place"))
    formats = [one.name for one in market.formats.values() if till.taken_at_once(one)]
    async with market.db.read() as tx:
        wares = await views.wares(tx, counter.clerk.seller_id, counter.place.id, formats)
    prices = await till.goods(market, [one.offer for one in wares], visitor.now)
    listed = [
        {
            "offer": one.offer,
            "title": one.title,
            "options": " · ".join(one.options.values()),
            "sku": one.sku,
            "gtin": one.gtin,
            "unit": one.unit,
            "picture": drawn(one.picture),
            "most": one.most,
            "free": one.free,
            "was": prices[one.offer].was,
            "now": prices[one.offer].now,
            "price": prices[one.offer].price,
            "why": [counter.words(each) for each in prices[one.offer].why],
        }
        for one in wares
        if one.offer in prices
    ]
    body = {
        "place": counter.place.id,
        "at": in_utc(visitor.now).isoformat(),
        "csrf": visitor.csrf,
        "needs": counter.open_ones,
        "goods": listed,
    }
    return Response(body, headers={"cache-control": "no-store"})
