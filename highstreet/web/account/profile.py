"""What one tells of oneself: name, how to be reached, the language, addresses."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post

from highstreet import parties
from highstreet.kit.errors import Malformed, Refusal
from highstreet.market.desk import Market
from highstreet.parties import Address, Profile
from highstreet.web import sessions
from highstreet.web.frame import Form, GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show, signed_in

_PICTURES = (
    "person-mother",
    "person-grandmother",
    "person-grandfather",
    "person-student",
    "person-teacher",
    "person-visitor",
    "person-tailor",
    "person-baker",
)
_FIELDS = ("label", "name", "phone", "line", "district", "town", "postcode")


async def told(market: Market, visitor: Visitor) -> Profile:
    async with market.db.read() as tx:
        return await parties.people.profile(tx, market.seal, signed_in(visitor).party_id)


@get("/me/profile")
async def profile(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    found = await told(market, visitor)
    typed = {
        "name": found.name,
        "email": found.email or "",
        "phone": found.phone or "",
        "lang": visitor.session.lang if visitor.session else "en",
        "picture": visitor.portrait,
    }
    return show(visitor, "account/profile.html", typed=typed, refused="", pictures=_PICTURES)


@post("/me/profile", status_code=200)
async def change(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Say it anew. Another e-mail or phone needs a sign-in not long ago: it signs one in."""
    session = signed_in(visitor)
    found = await told(market, visitor)
    typed = {name: form.get(name) for name in ("name", "email", "phone", "lang", "picture")}
    lang = "zh" if typed["lang"] == "zh" else "en"
    picture = typed["picture"] if typed["picture"] in _PICTURES else visitor.portrait or None
    try:
        if (typed["email"], typed["phone"]) != (found.email or "", found.phone or ""):
            parties.sessions.require_fresh(session, visitor.now)
        async with market.db.transaction() as tx:
            await parties.people.change_profile(
                tx, market.seal, session.party_id, name=typed["name"], email=typed["email"] or None,
                phone=typed["phone"] or None, addresses=found.addresses, lang=lang, picture=picture,
            )  # fmt: skip
    except parties.SignInAgain:
        raise
    except Refusal as refused:
        text = refused.sentence(visitor.lang)
        return show(
            visitor,
            "account/profile.html",
            status=refused.status,
            typed=typed,
            refused=text,
            pictures=_PICTURES,
        )
    cookies = (sessions.look_cookie(visitor, "lang", lang),)
    speaks = msgspec.structs.replace(visitor, look=msgspec.structs.replace(visitor.look, lang=lang))
    return go(visitor, "/me/profile", say=say(speaks, "Kept."), cookies=cookies)


@get("/me/addresses")
async def addresses(market: GivenMarket, visitor: GivenVisitor, asked: GivenForm) -> Response[str]:
    """The address book; `edit` opens one for changing."""
    return book(visitor, await told(market, visitor), edit=asked.get("edit"))


def book(
    visitor: Visitor,
    found: Profile,
    *,
    edit: str = "",
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response[str]:
    at = int(edit) if edit.isdecimal() and edit.isascii() and int(edit) < len(found.addresses) else None
    if typed is None:
        typed = {name: getattr(found.addresses[at], name) for name in _FIELDS} if at is not None else {}
    return show(
        visitor,
        "account/addresses.html",
        status=refused.status if refused else 200,
        addresses=found.addresses,
        at=at,
        typed=typed,
        refused=refused.sentence(visitor.lang) if refused else "",
    )


@post("/me/addresses", status_code=200)
async def keep_address(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Add an address, change one (`at`), put one first or take one away (`do`)."""
    found = await told(market, visitor)
    try:
        changed = _changed(list(found.addresses), form)
        await _keep(market, visitor, found, changed)
    except Refusal as refused:
        typed = {name: form.get(name) for name in _FIELDS}
        return book(visitor, found, edit=form.get("at"), typed=typed, refused=refused)
    return go(visitor, "/me/addresses", say=say(visitor, "Kept."))


def _changed(known: list[Address], form: Form) -> list[Address]:
    at = form.whole("at", -1)
    if at >= len(known):
        raise Malformed("address", "there is no such address", "没有这个地址")
    do = form.get("do")
    if do in ("first", "away") and at >= 0:
        one = known.pop(at)
        return [one, *known] if do == "first" else known
    one = msgspec.convert({name: form.get(name) for name in _FIELDS}, Address)
    if at >= 0:
        known[at] = msgspec.structs.replace(one, lat=known[at].lat, lon=known[at].lon)
        return known
    return [*known, one]


async def _keep(market: Market, visitor: Visitor, found: Profile, addresses: list[Address]) -> None:
    session = signed_in(visitor)
    async with market.db.transaction() as tx:
        await parties.people.change_profile(
            tx, market.seal, session.party_id, name=found.name, email=found.email, phone=found.phone,
            addresses=addresses, lang="zh" if session.lang == "zh" else "en", picture=visitor.portrait or None,
        )  # fmt: skip
