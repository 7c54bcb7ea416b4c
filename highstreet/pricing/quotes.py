"""What a basket costs and why: pure functions over goods, prices and promotions already in memory.

The order of the account, for every basket the same:
1. Each line's price: the most specific listed price in force (`price_lists`), else the offer's own. The same
   offer on two lines reaches a tier with both together.
2. Promotions of the line's seller, in force now (those of a scenario while the basket holds the whole of it), as
   `_discounts.best` combines them: one that stands alone
   takes its lines out of all others; the rest follow by priority (higher first), then bundle, buy_n, percent
   and together, amount, spend, then id, each reckoned on what the earlier ones left. So a spend threshold is tested AFTER
   earlier discounts. Of all allowed combinations the buyer gets the cheapest, and one more promotion can
   never make a basket dearer.
3. A discount over several lines is split in proportion to what is left of them, to the last minor unit, never
   below zero.
4. Tax contained in what the seller sells the line for: a discount the seller pays lowers it, money from a
   third party does not (it is part of what the seller receives).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import msgspec

from highstreet.kit.money import MOST, tax_within
from highstreet.kit.quantity import check_quantity
from highstreet.kit.text import Words
from highstreet.pricing._discounts import Applied, Basket, Lines, best
from highstreet.pricing.errors import MixedCurrencies, TooMuch
from highstreet.pricing.price_lists import ListedPrice, price_in_force
from highstreet.pricing.promotions import SELLER, Promotion


class Priced(msgspec.Struct, frozen=True):
    """An offer as pricing sees it. list_price: its own price in minor units per step, tax included."""

    offer_id: str
    variant_id: str
    seller_id: str
    list_price: int
    prices: tuple[ListedPrice, ...]
    tax_bps: int
    currency: str


class Want(msgspec.Struct, frozen=True):
    """quantity: whole steps, 1 to a billion."""

    priced: Priced
    quantity: int


class Adjustment(msgspec.Struct, frozen=True):
    """A signed part of a price (negative: off) with who pays it: 'seller' or a party's id. about: the
    promotion's id."""

    kind: str
    amount: int
    funder: str
    name: Words
    about: str


class Step(msgspec.Struct, frozen=True):
    """One line of the account as a page prints it. The amounts of all steps add up to what the buyer pays."""

    words: Words
    amount: int


class PricedLine(msgspec.Struct, frozen=True):
    """One line, frozen into the order. 0 <= paid <= amount <= list_price * quantity.

    price: per step, before adjustments. list_price: the offer's own, or price where that is higher (nothing
    is reduced then).
    amount: what the seller sells the line for, price * quantity and the adjustments the seller pays.
    paid: what the buyer pays, amount and the adjustments others pay. tax: contained in amount.
    """

    offer_id: str
    quantity: int
    price: int
    list_price: int
    amount: int
    paid: int
    adjustments: tuple[Adjustment, ...]
    tax: int
    tax_bps: int
    steps: tuple[Step, ...]


_Chosen = tuple[int, int, ListedPrice | None]  # price, price * quantity, the listed price it comes from


def price_lines(
    wants: Sequence[Want], promotions: Sequence[Promotion], channel: str, now: datetime
) -> list[PricedLine]:
    """Price a basket; the lines come back in the order of `wants`.

    channel: 'online', 'counter' or 'api'. Errors: MixedCurrencies, TooMuch, Malformed (quantity).
    """
    if not wants:
        return []
    chosen = _prices(wants, channel, now)
    taken: list[list[Adjustment]] = [[] for _ in wants]
    order = range(1) if len(wants) == 1 else sorted(range(len(wants)), key=lambda i: _place(wants[i]))
    met = _met([wants[i] for i in order], promotions, now)
    if met:
        basket = Basket(
            [wants[i].priced.offer_id for i in order],
            [wants[i].quantity for i in order],
            [chosen[i][1] for i in order],
        )
        _note(best(basket, met), order, taken)
    return [_line(want, chosen[i], taken[i]) for i, want in enumerate(wants)]


def _place(want: Want) -> tuple[str, str, int]:
    return want.priced.seller_id, want.priced.offer_id, want.quantity


