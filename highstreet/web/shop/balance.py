"""Paying the rest of an order: what was paid, what is left and until when; from the wallet at once, or at the provider and back."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from highstreet.kit.errors import Refusal
from highstreet.kit.ids import spoken
from highstreet.ledger import Intent
from highstreet.market.desk import Market
from highstreet.market.pay import pay_balance
from highstreet.market.units import Key
from highstreet.market.views.balance import AskedLater, asked_later
from highstreet.orders import NotNow
from highstreet.web.frame import Form, GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show
from highstreet.web.shop.follow import Followed, follow
from highstreet.web.shop.hearing import hear
from highstreet.web.shop.purchase import PAYABLE


class Rest(msgspec.Struct, frozen=True):
    """An order whose rest is to be paid, and what was asked of its provider for it, if anything."""

    found: Followed
    asked: AskedLater | None

    @property
    def path(self) -> str:
        return f"{self.found.path}/balance{self.found.query}"

    @property
    def back(self) -> str:
        return f"{self.found.path}{self.found.query}"

    @property
    def waiting(self) -> bool:
        return self.found.work.order.waits == "balance"


async def _rest(market: Market, visitor: Visitor, order_id: str, asked: Form) -> Rest:
    """Errors: NoSuchOrder for everybody but its buyer."""
    found = await follow(market, visitor, order_id, asked)
    async with market.db.read() as tx:
        return Rest(found, await asked_later(tx, order_id))


@get("/orders/{order_id:str}/balance")
async def balance(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, order_id: FromPath[str]
) -> Response[Any]:
    """What is left to pay. Coming back from the provider (`back`), its word is waited for."""
    return _answer(market, visitor, await _rest(market, visitor, order_id, asked), asked)


def _answer(market: Market, visitor: Visitor, rest: Rest, asked: Form) -> Response[Any]:
    if not rest.waiting:
        paid = rest.found.work.settled
        text = "The rest is paid. Thank you." if paid else "Nothing is left to pay for this order."
        return go(visitor, rest.back, say=say(visitor, text), kind="good" if paid else "info")
    work = rest.found.work
    url = _pay_url(market, visitor, rest)
    return show(
        visitor,
        "shop/balance.html",
        part="state",
        rest=rest,
        work=work,
        number=spoken(work.order.number),
        owed=rest.found.owed,
        until=work.deadlines.get("balance"),
        pay_url=url,
        onward=url if asked.get("pay") else "",
        back=bool(asked.get("back") or asked.get("outcome")),
        key=secrets.token_urlsafe(12),
    )


def _pay_url(market: Market, visitor: Visitor, rest: Rest) -> str:
    """The provider's page for what was asked and can still be paid there; empty otherwise."""
    asked = rest.asked
    provider = market.providers.get(asked.provider) if asked is not None else None
    if asked is None or provider is None or asked.state not in ("asked", "declined"):
        return ""
    until = asked.asked_at + PAYABLE
    if until <= visitor.now:
        return ""
    intent = Intent(asked.key, asked.amount, asked.currency, until)
    return provider.pay_url(intent, f"{visitor.url}{rest.path}&back=1")


@post("/orders/{order_id:str}/balance", status_code=200)
async def pay_rest(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, form: GivenForm, order_id: FromPath[str]
) -> Response[Any]:
    """Pay it: the wallet at once, a provider on its page. What was asked and may still be paid is not asked again."""
    rest = await _rest(market, visitor, order_id, asked)
    work = rest.found.work
    try:
        if not rest.waiting:
            raise NotNow
        if not _pay_url(market, visitor, rest):
            mark = hashlib.sha256(work.method.encode()).hexdigest()
            key = Key(f"{order_id} POST balance", form.get("key")[:60], mark) if form.get("key") else None
            told = await pay_balance(market, order_id, work.method, rest.found.by, visitor.now, key)
            if told["collection"] is None:
                return go(visitor, rest.back, say=say(visitor, "The rest is paid. Thank you."))
    except Refusal as refused:
        where = rest.path if rest.waiting else rest.back
        return go(visitor, where, say=refused.sentence(visitor.lang), kind="refusal")
    # Not from the form straight to the provider: a form of ours may lead nowhere but to us.
    return go(visitor, f"{rest.path}&pay=1")


@post("/orders/{order_id:str}/balance/ask", status_code=200)
async def ask_about_rest(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, order_id: FromPath[str]
) -> Response[Any]:
    """Ask the provider what became of it, when its notice has not come; then see where it stands."""
    rest = await _rest(market, visitor, order_id, asked)
    if rest.waiting and rest.asked is not None:
        await hear(market, visitor, rest.asked.provider, rest.asked.key, rest.asked.currency)
        rest = await _rest(market, visitor, order_id, asked)
    if not visitor.part:
        return go(visitor, f"{rest.path}&back=1")
    return _answer(market, visitor, rest, Form({"back": ["1"]}))
