"""The till: sales at a counter, also those made without a connection, and goods that come back without a receipt.

A till keeps signed prices. Every one of its goods comes with a quote for one piece; online a whole basket is quoted as everywhere.
What the customer was told and paid stands: a sale carries the signed text its price came from, and is placed at that price and at
the time the till says, which may not lie ahead nor more than a week back. So a till without a connection needs no rule of pricing,
and cannot invent a price. What needs a whole basket to be seen (so much spent, a third free) is given online only, and so are
vouchers: the customer's code names who buys, and what it spends is taken in the very unit that sells (`vouchers_shown`).
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timedelta
from typing import Any

import msgspec

from highstreet import inventory
from highstreet.inventory import OutOfStock
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.kit.money import tax_within
from highstreet.kit.text import Words
from highstreet.ledger import NotPayableSo
from highstreet.market import proofs, unwind, vouchers_shown
from highstreet.market.desk import Decision, Found, Market
from highstreet.market.format import Format
from highstreet.market.pay_codes import whose_code
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import GOOD_FOR, Asked, Quote, QuotedLine, QuotedOrder, quote
from highstreet.market.units import Key, Unit
from highstreet.orders import EmptyBasket, Entry, QuoteUnknown
from highstreet.pricing import Adjustment, PricedLine, Step

CHANNEL = "counter"  # whose prices a till is given
KEPT = timedelta(days=7)
AHEAD = timedelta(minutes=5)  # what a till's clock may run ahead of ours


class Clerk(msgspec.Struct, frozen=True):
    """Who sells, for which business, at which of its places."""

    person_id: str
    seller_id: str
    place_id: str


class Rung(msgspec.Struct, frozen=True):
    """One line of a sale. price: the signed quote for one piece this till was given with its goods."""

    offer: str
    quantity: int
    price: str = ""


class Sale(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sale as a till tells it. key: the till's own, the same whenever it tells this sale again.

    total: what the customer was told, in minor units. quote: the signed price of the whole basket, when there was a connection.
    code: what the customer's phone showed to pay from the wallet or a card (`pay_code`). serials: by offer.
    """

    key: str
    at: datetime
    total: int
    lines: list[Rung]
    method: str = "cash"
    quote: str = ""
    code: str = ""
    lang: str = "en"
    serials: dict[str, str] = {}


class SaleTooOld(Refusal):
    code = "sale_too_old"
    en = "This sale is more than a week old. Look at it and record it now, or strike it out."
    zh = "这笔销售已超过一周，请核对后按现在时间入账，或作废。"


class SaleAhead(Refusal):
    code = "sale_ahead"
    status = 422
    en = "The clock of this till runs ahead. Please set it right."
    zh = "收银设备的时间快于实际时间，请校准。"


class PriceDiffers(Refusal):
    """total: what the till was told; right: what its signed prices come to."""

    code = "price_differs"
    status = 422
    en = "The till asked for another sum than its prices come to."
    zh = "收银金额与商品价格不一致。"


class SaleVoid(Refusal):
    code = "sale_void"
    status = 410
    en = "This sale was struck out."
    zh = "这笔销售已作废。"


def taken_at_once(one: Format) -> bool:
    """Whether goods under this format are paid and taken at a counter: nothing moves afterwards, and cash is good."""
    return not one.legs and "cash" in one.money.ways and "cash" not in one.money.at_handover


class Good(msgspec.Struct, frozen=True):
    """What a till knows of an offer. was, now: for one piece, in minor units; price: the signed quote of it; why: what made it cheaper."""

    offer: str
    was: int
    now: int
    price: str
    why: list[Words]


async def goods(market: Market, offer_ids: list[str], now: datetime) -> dict[str, Good]:
    """The prices of one piece each, by offer; what cannot be sold just now is left out."""
    found: dict[str, Good] = {}
    await market.shelf.offers(offer_ids)
    for n, offer in enumerate(offer_ids):
        if n % 50 == 49:
            # Thousands of goods take a second of reckoning; others are served in between.
            await asyncio.sleep(0)
        try:
            told = await quote(market, [Entry(offer, 1)], now, channel=CHANNEL)
        except Refusal:
            continue
        line = told.lines[offer]
        why = [each.name for each in line.adjustments]
        found[offer] = Good(offer, line.list_price, line.paid, told.text, why)
    return found


