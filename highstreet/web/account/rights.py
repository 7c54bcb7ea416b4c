"""What one allows, and one's data: to read, to take along, to have erased."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post

from highstreet import parties
from highstreet.kit.errors import Malformed, Refusal
from highstreet.market import privacy
from highstreet.web import sessions
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show, signed_in


def wordings(visitor: Visitor) -> dict[parties.consent.Purpose, tuple[str, str]]:
    """What may be allowed: its name, and the words it is allowed in."""
    return {
        "personalisation": (
            say(visitor, "Choosing for me"),
            say(visitor, "The market may use what I bought to put what suits me first."),
        ),
        "location": (
            say(visitor, "Where I am"),
            say(visitor, "The market may keep where I am, to show what is near."),
        ),
        "marketing": (
            say(visitor, "Letters with offers"),
            say(visitor, "Shops I bought from may write to me through the market."),
        ),
        "statistics": (
            say(visitor, "Counting me in"),
            say(visitor, "The city may count my orders, without my name, in its figures."),
        ),
    }


@get("/me/consents")
async def consents(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """All that may be allowed, what is, and what was."""
    session = signed_in(visitor)
    async with market.db.read() as tx:
        found = await parties.consent.consents_of(tx, session.party_id)
    standing = {one.purpose for one in found if one.withdrawn_at is None}
    kinds = [
        {"purpose": purpose, "name": name, "words": words, "given": purpose in standing}
        for purpose, (name, words) in wordings(visitor).items()
    ]
    return show(visitor, "account/consents.html", kinds=kinds, history=found)


@post("/me/consents", status_code=200)
async def allow(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Allow a use (`give=1`) or stop allowing it."""
    session = signed_in(visitor)
    known = wordings(visitor)
    purpose: parties.consent.Purpose | None = next((one for one in known if one == form.get("purpose")), None)
    if purpose is None:
        raise Malformed("purpose", "choose one of those offered", "请选择所列用途")
    async with market.db.transaction() as tx:
        if form.get("give") == "1":
            await parties.consent.give(tx, session.party_id, purpose, known[purpose][1], visitor.now)
        else:
            await parties.consent.withdraw(tx, session.party_id, purpose, visitor.now)
    return go(visitor, "/me/consents", say=say(visitor, "Kept."))


@get("/me/data")
async def data(visitor: GivenVisitor) -> Response[str]:
    signed_in(visitor)
    return show(visitor, "account/data.html", refused="")


@get("/me/data/export")
async def export(market: GivenMarket, visitor: GivenVisitor) -> Response[bytes]:
    """Everything about this person as one file: what they told us, and their orders with lines and contacts."""
    session = signed_in(visitor)
    # Opening one's own health papers is written down like any other opening.
    async with market.db.transaction() as tx:
        told = await privacy.export(market, tx, session.party_id)
    body = msgspec.json.format(msgspec.json.encode(told), indent=1)
    headers = {"content-disposition": 'attachment; filename="my-data.json"', "cache-control": "no-store"}
    return Response(body, media_type="application/json", headers=headers)


@post("/me/data/erase", status_code=200)
async def erase(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Forget this person for good. Asked twice: the word must be typed, and the sign-in be fresh."""
    session = signed_in(visitor)
    parties.sessions.require_fresh(session, visitor.now)
    if form.get("sure").strip().lower() not in ("erase", "删除"):
        text = say(visitor, "Please type the word, so that it does not happen by accident.")
        return show(visitor, "account/data.html", status=422, refused=text)
    try:
        async with market.db.transaction() as tx:
            await privacy.erase(tx, session.party_id, visitor.now)
    except Refusal as refused:
        return show(
            visitor, "account/data.html", status=refused.status, refused=refused.sentence(visitor.lang)
        )
    cookies = (sessions.gone(sessions.SESSION), sessions.gone(sessions.BASKET))
    return go(
        visitor, "/", say=say(visitor, "You are forgotten. Thank you for having been here."), cookies=cookies
    )
