"""Instalments: what a loan for a quote would cost, all of it before anybody agrees; and how a loan stands."""

from __future__ import annotations

import hmac
from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from highstreet import parties
from highstreet.api.tokens import Call, TokenMissing, bearer_of, market_of
from highstreet.kit.ids import is_id
from highstreet.kit.text import Words
from highstreet.market import instalments
from highstreet.market import quote as quotes
from highstreet.market.desk import Market
from highstreet.market.quote import Quote
from highstreet.market.views.calls import parties_of_order
from highstreet.orders import NoSuchOrder
from highstreet.parties import ApiToken


class Wanted(msgspec.Struct, frozen=True):
    """The text of a quote."""

    quote: Annotated[str, Meta(max_length=100_000)]


class Payment(msgspec.Struct, frozen=True):
    on: date
    amount: int


class Plan(msgspec.Struct, frozen=True):
    """One way to pay by the month: everything the buyer must see before agreeing. Minor units; `annual_rate` in hundredths of a percent,
    the internal rate of all interest and fees. `sheet` is what to order with, until `until`; `wording` is the sentence agreed to.
    """

    method: str
    sheet: str
    id: str
    lender: Words
    amount: int
    currency: str
    months: int
    payments: list[Payment]
    total: int
    interest: int
    fees: int
    annual_rate: int
    rounding: Words
    on_return: Words
    wording: Words
    until: datetime


class Plans(msgspec.Struct, frozen=True):
    """Empty when nobody lends for this."""

    plans: list[Plan]


class Agreement(msgspec.Struct, frozen=True):
    """The buyer's yes to one `sheet`. `born`: their date of birth, looked at and not kept; only grown-ups borrow."""

    sheet: Annotated[str, Meta(max_length=8_000)] = ""
    agreed: bool = False
    born: Annotated[str, Meta(max_length=10)] = ""


@post("/api/instalments", status_code=200, tags=["buying"])
async def see_plans(request: Call, data: JSONBody[Wanted]) -> Plans:
    """The plans of every lender for a quote, with what each costs in all. Asks the lenders; nothing is written, nobody is bound."""
    market = market_of(request)
    quote = quotes.read(market, data.quote, market.clock())
    found: list[Plan] = []
    for name in await instalments.lenders(market, quote):
        found += [_plan(name, sheet) for sheet in await instalments.sheets(market, name, quote)]
    return Plans(found)


def _plan(name: str, sheet: instalments.Sheet) -> Plan:
    return Plan(
        method=name,
        sheet=sheet.text,
        id=sheet.id,
        lender=sheet.lender,
        amount=sheet.amount,
        currency=sheet.currency,
        months=sheet.months,
        payments=[Payment(one.on, one.amount) for one in sheet.payments],
        total=sheet.total,
        interest=sheet.interest,
        fees=sheet.fees,
        annual_rate=sheet.annual_rate,
        rounding=sheet.rounding,
        on_return=sheet.on_return,
        wording=instalments.wording(sheet),
        until=sheet.until,
    )


def agreed(
    market: Market, method: str, quote: Quote, given: Agreement | None, now: datetime, lang: str
) -> instalments.Agreed | None:
    """The yes that came with an order; None for every other way to pay. Errors: as `market.instalments.agree`."""
    if method not in market.lenders:
        return None
    told = given or Agreement()
    return instalments.agree(
        market, method, quote, told.sheet, now, yes=told.agreed, born=told.born, lang=lang
    )


class Standing(msgspec.Struct, frozen=True):
    """A loan as its lender tells it now; the market keeps none of it. `state`: none (nobody has applied), deciding, refused, running,
    cancelled, paid_off. `back`: the lender returns it.
    """

    state: str
    lender: Words
    why: Words
    amount: int
    left: int
    back: int
    payments: list[Part]


class Part(msgspec.Struct, frozen=True):
    on: date
    amount: int
    paid: bool


@get("/api/orders/{order_id:str}/instalments", tags=["buying"])
async def see_loan(request: Call, order_id: FromPath[str], key: FromQuery[str] = "") -> Standing:
    """How the loan behind an order stands, for its buyer or a guest with its link as `key`; asked of the lender each time."""
    market = market_of(request)
    link = market.link_signer.short(order_id)
    token = None if hmac.compare_digest(link.encode(), key.encode()) else await _asking(request, key)
    async with market.db.read() as tx:
        order = await parties_of_order(tx, order_id) if is_id(order_id, "ord") else None
    if order is None or (token is not None and token.party_id != order["buyer_id"]):
        raise NoSuchOrder
    kept = await instalments.agreed_for(market, order["purchase_id"])
    if kept is None:
        raise instalments.NotLent
    loan = await instalments.loan_of(market, kept)
    lender = kept.terms.lender if kept.terms else Words()
    if loan is None:
        return Standing("none", lender, Words(), 0, 0, 0, [])
    parts = [Part(one.on, one.amount, one.paid) for one in loan.parts]
    return Standing(loan.state, lender, loan.why, loan.amount, loan.left, loan.back, parts)


async def _asking(call: Call, link: str) -> ApiToken:
    token = await bearer_of(call)
    if token is None:
        # A wrong link and an order that is not there look the same.
        raise NoSuchOrder if link else TokenMissing
    parties.require(token, "own", token.party_id)
    return token
