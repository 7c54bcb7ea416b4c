"""What a buyer tells about an order, each as one clear act: opened, brought back, agreed, stopped, cancelled, sent back, arrived."""

from __future__ import annotations

import hashlib
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from highstreet.kit.errors import Malformed, Refusal
from highstreet.market import devices
from highstreet.market.desk import Market
from highstreet.market.fulfil import Telling, tell
from highstreet.market.units import Key
from highstreet.orders import NotThis
from highstreet.web import render
from highstreet.web.frame import Form, GivenForm, GivenMarket, GivenVisitor, Visitor, go, say
from highstreet.web.shop.acts import ACTS, OPEN_IT, closed_lines
from highstreet.web.shop.follow import Followed, follow

REASONS = ("no_reason", "faulty", "wrong", "not_taken", "late", "other")


@post("/orders/{order_id:str}/tell", status_code=200)
async def one_tap(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, form: GivenForm, order_id: FromPath[str]
) -> Response[Any]:
    """One of the acts above, by the field `fact`. Errors: NotThis."""
    act = {**ACTS, "accessed": OPEN_IT}.get(form.get("fact"))
    if act is None:
        raise NotThis(fact=form.get("fact")[:40])
    return await _told(market, visitor, order_id, asked, form, form.get("fact"), act.done.say(visitor.lang))


@post("/orders/{order_id:str}/cancel", status_code=200)
async def cancel(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, form: GivenForm, order_id: FromPath[str]
) -> Response[Any]:
    """Take out what has not left the shop: whole lines or a part of them."""
    return await _told(market, visitor, order_id, asked, form, "cancelled", say(visitor, "Cancelled."))


@post("/orders/{order_id:str}/return", status_code=200)
async def send_back(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, form: GivenForm, order_id: FromPath[str]
) -> Response[Any]:
    """Send something back, with a reason."""
    text = say(visitor, "The shop has been told. Bring or send it back with your order number.")
    return await _told(market, visitor, order_id, asked, form, "return_wanted", text)


@post("/orders/{order_id:str}/received", status_code=200)
async def received(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, form: GivenForm, order_id: FromPath[str]
) -> Response[Any]:
    """It is here, and as it should be: the shop gets its money."""
    done = ACTS["received"].done.say(visitor.lang)
    return await _told(market, visitor, order_id, asked, form, "received", done)


async def _told(
    market: Market, visitor: Visitor, order_id: str, asked: Form, form: Form, fact: str, text: str
) -> Response[Any]:
    found = await follow(market, visitor, order_id, asked)
    back = f"{found.path}{found.query}"
    try:
        body = _body(found, form, fact)
        telling = Telling(order_id, fact, "buyer", found.by, body)
        if await devices.by_device(market, telling, visitor.now) is not None:
            return go(visitor, back)
        told = await tell(market, telling, visitor.now, _key(order_id, fact, form, body))
    except Refusal as refused:
        return go(visitor, back, say=refused.sentence(visitor.lang), kind="refusal")
    if fact == "cancelled" and found.work.paid and found.off is not None:
        text += _coming_back(visitor, found, told["stage"])
    return go(visitor, back, say=text)


def _body(found: Followed, form: Form, fact: str) -> dict[str, Any]:
    """What is told with a fact; an act of one tap needs nothing."""
    if fact in ("cancelled", "return_wanted"):
        return {"lines": _lines(form), "reason": _reason(form)}
    return {"lines": closed_lines(found)} if fact == "accessed" else {}


def _coming_back(visitor: Visitor, found: Followed, stage: str) -> str:
    if found.off is None or stage != "undone" or not found.off.kept:
        return say(visitor, " Your money is on its way back.")
    amount = render.money(found.off.back, found.work.order.currency, visitor.lang)
    return say(visitor, " %(money)s is on its way back to you.", money=amount)


def _lines(form: Form) -> dict[str, int]:
    """How many of which line: fields `line-1`, `line-2` ... Errors: Malformed when nothing was chosen."""
    wanted: dict[str, int] = {}
    for name in form.values:
        position = name.removeprefix("line-")
        if name != position and position.isdecimal() and position.isascii() and len(position) < 4:
            count = form.whole(name, 0)
            if count:
                wanted[str(int(position))] = count
    if not wanted:
        raise Malformed("lines", "please choose what it is about", "请选择商品和数量")
    return wanted


def _reason(form: Form) -> str:
    reason = form.get("reason", "other")
    return reason if reason in REASONS else "other"


def _key(order_id: str, fact: str, form: Form, body: dict[str, Any]) -> Key | None:
    """The form's key, so that a second click tells nothing twice."""
    if not form.get("key"):
        return None
    # What is still closed changes by opening it: a second click is the same act all the same.
    told = "" if fact == "accessed" else repr(sorted(body.items()))
    return Key(f"{order_id} POST {fact}", form.get("key")[:60], hashlib.sha256(told.encode()).hexdigest())
