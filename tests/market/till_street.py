"""A bakery with a till, a tea house next door, and the people who work, buy and carry there; for tests of till and courier."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from highstreet import catalog, inventory, parties, pricing
from highstreet.formats.collect import COLLECT
from highstreet.formats.counter import COUNTER
from highstreet.formats.instant import INSTANT
from highstreet.formats.online import ONLINE
from highstreet.kit.clock import Clock
from highstreet.kit.db import Database, Tx
from highstreet.kit.geo import Point
from highstreet.kit.text import Words
from highstreet.ledger import ChargeState, Intent, Notice
from highstreet.market.desk import Market
from highstreet.market.format import register
from highstreet.market.fulfil import Telling, tell
from highstreet.market.pay import told_charge
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.market.till import Clerk
from highstreet.orders import Entry

OPENED = datetime(2026, 11, 20, 2, tzinfo=UTC)
PASSWORD = "river stones 17"
PEOPLE = {
    "ada": ("Lin Xiaohe", "person-mother"),
    "mill": ("Baker Wu", "person-baker"),
    "mei": ("Clerk Mei", "person-clerk"),
    "jun": ("Courier Jun", "person-courier"),
    "bo": ("Courier Bo", "person-student"),
    "leaf": ("Tea Master Gu", "person-grandfather"),
    "zhou": ("Officer Zhou", "person-visitor"),
}
SHOPS = {
    "bakery": ("mill", "Old Mill Bakery", "老磨坊面包铺", "shop-bakery", Point(31.2989, 120.5853)),
    "tea": ("leaf", "Willow Tea House", "柳荫茶舍", "shop-tea-house", Point(31.3010, 120.5890)),
}
GOODS = [
    # key, shop, English, Chinese, picture, price, stock, bar code
    ("bread", "bakery", "Riverside sourdough", "河畔酸面包", "bread", 2800, 12, "06901234567892"),
    ("buns", "bakery", "Steamed buns, six", "手工馒头（六只）", "steamed-buns", 1200, 40, "06901234567908"),
    ("cake", "bakery", "Osmanthus cake", "桂花糕", "cake", 3600, 6, "06901234567915"),
    ("milk", "bakery", "Farm milk, 1 l", "牧场鲜奶 1 升", "milk", 1680, 20, "06901234567922"),
    ("tea", "tea", "Spring green tea, 100 g", "明前绿茶 100 克", "tea-tin", 8800, 30, "06901234567939"),
]


class SmallBank:
    """A payment provider that only gives addresses to pay at."""

    name = "sandbox"

    def pay_url(self, intent: Intent, return_url: str) -> str:
        return f"https://pay.example/{intent.key}?back={return_url}"

    async def query(self, key: str) -> ChargeState:
        return ChargeState(key, "unknown")


class Till(msgspec.Struct):
    """The street as the bakery's clerk sees it. `offers`: counter offers by key, others as `bread/instant`."""

    market: Market
    people: dict[str, str] = {}
    sellers: dict[str, str] = {}
    places: dict[str, str] = {}
    offers: dict[str, str] = {}
    supplies: dict[str, int] = {}

    @property
    def clerk(self) -> Clerk:
        return Clerk(self.people["mei"], self.sellers["bakery"], self.places["bakery"])


def market_of(db: Database, clock: Clock) -> Market:
    return Market(
        db, register([ONLINE, COLLECT, INSTANT, COUNTER]), b"a street with one till, for tests", providers={"sandbox": SmallBank()},  # type: ignore[dict-item]
        clock=clock, tz=ZoneInfo("Asia/Shanghai"), demo=True,
    )  # fmt: skip


@asynccontextmanager
async def open_till(db: Database, clock: Clock) -> AsyncIterator[Till]:
    market = market_of(db, clock)
    await market.open()
    yield await furnish(market)
    await market.close()


async def furnish(market: Market, now: datetime = OPENED) -> Till:
    """The street, open for business."""
    till = Till(market)
    async with market.db.transaction() as tx:
        await catalog.load_categories(tx)
        await pricing.seed_tax(tx)
        for key, (name, picture) in PEOPLE.items():
            till.people[key] = await parties.people.sign_up(
                tx,
                market.seal,
                handle=f"{key}@example.com",
                password=PASSWORD,
                name=name,
                lang="en",
                now=now,
                picture=picture,
                demo=True,
            )
        for key in SHOPS:
            await _shop(tx, till, key, now)
        for one in GOODS:
            await _good(tx, till, one, now)
        for person, role in (("mei", "clerk"), ("jun", "courier"), ("bo", "courier")):
            await parties.roles.grant(
                tx, person_id=till.people[person], party_id=till.sellers["bakery"], role=role, by=till.people["mill"], now=now  # type: ignore[arg-type]
            )  # fmt: skip
        await pricing.start(
            tx,
            pricing.NewPromotion(
                till.sellers["bakery"], till.sellers["bakery"], Words("Morning milk", "早安牛奶"), "percent", {"bps": 1000},
                now - timedelta(days=1), now + timedelta(days=90), offers=(till.offers["milk"],),
            ),
            till.people["mill"], now,
        )  # fmt: skip
        await catalog.rebuild(tx)
    return till


