"""Checkout: who gets it, where, and how it is paid; then every part becomes an order, all at once or none."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Response, get, post

from highstreet import ledger, parties
from highstreet.catalog import OfferClosed
from highstreet.inventory import OutOfStock
from highstreet.kit.errors import Malformed, Refusal
from highstreet.market import quote as quotes
from highstreet.market.cards import Card
from highstreet.market.desk import Market
from highstreet.market.place import place
from highstreet.market.views import shop as views
from highstreet.orders import QuoteExpired, QuoteUnknown
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show
from highstreet.web.shop.asking import asked_contact, key_of, placing, ways_to_pay
from highstreet.web.shop.basket import read
from highstreet.web.shop.borrowing import agreed, loans_for
from highstreet.web.shop.grouped import Read, groups
from highstreet.web.shop.taken_out import take_out

_STALE = (QuoteExpired, QuoteUnknown, OutOfStock, OfferClosed)


@get("/checkout")
async def checkout(market: GivenMarket, visitor: GivenVisitor) -> Response[Any]:
    """The form, with what we know of a signed-in person already in it."""
    found = await read(market, visitor)
    if found.explained is None:
        return go(visitor, "/basket")
    if found.wrong:
        text = say(visitor, "Something in your basket cannot be had as it is. Please look again.")
        return go(visitor, "/basket", say=text, kind="warn")
    return await form_page(market, visitor, found, await known_of(market, visitor), {})


async def known_of(market: Market, visitor: Visitor) -> dict[str, str]:
    """What a signed-in person told us before."""
    if visitor.session is None:
        return {}
    async with market.db.read() as tx:
        told = await parties.people.profile(tx, market.seal, visitor.session.party_id)
    first = told.addresses[0] if told.addresses else None
    line = " ".join(filter(None, [first.line, first.district, first.town])) if first else ""
    return {"name": told.name, "phone": told.phone or "", "email": told.email or "", "address": line}


async def form_page(
    market: Market,
    visitor: Visitor,
    found: Read,
    typed: dict[str, str],
    wrong: dict[str, str],
    status: int = 200,
    refused: str = "",
    key: str = "",
) -> Response[str]:
    """The checkout form with what was typed. A new key unless the same try goes on."""
    assert found.explained is not None
    quote = found.explained.quote
    wallet, held = 0, list[Card]()
    sellers = {order.seller_id for order in quote.orders}
    if visitor.session is not None:
        async with market.db.read() as tx:
            wallet = await views.wallet(tx, visitor.session.party_id, quote.currency)
            if len(sellers) == 1:
                held = await ledger.cards.mine(tx, visitor.session.party_id, *sellers)
    forms = [market.format(order.format) for order in quote.orders]
    return show(
        visitor,
        "shop/checkout.html",
        status=status,
        groups=groups(market, visitor, found),
        quote=quote,
        text=found.explained.text,
        key=key or secrets.token_urlsafe(12),
        needs_address=any(one.hints.needs_address for one in forms),
        fetches=any("pickup" in one.legs for one in forms),
        ways=ways_to_pay(market, visitor, quote, wallet, held[0] if held else None)
        + await loans_for(market, visitor, quote),
        typed=typed,
        wrong=wrong,
        refused=refused,
    )  # fmt: skip


@post("/checkout", status_code=200)
async def order(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Place it. The form's key makes a second click the first one's echo."""
    typed = {
        name: form.get(name) for name in ("name", "phone", "email", "address", "note", "method", "agree")
    }
    key = form.get("key")[:60]
    try:
        quote = quotes.read(market, form.get("quote"), visitor.now)
        contact, wrong = asked_contact(visitor, market, quote, form)
        if wrong:
            return await again(market, visitor, typed, wrong, 422, "", key)
        loan = await agreed(market, visitor, quote, form) if form.get("method") in market.lenders else None
        if isinstance(loan, Response):
            return loan
        wanted = placing(visitor, quote, contact, form, loan)
        answer = await place(market, wanted, visitor.now, key_of(visitor, form, contact))
    except _STALE as refused:
        return await again(market, visitor, typed, {}, refused.status, refused.sentence(visitor.lang), "")
    except Malformed:
        raise
    except Refusal as refused:
        return await again(market, visitor, typed, {}, refused.status, refused.sentence(visitor.lang), "")
    await take_out(market, visitor, quote)
    purchase_id = answer["purchase"]
    link = market.link_signer.short(purchase_id)
    if answer["collection"] is None and len(answer["orders"]) == 1:
        one = answer["orders"][0]
        return go(
            visitor,
            f"/orders/{one['id']}?key={one['link']}",
            say=say(visitor, "Thank you. Your order is placed."),
        )
    return go(visitor, f"/purchases/{purchase_id}?link={link}" + ("&pay=1" if answer["collection"] else ""))


async def again(
    market: Market,
    visitor: Visitor,
    typed: dict[str, str],
    wrong: dict[str, str],
    status: int,
    refused: str,
    key: str,
) -> Response[Any]:
    """The form once more, nothing typed is lost; or the basket, when nothing of it can be bought any more."""
    found = await read(market, visitor)
    if found.explained is None or found.wrong:
        return go(visitor, "/basket", say=refused, kind="warn")
    return await form_page(market, visitor, found, typed, wrong, status, refused, key)
