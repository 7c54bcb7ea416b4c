"""The week before somebody first looks: purchases of the named town made through the flows, so that no desk is empty.

Every step carries an idempotency key: living the week again changes nothing.
"""

# ruff: noqa: E501  (one purchase, a few lines)
# fmt: off

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import msgspec

from highstreet import ledger, logistics
from highstreet.kit.db import row_or_none
from highstreet.kit.geo import Point
from highstreet.market.desk import Market
from highstreet.market.format import Teller
from highstreet.market.fulfil import Telling, tell
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.market.units import Key
from highstreet.orders import Entry
from highstreet.town.founding import Town, at
from highstreet.town.people import PEOPLE, TOWN

SCOPE = "town"
ON_ROUND = ""  # no fact: a courier has taken the leg and not fetched it yet
D, H, M = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Next(msgspec.Struct, frozen=True):
    """A fact told about the purchase's order at a shop, so long after it was placed; `who` tells it, as `role`."""

    after: timedelta
    shop: str
    role: Teller
    who: str
    fact: str
    body: dict[str, Any] = {}


class Bought(msgspec.Struct, frozen=True):
    """A purchase so long ago: who ("" for somebody unknown at the counter), how it was paid, what ("SKU/format": steps)."""

    ago: timedelta
    who: str
    method: str
    goods: dict[str, int]
    then: tuple[Next, ...] = ()
    note: str = ""


