"""One's own corner: what is going on, notices, and the ways to everything else."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from highstreet import parties
from highstreet.kit.text import Words
from highstreet.market import holders, news
from highstreet.market.views import shop as views
from highstreet.parties import Notice
from highstreet.web.account.told_of_money import told_of_money
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show, signed_in
from highstreet.web.shop.shelves import drawn

_SURFACES = {"courier": "courier", "operator": "operator", "officer": "city", "customs": "city/customs"}


@get("/me")
async def me(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """The hub of an account."""
    session = signed_in(visitor)
    async with market.db.read() as tx:
        businesses = await parties.businesses.businesses_of(tx, session.party_id)
        recent = await views.my_orders(tx, session.party_id, None, 3)
        wallet = await views.wallet(tx, session.party_id, market.currency)
        notices = await parties.notices.unread(tx, session.party_id, 3)
    roles = {role.party_id: role.role for role in session.roles}
    return show(
        visitor,
        "account/me.html",
        businesses=[
            {
                "one": one,
                "role": roles.get(one.id, ""),
                "href": "/" + _SURFACES.get(roles.get(one.id, ""), "merchant"),
            }
            for one in businesses
        ],
        recent=[{"order": one, "form": market.format(one.format)} for one in recent],
        wallet=wallet,
        currency=market.currency,
        notices=[told(visitor, one) for one in notices],
        drawn=drawn,
    )


@get("/me/notices")
async def notices(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """Everything the market told this person."""
    session = signed_in(visitor)
    async with market.db.read() as tx:
        found = await parties.notices.latest(tx, session.party_id, 100)
    return show(visitor, "account/notices.html", notices=[told(visitor, one) for one in found])


@post("/me/notices/read", status_code=200)
async def read(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Mark one notice (`id`) or all as read."""
    session = signed_in(visitor)
    async with market.db.transaction() as tx:
        await parties.notices.read(tx, session.party_id, form.all("id") or None, visitor.now)
    return go(visitor, "/me/notices")


def told(visitor: Visitor, notice: Notice) -> dict[str, Any]:
    """A notice in words. Kinds nobody wrote words for yet are told by their subject."""
    body = notice.body
    reason = str(body.get("reason") or "")
    words = {
        "business_accepted": say(visitor, "Your business was accepted. You can sell now."),
        "business_refused": say(visitor, "Your business was not accepted: %(reason)s", reason=reason),
        "business_suspended": say(visitor, "Your business may not sell for now: %(reason)s", reason=reason),
        "business_reopened": say(visitor, "Your business may sell again."),
        "licence_accepted": say(visitor, "A licence was accepted."),
        "licence_refused": say(visitor, "A licence was not accepted: %(reason)s", reason=reason),
        "particulars_due": say(
            visitor,
            "The market checks who you are every six months, next by %(day)s. Please see that your licences and phone are right.",
            day=str(body.get("until") or ""),
        ),
        "particulars_overdue": say(
            visitor,
            "The market should have checked who you are by %(day)s. Please see that your licences and phone are right.",
            day=str(body.get("until") or ""),
        ),
        "particulars_confirmed": say(
            visitor,
            "The market looked: who you are is still true. Again by %(day)s.",
            day=str(body.get("until") or ""),
        ),
        "scenario_asked": say(
            visitor, "Somebody wants your goods, or your money, in a scenario. Say yes or no."
        ),
        "box_shown": say(visitor, "Your next box is there to look at. Change it or leave it out in time."),
        "record_written": say(
            visitor, "Your doctor wrote a record of your visit. It opens for you two alone."
        ),
        "prescription_accepted": say(
            visitor,
            "The pharmacist accepted prescription %(number)s. You can buy now.",
            number=str(body.get("number") or ""),
        ),
        "prescription_refused": say(
            visitor,
            "The pharmacist did not accept prescription %(number)s.",
            number=str(body.get("number") or ""),
        ),
        **told_of_money(visitor),
        "voucher_helped": say(
            visitor, "At a counter a voucher was claimed for you. Was it not you? Tell us."
        ),
        "licence_expired": say(visitor, "A licence has run out. Please show the new one."),
    }
    subject = notice.subject if notice.subject.startswith("ord_") else str(body.get("order") or "")
    return {
        "id": notice.id,
        "text": words.get(notice.kind)
        or news.sentence(notice.kind, body, visitor.lang)
        or holders.TOLD.get(notice.kind, Words()).say(visitor.lang)
        or say(visitor, "There is news about you."),
        "at": notice.at,
        "new": notice.read_at is None,
        "href": _where(notice, subject),
    }


def _where(notice: Notice, subject: str) -> str:
    """The page a notice is about: one's own order, or the desk of the business."""
    if notice.kind == "scenario_asked":
        return "/merchant/scenarios"
    if notice.kind.startswith("alert_"):
        return "/merchant/questions" if notice.kind.endswith("_seller") else "/me/questions"
    if notice.kind == "voucher_helped":
        return "/me/vouchers"
    if notice.kind == "box_shown":
        return f"/orders/{notice.body.get('order')}/box"
    if notice.kind.startswith(("record_", "prescription_")):
        return "/me/health"
    if notice.kind in holders.TOLD:
        return "/things"
    if notice.kind in news.TO_BUYER and subject:
        return f"/orders/{subject}"
    return (
        "/merchant"
        if notice.kind in news.TO_SELLER or notice.kind.startswith(("business", "licence", "particulars"))
        else ""
    )
