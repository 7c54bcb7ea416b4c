"""One's orders: the list, one order while it is on its way, and its receipt."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent

from highstreet import logistics
from highstreet.kit.ids import heard, is_id, spoken
from highstreet.kit.rates import Limit
from highstreet.market.views import shop as views
from highstreet.orders import NoSuchOrder
from highstreet.web.chosen import chosen
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, go, limited, live, say, show
from highstreet.web.sessions import AnyRequest
from highstreet.web.shop.acts import acts, worth_of
from highstreet.web.shop.at_device import at_device, told_by_itself
from highstreet.web.shop.beside import beside
from highstreet.web.shop.follow import code_to_show, contact_of, follow
from highstreet.web.shop.shelves import drawn
from highstreet.web.shop.standing import fallen, standing
from highstreet.web.shop.stated import per
from highstreet.web.shop.sums import extras, sums
from highstreet.web.shop.timeline import timeline

_PAGE = 20
_TRIES = (Limit(10, 60), Limit(40, 3600))


@get("/orders")
async def orders(market: GivenMarket, visitor: GivenVisitor, asked: GivenForm) -> Response[str]:
    """A signed-in person's orders; a guest finds one by its number."""
    if visitor.session is None:
        return show(visitor, "shop/find_order.html", typed={}, refused="")
    before = asked.get("before") if is_id(asked.get("before"), "ord") else None
    async with market.db.read() as tx:
        found = await views.my_orders(tx, visitor.session.party_id, before, _PAGE + 1)
    shown = [
        {
            "order": one,
            "number": spoken(one.number),
            "form": market.format(one.format),
            "said": standing(market.format(one.format), one.stage, one.waits).say(visitor.lang),
        }
        for one in found[:_PAGE]
    ]
    after = f"/orders?before={found[_PAGE - 1].id}" if len(found) > _PAGE else ""
    return show(visitor, "shop/orders.html", orders=shown, after=after, before=before, drawn=drawn)


@post("/orders/find", status_code=200)
async def find(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """A guest's order, by its number and the phone or e-mail it was ordered with."""
    await limited(market, visitor, "find order", *_TRIES)
    number, reach = heard(form.get("number")), form.get("reach")
    async with market.db.read() as tx:
        order_id = await views.order_numbered(tx, number) if number is not None and reach else None
        work = await views.order_of(tx, order_id) if order_id else None
        sides = await views.sides(tx, order_id) if order_id else None
    if work is not None and sides is not None:
        contact = contact_of(market, work, sides)
        if _reached(reach) in {_reached(text) for text in (contact.phone, contact.email) if text}:
            return go(visitor, f"/orders/{work.order.id}?key={market.link_signer.short(work.order.id)}")
    text = say(visitor, "No order has this number and this phone or e-mail. Please check both.")
    typed = {"number": form.get("number"), "reach": reach}
    return show(visitor, "shop/find_order.html", status=404, typed=typed, refused=text)


def _reached(text: str) -> str:
    """A phone's last eight digits, or an address in lower case: forgiving about how it was typed."""
    return text.lower() if "@" in text else "".join(letter for letter in text if letter.isdigit())[-8:]


@get("/orders/{order_id:str}")
async def order(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, order_id: FromPath[str]
) -> Response[Any]:
    """Where an order is, what its buyer may do, and what it costs in the end."""
    found = await follow(market, visitor, order_id, asked)
    order = found.work.order
    more = await beside(market, visitor, found)
    async with market.db.read() as tx:
        picked = await chosen(tx, found.work, found.contact.wishes, visitor.lang)
        photo = await logistics.photos.is_there(tx, order_id)
    at = await at_device(market, visitor, found)
    return show(
        visitor,
        "shop/order.html",
        part="state",
        found=found,
        number=spoken(order.number),
        steps=timeline(visitor, found),
        code=code_to_show(market, found, visitor.lang),
        headline=(
            fallen(found.form, found.work)
            or standing(found.form, order.stage, order.waits, opened=bool(more.content))
        ).say(visitor.lang),
        at=at,
        acts=[act for act in acts(found, visitor) if at is None or not told_by_itself(act.fact, at)],
        worth=worth_of(found),
        sums=sums(found, visitor.lang),
        more=more,
        chosen=picked,
        per=per(found.form, found.work.order.agreed.terms, visitor),
        by_loan=found.work.method in market.lenders,
        key=secrets.token_urlsafe(12),
        drawn=drawn,
        photo=photo,
        purchase=f"/purchases/{order.purchase_id}?link={market.link_signer.short(order.purchase_id)}",
    )


@get("/orders/{order_id:str}/live")
async def news(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, order_id: FromPath[str]
) -> ServerSentEvent:
    """An event whenever something is told about the order."""
    await follow(market, visitor, order_id, asked)
    return live(request, market, order_id)


@get("/orders/{order_id:str}/receipt")
async def receipt(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, order_id: FromPath[str]
) -> Response[str]:
    """A receipt to print or keep."""
    found = await follow(market, visitor, order_id, asked)
    if not (found.work.paid):
        raise NoSuchOrder
    beside_price = extras(found, visitor.lang)
    return show(
        visitor,
        "shop/receipt.html",
        found=found,
        extras=beside_price,
        number=spoken(found.work.order.number),
        by_loan=found.work.method in market.lenders,
    )
