"""Becoming a seller: a business applies with its name and registration; whoever works for several chooses which to act for."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from highstreet import parties
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.text import Words
from highstreet.parties import About
from highstreet.web import frame
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, signed_in
from highstreet.web.merchant.desk import WORKS_HERE
from highstreet.web.merchant.filled import Filled
from highstreet.web.sessions import Visitor


@get("/merchant/join")
async def join(visitor: GivenVisitor) -> Response[str]:
    """The way in for shops; whoever is not signed in yet learns what comes first."""
    return _form(visitor, Filled(visitor.look.lang))


def _form(visitor: Visitor, f: Filled) -> Response[str]:
    return frame.show(
        visitor,
        "merchant/join.html",
        status=f.status,
        f=f,
        lang=visitor.lang,
        in_town=visitor.session is not None,
    )


@post("/merchant/join")
async def apply(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Apply with a business; the person becomes its owner, and acts for it at once."""
    session = signed_in(visitor)
    f = Filled(visitor.look.lang, form)
    name = f.text("name", required=True, most=120)
    without = form.get("without") == "1"
    code = f.text("uscc", required=not without, most=40)
    about = About(
        tagline=Words(f.text("tagline_en", most=120), f.text("tagline_zh", most=120)),
        phone=f.text("phone", required=True, most=40),
    )
    if code:
        try:
            parties.businesses.checked_uscc(code)
        except Refusal as no:
            f.refused(no, "uscc")
    if f.ok:
        try:
            async with market.db.transaction() as tx:
                business_id = await parties.businesses.apply(
                    tx, owner_id=session.party_id, name=name, uscc=code or None, about=about, now=visitor.now,
                    lang=visitor.look.lang, demo=visitor.demo,
                )  # fmt: skip
                await parties.sessions.act_for(tx, visitor.token, business_id)
            said = "Thank you. Say where your shop is while somebody reads your application."
            return frame.go(visitor, "/merchant/places/new", say=frame.say(visitor, said))
        except Refusal as no:
            f.refused(no, "uscc" if no.code in ("bad_uscc", "uscc_taken") else "")
    return _form(visitor, f)


@get("/merchant/choose")
async def choose(market: GivenMarket, visitor: GivenVisitor) -> Response[Any]:
    """For which business one works now."""
    session = signed_in(visitor)
    async with market.db.read() as tx:
        mine = await parties.businesses.businesses_of(tx, session.party_id)
    roles = {role.party_id: role.role for role in session.roles if role.role in WORKS_HERE}
    shops = [one for one in mine if one.id in roles]
    if not shops:
        return frame.go(visitor, "/merchant/join")
    return frame.show(
        visitor, "merchant/choose.html", shops=shops, roles=roles, now=session.acts_for, lang=visitor.lang
    )


@post("/merchant/choose")
async def act_for(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    session = signed_in(visitor)
    business_id = form.get("business")
    if all(role.party_id != business_id or role.role not in WORKS_HERE for role in session.roles):
        raise NotFound("business")
    async with market.db.transaction() as tx:
        await parties.sessions.act_for(tx, visitor.token, business_id)
    return frame.go(visitor, "/merchant")


ROUTES = [join, apply, choose, act_for]
