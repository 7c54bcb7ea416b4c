"""Tills: sales told by a till, also long after it had no connection. Each carries the till's own key and is taken in once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import post
from litestar.params import JSONBody
from msgspec import Meta

from highstreet.api.shapes import Amount, Code, Id, Short
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.kit.errors import KeyReused, NotFound, Refusal, Unavailable
from highstreet.market import till, unsettled, vouchers_shown
from highstreet.market.desk import Market
from highstreet.market.quote import quote
from highstreet.market.till import Clerk, Rung, Sale
from highstreet.market.views.calls import place_is_of
from highstreet.orders import Entry

_MOST_SALES = 100
Signed = Annotated[str, Meta(max_length=20_000, pattern=r"\A[A-Za-z0-9_=-]*\Z")]


class Line(msgspec.Struct, frozen=True):
    """`price`: the signed quote for one piece that came with the till's goods."""

    offer: Id
    quantity: Annotated[int, Meta(ge=1, le=1_000_000_000)]
    price: Signed = ""


class Rang(msgspec.Struct, frozen=True):
    """A sale as the till made it. `total`: what the customer was told; `quote`: the basket's signed price, if there was a connection.

    `serials`: of things that public money pays a part of, by offer.
    """

    key: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"\A[\x21-\x7e]+\Z")]
    at: Annotated[datetime, Meta(tz=True)]
    total: Amount
    lines: Annotated[list[Line], Meta(max_length=100)]
    method: Code = "cash"
    quote: Signed = ""
    code: Signed = ""
    lang: Literal["en", "zh"] = "zh"
    serials: Annotated[dict[Id, Short], Meta(max_length=100)] = {}

    def sale(self) -> Sale:
        """The same as the flow takes it."""
        lines = [Rung(line.offer, line.quantity, line.price) for line in self.lines]
        return Sale(
            self.key, self.at, self.total, lines, self.method, self.quote, self.code, self.lang, self.serials
        )


class Sales(msgspec.Struct, frozen=True):
    """Sales made at a place, in the order they were made."""

    place: Id
    sales: Annotated[list[Rang], Meta(min_length=1, max_length=_MOST_SALES)]


class Taken(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one sale: taken in (`sale`), kept for somebody to decide (`refusal`, `said`), or to be told again (`again`)."""

    key: str
    sale: dict[str, Any] | None = None
    refusal: str = ""
    said: dict[str, str] = {}
    again: bool = False


class AllTaken(msgspec.Struct, frozen=True):
    """One answer per sale, in their order."""

    results: list[Taken]


class Basket(msgspec.Struct, frozen=True):
    """What stands on the counter. `voucher`: the code a customer shows, from the phone or a slip."""

    place: Id
    lines: Annotated[list[Line], Meta(min_length=1, max_length=100)]
    voucher: Annotated[str, Meta(max_length=40)] = ""


class Payer(msgspec.Struct, frozen=True):
    """Public money that pays a part: the programme, its name, and how much in minor units."""

    programme: str
    name: dict[str, str]
    amount: int


class Priced(msgspec.Struct, frozen=True):
    """`quote` goes with the sale; `total` is what the customer pays; `payers`: who pays the rest."""

    quote: str
    total: int
    payers: list[Payer]


@post("/api/till/quotes", status_code=200, tags=["tills"])
async def price_basket(request: Call, data: JSONBody[Basket]) -> Priced:
    """Price a whole basket for the counter, with what the customer's vouchers pay of it. Scope till; wrong codes are counted."""
    token = await must_have(request, "till")
    market = market_of(request)
    now = market.clock()
    async with market.db.read() as tx:
        if not await place_is_of(tx, data.place, token.party_id):
            raise NotFound("place")
    shown = await vouchers_shown.whose(market, data.voucher, token.party_id, now) if data.voucher else None
    entries = [Entry(line.offer, line.quantity) for line in data.lines]
    told = await quote(market, entries, now, channel=till.CHANNEL, shown=shown)
    if any((o.seller_id, o.place_id) != (token.party_id, data.place) for o in told.quote.orders):
        raise NotFound("offer")
    paid: dict[str, Payer] = {}
    for off in (each for line in told.lines.values() for each in line.adjustments):
        if off.funder not in ("seller", "platform") and not off.funder.startswith("pty_"):
            before = paid[off.funder].amount if off.funder in paid else 0
            name = {"en": off.name.en, "zh": off.name.zh}
            paid[off.funder] = Payer(off.funder, name, before - off.amount)
    return Priced(told.text, told.quote.total, list(paid.values()))


@post("/api/till/sales", status_code=200, tags=["tills"])
async def take_sales(request: Call, data: JSONBody[Sales]) -> AllTaken:
    """Take in sales a till made. Telling them again changes nothing: every sale's key is kept. Scope till."""
    token = await must_have(request, "till")
    market = market_of(request)
    async with market.db.read() as tx:
        if not await place_is_of(tx, data.place, token.party_id):
            raise NotFound("place")
    clerk = Clerk(token.party_id, token.party_id, data.place)
    # One after another: a sale may need the stock that an earlier one left.
    return AllTaken([await _take(market, clerk, one.sale()) for one in data.sales])


async def _take(market: Market, clerk: Clerk, sale: Sale) -> Taken:
    """Take a sale in. It has happened already, so one that is refused is kept until somebody decides."""
    now = market.clock()
    try:
        return Taken(sale.key, await till.sell(market, clerk, sale, now))
    except Refusal as refusal:
        if not isinstance(refusal, KeyReused | Unavailable | till.SaleVoid):
            async with market.db.transaction() as tx:
                await unsettled.keep(tx, clerk, sale, refusal, now)
        return Taken(
            sale.key, None, refusal.code, unsettled.said(refusal), again=isinstance(refusal, Unavailable)
        )
