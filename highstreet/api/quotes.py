"""Quotes: what a basket costs and why, as a signed text that `POST /api/orders` takes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import post
from litestar.params import JSONBody
from msgspec import Meta

from highstreet.api.shapes import Id, Latitude, Longitude
from highstreet.api.tokens import Call, bearer_of, market_of
from highstreet.kit.geo import Point
from highstreet.market import quote as orders
from highstreet.market.desk import Market
from highstreet.market.quote import Explained, quote
from highstreet.orders import MOST_LINES, Due, Entry, Share
from highstreet.pricing import Adjustment


class Wish(msgspec.Struct, frozen=True):
    """So many steps of an offer. `choice`: what its format asks to be chosen, by kind: slot (id), period ({from, to}), options and answers
    ({name: value}), route ({from, to} as [lat, lon]), text, cohort (id); the quantity follows a choice that says how many."""

    offer: Id
    quantity: int = 1
    choice: dict[str, Any] = {}


class Where(msgspec.Struct, frozen=True):
    """WGS 84 degrees."""

    lat: Latitude
    lon: Longitude


class Basket(msgspec.Struct, frozen=True):
    """What to price. `where`: to where it should be brought, for formats that deliver."""

    lines: Annotated[list[Wish], Meta(max_length=MOST_LINES)]
    where: Where | None = None
    channel: Literal["online", "api"] = "online"


class QuotedLine(msgspec.Struct, frozen=True):
    """A line with its steps; amounts in minor units, tax included."""

    offer: str
    title: dict[str, str]
    quantity: int
    unit: str
    price: int
    amount: int
    paid: int
    tax: int
    tax_bps: int
    adjustments: list[Adjustment]


class QuotedOrder(msgspec.Struct, frozen=True):
    """One seller's part. `window`: when it is promised. `ways`: how it can be paid."""

    seller: str
    seller_name: str
    place: str
    format: str
    total: int
    dues: list[Due]
    shares: list[Share]
    window: tuple[datetime, datetime] | None
    return_days: int
    ways: list[str]
    lines: list[QuotedLine]


class Quoted(msgspec.Struct, frozen=True):
    """`quote` is the text to order with, until `expires`."""

    quote: str
    expires: datetime
    currency: str
    total: int
    orders: list[QuotedOrder]


@post("/api/quotes", status_code=200, tags=["buying"])
async def make_quote(request: Call, data: JSONBody[Basket]) -> Quoted:
    """Price a basket over any number of sellers. Nothing is set aside by asking, and nothing is written.

    With a token, the person's claims on public money pay what they may of it; only that person can then place the order.
    """
    market, token = market_of(request), await bearer_of(request)
    where = Point(data.where.lat, data.where.lon) if data.where else None
    entries = [Entry(line.offer, line.quantity, line.choice) for line in data.lines]
    holder = token.party_id if token else None
    found = await quote(market, entries, market.clock(), channel=data.channel, where=where, holder=holder)
    return _told(market, found)


def _told(market: Market, found: Explained) -> Quoted:
    made = found.quote
    return Quoted(
        found.text, made.expires, made.currency, made.total, [_order(market, found, o) for o in made.orders]
    )


def _order(market: Market, found: Explained, order: orders.QuotedOrder) -> QuotedOrder:
    agreed, first = order.agreed, found.goods[order.lines[0].offer]
    return QuotedOrder(
        seller=order.seller_id,
        seller_name=first.seller_name,
        place=order.place_id,
        format=order.format,
        total=order.total,
        dues=agreed.dues,
        shares=agreed.shares,
        window=agreed.window,
        return_days=agreed.return_days,
        ways=ways(market, order.format),
        lines=[_line(found, line.offer) for line in order.lines],
    )


def _line(found: Explained, offer: str) -> QuotedLine:
    line, good = found.lines[offer], found.goods[offer]
    return QuotedLine(
        offer=offer,
        title=good.title,
        quantity=line.quantity,
        unit=good.unit,
        price=line.price,
        amount=line.amount,
        paid=line.paid,
        tax=line.tax,
        tax_bps=line.tax_bps,
        adjustments=list(line.adjustments),
    )


def ways(market: Market, format_code: str) -> list[str]:
    """How an order of this format can be paid from afar, besides by instalments: providers, wallet, cash where it is paid at handover."""
    money = market.format(format_code).money
    found = sorted(set(market.providers) - set(market.lenders)) if "provider" in money.ways else []
    return found + [
        way for way in ("wallet", "cash") if way in money.ways and (way != "cash" or way in money.at_handover)
    ]