PAST = (
    # At the counter.
    Bought(6 * D, "", "cash", {"BREAD-SOUR/counter": 1, "BREAD-BUNS/counter": 6}),
    Bought(5 * D, "he", "cash", {"GROC-RICE/counter": 1, "GROC-SOY/counter": 2, "GROC-EGGS/counter": 1}),
    Bought(4 * D, "", "cash", {"KILN-BOWL/counter": 6}, (Next(26 * H, "kiln", "seller", "tao", "returned", {"lines": {"1": 2}, "reason": "chipped"}),)),
    Bought(49 * H, "", "cash", {"BREAD-SOUR/counter": 2, "BREAD-MILK/counter": 1}),
    Bought(28 * H, "he", "cash", {"BREAD-BUNS/counter": 10}),
    Bought(5 * H, "", "cash", {"BREAD-SESAME/counter": 6, "BREAD-SOUR/counter": 1}),
    Bought(150 * M, "", "cash", {"BREAD-BUNS/counter": 12, "BREAD-OSM/counter": 1}),
    Bought(70 * M, "", "cash", {"BREAD-MILK/counter": 2}),
    Bought(3 * H, "", "cash", {"GROC-MILK/counter": 2, "GROC-CABB/counter": 1, "GROC-ORAN/counter": 4}),
    Bought(2 * H, "", "cash", {"NOOD-FISH/counter": 2, "NOOD-SOYM/counter": 2}),
    # By parcel: kept, on its way, to be packed, wanting to go back, called off.
    Bought(16 * D, "luo", "wallet", {"BOOK-SEAS/online": 1}, (
        Next(1 * D, "books", "seller", "xu", "shipped", {"carrier": "White Heron", "tracking": "WH1000200030"}),
        Next(3 * D, "books", "seller", "xu", "delivered"), Next(4 * D, "books", "buyer", "luo", "received"))),
    Bought(5 * D, "mei", "wallet", {"TEA-GREEN:100 g/online": 1, "TEA-CUP/online": 2}, (
        Next(20 * H, "tea", "seller", "shen", "shipped", {"carrier": "White Heron", "tracking": "WH1000200047"}),
        Next(3 * D, "tea", "seller", "shen", "delivered"))),
    Bought(2 * D, "emma", "wallet", {"WEAR-SCARF:lamp red/online": 1, "TOY-TRAIN/online": 1}, (
        Next(22 * H, "tailor", "seller", "ruan", "shipped", {"carrier": "White Heron", "tracking": "WH1000200054"}),), "A present, please."),
    Bought(4 * D, "xiaoyu", "wallet", {"BOOK-NOTES/online": 5}, (
        Next(18 * H, "books", "seller", "xu", "shipped", {"carrier": "White Heron", "tracking": "WH1000200061"}),
        Next(2 * D, "books", "seller", "xu", "delivered"),
        Next(3 * D, "books", "buyer", "xiaoyu", "return_wanted", {"lines": {"1": 2}, "reason": "no_reason"}))),
    Bought(1 * D, "luo", "wallet", {"HOME-LAMP/online": 1}, (Next(2 * H, "hardware", "buyer", "luo", "cancelled", {"reason": "bought twice"}),)),
    Bought(7 * H, "su", "wallet", {"KILN-PLATE/online": 4}),
    # Fetched: done, waiting on the shelf, still to be put aside, paid when fetched.
    Bought(3 * D, "su", "wallet", {"CARE-THERM/collect": 1}, (
        Next(40 * M, "pharmacy", "seller", "bai", "ready"), Next(5 * H, "pharmacy", "seller", "bai", "handed_over"))),
    Bought(5 * H, "he", "wallet", {"CARE-GLASSES:+2.0/collect": 1}, (Next(50 * M, "pharmacy", "seller", "bai", "ready"),)),
    Bought(4 * H, "mei", "cash", {"BREAD-OSM/collect": 2}, (Next(30 * M, "bakery", "seller", "wu", "ready"),)),
    Bought(25 * H, "luo", "wallet", {"BREAD-SOUR/collect": 2}, (
        Next(20 * M, "bakery", "seller", "wu", "ready"), Next(2 * H, "bakery", "seller", "ding", "handed_over"))),
    Bought(20 * M, "su", "wallet", {"BREAD-SOUR/collect": 1, "BREAD-BUNS/collect": 6}),
    Bought(35 * M, "xiaoyu", "cash", {"BREAD-SESAME/collect": 4, "BREAD-MILK/collect": 1}),
    # Within the hour: carried yesterday, on a courier's round, ready for a courier, just asked for.
    Bought(1 * D, "he", "wallet", {"GROC-OIL/instant": 1, "GROC-EGGS/instant": 1}, (
        Next(2 * M, "grocer", "seller", "ding", "accepted"), Next(12 * M, "grocer", "seller", "ding", "ready"),
        Next(15 * M, "grocer", "courier", "ma", "picked_up"), Next(27 * M, "grocer", "courier", "ma", "delivered")), "Third bell from the left."),
    Bought(20 * M, "mei", "wallet", {"NOOD-BEEF/instant": 2, "NOOD-DUMP/instant": 1}, (
        Next(1 * M, "noodles", "seller", "zhao", "accepted"), Next(10 * M, "noodles", "seller", "zhao", "ready"),
        Next(15 * M, "noodles", "courier", "ma", "picked_up"))),
    Bought(16 * M, "su", "wallet", {"CARE-PLAST/instant": 2}, (
        Next(1 * M, "pharmacy", "seller", "bai", "accepted"), Next(6 * M, "pharmacy", "seller", "bai", "ready"),
        Next(9 * M, "pharmacy", "courier", "ma", ON_ROUND))),
    Bought(14 * M, "he", "wallet", {"FISH-CARP/instant": 2}, (
        Next(3 * M, "fish", "seller", "yu", "accepted"), Next(9 * M, "fish", "seller", "yu", "ready"))),
    Bought(9 * M, "luo", "wallet", {"GROC-HONEY/instant": 1, "GROC-APPL/instant": 3}, (Next(1 * M, "grocer", "seller", "ding", "accepted"),)),
    Bought(2 * M, "emma", "wallet", {"BREAD-SOUR/instant": 1, "BREAD-SESAME/instant": 4}, (), "The inn's back door."),
    Bought(1 * M, "xiaoyu", "wallet", {"NOOD-VEG/instant": 1}, (), "No spring onion."),
)
# fmt: on


async def live(market: Market, town: Town, now: datetime) -> None:
    """Make the week's purchases, oldest first, as seen from `now`."""
    for person in PEOPLE:
        if person.wallet:
            await top_up(market, town.people[person.key], person.wallet, now - 20 * D, f"top-up {person.key}")
    for n, bought in enumerate(sorted(PAST, key=lambda one: one.ago, reverse=True)):
        await buy(market, town, bought, n, now - bought.ago)


async def top_up(market: Market, person_id: str, amount: int, now: datetime, about: str) -> None:
    """Money from a person's bank into their wallet; once per `about`, the bank's word for it."""
    async with market.db.transaction() as tx:
        bank, currency = ledger.wallet.BANK, market.currency
        await ledger.wallet.fill(tx, person_id, amount, currency, bank, about, person_id, now)


