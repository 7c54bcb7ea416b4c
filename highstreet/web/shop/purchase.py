"""Paying: to the provider's page and back, waiting for its word without guessing, and on to the orders."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent

from highstreet.kit.errors import Refusal
from highstreet.kit.ids import spoken
from highstreet.ledger import Intent, Notice, ProviderAway
from highstreet.market import pay
from highstreet.market.desk import Market
from highstreet.market.views import shop as views
from highstreet.market.work import Work
from highstreet.orders import NoSuchOrder
from highstreet.web.frame import Form, GivenForm, GivenMarket, GivenVisitor, Visitor, go, live, show
from highstreet.web.sessions import AnyRequest

PAYABLE = timedelta(minutes=30)
_log = logging.getLogger(__name__)


class Paying(msgspec.Struct, frozen=True):
    """A purchase its buyer may see, its orders, and the address it is seen under."""

    purchase: views.Purchase
    works: list[Work]
    path: str


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
    return Paying(found, works, f"/purchases/{purchase_id}?link={link}")


@get("/purchases/{purchase_id:str}")
async def purchase(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, purchase_id: FromPath[str]
) -> Response[Any]:
    """Where a payment stands. `pay=1`: straight on to the provider; coming back, we wait for its word."""
    return answer(market, visitor, await paying(market, visitor, purchase_id, asked), asked)


def answer(market: Market, visitor: Visitor, found: Paying, asked: Form) -> Response[Any]:
    states = {work.order.stage for work in found.works}
    waiting = any(work.order.waits == "payment" for work in found.works)
    single = found.works[0].order.id if len(found.works) == 1 else ""
    if not waiting and single:
        return go(visitor, f"/orders/{single}?key={market.link_signer.short(single)}")
    url = pay_url(market, visitor, found) if waiting else ""
    dues = [due for work in found.works for kind, due in work.deadlines.items() if kind == "payment"]
    return show(
        visitor,
        "shop/purchase.html",
        part="state",
        purchase=found.purchase,
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
    intent = Intent(told.key, told.amount, told.currency, told.asked_at + PAYABLE)
    return provider.pay_url(intent, f"{visitor.url}{found.path}&back=1")


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
    return answer(market, visitor, found, Form({"back": ["1"]}))


async def ask_provider(market: Market, visitor: Visitor, told: views.Purchase) -> None:
    """Ask what became of the money asked for a purchase."""
    if told.key is not None:
        await hear(market, visitor, told.provider or "", told.key, told.currency)


async def hear(market: Market, visitor: Visitor, name: str, key: str, currency: str) -> None:
    """What the provider answers is taken like its notice: believed once, and only for the amount asked."""
    provider = market.providers.get(name)
    if provider is None:
        return
    try:
        state = await provider.query(key)
    except (ProviderAway, Refusal) as away:
        _log.info("the provider gave no answer: %s", away)
        return
    if not state.seen or state.outcome == "unknown":
        return
    kind = "charge.succeeded" if state.outcome == "paid" else "charge.failed"
    notice = Notice(
        provider=provider.name, id=f"query {key}", key=key, kind=kind, amount=state.amount,
        currency=state.currency or currency, provider_ref=state.provider_ref, at=state.at or visitor.now,
    )  # fmt: skip
    await pay.told_charge(market, notice, visitor.now)


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
