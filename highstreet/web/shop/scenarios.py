"""A scenario: the parts of a day from several sellers, each with its own choice, one price, one way into the basket."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import catalog, orders
from highstreet.catalog import Part, Scenario
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.kit.quantity import parse_quantity
from highstreet.market import quote as quotes
from highstreet.market.desk import Market
from highstreet.orders import MOST_LINES, Entry
from highstreet.pricing import Want, price_lines
from highstreet.web import sessions
from highstreet.web.frame import Form, GivenForm, GivenMarket, GivenVisitor, Visitor, go, say, show
from highstreet.web.shop import choosing
from highstreet.web.shop.choosing import Chooser
from highstreet.web.shop.shelves import Shown, drawn, offers

_MOST = 99


class Drawn(msgspec.Struct, frozen=True):
    """A part as the page draws it. `of`: what its fields' names begin with."""

    part: Part
    one: Shown
    chooser: Chooser | None
    of: str
    paid: int

    @property
    def closed(self) -> bool:
        return self.one.gone or (self.chooser is not None and self.chooser.closed)


async def _read(market: Market, scenario_id: str) -> Scenario:
    if "\0" in scenario_id:
        raise NotFound("scenario")  # the database reads no such text
    async with market.db.read() as tx:
        found = await catalog.read_scenario(tx, scenario_id)
    if found.opened_at is None:
        raise NotFound("scenario")
    return found


@get("/scenarios/{scenario_id:str}")
async def scenario(market: GivenMarket, visitor: GivenVisitor, scenario_id: FromPath[str]) -> Response[str]:
    """The course of the day, and what it costs together."""
    found = await _read(market, scenario_id)
    shown = await offers(market, visitor, [part.offer_id for part in found.parts])
    wants = [Want(one.goods.priced, part.quantity) for one, part in zip(shown, found.parts, strict=True)]
    promotions = await market.shelf.promotions({one.goods.seller_id for one in shown})
    priced = price_lines(wants, promotions, "online", visitor.now)
    parts = [
        Drawn(part, one, await choosing.chooser(market, visitor, one.goods), f"p{part.position}-", line.paid)
        for part, one, line in zip(found.parts, shown, priced, strict=True)
    ]
    names = {part.funder_id: part.funder for part in found.parts if part.funder_id and part.funder}
    names |= {one.goods.seller_id: one.seller(visitor.lang) for one in shown}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one, line in zip(shown, priced, strict=True):
        told = msgspec.structs.replace(one, priced=line).story(visitor.town, visitor.lang, names)
        for row in told:
            had = rows.setdefault((row["text"], row["funder"]), row | {"amount": 0})
            had["amount"] += row["amount"]
    return show(
        visitor,
        "shop/scenario.html",
        here=found,
        parts_of_it=parts,
        closed=not found.open_at(visitor.now),
        total=sum(line.paid for line in priced),
        whole=sum(line.list_price * line.quantity for line in priced),
        currency=shown[0].goods.priced.currency,
        rows=list(rows.values()),
        drawn=drawn,
    )


@post("/scenarios/{scenario_id:str}", status_code=200)
async def take(
    market: GivenMarket, visitor: GivenVisitor, form: GivenForm, scenario_id: FromPath[str]
) -> Response[Any]:
    """All parts into the basket at once, or none and the reason."""
    found = await _read(market, scenario_id)
    try:
        found.check(visitor.now)
        wanted = [await _wanted(market, visitor, form, part) for part in found.parts]
        explained = await quotes.quote(market, wanted, visitor.now)
    except Refusal as refused:
        return go(visitor, f"/scenarios/{scenario_id}", say=refused.sentence(visitor.lang), kind="refusal")
    lines = {line.offer: line for order in explained.quote.orders for line in order.lines}
    cookie = visitor.basket_cookie or sessions.new_basket()
    basket_id = visitor.basket_id or orders.baskets.basket_of(cookie)
    async with market.db.transaction() as tx:
        entries = await orders.baskets.read(tx, basket_id)
        for one in wanted:
            line = lines[one.offer]
            entries = orders.baskets.put(entries, one.offer, line.quantity, line.choice)
        if len(entries) > MOST_LINES:
            raise Malformed(
                "basket", f"holds at most {MOST_LINES} different things", f"最多放 {MOST_LINES} 种商品"
            )
        buyer = visitor.session.party_id if visitor.session else None
        await orders.baskets.write(tx, basket_id, entries, buyer, visitor.now)
    cookies = () if visitor.session or visitor.basket_cookie else (sessions.basket_cookie(visitor, cookie),)
    return go(visitor, "/basket", say=say(visitor, "All of it is in your basket."), cookies=cookies)


async def _wanted(market: Market, visitor: Visitor, form: Form, part: Part) -> Entry:
    """What was chosen for a part. What cannot be had so is told with the part's name. Errors: NotChosen."""
    goods = (await market.shelf.offers([part.offer_id]))[part.offer_id]
    of = f"p{part.position}-"
    try:
        quantity = parse_quantity(form.get(of + "quantity", str(part.quantity)))
        if quantity > _MOST:
            raise Malformed("quantity", f"at most {_MOST}", f"最多 {_MOST}")
        entry = Entry(part.offer_id, quantity, choosing.chosen(market, goods, form, of))
        await quotes.quote(market, [entry], visitor.now)
    except Refusal as refused:
        title = part.title
        raise NotChosen(
            title=title.say("en"), title_zh=title.say("zh"), why=refused.sentence("en"), why_zh=refused.sentence("zh")
        ) from None  # fmt: skip
    return entry


class NotChosen(Refusal):
    """One part of a scenario cannot be had as it was chosen."""

    code = "part_not_chosen"
    status = 422
    en = "{title}: {why}"
    zh = "{title_zh}：{why_zh}"
