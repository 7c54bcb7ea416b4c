"""`highstreet day`: the town lives through the last twenty-four hours. Seeded purchases go through the flows the pages use."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from highstreet import logistics, parties
from highstreet.kit.db import rows
from highstreet.kit.errors import Refusal
from highstreet.kit.geo import Point, metres
from highstreet.kit.ids import new_id
from highstreet.market.desk import Market
from highstreet.market.format import Format, Teller
from highstreet.market.fulfil import Telling, tell
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.orders import Entry
from highstreet.town.past import leg_of, take_leg, top_up

AT_ONCE = 24  # purchases under way together
_BUSY = (
    0,
    0,
    0,
    0,
    0,
    1,
    4,
    7,
    6,
    5,
    6,
    9,
    8,
    4,
    4,
    5,
    6,
    9,
    10,
    8,
    5,
    3,
    1,
    0,
)  # how much is bought in each hour
_MOST_STEPS = 12

# What an order waits for: what is told next, and after how many minutes, from the shortest to the longest usual time.
_NEXT: dict[str, tuple[tuple[str, ...], int, int]] = {
    "accept": (("accepted",), 1, 6),
    "prepare": (("shipped", "ready"), 8, 50),
    "pickup": (("handed_over",), 20, 300),
    "courier": (("picked_up",), 3, 12),
    "underway": (("delivered",), 10, 40),
    "confirm": (("received",), 30, 900),
}
_PARCEL_SLOWER = 30  # a parcel takes so many times as long on the road as a courier


class Report(msgspec.Struct):
    """What a day brought. Money in minor units; `refused` counts purchases by refusal code, `waiting` open orders by what they wait for."""

    purchases: int = 0
    orders: int = 0
    facts: int = 0
    sales_minor: int = 0
    refused: dict[str, int] = {}
    waiting: dict[str, int] = {}
    ended: dict[str, int] = {}


class _Goods(msgspec.Struct, frozen=True):
    """An offer that may be bought."""

    id: str
    seller_id: str
    format: str
    lat: float
    lon: float


class _Buyer(msgspec.Struct, frozen=True):
    id: str
    contact: Contact


class _Plan(msgspec.Struct, frozen=True):
    """One purchase that was drawn; `chance` draws what becomes of it."""

    at: datetime
    buyer: _Buyer
    goods: list[tuple[_Goods, int]]
    chance: random.Random


class Day:
    """One day; its draws depend on the seed and on what is in the town alone."""

    def __init__(self, market: Market, now: datetime, couriers: list[str]) -> None:
        self._market, self._now, self._couriers = market, now, couriers
        self._turns = {courier: asyncio.Lock() for courier in couriers}
        self._rounds: set[str] = set()
        self._refused: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()
        self.report = Report()

    async def live(self, plans: list[_Plan], each: Callable[[], None]) -> Report:
        """Make all purchases, a few at once, and tell what happens to them until now."""
        waiting = iter(plans)

        async def shop() -> None:
            for plan in waiting:
                try:
                    await self._buy(plan)
                except Refusal as refused:
                    self._refused[refused.code] += 1
                each()

        await asyncio.gather(*(shop() for _ in range(AT_ONCE)))
        async with self._market.db.transaction() as tx:
            for round_id in sorted(self._rounds):
                await logistics.rounds.end_if_done(tx, round_id, self._now)
        self.report.refused, self.report.waiting, self.report.ended = (
            dict(sorted(found.items())) for found in (self._refused, self._waiting, self._ended)
        )
        return self.report

    async def _buy(self, plan: _Plan) -> None:
        market, goods = self._market, [one for one, _ in plan.goods]
        one = market.format(goods[0].format)
        at_counter = not one.legs
        where = None
        if one.hints.needs_address and plan.buyer.contact.lat is not None:
            where = Point(plan.buyer.contact.lat, plan.buyer.contact.lon or 0.0)
        entries = [Entry(offer.id, steps) for offer, steps in plan.goods]
        channel = "counter" if at_counter else "online"
        priced = (await quote(market, entries, plan.at, channel=channel, where=where)).quote
        cash = "cash" in one.money.ways and (at_counter or plan.chance.random() < 0.4)
        if not cash:
            await top_up(market, plan.buyer.id, max(priced.total, 1), plan.at, new_id("top", plan.at))
        answer = await place(
            market,
            Placing(
                priced,
                Contact() if at_counter else plan.buyer.contact,
                "cash" if cash else "wallet",
                goods[0].seller_id if at_counter else plan.buyer.id,
                plan.buyer.id,
                "zh",
                counter=at_counter,
            ),
            plan.at,
            None,
        )
        self.report.purchases += 1
        for order in answer["orders"]:
            self.report.orders += 1
            self.report.sales_minor += order["total"]
            await self._follow(order, one, plan)

    async def _follow(self, order: dict[str, Any], one: Format, plan: _Plan) -> None:
        """Tell what happens to an order until it ends or the day does."""
        told: set[str] = set()
        moment, state = plan.at, order
        for _ in range(_MOST_STEPS):
            following = _following(state["waits"], one, told, plan.chance)
            if following is None:
                break
            fact, role, minutes = following
            moment += timedelta(minutes=minutes)
            if moment > self._now:
                break
            by = {"seller": order["seller"], "buyer": plan.buyer.id}.get(role) or await self._carries(
                order["id"], fact, moment
            )
            if not by:
                break
            state = await tell(self._market, Telling(order["id"], fact, role, by), moment)
            told.add(fact)
            self.report.facts += 1
        counted = self._ended if state["stage"] in ("done", "undone") else self._waiting
        counted[state["stage"] if counted is self._ended else state["waits"]] += 1

    async def _carries(self, order_id: str, fact: str, now: datetime) -> str:
        """Who carries an order; a courier who picks it up takes it on their round first. Empty when nobody can."""
        leg = await leg_of(self._market, order_id)
        if leg is None or not self._couriers:
            return ""
        if fact != "picked_up" or leg.courier_id is not None:
            return leg.courier_id or ""
        courier = self._couriers[int(now.timestamp()) // 60 % len(self._couriers)]
        async with self._turns[courier]:
            self._rounds.add(await take_leg(self._market, leg, courier, now))
        return courier


def _following(
    waits: str, one: Format, told: set[str], chance: random.Random
) -> tuple[str, Teller, float] | None:
    """What is told next about an order: the fact, as whom, after how many minutes. None: nothing more today."""
    if waits not in _NEXT:
        return None
    wanted, least, most = _NEXT[waits]
    drawn = chance.random()
    if waits == "accept" and drawn < 0.03:
        wanted = ("refused",)
    elif waits == "prepare" and drawn < 0.04 and not told & {"ready", "shipped"}:
        wanted = ("cancelled",)
    fact = next((fact for fact in wanted if fact in one.facts), None)
    if fact is None:
        return None
    role: Teller = "courier" if "picked_up" in one.facts and waits in ("courier", "underway") else "seller"
    if fact in ("received", "cancelled"):
        role = "buyer"
    slower = _PARCEL_SLOWER if "parcel" in one.legs else 1
    return fact, role, chance.uniform(least, most) * slower


async def live_a_day(
    market: Market, purchases: int, seed: int, now: datetime, each: Callable[[], None] = lambda: None
) -> Report:
    """So many purchases spread over the twenty-four hours before `now`."""
    draw = random.Random(seed)
    offers = await _offers(market)
    buyers, couriers = await _people(market, draw)
    if not offers or not buyers:
        return Report()
    plans = sorted(
        (_plan(market, draw, offers, buyers, now) for _ in range(purchases)), key=lambda plan: plan.at
    )
    return await Day(market, now, couriers).live(plans, each)


def _plan(
    market: Market, draw: random.Random, offers: list[_Goods], buyers: list[_Buyer], now: datetime
) -> _Plan:
    hour = draw.choices(range(24), _BUSY)[0]
    today = now.astimezone(market.tz).replace(hour=hour, minute=draw.randrange(60), second=draw.randrange(60))
    at = today if today <= now else today - timedelta(days=1)
    buyer = draw.choice(buyers)
    # People look around and mostly take what is near.
    seen = draw.sample(offers, min(6, len(offers)))
    home = Point(buyer.contact.lat or 0.0, buyer.contact.lon or 0.0)
    first = min(seen, key=lambda one: metres(home, Point(one.lat, one.lon)))
    beside = [
        one
        for one in offers
        if (one.seller_id, one.format) == (first.seller_id, first.format) and one is not first
    ]
    more = draw.sample(beside, min(len(beside), draw.choice((0, 0, 1, 1, 2))))
    goods = [(one, draw.choice((1, 1, 1, 2, 3))) for one in (first, *more)]
    return _Plan(at, buyer, goods, random.Random(draw.random()))


async def _offers(market: Market) -> list[_Goods]:
    async with market.db.read() as tx:
        return await rows(
            tx,
            _Goods,
            """SELECT f.offer_id AS id, f.seller_id, o.format, f.lat, f.lon FROM catalog.found f
               JOIN catalog.offer o ON o.id = f.offer_id JOIN catalog.item i ON i.id = f.item_id
               WHERE f.shown AND o.state = 'open' AND i.sells = 'goods' ORDER BY f.offer_id LIMIT 20000""",
        )


async def _people(market: Market, draw: random.Random) -> tuple[list[_Buyer], list[str]]:
    """Up to 500 people with a home, drawn; and all couriers."""
    async with market.db.read() as tx:
        couriers = [
            r["person_id"]
            for r in await tx.fetch(
                "SELECT DISTINCT person_id FROM parties.role WHERE role = 'courier' ORDER BY 1"
            )
        ]
        known = [
            r["id"]
            for r in await tx.fetch(
                """SELECT p.id FROM parties.party p WHERE p.kind = 'person' AND p.state = 'active'
                   AND NOT EXISTS (SELECT FROM parties.role r WHERE r.person_id = p.id) ORDER BY p.id"""
            )
        ]
        buyers: list[_Buyer] = []
        for person_id in draw.sample(known, min(500, len(known))):
            told = await parties.people.profile(tx, market.seal, person_id)
            if told.addresses:
                home = told.addresses[0]
                contact = Contact(
                    name=told.name, phone=told.phone or "", address=home.line, lat=home.lat, lon=home.lon
                )
                buyers.append(_Buyer(person_id, contact))
    return buyers, couriers
