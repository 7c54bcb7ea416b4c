"""Quotes: a priced, explained, expiring answer for a basket. A quote is a signed text, not a row: nothing is set aside by asking."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any

import msgspec

from highstreet import parties, policy
from highstreet.catalog import OfferClosed
from highstreet.kit.errors import Malformed
from highstreet.kit.geo import Point, metres
from highstreet.kit.money import share
from highstreet.kit.quantity import check_quantity
from highstreet.kit.text import Words
from highstreet.market import dispensing, redeeming
from highstreet.market.choices import (
    NOTHING,
    OLD,
    ON_PRESCRIPTION,
    Picked,
    Take,
    TooFar,
    choose,
    look_up,
    with_options,
)
from highstreet.market.desk import Market
from highstreet.market.shelf import ForSale
from highstreet.orders import (
    MOST_LINES,
    Agreed,
    Cohort,
    EmptyBasket,
    Entry,
    QuoteExpired,
    QuoteUnknown,
)
from highstreet.pricing import PricedLine, Want, price_lines

GOOD_FOR = timedelta(minutes=30)


class Asked(msgspec.Struct, frozen=True):
    """What a format is asked to agree to: priced lines of one seller at one place, and what the buyer chose for them.

    period: the time of the slot or period chosen. cohort: the one whose members' orders will be decided together.
    """

    lines: list[PricedLine]
    goods: list[ForSale]
    now: datetime
    tz: tzinfo
    distance_m: int | None = None
    choices: tuple[dict[str, Any], ...] = ()
    period: tuple[datetime, datetime] | None = None
    cohort: Cohort | None = None

    def chosen(self, kind: str) -> Any:
        """What the buyer chose of a kind; None while nothing is chosen yet (a page that only shows the offer)."""
        return self.choices[0].get(kind) if self.choices else None

    def opening(self, moment: datetime) -> datetime:
        """The moment, or the place's next opening after it; a place that states no hours is taken as open."""
        return parties.places.next_opening(self.goods[0].place, moment, self.tz) or moment

    def within_reach(self) -> None:
        """Refuses when the buyer is farther away than the place delivers."""
        if self.distance_m is not None and self.distance_m > self.goods[0].place.reach_m:
            raise TooFar(km=round(self.distance_m / 1000, 1))

    def term(self, name: str, usual: int) -> int:
        """A number from the offers' terms; the largest counts when they differ."""
        found = [value for one in self.goods if isinstance(value := one.terms.get(name), int)]
        return max(found, default=usual)

    def share_of_price(self, name: str, usual_bps: int) -> int:
        """That part of what the buyer pays of the price which the terms name in basis points."""
        return share(sum(line.paid for line in self.lines), min(self.term(name, usual_bps), 10_000), 10_000)


class QuotedLine(msgspec.Struct, frozen=True, array_like=True):
    """A line's frozen price, what was chosen for it and what that takes; the rest is the offer's. `drop`: the live room's it is sold in."""

    offer: str
    quantity: int
    price: int
    amount: int
    paid: int
    tax_bps: int
    adjustments: list[dict[str, Any]]
    choice: dict[str, Any] = {}
    takes: list[Take] = []
    drop: str | None = None


class QuotedOrder(msgspec.Struct, frozen=True):
    """One seller's part of the basket."""

    format: str
    seller_id: str
    place_id: str
    lines: list[QuotedLine]
    agreed: Agreed
    cohort_id: str | None = None
    spends: list[redeeming.Redeemed] = []

    @property
    def total(self) -> int:
        return sum(due.amount for due in self.agreed.dues)


class Quote(msgspec.Struct, frozen=True):
    """A whole basket, priced. `expires`: until then this price is honoured. `holder`: whose claims on public money it spends.

    `shown`: the code that named the holder at a till, used up by the sale.
    """

    currency: str
    channel: str
    orders: list[QuotedOrder]
    expires: datetime
    holder: str | None = None
    shown: str | None = None

    @property
    def total(self) -> int:
        return sum(order.total for order in self.orders)


class Explained(msgspec.Struct, frozen=True):
    """A quote with what a page shows of it: each line's steps, its signed text, and by programme why it pays nothing of what it names."""

    quote: Quote
    text: str
    lines: dict[str, PricedLine]
    goods: dict[str, ForSale]
    noes: dict[str, Words] = {}


_decode = msgspec.msgpack.Decoder(Quote)