def _prices(wants: Sequence[Want], channel: str, now: datetime) -> list[_Chosen]:
    currency = wants[0].priced.currency
    together: dict[str, int] = {}
    for want in wants:
        quantity = check_quantity(want.quantity)
        if want.priced.currency != currency:
            raise MixedCurrencies(first=currency, other=want.priced.currency)
        together[want.priced.offer_id] = together.get(want.priced.offer_id, 0) + quantity
    found: list[_Chosen] = []
    total = 0
    for want in wants:
        priced = want.priced
        listed = None
        if priced.prices:
            listed = price_in_force(priced.prices, channel, together[priced.offer_id], now)
        price = priced.list_price if listed is None else listed.price
        total += max(price, priced.list_price) * want.quantity
        found.append((price, price * want.quantity, listed))
    if total > MOST:
        raise TooMuch
    return found


def _met(wants: list[Want], promotions: Sequence[Promotion], now: datetime) -> list[tuple[Promotion, Lines]]:
    """The promotions in force that concern at least one line, with the lines they concern."""
    found: list[tuple[Promotion, Lines]] = []
    for promotion in promotions:
        if not promotion.valid_from <= now < promotion.valid_to or not _whole(wants, promotion):
            continue
        seller_id, offers = promotion.seller_id, promotion.offers
        lines = tuple(
            i
            for i, want in enumerate(wants)
            if want.priced.seller_id == seller_id and (not offers or want.priced.offer_id in offers)
        )
        if lines:
            found.append((promotion, lines))
    return found


def _whole(wants: list[Want], promotion: Promotion) -> bool:
    """Whether the basket holds all that a promotion needs, of whichever seller."""
    return all(
        sum(want.quantity for want in wants if want.priced.offer_id == offer) >= least
        for offer, least in promotion.rule.needs
    )


def _note(applied: list[Applied], order: Sequence[int], taken: list[list[Adjustment]]) -> None:
    for promotion, cuts in applied:
        for i, off in cuts:
            taken[order[i]].append(
                Adjustment(promotion.kind, -off, promotion.funder, promotion.name, promotion.id)
            )


def _line(want: Want, chosen: _Chosen, adjustments: list[Adjustment]) -> PricedLine:
    priced, quantity = want.priced, want.quantity
    price, before, listed = chosen
    steps = [Step(_own_words(quantity), priced.list_price * quantity)]
    if listed is not None and price < priced.list_price:
        steps.append(Step(_listed_words(listed), before - priced.list_price * quantity))
    elif listed is not None:
        steps = [Step(_own_words(quantity), before)]
    amount = paid = before
    for a in adjustments:
        paid += a.amount
        if a.funder == SELLER:
            amount += a.amount
        steps.append(Step(a.name, a.amount))
    return PricedLine(
        offer_id=priced.offer_id,
        quantity=quantity,
        price=price,
        list_price=max(price, priced.list_price),
        amount=amount,
        paid=paid,
        adjustments=tuple(adjustments),
        tax=tax_within(amount, priced.tax_bps),
        tax_bps=priced.tax_bps,
        steps=tuple(steps),
    )


@lru_cache(maxsize=1024)
def _own_words(quantity: int) -> Words:
    return Words(f"Price × {quantity}", f"单价 × {quantity}")


_AT = {
    "online": Words("online", "网上"),
    "counter": Words("at the counter", "柜台"),
    "api": Words("by API", "接口"),
}


@lru_cache(maxsize=1024)
def _listed_words(listed: ListedPrice) -> Words:
    """Why this price and not the offer's own: "Lower price at the counter, from 10, for a time"."""
    en: list[str] = []
    zh: list[str] = []
    if at := _AT.get(listed.channel):
        en.append(at.en)
        zh.append(at.zh)
    if listed.least > 1:
        en.append(f"from {listed.least}")
        zh.append(f"满 {listed.least} 件")
    if listed.valid_from or listed.valid_to:
        en.append("for a time")
        zh.append("限时")
    return Words(" ".join(["Lower price", ", ".join(en)]).strip(), f"{'、'.join(zh)}优惠价")
