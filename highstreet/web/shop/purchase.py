"""Paying: to the provider's page and back, waiting for its word without guessing, and on to the orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent

from highstreet.kit.ids import spoken
from highstreet.ledger import Intent
from highstreet.market import instalments
from highstreet.market.desk import Market
from highstreet.market.views import shop as views
from highstreet.market.work import Work
from highstreet.orders import NoSuchOrder
from highstreet.web.frame import Form, GivenForm, GivenMarket, GivenVisitor, Visitor, go, live, show
from highstreet.web.sessions import AnyRequest
from highstreet.web.shop.hearing import hear

PAYABLE = timedelta(minutes=30)


class Paying(msgspec.Struct, frozen=True):
    """A purchase its buyer may see, its orders, the address it is seen under, and the terms of the loan that pays it, if one does."""

    purchase: views.Purchase
    works: list[Work]
    path: str
    loan: instalments.Kept | None = None


async def paying(market: Market, visitor: Visitor, purchase_id: str, asked: Form) -> Paying:
    """Errors: NoSuchOrder for whoever is neither the buyer nor has the link."""
    async with market.db.read() as tx:
        found = await views.purchase(tx, purchase_id)
        works = await views.orders_of_purchase(tx, purchase_id) if found else []
    shown = asked.get("link")
    link = market.link_signer.short(purchase_id)
    mine = visitor.session is not None and found is not None and found.buyer_id == visitor.session.party_id
    if found is None or not (mine or shown == link):
        raise NoSuchOrder
    loan = await instalments.agreed_for(market, purchase_id) if found.method in market.lenders else None
    return Paying(found, works, f"/purchases/{purchase_id}?link={link}", loan)


@get("/purchases/{purchase_id:str}")
async def purchase(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, purchase_id: FromPath[str]
) -> Response[Any]:
    """Where a payment stands. `pay=1`: straight on to the provider; coming back, we wait for its word."""
    return await answer(market, visitor, await paying(market, visitor, purchase_id, asked), asked)


async def answer(market: Market, visitor: Visitor, found: Paying, asked: Form) -> Response[Any]:
    states = {work.order.stage for work in found.works}
    waiting = any(work.order.waits == "payment" for work in found.works)
    single = found.works[0].order.id if len(found.works) == 1 else ""
    if not waiting and single:
        return go(visitor, f"/orders/{single}?key={market.link_signer.short(single)}")
    url = pay_url(market, visitor, found) if waiting else ""
    loan, refused = found.loan, None
    if loan is not None and waiting and found.purchase.state == "declined":
        url = ""
        refused = await instalments.why_not(market, loan)
    dues = [due for work in found.works for kind, due in work.deadlines.items() if kind == "payment"]
    return show(
        visitor,
        "shop/purchase.html",
        part="state",
        purchase=found.purchase,
        loan=loan,
        why=refused,
        waiting=waiting,
        lapsed=states == {"undone"},
        until=min(dues, default=None),
        pay_url=url,
        onward=url if asked.get("pay") and found.purchase.state == "asked" else "",
        back=bool(asked.get("outcome") or asked.get("back")),
        path=found.path,
        orders=[
            {
                "href": f"/orders/{work.order.id}?key={market.link_signer.short(work.order.id)}",
                "number": spoken(work.order.number),
                "work": work,
                "hints": market.format(work.order.format).hints,
            }
            for work in found.works
        ],
    )


def pay_url(market: Market, visitor: Visitor, found: Paying) -> str:
    """The provider's page for what is still asked; empty when it is none of ours."""
    told = found.purchase
    provider = market.providers.get(told.provider or "")
    if provider is None or told.key is None or told.amount is None or told.asked_at is None:
        return ""
    intent = Intent(told.key, told.amount, told.currency, told.asked_at + PAYABLE, _terms(found))
    return provider.pay_url(intent, f"{visitor.url}{found.path}&back=1")


def _terms(found: Paying) -> str:
    return found.loan.terms.text if found.loan is not None and found.loan.terms is not None else ""


@post("/purchases/{purchase_id:str}/ask", status_code=200)
async def ask(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, purchase_id: FromPath[str]
) -> Response[Any]:
    """Ask the provider what became of the payment, when its notice has not come; then see where it stands."""
    found = await paying(market, visitor, purchase_id, asked)
    if any(work.order.waits == "payment" for work in found.works):
        await ask_provider(market, visitor, found.purchase)
        found = await paying(market, visitor, purchase_id, asked)
    if not visitor.part:
        return go(visitor, f"{found.path}&back=1")
    return await answer(market, visitor, found, Form({"back": ["1"]}))


async def ask_provider(market: Market, visitor: Visitor, told: views.Purchase) -> None:
    """Ask what became of the money asked for a purchase."""
    if told.key is not None:
        await hear(market, visitor, told.provider or "", told.key, told.currency)


@get("/purchases/{purchase_id:str}/live")
async def news(
    request: AnyRequest,
    market: GivenMarket,
    visitor: GivenVisitor,
    asked: GivenForm,
    purchase_id: FromPath[str],
) -> ServerSentEvent:
    """An event whenever one of its orders is told about."""
    found = await paying(market, visitor, purchase_id, asked)
    return live(request, market, *(work.order.id for work in found.works))
