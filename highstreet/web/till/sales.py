"""What the till's script asks: sales made now, sales made without a connection, whether a customer has paid."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath

from highstreet.kit.errors import Malformed
from highstreet.kit.ids import spoken
from highstreet.kit.money import MOST
from highstreet.ledger import Intent
from highstreet.market import till
from highstreet.market.fulfil import Telling, tell
from highstreet.market.till import Rung, Sale
from highstreet.market.views import till as views
from highstreet.web.drawn import qr
from highstreet.web.frame import GivenMarket, GivenVisitor
from highstreet.web.sessions import AnyRequest
from highstreet.web.till import telling
from highstreet.web.till.counter import JSON_ERRORS, Counter, counter_of


class Sent(msgspec.Struct, frozen=True):
    """live: the customer stands here, so a refusal is answered and nothing is kept. found: the goods are in the clerk's hand.

    voucher: the code a customer shows, so that public money pays its part of what is priced.
    """

    place: str
    sales: list[Sale] = []
    lines: list[Rung] = []
    live: bool = False
    found: bool = False
    voucher: str = ""


async def sent_of(request: AnyRequest) -> Sent:
    try:
        sent = msgspec.json.decode(await request.body(), type=Sent)
    except msgspec.MsgspecError as fault:
        raise Malformed("body", str(fault)) from None
    if len(sent.sales) > 50:
        raise Malformed("sales", "at most 50 at once", "一次最多 50 笔")
    for one in sent.sales:
        if not 8 <= len(one.key) <= 80 or not one.key.isascii():
            raise Malformed("key", "must be the till's own key", "销售编号无效")
        if one.at.tzinfo is None:
            raise Malformed("at", "has no time zone", "缺少时区")
        if not 0 <= one.total <= MOST:
            raise Malformed("total", "is not an amount", "金额无效")
    return sent


@post("/till/sales", status_code=200, exception_handlers=JSON_ERRORS)
async def sales(request: AnyRequest, market: GivenMarket, visitor: GivenVisitor) -> dict[str, Any]:
    """Sales, each judged alone: {sales: [{key, state, ...}], needs}. state: sold, paying, refused or kept (it waits for a decision)."""
    sent = await sent_of(request)
    counter = await counter_of(request, market, visitor, sent.place)
    answers: list[dict[str, Any]] = []
    needs = counter.open_ones
    for one in sent.sales:
        if sent.live:
            answer = {"sale": await till.sell(market, counter.clerk, one, visitor.now, found=sent.found)}
        else:
            answer = await telling.receive(market, counter.clerk, one, visitor.now)
        if "sale" in answer:
            answers.append({"key": one.key} | _sold(counter, answer["sale"], visitor.now))
        else:
            needs += answer["refusal"] != till.SaleVoid.code
            answers.append(
                {"key": one.key, "state": "kept", "code": answer["refusal"], "said": answer["said"]}
            )
    return {"sales": answers, "needs": needs}


def _sold(counter: Counter, placed: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A sale as the script shows it; with what the customer scans when a provider is to be paid."""
    order = placed["orders"][0]
    told = {"state": "sold", "order": order["id"], "number": order["number"], "total": placed["total"]}
    asked = placed["collection"]
    if asked is None:
        return told
    expires = now + counter.market.format(order["format"]).deadlines["payment"].time
    intent = Intent(asked["key"], asked["amount"], placed["currency"], expires)
    back = f"{counter.visitor.url}/orders/{order['id']}?key={order['link']}"
    url = counter.market.providers[asked["provider"]].pay_url(intent, back)
    return told | {"state": "paying", "qr": qr(url), "url": url}


@get("/till/sales/{order_id:str}", exception_handlers=JSON_ERRORS)
async def paid(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, order_id: FromPath[str]
) -> dict[str, Any]:
    """How a sale stands: {stage, waits, number}. Errors: NoSuchOrder."""
    counter = await counter_of(request, market, visitor)
    async with market.db.read() as tx:
        work = await views.order(tx, counter.clerk.seller_id, order_id=order_id)
    return {"stage": work.order.stage, "waits": work.order.waits, "number": spoken(work.order.number)}


@post("/till/sales/{order_id:str}/cancel", status_code=200, exception_handlers=JSON_ERRORS)
async def give_up(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, order_id: FromPath[str]
) -> dict[str, Any]:
    """The customer does not pay after all; what was paid meanwhile goes back. Errors: NoSuchOrder, NotNow."""
    counter = await counter_of(request, market, visitor)
    async with market.db.read() as tx:
        await views.order(tx, counter.clerk.seller_id, order_id=order_id)
    told = Telling(order_id, "cancelled", "seller", counter.clerk.person_id, {"reason": "not_paid"})
    return await tell(market, told, visitor.now)
