"""Handing on what one holds: the offer, the page its link leads to, taking it, and giving it back; a team's seats."""

from __future__ import annotations

import hashlib
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import parties
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.rates import Limit
from highstreet.market import handing_on
from highstreet.market.handing_on import GiftGone
from highstreet.market.units import Key
from highstreet.market.views import shop as orders
from highstreet.market.views import things as views
from highstreet.web.account.letters import letter_to, posting
from highstreet.web.account.things import held, page
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, go, limited, say, show, signed_in
from highstreet.web.sessions import AnyRequest
from highstreet.web.shop.shelves import drawn

_OFFERS = (Limit(20, 3600),)


@post("/things/{entitlement_id:str}/offer", status_code=200)
async def offer(
    request: AnyRequest,
    market: GivenMarket,
    visitor: GivenVisitor,
    asked: GivenForm,
    form: GivenForm,
    entitlement_id: FromPath[str],
) -> Response[Any]:
    """Offer it by a link, or to an e-mail or phone: who is known here is told, an address gets a letter."""
    found = await held(market, visitor, entitlement_id, asked)
    typed = form.get("handle").strip()
    try:
        if not found.holds:
            raise NotFound("ticket")
        await limited(market, visitor, "hand on", *_OFFERS)
        to = ""
        if typed:
            async with market.db.read() as tx:
                to = await parties.people.with_handle(tx, market.seal, typed) or ""
        given = await handing_on.offer(market, entitlement_id, found.thing.holder_id, to, visitor.now)
    except Refusal as refused:
        return await page(market, visitor, found, refused.sentence(visitor.lang), refused.status)
    link = f"{visitor.url}{found.path}/gift?key={given['token']}"
    text = say(visitor, "Somebody wants to give you something. Look at it, and take it here:") + f"\n\n{link}"
    letter = letter_to(visitor, typed, say(visitor, "Something for you"), text) if "@" in typed else None
    said = (
        say(visitor, "They have been told. Until they take it, it stays yours.")
        if to or letter
        else say(visitor, "Here is the link. Until somebody takes it, it stays yours.")
    )
    answer = go(visitor, f"{found.path}{found.query}", say=said)
    answer.background = posting(request, letter)
    return answer


@post("/things/{entitlement_id:str}/withdraw", status_code=200)
async def withdraw(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, entitlement_id: FromPath[str]
) -> Response[Any]:
    """Take an offer back before somebody takes it."""
    found = await held(market, visitor, entitlement_id, asked)
    if not found.holds:
        raise NotFound("ticket")
    await handing_on.end_offer(market, entitlement_id, found.thing.holder_id, "", visitor.now)
    return go(
        visitor,
        f"{found.path}{found.query}",
        say=say(visitor, "Withdrawn. The link is good for nothing now."),
    )


@get("/things/{entitlement_id:str}/gift")
async def gift(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, entitlement_id: FromPath[str]
) -> Response[str]:
    """What is offered, for who has the link or is asked by name. No code is shown before it is taken."""
    async with market.db.read() as tx:
        thing = await views.thing(tx, entitlement_id)
        work = await orders.order_of(tx, thing.order_id) if thing is not None else None
    if thing is None or work is None:
        raise NotFound("ticket")
    one = next(each for each in work.entitlements if each.id == thing.id)
    me = visitor.session.party_id if visitor.session else ""
    if one.holder_id == me and me:
        return go(visitor, f"/things/{thing.id}")
    meant = one.offered_to == me if one.offered_to else asked.get("key") == handing_on.token_of(market, one)
    if not meant or not one.offered(visitor.now):
        raise GiftGone
    return show(visitor, "account/gift.html", thing=thing, key=asked.get("key"), drawn=drawn)


@post("/things/{entitlement_id:str}/take", status_code=200)
async def take(
    market: GivenMarket, visitor: GivenVisitor, form: GivenForm, entitlement_id: FromPath[str]
) -> Response[Any]:
    """Take it: one of all who have the link. A second tap of the same person is the same act."""
    me = signed_in(visitor).party_id
    key = Key(f"{me} take", entitlement_id + form.get("key")[:30], hashlib.sha256(b"take").hexdigest())
    await handing_on.take(market, entitlement_id, me, form.get("key"), visitor.now, key)
    return go(
        visitor, f"/things/{entitlement_id}", say=say(visitor, "It is yours now, with a code of its own.")
    )


@post("/things/{entitlement_id:str}/decline", status_code=200)
async def decline(
    market: GivenMarket, visitor: GivenVisitor, form: GivenForm, entitlement_id: FromPath[str]
) -> Response[Any]:
    """No, thank you: it stays with who offered it."""
    me = visitor.session.party_id if visitor.session else None
    await handing_on.end_offer(market, entitlement_id, me or "nobody", form.get("key"), visitor.now)
    return go(visitor, "/things" if me else "/", say=say(visitor, "All right, it stays where it is."))


@post("/things/{entitlement_id:str}/give-back", status_code=200)
async def give_back(
    market: GivenMarket, visitor: GivenVisitor, entitlement_id: FromPath[str]
) -> Response[Any]:
    """Back to who bought it."""
    me = signed_in(visitor).party_id
    await handing_on.give_back(market, entitlement_id, me, visitor.now)
    return go(visitor, "/things", say=say(visitor, "Given back to who bought it."))


@post("/things/{entitlement_id:str}/assign", status_code=200)
async def assign(
    market: GivenMarket, visitor: GivenVisitor, form: GivenForm, entitlement_id: FromPath[str]
) -> Response[Any]:
    """A team's seat to one of its people (`person`), or back to who bought it when it is empty."""
    me = signed_in(visitor).party_id
    async with market.db.read() as tx:
        team = set(await views.colleagues_of(tx, me))
    person = form.get("person") or None
    await handing_on.assign(market, entitlement_id, me, person, team, visitor.now)
    return go(
        visitor, f"/things/{entitlement_id}", say=say(visitor, "Noted. Whoever had it before has it no more.")
    )