async def sell(
    market: Market, clerk: Clerk, sale: Sale, now: datetime, *, found: bool = False, late: bool = False
) -> dict[str, Any]:
    """Sell at the counter; the same key answers as the first time, whoever tells it again.

    Answers as `place` does. found: the goods were there although our books said no; what was missing is counted in, in the same
    transaction. late: a sale older than a week is placed now. Refuses what `place` refuses, and sale_too_old, price_differs.
    """
    if sale.method not in ("cash", "wallet", *market.providers):
        raise NotPayableSo(way=sale.method)
    at = _moment(sale, now, late=late)
    quoted = _agreed(market, await _known(market, sale), sale)
    for order in quoted.orders:
        if (order.seller_id, order.place_id) != (clerk.seller_id, clerk.place_id):
            raise NotFound("offer")
        if not taken_at_once(market.format(order.format)):
            raise Malformed("lines", "not sold at a counter", "该商品不在柜台销售")
    if quoted.total != sale.total:
        raise PriceDiffers(total=sale.total, right=quoted.total)
    buyer_id, method = whose_code(market, sale.code, now) if sale.code else (None, sale.method)
    if quoted.holder is not None:
        buyer_id, at = vouchers_shown.served(quoted, clerk.person_id, buyer_id, now), now
    placing = Placing(quoted, Contact(), method, clerk.person_id, buyer_id, sale.lang, counter=True)
    if not found:
        also = proofs.rung(market, sale.serials, clerk.person_id, at)
        return _not_void(await place(market, placing, at, _key(clerk, sale), also=also))
    wanted = await _supplies(market, quoted)
    missing = await _missing(market, wanted)
    for _ in range(5):

        def count_in(unit: Unit, missing: dict[int, int] = missing) -> None:
            _count_in(unit, missing, clerk, sale, now)

        try:
            return _not_void(await place(market, placing, at, _key(clerk, sale), also=count_in))
        except OutOfStock as short:
            missing = _short_of(wanted, missing, short)
    raise OutOfStock


async def strike_out(market: Market, clerk: Clerk, sale: Sale, reason: str, now: datetime) -> bool:
    """A sale that did not happen after all: its key is used up, so it can never be sold. False when it had been sold meanwhile."""

    def decide(_found: Found, unit: Unit) -> dict[str, Any]:
        body = {
            "place": clerk.place_id,
            "total": sale.total,
            "sold_at": sale.at.isoformat(),
            "reason": reason,
        }
        unit.fact("till.struck_out", clerk.seller_id, clerk.person_id, now, body)
        return {"void": True}

    return "void" in await market.act(Decision(decide, now, key=_key(clerk, sale)))


async def take_back_without_order(
    market: Market,
    *,
    seller_id: str,
    lines: list[tuple[int | None, str, int, int]],
    method: str,
    by: str,
    now: datetime,
    key: Key | None,
    reason: str,
    place_id: str | None = None,
) -> dict[str, Any]:
    """Goods come back and no order of ours tells of them: into stock, their money out of the seller's account.

    lines: (supply or None, variant, quantity, amount in minor units). method: cash, or a provider's name. With a place the money
    leaves that place's drawer. Answers {amount, quantity}.
    """
    account = f"till:{seller_id}" if method == "cash" else f"provider:{method}"
    amount, quantity = sum(line[3] for line in lines), sum(line[2] for line in lines)

    def decide(_found: Found, unit: Unit) -> dict[str, Any]:
        for supply_id, variant_id, count, paid in lines:
            told = unwind.UnsoldBack(
                seller_id,
                variant_id,
                supply_id,
                count,
                paid,
                market.currency,
                account,
                by,
                place_id or reason,
            )
            unwind.take_back_unsold(unit, told, now)
        if place_id is not None:
            unit.fact(
                "till.taken_back",
                place_id,
                by,
                now,
                {"amount": amount, "quantity": quantity, "reason": reason},
            )
        return {"amount": amount, "quantity": quantity}

    return await market.act(Decision(decide, now, key=key))


# --- prices that were told ---


def _moment(sale: Sale, now: datetime, *, late: bool) -> datetime:
    if sale.at > now + AHEAD:
        raise SaleAhead
    if sale.at < now - KEPT:
        if not late:
            raise SaleTooOld
        return now
    return min(sale.at, now)


async def _known(market: Market, sale: Sale) -> dict[str, Any]:
    if not sale.lines:
        raise EmptyBasket
    if len({line.offer for line in sale.lines}) < len(sale.lines):
        raise Malformed("lines", "each offer only once", "每个商品只能出现一次")
    return dict(await market.shelf.offers(line.offer for line in sale.lines))


