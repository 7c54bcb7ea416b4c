"""What protects an account: the password, the second factor, and where one is signed in."""

from __future__ import annotations

from typing import Any

import segno
from litestar import Response, get, post
from markupsafe import Markup

from highstreet import parties
from highstreet.kit.errors import Malformed, Refusal
from highstreet.market.desk import Market
from highstreet.market.views import shop as views
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show, signed_in


@get("/me/security")
async def security(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    return await page(market, visitor)


async def page(
    market: Market,
    visitor: Visitor,
    refused: Refusal | None = None,
    new: dict[str, Any] | None = None,
    codes: list[str] | None = None,
) -> Response[str]:
    """`new`: a key to scan; `codes`: recovery codes, on the one page that ever shows them."""
    session = signed_in(visitor)
    async with market.db.read() as tx:
        known = await views.signed_in_at(tx, session.party_id)
        left = await parties.people.codes_left(tx, session.party_id)
    return show(
        visitor,
        "account/security.html",
        status=refused.status if refused else 200,
        sessions=known.sessions,
        device=device,
        second=known.second_factor,
        refused=refused.sentence(visitor.lang) if refused else "",
        new=new,
        left=left,
        codes=codes or [],
    )


_BROWSERS = ("MicroMessenger", "Edg", "Firefox", "Chrome", "Safari")
_SYSTEMS = ("Android", "iPhone", "iPad", "HarmonyOS", "Windows", "Mac OS X", "Linux")


def device(agent: str) -> str:
    """A browser's long name in the few words its owner knows it by."""
    told = [next((name for name in names if name in agent), "") for names in (_BROWSERS, _SYSTEMS)]
    return " · ".join(filter(None, told)).replace("Edg", "Edge").replace("MicroMessenger", "WeChat 微信")


@post("/me/security/password", status_code=200)
async def password(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Another password; every other session ends."""
    session = signed_in(visitor)
    try:
        if form.get("new") != form.get("again"):
            raise Malformed(say(visitor, "New password"), "the two are not the same", "两次输入不一致")
        async with market.db.transaction() as tx:
            refused = await parties.people.set_password(
                tx, market.seal, session.party_id, old=form.get("old"), new=form.get("new"),
                keep=visitor.token, now=visitor.now,
            )  # fmt: skip
    except Refusal as error:
        refused = error
    if refused is not None:
        return await page(market, visitor, refused)
    text = say(visitor, "Your new password is set. You are signed out everywhere else.")
    return go(visitor, "/me/security", say=text)


@post("/me/security/totp", status_code=200)
async def start_totp(market: GivenMarket, visitor: GivenVisitor) -> Response[Any]:
    """A new key for the authenticator app; in force once its first digits are typed."""
    session = signed_in(visitor)
    parties.sessions.require_fresh(session, visitor.now)
    async with market.db.transaction() as tx:
        new = await parties.people.start_totp(tx, market.seal, session.party_id, market=visitor.town)
    return await page(market, visitor, new=drawn_key(new.key, new.uri))


def drawn_key(key: str, uri: str) -> dict[str, Any]:
    """The key as text in groups of four, and as a QR code."""
    svg = segno.make(uri, micro=False).svg_inline(border=2, scale=4, omitsize=True)
    groups = " ".join(key[at : at + 4] for at in range(0, len(key), 4))
    return {"key": groups, "uri": uri, "plain": key, "qr": Markup(svg)}  # noqa: S704


@post("/me/security/totp/confirm", status_code=200)
async def confirm_totp(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """The app has the key: it is asked for from now on."""
    session = signed_in(visitor)
    try:
        async with market.db.transaction() as tx:
            codes = await parties.people.confirm_totp(
                tx, market.seal, session.party_id, form.get("code"), visitor.token, visitor.now
            )
    except Refusal as refused:
        # Only what we made ourselves is drawn again: the key stands in the form, under the person's own eyes.
        key, uri = form.get("key"), form.get("uri")
        again = drawn_key(key, uri) if uri.startswith("otpauth://") else None
        return await page(market, visitor, refused, again)
    return await page(market, visitor, codes=codes)


@post("/me/security/codes", status_code=200)
async def new_codes(market: GivenMarket, visitor: GivenVisitor) -> Response[Any]:
    """Ten new recovery codes; the old ones end."""
    session = signed_in(visitor)
    parties.sessions.require_fresh(session, visitor.now)
    if not session.strong:
        raise parties.SecondFactorNeeded
    async with market.db.transaction() as tx:
        codes = await parties.people.make_codes(tx, market.seal, session.party_id, visitor.now)
    return await page(market, visitor, codes=codes)


@post("/me/security/elsewhere", status_code=200)
async def elsewhere(market: GivenMarket, visitor: GivenVisitor) -> Response[Any]:
    """Sign out everywhere but here."""
    session = signed_in(visitor)
    async with market.db.transaction() as tx:
        await parties.sessions.close_all(tx, session.party_id, visitor.token)
    return go(visitor, "/me/security", say=say(visitor, "You are signed out everywhere else."))
