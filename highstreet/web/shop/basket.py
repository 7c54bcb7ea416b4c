"""The basket: several sellers, one price, a promise for each part. Nothing is set aside by it."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post

from highstreet import orders
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.kit.ids import is_id
from highstreet.kit.quantity import parse_quantity
from highstreet.market import quote as quotes
from highstreet.market.desk import Market
from highstreet.orders import MOST_LINES, Entry
from highstreet.web import sessions
from highstreet.web.chosen import kinds_of_old
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show
from highstreet.web.shop import choosing
from highstreet.web.shop.grouped import Read, groups
from highstreet.web.shop.handing_over import swaps
from highstreet.web.shop.shelves import Shown, offers

_MOST = 9_999


async def read(market: Market, visitor: Visitor) -> Read:
    """The visitor's basket. What is gone, closed or too many is told, the others are priced."""
    if not visitor.basket_id:
        return Read([], {}, {}, None)
    async with market.db.read() as tx:
        entries = await orders.baskets.read(tx, visitor.basket_id)
    shown: dict[str, Shown] = {}
    for entry in entries:
        try:
            shown |= {one.goods.id: one for one in await offers(market, visitor, [entry.offer])}
        except NotFound:
            continue
    entries = [entry for entry in entries if entry.offer in shown]
    wrong = {e.offer: text for e in entries if (text := _trouble(visitor, shown[e.offer], e.quantity))}
    for entry in entries:
        form = market.format(shown[entry.offer].goods.format)
        asked = form.hints.asks or form.decided == "cohort" or shown[entry.offer].goods.rx is not None
        if entry.offer not in wrong and asked:
            try:
                await quotes.quote(market, [entry], visitor.now)
            except Refusal as refused:
                wrong[entry.offer] = refused.sentence(visitor.lang)
    good = [entry for entry in entries if entry.offer not in wrong]
    holder = visitor.session.party_id if visitor.session else None
    explained = await quotes.quote(market, good, visitor.now, holder=holder) if good else None
    return Read(entries, shown, wrong, explained)


def _trouble(visitor: Visitor, one: Shown, quantity: int) -> str:
    most = one.goods.most_per_order
    if one.in_shop:
        return say(visitor, "This is bought at the counter of the shop.")
    if not one.goods.sellable:
        return say(visitor, "This is not on sale any more.")
    if one.free is not None and one.free <= 0:
        return say(visitor, "Sold out for now.")
    if one.free is not None and quantity > one.free:
        return say(visitor, "Only %(n)s left; please take fewer.", n=one.free)
    if most is not None and quantity > most:
        return say(visitor, "At most %(n)s in one order.", n=most)
    return ""


@get("/basket")
async def basket(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """What somebody means to buy, seller by seller."""
    return await shown_basket(visitor, market, await read(market, visitor))


async def shown_basket(
    visitor: Visitor, market: Market, found: Read, status: int = 200, refused: str = ""
) -> Response[str]:
    return show(
        visitor,
        "shop/basket.html",
        part="contents",
        status=status,
        found=found,
        refused=refused,
        groups=groups(market, visitor, found),
        swaps=await swaps(market, visitor, found),
        old_kinds=kinds_of_old(visitor.lang),
        noes=[why.say(visitor.lang) for why in found.explained.noes.values()] if found.explained else [],
        other=[found.shown[e.offer] for e in found.entries if e.offer in found.wrong],
        quantities={e.offer: e.quantity for e in found.entries},
    )


@post("/basket", status_code=200)
async def put(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Put an offer in at a quantity; `add` adds to what is there, zero takes it out."""
    offer = form.get("offer")
    if not is_id(offer, "ofr"):
        raise NotFound("offer")
    try:
        text = form.get("quantity", "1")
        quantity = 0 if text == "0" else parse_quantity(text)
        if quantity > _MOST:
            raise Malformed("quantity", f"at most {_MOST:,}", f"最多 {_MOST:,}")
    except Refusal as refused:
        found = await read(market, visitor)
        return await shown_basket(visitor, market, found, refused.status, refused.sentence(visitor.lang))
    goods = (await market.shelf.offers([offer]))[offer]
    choice = choosing.chosen(market, goods, form)
    way = market.format(goods.format)
    asked = choice or way.hints.asks or way.decided == "cohort" or goods.rx is not None
    if quantity and asked and form.get("add"):
        try:
            # What cannot be had is said where it is chosen, before it is in the basket.
            choice = (
                (await quotes.quote(market, [Entry(offer, quantity, choice)], visitor.now))
                .quote.orders[0]
                .lines[0]
                .choice
            )
        except Refusal as refused:
            return go(visitor, f"/offers/{offer}", say=refused.sentence(visitor.lang), kind="refusal")
    cookie = visitor.basket_cookie or sessions.new_basket()
    basket_id = visitor.basket_id or orders.baskets.basket_of(cookie)
    async with market.db.transaction() as tx:
        entries = await orders.baskets.read(tx, basket_id)
        had = next((entry.quantity for entry in entries if entry.offer == offer), 0)
        if not had and quantity and len(entries) >= MOST_LINES:
            raise Malformed(
                "basket", f"holds at most {MOST_LINES} different things", f"最多放 {MOST_LINES} 种商品"
            )
        wanted = min(had + quantity, _MOST) if form.get("add") else quantity
        entries = orders.baskets.put(entries, offer, quantity if choice else wanted, choice or None)
        buyer = visitor.session.party_id if visitor.session else None
        await orders.baskets.write(tx, basket_id, entries, buyer, visitor.now)
    cookies = () if visitor.session or visitor.basket_cookie else (sessions.basket_cookie(visitor, cookie),)
    if not visitor.part:
        # What is sold live is gone while one looks at a basket.
        return go(visitor, "/checkout" if form.get("then") == "checkout" else "/basket", cookies=cookies)
    changed = msgspec.structs.replace(visitor, basket_id=basket_id, basket=len(entries))
    return await shown_basket(changed, market, await read(market, changed))