def _agreed(market: Market, known: dict[str, Any], sale: Sale) -> Quote:
    """The price the customer was told, out of the signed texts it came from."""
    if sale.quote:
        told = _signed(market, sale.quote, sale)
        lines = {line.offer: line.quantity for order in told.orders for line in order.lines}
        if lines != {line.offer: line.quantity for line in sale.lines}:
            raise QuoteUnknown
        return told
    priced: list[PricedLine] = []
    first: Quote | None = None
    for rung in sale.lines:
        told = _signed(market, rung.price, sale)
        first = first or told
        one = told.orders[0].lines[0]
        if (one.offer, one.quantity) != (rung.offer, 1) or _group(told) != _group(first):
            raise QuoteUnknown
        priced.append(_times(one, rung.quantity))
    assert first is not None
    order = first.orders[0]
    asked = Asked(priced, [known[line.offer_id] for line in priced], sale.at, market.tz)
    quoted = [
        QuotedLine(
            p.offer_id,
            p.quantity,
            p.price,
            p.amount,
            p.paid,
            p.tax_bps,
            [msgspec.to_builtins(a) for a in p.adjustments],
        )
        for p in priced
    ]
    agreed = market.format(order.format).quote(asked)
    one = QuotedOrder(order.format, order.seller_id, order.place_id, quoted, agreed)
    return Quote(first.currency, first.channel, [one], first.expires)


def _group(told: Quote) -> tuple[str, str, str, str]:
    one = told.orders[0]
    return one.seller_id, one.place_id, one.format, told.currency


def _signed(market: Market, text: str, sale: Sale) -> Quote:
    """A quote we signed for a counter, made before the sale and not more than a week before it."""
    body = market.quote_signer.read(text)
    if body is None:
        raise QuoteUnknown
    told = _decode.decode(body)
    made = told.expires - GOOD_FOR
    if told.channel != CHANNEL or not made - AHEAD <= sale.at <= made + KEPT:
        raise QuoteUnknown
    return told


def _times(one: QuotedLine, count: int) -> PricedLine:
    """The line of one piece, so many times: what was told for one holds for each."""
    if not 0 < count <= 100_000:
        raise Malformed("quantity", "must be between 1 and 100,000", "应在 1 到 100000 之间")
    adjustments = [msgspec.convert(each, Adjustment) for each in one.adjustments]
    amount = one.amount * count
    return PricedLine(
        offer_id=one.offer,
        quantity=count,
        price=one.price,
        list_price=one.price,
        amount=amount,
        paid=one.paid * count,
        adjustments=tuple(msgspec.structs.replace(each, amount=each.amount * count) for each in adjustments),
        tax=tax_within(amount, one.tax_bps),
        tax_bps=one.tax_bps,
        steps=tuple[Step, ...](),
    )


_decode = msgspec.msgpack.Decoder(Quote)


def _key(clerk: Clerk, sale: Sale) -> Key:
    told = hashlib.sha256(msgspec.json.encode(sale)).hexdigest()
    if sale.code:
        # A code pays once: it is the key itself, so a second sale with it is refused and the first one only answered again.
        return Key("pay code", sale.code.strip(), f"{clerk.place_id} {told}")
    # The place's, not the person's: whoever stands at the till tomorrow may send what waits today.
    return Key(f"till {clerk.place_id}", sale.key, told)


def _not_void(answer: dict[str, Any]) -> dict[str, Any]:
    if "void" in answer:
        raise SaleVoid
    return answer


# --- goods that were there after all ---


async def _supplies(market: Market, quoted: Quote) -> dict[int, int]:
    """How much of which supply the sale takes."""
    known = await market.shelf.offers(line.offer for order in quoted.orders for line in order.lines)
    wanted: dict[int, int] = {}
    for order in quoted.orders:
        for line in order.lines:
            supply_id = known[line.offer].supply_id
            if supply_id is not None and known[line.offer].sells == "goods":
                wanted[supply_id] = wanted.get(supply_id, 0) + line.quantity
    return wanted


async def _missing(market: Market, wanted: dict[int, int]) -> dict[int, int]:
    async with market.db.read() as tx:
        known = await inventory.stock.supplies(tx, list(wanted))
    return {one: max(0, wanted[one] - known[one].free) for one in wanted}


def _short_of(wanted: dict[int, int], missing: dict[int, int], short: OutOfStock) -> dict[int, int]:
    """Somebody bought meanwhile: what is missing now."""
    left: list[dict[str, int]] = short.values.get("short", [])  # type: ignore[assignment]
    return missing | {one["supply"]: max(0, wanted[one["supply"]] - one["left"]) for one in left}


def _count_in(unit: Unit, missing: dict[int, int], clerk: Clerk, sale: Sale, now: datetime) -> None:
    for supply_id, count in missing.items():
        if count:
            unit.stock(supply_id, total=count)
            unit.add(
                "movement",
                supply_id=supply_id,
                kind="counted",
                quantity=count,
                by=clerk.person_id,
                note=sale.key,
                at=now,
            )
    unit.fact(
        "till.recounted",
        clerk.seller_id,
        clerk.person_id,
        now,
        {"place": clerk.place_id, "found": sum(missing.values())},
    )