DOORS = {
    "river": Contact(name="Lin Xiaohe", phone="13800000001", address="River Lane 3", lat=31.3032, lon=120.5868, note="Please knock"),
    "bridge": Contact(name="Old Zhao", phone="13800000002", address="Stone Bridge 8", lat=31.2941, lon=120.5803),
    "school": Contact(name="Teacher Fang", phone="13800000003", address="School Street 21, gate", lat=31.2968, lon=120.5931),
    "far": Contact(name="Uncle Deng", phone="13800000004", address="Mulberry Yard 5", lat=31.3150, lon=120.6010),
}  # fmt: skip


async def order(
    till: Till, offer: str, door: str = "", count: int = 1, *, ready: bool = True, cash: bool = False
) -> str:
    """An order paid by ada, accepted, and (if wanted) ready to be fetched; its id."""
    market = till.market
    now = market.clock()
    contact = DOORS[door] if door else Contact(name="Lin Xiaohe", phone="13800000001")
    point = Point(contact.lat, contact.lon) if contact.lat and contact.lon else None
    told = await quote(market, [Entry(till.offers[offer], count)], now, where=point)
    method = "cash" if cash else "sandbox"
    placing = Placing(told.quote, contact, method, till.people["ada"], till.people["ada"])
    placed = await place(market, placing, now, None)
    order_id: str = placed["orders"][0]["id"]
    asked = placed["collection"]
    if asked:
        notice = Notice(
            "sandbox",
            asked["key"],
            asked["key"],
            "charge.succeeded",
            asked["amount"],
            "CNY",
            asked["key"],
            now,
        )
        await told_charge(market, notice, now)
    facts = (["accepted"] if offer.endswith("instant") else []) + (["ready"] if ready else [])
    for fact in facts:
        await tell(market, Telling(order_id, fact, "seller", till.people["mill"]), now)
    return order_id


async def leg_of(till: Till, order_id: str) -> str:
    """The leg an order's goods go by."""
    async with till.market.db.read() as tx:
        return await tx.fetchval(
            "SELECT id FROM logistics.leg WHERE order_id = $1 ORDER BY n LIMIT 1", order_id
        )


async def _shop(tx: Tx, till: Till, key: str, now: datetime) -> None:
    owner, name, zh, picture, point = SHOPS[key]
    about = parties.About(
        Words("Open since 1987", "始于 1987 年"), Words("", ""), Words(name, zh), "0512 6500 0000"
    )
    till.sellers[key] = await parties.businesses.apply(
        tx, owner_id=till.people[owner], name=name, uscc=None, about=about, picture=picture, now=now
    )
    await parties.businesses.review(tx, till.sellers[key], True, till.people["zhou"], "", now)
    till.places[key] = await parties.places.open_place(
        tx, till.sellers[key], "shop", Words(name, zh), {"line": "Mill Lane 12", "line_zh": "磨坊弄 12 号"}, point,
        tuple(parties.Hours(day, "00:00", "24:00") for day in range(7)), 6000, now,
    )  # fmt: skip


async def _good(
    tx: Tx, till: Till, one: tuple[str, str, str, str, str, int, int, str], now: datetime
) -> None:
    key, shop, en, zh, picture, price, count, gtin = one
    seller, place = till.sellers[shop], till.places[shop]
    known = await catalog.categories(tx)
    attributes = {
        a.code: a.choices[0].code if a.choices else "30"
        for a in known.attributes("food.bakery")
        if a.required
    }
    item = await catalog.describe(
        tx, owner_id=seller, category_id="food.bakery", sells="goods", title=Words(en, zh), now=now, attributes=attributes,
        variants=[catalog.Variant(f"B-{key}", gtin=gtin)],
    )  # fmt: skip
    await tx.execute(
        "INSERT INTO catalog.picture (id, item_id, position, file, width, height) VALUES ($1, $2, 0, $3, 400, 300)",
        "pic_" + item[4:], item, "drawn:" + picture,
    )  # fmt: skip
    variant = (await catalog.read_item(tx, item)).variants[0].id
    till.supplies[key] = await inventory.stock.open_stock(tx, variant, place)
    await inventory.stock.change(tx, till.supplies[key], "received", count, till.people["mill"], now)
    for name in ("counter", "collect", "instant"):
        offer = await catalog.draft_offer(
            tx,
            seller_id=seller,
            variant_id=variant,
            place_id=place,
            format=name,
            currency="CNY",
            price=price,
            now=now,
        )
        await catalog.open_offer(tx, seller, offer, licences={"food", "kitchen", "business"}, now=now)
        till.offers[key if name == "counter" else f"{key}/{name}"] = offer
