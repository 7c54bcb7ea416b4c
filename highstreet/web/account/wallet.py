"""The wallet: what is in it, putting more in by card, and all that went in and out."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from litestar import Response, get, post

from highstreet import ledger
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.kit.ids import spoken
from highstreet.kit.money import digits, parse_money
from highstreet.market.desk import Market
from highstreet.market.views import wallet as views
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show, signed_in

_CHOICES = (50, 100, 200, 500)  # whole units of the currency
PAYABLE = timedelta(minutes=30)
_MOST = 30


@get("/me/wallet")
async def wallet(market: GivenMarket, visitor: GivenVisitor, asked: GivenForm) -> Response[str]:
    """`before`: older movements."""
    return await page(market, visitor, asked.whole("before", 0))


async def page(
    market: Market,
    visitor: Visitor,
    before: int = 0,
    refused: Refusal | None = None,
    key: str = "",
    other: str = "",
) -> Response[str]:
    mine, currency = signed_in(visitor).party_id, market.currency
    async with market.db.read() as tx:
        held = await ledger.wallet.balance(tx, mine, currency)
        found = await views.moves(tx, mine, currency, before or None, _MOST + 1)
        recent = await ledger.top_ups.latest(tx, mine, visitor.now - PAYABLE)
    least, most = ledger.top_ups.limits(currency)
    return show(
        visitor,
        "account/wallet.html",
        status=refused.status if refused else 200,
        refused=refused.sentence(visitor.lang) if refused else "",
        held=held,
        currency=currency,
        by_card=bool(market.providers),
        choices=[number * 10 ** digits(currency) for number in _CHOICES],
        least=least,
        most=most,
        other=other,
        key=key or secrets.token_urlsafe(12),
        open=[one for one in recent if one.state in ("asked", "declined")],
        moves=[(one, told(visitor, one), spoken(one.number) if one.number else "") for one in found[:_MOST]],
        older=found[_MOST - 1].n if len(found) > _MOST else 0,
    )  # fmt: skip


def told(visitor: Visitor, one: views.Move) -> str:
    """A movement in words."""
    if one.order_id is not None:
        shop = one.seller.say(visitor.lang) if one.seller else ""
        if one.amount < 0:
            return say(visitor, "Paid to %(shop)s", shop=shop)
        return say(visitor, "Money back from %(shop)s", shop=shop)
    return {
        "top_up": say(visitor, "Put in"),
        "goodwill": say(visitor, "Given by the market"),
    }.get(one.purpose, say(visitor, "Moved"))


@post("/me/wallet", status_code=200)
async def top_up(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Ask for an amount (`choice` in minor units, or `other` as typed), then on to the provider's page."""
    mine, key, other = signed_in(visitor).party_id, form.get("key")[:60], form.get("other")
    provider = next(iter(market.providers), None)
    if provider is None:
        raise NotFound(say(visitor, "way to pay by card"))
    try:
        if not key:
            raise Malformed("key", "is missing", "缺失")
        amount = (
            parse_money(other, market.currency, say(visitor, "Or another amount"))
            if other
            else form.whole("choice", 0)
        )
        async with market.db.transaction() as tx:
            made = await ledger.top_ups.ask(tx, mine, amount, market.currency, provider, key, visitor.now)
    except Refusal as refused:
        return await page(market, visitor, 0, refused, "", other)
    return go(visitor, f"/me/wallet/{made.key}?pay=1")
