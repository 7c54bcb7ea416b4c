"""Departure tax refund over the API: a shop's till writes forms, the customs' scanner stamps them, a counter pays them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from highstreet import parties, policy
from highstreet.api import keys
from highstreet.api.tokens import Call, TokenMissing, bearer_of, market_of, must_have
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.kit.text import Words
from highstreet.market import tax_refunds
from highstreet.market.tax_refunds import Form, Traveller, Wish

Text = Annotated[str, Meta(max_length=300, pattern=r"\A[^\x00]*\Z")]


class Passport(msgspec.Struct, frozen=True):
    """As it stands in the passport the clerk has in hand. nationality: three letters."""

    name: Text
    passport: Text
    nationality: Text
    entered_on: date


class NewRefund(msgspec.Struct, frozen=True):
    """Orders of one day of the token's shop, by id, and who bought them."""

    orders: Annotated[list[Text], Meta(min_length=1, max_length=50)]
    traveller: Passport


class Stamping(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the goods were seen, unused; `seen`: a remark."""

    port: Text
    seen: Text = ""


class Paying(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the traveller gets it; `account`: where it goes, unless in cash."""

    way: Literal["cash", "transfer", "card"]
    account: Text = ""


class RefundLine(msgspec.Struct, frozen=True):
    """A thing on a form. vat: hundredths of a percent; paid, amount: minor units."""

    order: str
    title: Words
    quantity: int
    vat: int
    paid: int
    amount: int


class Refund(msgspec.Struct, frozen=True):
    """A form as it stands, nothing personal. amount: what the traveller gets, of `gross` tax given back, for goods of `total`."""

    number: str
    shop: str
    bought_on: date
    currency: str
    total: int
    gross: int
    amount: int
    state: str
    leave_by: date
    port: str | None
    way: str | None
    lines: list[RefundLine]


@post("/api/tax-refunds", tags=["public money"])
async def write_refund(request: Call, data: JSONBody[NewRefund]) -> Refund:
    """Write a form for a traveller's purchases of a day in the token's shop. Scope till; needs an Idempotency-Key.

    Refuses not_refundable with the rule's reason, on_another_form.
    """
    token = await must_have(request, "till")
    market = market_of(request)
    key = keys.key_of(request, token.party_id, "POST /api/tax-refunds", data)
    seen = data.traveller
    traveller = Traveller(seen.name, seen.passport, seen.nationality, seen.entered_on)
    wish = Wish(token.party_id, tuple(dict.fromkeys(data.orders)), traveller, None, token.party_id)

    async def act(tx: Tx) -> Refund:
        return await _told(tx, await tax_refunds.issue(market, tx, wish, market.clock()))

    return await keys.once(request, key, Refund, act)


@get("/api/tax-refunds/{number:str}", tags=["public money"])
async def see_refund(request: Call, number: FromPath[str]) -> Refund:
    """A form by its number: for the shop that wrote it (scope till), and for customs (scope customs)."""
    token = await bearer_of(request)
    if token is None:
        raise TokenMissing
    everywhere = parties.may(token, "customs", None)
    if not everywhere:
        parties.require(token, "till", token.party_id)
    async with market_of(request).db.read() as tx:
        form = await policy.departures.of_number(tx, number)
        if form.shop_id != token.party_id and not everywhere:
            raise NotFound("refund form")
        return await _told(tx, form)


@post("/api/tax-refunds/{number:str}/stamp", status_code=200, tags=["public money"])
async def stamp_refund(request: Call, number: FromPath[str], data: JSONBody[Stamping]) -> Refund:
    """Customs saw the goods. Scope customs, of the city; needs an Idempotency-Key.

    Refuses form_moved_on for whoever comes second, form_too_late, promised_port.
    """
    token = await must_have(request, "customs")
    market = market_of(request)
    key = keys.key_of(request, token.party_id, f"POST /api/tax-refunds/{number}/stamp", data)

    async def act(tx: Tx) -> Refund:
        form = await policy.departures.of_number(tx, number)
        now = market.clock()
        return await _told(
            tx, await tax_refunds.stamp(market, tx, form.id, token.party_id, data.port, data.seen, now)
        )

    return await keys.once(request, key, Refund, act)


@post("/api/tax-refunds/{number:str}/payment", status_code=200, tags=["public money"])
async def pay_refund(request: Call, number: FromPath[str], data: JSONBody[Paying]) -> Refund:
    """Pay a stamped form. Scope customs, of the city; needs an Idempotency-Key. Refuses form_moved_on, refund_cash_too_much."""
    token = await must_have(request, "customs")
    market = market_of(request)
    # The account is personal: it is in no key.
    asked = msgspec.structs.replace(data, account=market.seal.blind("account", data.account).hex())
    key = keys.key_of(request, token.party_id, f"POST /api/tax-refunds/{number}/payment", asked)

    async def act(tx: Tx) -> Refund:
        form = await policy.departures.of_number(tx, number)
        now = market.clock()
        return await _told(
            tx, await tax_refunds.pay(market, tx, form.id, data.way, data.account, token.party_id, now)
        )

    return await keys.once(request, key, Refund, act)


async def _told(tx: Tx, form: Form) -> Refund:
    lines = [
        RefundLine(
            one.order_id, msgspec.convert(one.title, Words), one.quantity, one.vat, one.paid, one.amount
        )
        for one in await policy.departures.lines(tx, form.id)
    ]
    return Refund(
        form.spoken, form.shop_id, form.bought_on, form.currency, form.total, form.gross, form.amount, form.state,
        form.leave_by, form.port, form.way, lines,
    )  # fmt: skip
