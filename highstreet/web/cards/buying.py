"""A shop's prepaid card: what it costs, what is added, its rules; then to the provider's page and back."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import ledger, parties
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.market import cards as flow
from highstreet.market.desk import Market
from highstreet.web.account.top_up import Home, answer, ask_provider, mine
from highstreet.web.frame import Form, GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show, signed_in
from highstreet.web.shop.shelves import drawn


@get("/shops/{seller_id:str}/card")
async def shop_card(market: GivenMarket, visitor: GivenVisitor, seller_id: FromPath[str]) -> Response[str]:
    """What this shop's card is. Errors: NoCardHere."""
    return await page(market, visitor, seller_id)


async def page(
    market: Market, visitor: Visitor, seller_id: str, refused: Refusal | None = None, chosen: int = 0
) -> Response[str]:
    person = visitor.session.party_id if visitor.session is not None else ""
    async with market.db.read() as tx:
        here = await parties.businesses.business(tx, seller_id)
        plan = await ledger.card_plans.of(tx, seller_id)
        if plan is None or (plan.opened_at is None and refused is None):
            raise ledger.NoCardHere
        most = await flow.most_on(tx, person, plan.currency)
        own = next(iter(await ledger.cards.mine(tx, person, seller_id)), None) if person else None
    return show(
        visitor,
        "cards/buy.html",
        status=refused.status if refused else 200,
        refused=refused.sentence(visitor.lang) if refused else "",
        here=here,
        name=here.about.name.say(visitor.lang) or here.name,
        plan=plan,
        own=own,
        most=most,
        chosen=chosen or plan.steps[min(1, len(plan.steps) - 1)].principal,
        key=secrets.token_urlsafe(12),
        by_card=bool(market.providers),
        drawn=drawn,
    )


@post("/shops/{seller_id:str}/card", status_code=200)
async def buy(
    market: GivenMarket, visitor: GivenVisitor, form: GivenForm, seller_id: FromPath[str]
) -> Response[Any]:
    """Ask for the money (`choice` in minor units), then on to the provider's page."""
    person, key, amount = signed_in(visitor).party_id, form.get("key")[:60], form.whole("choice", 0)
    provider = next(iter(market.providers), None)
    if provider is None:
        raise NotFound(say(visitor, "way to pay by card"))
    try:
        if not key:
            raise Malformed("key", "is missing", "缺失")
        async with market.db.transaction() as tx:
            made = await flow.buy(tx, seller_id, person, amount, provider, key, visitor.now)
    except Refusal as refused:
        return await page(market, visitor, seller_id, refused, amount)
    return go(visitor, f"/me/cards/paying/{made.key}?pay=1")


@get("/me/cards/paying/{key:str}")
async def paying(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, key: FromPath[str]
) -> Response[Any]:
    """Where the payment of a card stands. `pay=1`: straight on to the provider; coming back, its word is waited for."""
    return answer(market, visitor, await mine(market, visitor, key), asked, await home(market, visitor, key))


@post("/me/cards/paying/{key:str}/ask", status_code=200)
async def ask(market: GivenMarket, visitor: GivenVisitor, key: FromPath[str]) -> Response[Any]:
    """Ask the provider what became of it, when its notice has not come; then see where it stands."""
    found = await mine(market, visitor, key)
    if found.state != "paid":
        await ask_provider(market, visitor, found)
        found = await mine(market, visitor, key)
    return answer(market, visitor, found, Form({"back": ["1"]}), await home(market, visitor, key))


async def home(market: Market, visitor: Visitor, key: str) -> Home:
    """Where one is sent back to. Errors: NotFound for a key that is not of a card of one's own."""
    async with market.db.read() as tx:
        found = await ledger.cards.own(tx, signed_in(visitor).party_id, key)
    if found is None:
        raise NotFound(say(visitor, "payment"))
    return Home(
        f"/me/cards/paying/{key}",
        f"/me/cards/{found[0]}",
        say(visitor, "My card"),
        say(visitor, "The card is yours. Show it at the till, or choose it at checkout."),
        say(
            visitor,
            "Nothing was charged. If money did leave your account, it comes onto your card by itself.",
        ),
    )
