"""Who works here, and as what. Somebody new is invited by a link they open themselves, so nobody learns who has an account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import segno
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from markupsafe import Markup

from highstreet import parties
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market.desk import Market
from highstreet.parties import Business
from highstreet.web import frame
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, signed_in
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.sessions import Visitor

ROLES = ("clerk", "manager", "courier", "owner")
_GOOD_FOR = timedelta(days=2)


class Invitation(msgspec.Struct, frozen=True, array_like=True, tag="staff"):
    """What an invitation says; it travels signed in its link."""

    business: str
    role: parties.roles.RoleName
    by: str
    until: datetime


class InvitationOver(Refusal):
    code = "invitation_over"
    status = 410
    en = "This invitation is over. Please ask for a new one."
    zh = "邀请已失效，请重新索取。"


@get("/staff")
async def staff(desk: GivenDesk) -> Response[str]:
    return await _page(desk, Filled(desk.lang))


async def _page(desk: Desk, f: Filled, link: str = "", role: str = "") -> Response[str]:
    async with desk.market.db.read() as tx:
        found = await parties.roles.staff_of(tx, desk.id)
        names = await parties.people.names(tx, desk.market.seal, [one.person_id for one in found])
    drawn = Markup(segno.make(link, error="m").svg_inline(scale=4, border=2)) if link else ""  # noqa: S704 - drawn by us
    return desk.show(
        "staff.html",
        status=f.status,
        at="/merchant/business",
        f=f,
        staff=found,
        names=names,
        roles=ROLES,
        link=link,
        qr=drawn,
        role=role,
    )


@post("/staff")
async def invite(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """A link for one role, good for two days."""
    desk.require("staff")
    f = Filled(desk.lang, form)
    role: Any = form.get("role")
    if role not in ROLES:
        f.wrong("role", "Choose a role.", "请选择角色。")
        return await _page(desk, f)
    made = Invitation(desk.id, role, desk.session.party_id, desk.visitor.now + _GOOD_FOR)
    signed = desk.market.link_signer.sign(msgspec.msgpack.encode(made))
    return await _page(desk, f, f"{desk.visitor.url}/merchant/invitation?key={signed}", role)


async def _read(market: Market, visitor: Visitor, key: str) -> tuple[Invitation, Business]:
    """Errors: InvitationOver, also when whoever invited may not any more."""
    body = market.link_signer.read(key)
    try:
        found = msgspec.msgpack.decode(body or b"", type=Invitation)
    except msgspec.MsgspecError:
        raise InvitationOver from None
    async with market.db.read() as tx:
        may = parties.may(await parties.roles.roles_of(tx, found.by), "staff", found.business)
        business = await parties.businesses.business(tx, found.business)
    if not may or found.until < visitor.now:
        raise InvitationOver
    return found, business


@get("/merchant/invitation")
async def invitation(market: GivenMarket, visitor: GivenVisitor, key: FromQuery[str] = "") -> Response[str]:
    signed_in(visitor)
    found, business = await _read(market, visitor, key)
    return frame.show(visitor, "merchant/invitation.html", key=key, invitation=found, business=business)


@post("/merchant/invitation")
async def accept(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    session = signed_in(visitor)
    found, business = await _read(market, visitor, form.get("key"))
    async with market.db.transaction() as tx:
        await parties.roles.grant(
            tx,
            person_id=session.party_id,
            party_id=business.id,
            role=found.role,
            by=found.by,
            now=visitor.now,
        )
        await parties.sessions.act_for(tx, visitor.token, business.id)
    path = "/courier" if found.role == "courier" else "/merchant"
    return frame.go(visitor, path, say=frame.say(visitor, "Welcome to %(name)s.", name=business.name))


@post("/staff/{person_id:str}/withdrawal")
async def withdraw(desk: GivenDesk, person_id: FromPath[str], form: GivenForm) -> Response[Any]:
    desk.require("staff")
    role: Any = form.get("role")
    if role not in ROLES:
        raise NotFound("role")
    try:
        async with desk.market.db.transaction() as tx:
            await parties.roles.withdraw(
                tx,
                person_id=person_id,
                party_id=desk.id,
                role=role,
                by=desk.session.party_id,
                now=desk.visitor.now,
            )
    except Refusal as no:
        f = Filled(desk.lang)
        f.refused(no)
        return await _page(desk, f)
    return desk.go("/staff", "They no longer work here in this role.", kind="info")


ROUTES = [staff, invite, withdraw]
OPEN_ROUTES = [invitation, accept]
