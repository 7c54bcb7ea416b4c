"""Signing in and out; in the demonstration with one click, as any of the town's named people."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from highstreet import orders, parties
from highstreet.kit.errors import Refusal
from highstreet.market.desk import Market
from highstreet.web import sessions
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, back_to, go, say, show
from highstreet.web.shop.shelves import drawn


@get("/sign-in")
async def sign_in_page(market: GivenMarket, visitor: GivenVisitor, asked: GivenForm) -> Response[Any]:
    """The form; whoever is signed in already goes on, unless they must show themselves again."""
    onward = back_to(asked.get("next"), "/me")
    if visitor.session is not None and not asked.get("again") and not market.demo:
        return go(visitor, onward)
    return await form_page(market, visitor, onward, {})


async def form_page(
    market: Market, visitor: Visitor, onward: str, typed: dict[str, str], refused: Refusal | None = None
) -> Response[str]:
    people: list[parties.people.DemoPerson] = []
    if market.demo:
        async with market.db.read() as tx:
            people = await parties.people.demo_people(tx, market.seal)
    return show(
        visitor,
        "account/sign_in.html",
        status=refused.status if refused else 200,
        onward=onward,
        typed=typed,
        refused=refused.sentence(visitor.lang) if refused else "",
        second=isinstance(refused, parties.SecondFactorNeeded) or bool(typed.get("totp")),
        people=people,
        drawn=drawn,
    )


@post("/sign-in", status_code=200)
async def sign_in(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """With e-mail or phone, password, and the six digits for whoever has them."""
    onward = back_to(form.get("next"), "/me")
    async with market.db.transaction() as tx:
        found = await parties.people.sign_in(
            tx,
            market.seal,
            handle=form.get("handle"),
            password=form.get("password"),
            totp=form.get("totp") or None,
            agent=visitor.agent,
            address=visitor.address,
            now=visitor.now,
        )
    if isinstance(found, Refusal):
        typed = {"handle": form.get("handle"), "totp": form.get("totp")}
        if isinstance(found, parties.SecondFactorNeeded):
            # The password was right; a page cannot hold it safely, so it is typed once more with the digits.
            typed["totp"] = ""
        return await form_page(market, visitor, onward, typed, found)
    return await welcome(market, visitor, found.token, found.session.party_id, onward)


@post("/sign-in/demo", status_code=200)
async def demo_sign_in(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """As one of the demonstration's people; refused outside of it."""
    async with market.db.transaction() as tx:
        token = await parties.people.demo_sign_in(
            tx, form.get("person"), demo=market.demo, agent=visitor.agent, now=visitor.now
        )
    return await welcome(market, visitor, token, form.get("person"), back_to(form.get("next"), "/me"))


async def welcome(market: Market, visitor: Visitor, token: str, party_id: str, onward: str) -> Response[Any]:
    """The new session's cookie; what was in the guest's basket joins the person's own."""
    cookies = [sessions.session_cookie(visitor, token)]
    async with market.db.transaction() as tx:
        if visitor.token:
            await parties.sessions.close_session(tx, visitor.token)
        elif visitor.basket_cookie:
            await orders.baskets.adopt(
                tx, orders.baskets.basket_of(visitor.basket_cookie), party_id, visitor.now
            )
            cookies.append(sessions.gone(sessions.BASKET))
    return go(visitor, onward, cookies=tuple(cookies))


@post("/sign-out", status_code=200)
async def sign_out(market: GivenMarket, visitor: GivenVisitor) -> Response[Any]:
    if visitor.token:
        async with market.db.transaction() as tx:
            await parties.sessions.close_session(tx, visitor.token)
    return go(
        visitor, "/", say=say(visitor, "You are signed out."), cookies=(sessions.gone(sessions.SESSION),)
    )


@post("/me/act-for", status_code=200)
async def act_for(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Act for a business from now on, or for oneself again."""
    async with market.db.transaction() as tx:
        await parties.sessions.act_for(tx, visitor.token, form.get("business") or None)
    return go(visitor, back_to(form.get("back"), "/me"))
