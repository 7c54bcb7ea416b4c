"""Rehearsal: a drafted programme judged over past orders as if it had been in force: what it would have cost, whom it would have reached.

Reads only, and as a stream: a year of orders needs no more memory than the people and shops in it. Nothing else may be concluded from it:
people in the past did not know of the voucher, so it says what would have been paid for sales that happened anyway.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from highstreet import policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed
from highstreet.kit.money import share
from highstreet.kit.text import Words
from highstreet.market._reckoning import Reckoning, Refused, Share
from highstreet.market.desk import Market
from highstreet.market.format import Format
from highstreet.market.redeeming import in_person
from highstreet.market.views import past_orders, public_money
from highstreet.market.views.past_orders import PastOrder
from highstreet.policy import Asked, Programme, Thing

# What an office finds true of everybody who asks: a rehearsal before launch assumes it of all. What few people are is never assumed.
ASSUMED = frozenset({"enrolled", "price_filed", "here", "verified", "person"})
# Retail below five million a year is below the size that official statistics count shop by shop (trust-policy 8.5).
SMALL = 500_000_000

NOTES = (
    Words(
        "People in these orders did not know of the programme. It says what would have been paid for sales that happened anyway, not"
        " what it would have changed; only a draw tells that.",
        "这些订单发生时尚无该政策，消费行为未作出反应。结果说明“若当时有此政策须支付多少”，不说明政策带来的变化；后者须由摇号对照得出。",
    ),
    Words(
        "What was cancelled or given back is left out. Whoever had no account could not have claimed. Everybody else is taken to have"
        " claimed what a round gives, and old things to have been handed over where the rule asks for it.",
        "已取消或退回的部分不计入。未登录购买者视为无法领取；其余人视为每轮均已领取。规则要求交旧的，视为已交旧。",
    ),
)


class Rehearsal(msgspec.Struct, frozen=True):
    """What came of it. Money in minor units; rows of `Share` come with the most money first.

    looked: orders of the span; shifted: by how many days the rules were moved back. sales: of the orders that would have been helped, after
    the sellers' discounts; leverage: sales per unit of public money, which is not an effect. absent: groups of buyers of whom nothing may
    be known. assumed: what was taken to be true of every seller and buyer; lacking: what the rule asks and nobody here is.
    top_tenth: the tenth of people who got most, their share of the money in hundredths of a percent.
    """

    programme: str
    name: Words
    currency: str
    since: datetime
    until: datetime
    shifted: int
    looked: int
    cost: int
    orders: int
    people: int
    sales: int
    leverage: float | None
    budget: int | None
    exhausted_at: datetime | None
    sellers: tuple[Share, ...]
    categories: tuple[Share, ...]
    districts: tuple[Share, ...]
    sizes: tuple[Share, ...]
    buyers: tuple[Share, ...]
    absent: tuple[str, ...]
    refused: tuple[Refused, ...]
    top_tenth: int
    assumed: tuple[str, ...]
    lacking: tuple[str, ...]
    notes: tuple[Words, ...]
    seconds: float

    @property
    def gainers(self) -> tuple[Share, ...]:
        """The ten sellers that gain most."""
        return self.sellers[:10]


async def rehearse(
    market: Market, text: str, since: datetime, until: datetime, budget: int | None = None, *,
    as_of: date | None = None, claims: int = 1, round_days: int = 7, assumed: frozenset[str] = ASSUMED, small: int = SMALL,
) -> Rehearsal:  # fmt: skip
    """Judge every order placed from `since` until before `until` by the rules in `text`.

    as_of: the day of the rules that the span's first day stands for; without it the rules hold on their own dates, or from the span's
    first day on when none of their dates is in it. claims, round_days: what a round of vouchers gives one person.
    Errors: WrongProgramme, Malformed.
    """
    programme = policy.instruments.read(text)
    if until <= since:
        raise Malformed("until", "must be after it begins", "须晚于开始时间")
    if claims < 1 or round_days < 1:
        raise Malformed("claims", "at least one claim in rounds of at least one day", "每轮至少一天、一份")
    began = time.perf_counter()
    first = since.astimezone(market.tz).date()
    day = as_of or _first_day(programme, first, until.astimezone(market.tz).date())
    shift = timedelta(days=(day - first).days)
    trial = policy.rehearsing.Trial(
        programme, market.tz, policy.rehearsing.Terms(claims, round_days, budget), day
    )
    reckoning = Reckoning(small)
    judging = _Judging(market, programme, trial, reckoning, shift, assumed, until)
    async with market.db.read(snapshot=True) as tx:
        async for some in past_orders.past(tx, since, until, programme.id):
            await judging.learn(tx, some)
            judging.judge(some)
            await asyncio.sleep(0)  # others of this process come first
        names = await past_orders.category_names(tx, reckoning.categories)
    lacking = sorted(judging.asked_for - judging.met)
    return Rehearsal(
        programme.id, programme.name, programme.currency, since, until, -shift.days,
        reckoning.looked, reckoning.whole.cost, reckoning.whole.orders, len(reckoning.whole.people), reckoning.whole.sales,
        reckoning.leverage(), budget, trial.exhausted_at and trial.exhausted_at - shift,
        **reckoning.shares(judging.sellers, names), refused=reckoning.refusals(), top_tenth=reckoning.top_tenth(),
        assumed=tuple(sorted(assumed & judging.asked_for)), lacking=tuple(lacking), notes=NOTES,
        seconds=round(time.perf_counter() - began, 3),
    )  # fmt: skip


def _first_day(programme: Programme, first: date, last: date) -> date:
    starts, ends = programme.rules[0].starts, programme.rules[-1].ends
    return first if starts <= last and first < ends else starts


class _Judging:
    """What is known of who met so far, and the orders judged by it."""

    def __init__(
        self, market: Market, programme: Programme, trial: policy.rehearsing.Trial, reckoning: Reckoning, shift: timedelta,
        assumed: frozenset[str], until: datetime,
    ) -> None:  # fmt: skip
        self._market, self._programme, self._trial, self._reckoning = market, programme, trial, reckoning
        self._shift, self._assumed, self._until = shift, assumed, until
        self.asked_for = frozenset(one for rule in programme.rules for one in (*rule.sellers, *rule.people))
        self.met = set(assumed)
        self.sellers: dict[str, past_orders.SellerThen] = {}
        self._true_of: dict[str, frozenset[str]] = {}
        self._districts: dict[str, str] = {}
        self._people: dict[str, frozenset[str]] = {}
        self._items: dict[str, tuple[str, str]] = {}
        self._kinds: dict[str, public_money.Kind] = {}
        self._ways: dict[str, str] = {}

    async def learn(self, tx: Tx, some: Sequence[PastOrder]) -> None:
        """Look up whatever these orders name for the first time."""
        if new := _new((one.seller_id for one in some), self.sellers):
            found = await past_orders.sellers(
                tx, new, self._programme.id, self._programme.currency, self._until
            )
            for seller in found:
                self.sellers[seller.id] = seller
                self._true_of[seller.id] = self._assumed | frozenset(seller.qualities)
                self.met |= self._true_of[seller.id]
        if new := _new((one.place_id for one in some), self._districts):
            self._districts |= await past_orders.districts(tx, new)
        if new := _new((one.buyer_id for one in some if one.buyer_id), self._people):
            told = await past_orders.qualities(tx, new, self._until)
            self._people |= {one: self._assumed | told.get(one, frozenset()) for one in new}
            self.met.update(*told.values())
        if new := _new((variant for one in some for variant in one.variants), self._items):
            self._items |= await past_orders.items_of(tx, new)
            self._kinds |= await public_money.kinds_of(tx, (self._items[one][0] for one in new))

    def judge(self, some: Sequence[PastOrder]) -> None:
        """Ask the trial about each, and reckon what it says."""
        for order in some:
            category_of = [self._items[variant][1] for variant in order.variants]
            if order.currency != self._programme.currency:
                self._reckoning.refuse(
                    order, policy.No("currency", Words("In another currency.", "币种不同。"))
                )
                continue
            district = self._districts.get(order.place_id, "")
            people = self._people.get(order.buyer_id or "", self._assumed)
            asked = Asked(
                self._things(order), order.placed_at + self._shift, people, self._true_of[order.seller_id], district,
                self._way(order.format), taken=frozenset(n for n, one in enumerate(order.helped) if one), handed_over=True,
            )  # fmt: skip
            found = self._trial.ask(order.buyer_id, asked)
            if isinstance(found, policy.No):
                self._reckoning.refuse(order, found)
            else:
                self._reckoning.give(order, found, category_of, district, people)

    def _things(self, order: PastOrder) -> list[Thing]:
        kinds, items = self._kinds, self._items
        lines = zip(
            order.variants, order.quantities, order.listed, order.sold, order.paid, order.taxes, strict=True
        )
        found: list[Thing] = []
        for n, (variant, quantity, listed, sold, paid, tax) in enumerate(lines):
            kind = kinds[items[variant][0]]
            # As if every seller had filed the price it sold at: who raised it first is not known of the past.
            filed = share(sold, 1, quantity)
            found.append(
                Thing(n, kind.names, quantity, listed, sold, paid, kind.grade, tax, kind.setting, filed=filed)
            )
        return found

    def _way(self, code: str) -> str:
        if code not in self._ways:
            format_: Format | None = self._market.formats.get(code)
            self._ways[code] = "in_person" if format_ is not None and in_person(format_) else "online"
        return self._ways[code]


def _new(named: Iterable[str], known: Mapping[str, object]) -> set[str]:
    return {one for one in named if one not in known}