async def quote(
    market: Market,
    entries: list[Entry],
    now: datetime,
    *,
    channel: str = "online",
    where: Point | None = None,
    holder: str | None = None,
    shown: policy.codes.Shown | None = None,
) -> Explained:
    """Price a basket. Refuses empty and oversized ones, unknown and closed offers, quantities no offer allows.

    `shown`: the code that names the holder instead, at a till.
    """
    if not entries:
        raise EmptyBasket
    if len(entries) > MOST_LINES:
        raise Malformed("lines", f"at most {MOST_LINES} lines", f"最多 {MOST_LINES} 行")
    if len({entry.offer for entry in entries}) < len(entries):
        raise Malformed("lines", "each offer only once", "每个商品只能出现一次")
    goods = await market.shelf.offers(entry.offer for entry in entries)
    entries = [
        choose(market.format(goods[entry.offer].format), goods[entry.offer], entry) for entry in entries
    ]
    for entry in entries:
        _check(goods[entry.offer], entry.quantity)
    promotions = await market.shelf.promotions(goods[entry.offer].seller_id for entry in entries)
    wants = [Want(with_options(goods[entry.offer], entry.choice), entry.quantity) for entry in entries]
    priced = price_lines(wants, promotions, channel, now)
    picked = await _picked(market, entries, goods, now)
    await dispensing.check(market, entries, goods, now)
    groups: dict[tuple[str, str, str, str], list[PricedLine]] = {}
    for line in priced:
        one = goods[line.offer_id]
        # What is chosen for one thing (a time, a room, a group) is nothing the next one can share.
        # So is what somebody is entitled to: how often it may be handed on, how many there are of it.
        alone = one.id if one.id in picked or market.format(one.format).grants else ""
        groups.setdefault((one.seller_id, one.place.id, one.format, alone), []).append(line)
    if shown is not None:
        holder = shown.holder_id
    only = shown.claim_id if shown else None
    aid = await redeeming.redeem(market, holder, groups, goods, now, _handing_over(entries), only)
    choices = {entry.offer: entry.choice for entry in entries}
    orders = [
        _order(market, key[:3], lines, goods, now, where, choices, picked.get(key[3], NOTHING), aid.spends.get(key, []))
        for key, lines in aid.groups.items()
    ]  # fmt: skip
    made = Quote(
        goods[entries[0].offer].priced.currency, channel, orders, now + GOOD_FOR, holder if aid.spends else None,
        shown.id if shown and aid.spends else None,
    )  # fmt: skip
    text = market.quote_signer.sign(msgspec.msgpack.encode(made))
    told = {line.offer_id: line for lines in aid.groups.values() for line in lines}
    return Explained(
        made, text, {line.offer_id: told[line.offer_id] for line in priced}, goods, dict(aid.noes or {})
    )


def read(market: Market, text: str, now: datetime) -> Quote:
    """A quote that we signed and that still holds."""
    body = market.quote_signer.read(text)
    if body is None:
        raise QuoteUnknown
    found = _decode.decode(body)
    if found.expires < now:
        raise QuoteExpired
    return found


async def _picked(
    market: Market, entries: list[Entry], goods: dict[str, ForSale], now: datetime
) -> dict[str, Picked]:
    """By offer, for those whose format asks for a time or gathers a cohort."""
    looked = [
        entry
        for entry in entries
        if set(entry.choice) - {OLD, ON_PRESCRIPTION}
        or market.format(goods[entry.offer].format).decided == "cohort"
    ]
    if not looked:
        return {}
    async with market.db.read() as tx:
        return {
            entry.offer: await look_up(
                tx, market.format(goods[entry.offer].format), goods[entry.offer], entry, now
            )
            for entry in looked
        }


def _handing_over(entries: list[Entry]) -> frozenset[str]:
    return frozenset(entry.offer for entry in entries if OLD in entry.choice)


def _check(one: ForSale, quantity: int) -> None:
    if not one.sellable:
        raise OfferClosed(title=one.title.get("en") or one.title.get("zh", ""))
    check_quantity(quantity)
    if one.most_per_order is not None and quantity > one.most_per_order:
        raise Malformed(
            "quantity", f"at most {one.most_per_order} per order", f"每单最多 {one.most_per_order} 件"
        )


def _order(
    market: Market,
    key: tuple[str, str, str],
    lines: list[PricedLine],
    goods: dict[str, ForSale],
    now: datetime,
    where: Point | None,
    choices: dict[str, dict[str, Any]],
    picked: Picked,
    spends: list[redeeming.Redeemed],
) -> QuotedOrder:
    seller_id, place_id, format_name = key
    of_order = [goods[line.offer_id] for line in lines]
    distance = metres(where, of_order[0].place.point) if where is not None else None
    one = market.format(format_name)
    quoted = [
        QuotedLine(
            line.offer_id,
            line.quantity,
            line.price,
            line.amount,
            line.paid,
            line.tax_bps,
            [msgspec.to_builtins(a) for a in line.adjustments],
            choices[line.offer_id],
            picked.takes,
            shown.id if (shown := goods[line.offer_id].drop) else None,
        )
        for line in lines
    ]
    asked = Asked(
        lines,
        of_order,
        now,
        market.tz,
        distance,
        tuple(choices[line.offer_id] for line in lines),
        picked.period,
        picked.cohort,
    )
    cohort_id = picked.cohort.id if picked.cohort else None
    agreed = redeeming.freeze(one.quote(asked), spends)
    return QuotedOrder(one.code, seller_id, place_id, quoted, agreed, cohort_id, spends)