async def buy(
    market: Market, town: Town, bought: Bought, n: int | str, placed: datetime, *, with_vouchers: bool = False
) -> None:
    """One purchase and what was told of it; once per `n`. Without being asked nobody spends their vouchers."""
    person = next((one for one in PEOPLE if one.key == bought.who), None)
    at_counter = all(goods.endswith("/counter") for goods in bought.goods)
    contact, where = Contact(), None
    if person is not None and person.home is not None and not at_counter:
        en, zh, east, north = person.home
        where = at(east, north)
        line = zh if person.lang == "zh" else en
        contact = _contact(person.name, line, where, bought.note)
    entries = [Entry(town.offers[goods], steps) for goods, steps in bought.goods.items()]
    buyer = town.people.get(bought.who)
    explained = await quote(
        market,
        entries,
        placed,
        channel="counter" if at_counter else "online",
        where=where,
        holder=buyer if with_vouchers else None,
    )
    seller = explained.quote.orders[0].seller_id
    placing = Placing(
        quote=explained.quote,
        contact=contact,
        method=bought.method,
        by=seller if at_counter or buyer is None else buyer,
        buyer_id=buyer,
        lang=person.lang if person else "zh",
        counter=at_counter,
    )
    placed_answer = await place(market, placing, placed, _key(f"purchase {n}", *sorted(bought.goods)))
    orders = {one["seller"]: one["id"] for one in placed_answer["orders"]}
    for step, told in enumerate(bought.then):
        order_id, by, then = orders[town.sellers[told.shop]], town.people[told.who], placed + told.after
        leg = await leg_of(market, order_id)
        key = _key(f"purchase {n} step {step}", told.fact)
        if await _is_told(market, key):
            continue
        if leg and told.fact in (ON_ROUND, "picked_up"):
            await take_leg(market, leg, by, then)
        if told.fact == ON_ROUND:
            continue
        await tell(market, Telling(order_id, told.fact, told.role, by, told.body), then, key)
        if leg and leg.round_id and told.fact == "delivered":
            async with market.db.transaction() as tx:
                await logistics.rounds.end_if_done(tx, leg.round_id, then)
        elif leg and leg.kind == "parcel" and told.fact in _SCANS:
            async with market.db.transaction() as tx:
                await logistics.parcels.seen(
                    tx, leg.id, _SCANS[told.fact], then, {"en": TOWN.en, "zh": TOWN.zh}
                )


_SCANS = {
    "shipped": "accepted",
    "delivered": "delivered",
}  # what a carrier sees when a parcel's order is told this


async def _is_told(market: Market, key: Key) -> bool:
    async with market.db.read() as tx:
        return bool(
            await tx.fetchval(
                "SELECT EXISTS (SELECT FROM kit.answer WHERE scope = $1 AND key = $2)", key.scope, key.key
            )
        )


class Carried(msgspec.Struct, frozen=True):
    """A leg: what kind, whose round it is on, who carries it."""

    id: str
    kind: str
    round_id: str | None
    courier_id: str | None


async def leg_of(market: Market, order_id: str) -> Carried | None:
    """The first leg of an order, if it has one."""
    async with market.db.read() as tx:
        return await row_or_none(
            tx,
            Carried,
            "SELECT id, kind, round_id, courier_id FROM logistics.leg WHERE order_id = $1 ORDER BY n LIMIT 1",
            order_id,
        )


async def take_leg(market: Market, leg: Carried, courier: str, now: datetime) -> str:
    """The courier takes the leg on a round and sets out; the round."""
    if leg.round_id is not None:
        return leg.round_id
    async with market.db.transaction() as tx:
        one = await logistics.rounds.current(tx, courier, now.astimezone(market.tz).date(), now)
        await logistics.rounds.take(tx, one.id, courier, [leg.id])
        if one.state == "planned":
            await logistics.rounds.start(tx, one.id, courier, now)
    return one.id


def _contact(name: str, line: str, where: Point, note: str) -> Contact:
    return Contact(name=name, phone="", address=line, lat=where.lat, lon=where.lon, note=note)


def _key(key: str, *said: object) -> Key:
    return Key(SCOPE, key, hashlib.sha256(repr(said).encode()).hexdigest())
