"""Three sellers on one lane, made through the doors of the domains once a run; each test gets a copy of the database."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest_asyncio

from highstreet import catalog, inventory, parties, pricing
from highstreet.kit.clock import Clock, FixedClock
from highstreet.kit.db import Database, Tx, connect
from highstreet.kit.geo import Point
from highstreet.kit.text import Words
from highstreet.ledger import Notice
from highstreet.ledger.collect import NoticeKind
from highstreet.market import laws
from highstreet.market.desk import Found, Market
from highstreet.market.format import Teller
from highstreet.market.fulfil import Telling, advance_order, tell
from highstreet.market.pay import told_charge
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import Quote, quote
from highstreet.market.units import Key
from highstreet.market.work import Work
from highstreet.orders import Entry
from highstreet.wiring import formats
from tests.conftest import admin, in_database
from tests.provider import unreachable

OPENED = datetime(2026, 11, 20, 2, tzinfo=UTC)
SECRET = b"a lane of three shops, only for tests"
ALL_DAY = tuple(parties.Hours(day, "00:00", "23:59") for day in range(7))
LICENCES = {"food", "kitchen", "business"}

SELLERS = {
    "tea": ("Willow Tea House", "柳荫茶舍"),
    "toys": ("Lao Chen's Toys", "老陈木玩"),
    "grocer": ("Bridge Grocer", "桥头杂货"),
}
# seller, category, price, stock, formats
GOODS: dict[str, tuple[str, str, int, int, tuple[str, ...]]] = {
    "tea": ("tea", "food.tea", 8800, 30, ("online", "collect", "counter")),
    "bowl": ("tea", "home.kitchen", 5900, 20, ("online",)),
    "plant": ("tea", "home.plants", 3600, 6, ("online",)),
    "train": ("toys", "home.kitchen", 12801, 7, ("online",)),
    "kite": ("toys", "home.kitchen", 990, 0, ("online",)),
    "jam": ("grocer", "food.tea", 2801, 40, ("collect", "instant", "counter")),
    "last": ("grocer", "food.tea", 1000, 8, ("online",)),
}  # fmt: skip


class Made(msgspec.Struct):
    """Identifiers of what stands on the lane. Offers are named `good/format`."""

    offers: dict[str, str] = {}
    sellers: dict[str, str] = {}
    places: dict[str, str] = {}
    supplies: dict[str, int] = {}
    variants: dict[str, str] = {}
    people: dict[str, str] = {}


class Lane:
    """A market of its own and what can be done on it; `clock` is the market's."""

    def __init__(self, market: Market, made: Made, clock: FixedClock) -> None:
        self.market = market
        self.made = made
        self.clock = clock

    async def quote(self, wanted: dict[str, int], channel: str = "online") -> Quote:
        entries = [Entry(self.made.offers[name], steps) for name, steps in wanted.items()]
        return (await quote(self.market, entries, self.clock(), channel=channel)).quote

    async def buy(
        self,
        wanted: dict[str, int],
        method: str = "sandbox",
        buyer: str | None = None,
        key: Key | None = None,
    ) -> dict[str, Any]:
        """Quote and place; a counter offer is sold by a clerk."""
        counter = any(name.endswith("/counter") for name in wanted)
        asked = await self.quote(wanted, "counter" if counter else "online")
        return await self.place(asked, method, buyer, key, counter=counter)

    async def place(
        self, asked: Quote, method: str = "sandbox", buyer: str | None = None, key: Key | None = None, *, counter: bool = False
    ) -> dict[str, Any]:  # fmt: skip
        placing = Placing(
            asked, Contact("Lin Xiaohe", "13800000000"), method, buyer or "guest", buyer, "en", counter
        )
        return await place(self.market, placing, self.clock(), key)

    async def notice(
        self, key: str, amount: int, kind: str = "charge.succeeded", ref: str = "ref_1", currency: str = "CNY"
    ) -> dict[str, Any]:
        assert kind in get_args(NoticeKind)
        told = Notice("sandbox", "ntc", key, kind, amount, currency, ref, self.clock())  # type: ignore[arg-type]
        return await told_charge(self.market, told, self.clock())

    async def pay(self, placed: dict[str, Any]) -> dict[str, Any]:
        asked = placed["collection"]
        return await self.notice(asked["key"], asked["amount"])

    async def paid(self, wanted: dict[str, int]) -> list[str]:
        """Bought and paid at the provider; the orders' ids."""
        placed = await self.buy(wanted)
        assert await self.pay(placed) == {"result": "paid"}
        return [one["id"] for one in placed["orders"]]

    async def tell(
        self,
        order_id: str,
        fact: str,
        role: Teller = "seller",
        key: Key | None = None,
        by: str | None = None,
        **body: Any,
    ) -> dict[str, Any]:
        return await tell(self.market, Telling(order_id, fact, role, by or role, body), self.clock(), key)

    async def delivered(self, wanted: dict[str, int]) -> str:
        """One parcel, paid and arrived; the order's id."""
        (order_id,) = await self.paid(wanted)
        await self.tell(order_id, "shipped", tracking="SF1")
        await self.tell(order_id, "delivered")
        return order_id

    async def later(self, order_id: str, **by: float) -> Work:
        """Time passes; the order as it stands then."""
        now = self.clock.forward(timedelta(**by))
        await advance_order(self.market, order_id, now)
        return await self.order(order_id)

    async def order(self, order_id: str) -> Work:
        async with self.market.db.read() as tx:
            found = await tx.fetchval("SELECT market.read($1, '{}', '{}')", [order_id])
        return msgspec.json.decode(found, type=Found).works[0]

    async def orders(self) -> int:
        async with self.market.db.read() as tx:
            return int(await tx.fetchval("""SELECT count(*) FROM orders."order" """))

    async def supply(self, good: str) -> tuple[int, int, int]:
        """total, held, sold."""
        async with self.market.db.read() as tx:
            found = await inventory.stock.supply(tx, self.made.supplies[good])
        return found.total, found.held, found.sold

    async def money(self) -> dict[str, int]:
        """What every account holds by its transfers, by kind, or by seller's name; accounts of nothing left out."""
        async with self.market.db.read() as tx:
            found = await tx.fetch(
                """SELECT a.kind, a.party_id, sum(CASE WHEN t.to_id = a.id THEN t.amount ELSE -t.amount END)::bigint AS balance
                   FROM ledger.account a JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id) GROUP BY 1, 2 HAVING
                   sum(CASE WHEN t.to_id = a.id THEN t.amount ELSE -t.amount END) <> 0"""
            )
        names = {party: name for name, party in self.made.sellers.items()}
        return {
            names[r["party_id"]] if r["kind"] == "seller" else str(r["kind"]): int(r["balance"])
            for r in found
        }

    async def refunds(self, order_id: str) -> list[int]:
        async with self.market.db.read() as tx:
            found = await tx.fetch(
                "SELECT amount FROM ledger.refund WHERE order_id = $1 ORDER BY wanted_at, key", order_id
            )
        return [r["amount"] for r in found]

    async def strays(self) -> list[tuple[str, int]]:
        async with self.market.db.read() as tx:
            return [
                (r["reason"], r["amount"])
                for r in await tx.fetch("SELECT reason, amount FROM ledger.stray ORDER BY at, id")
            ]

    async def fill_wallet(self, buyer: str, amount: int) -> None:
        """The buyer pays into the wallet at the bank."""
        accounts = self.market.accounts
        await accounts.know(["bank:", f"wallet:{buyer}"], "CNY")
        bank, wallet = accounts.number("bank:", "CNY"), accounts.number(f"wallet:{buyer}", "CNY")
        async with self.market.db.transaction() as tx:
            await tx.execute(
                "UPDATE ledger.wallet SET balance = balance + $2 WHERE account_id = $1", wallet, amount
            )
            await tx.execute(
                "INSERT INTO ledger.transfer (at, purpose, from_id, to_id, amount) VALUES ($1, 'top_up', $2, $3, $4)",
                self.clock(), bank, wallet, amount,
            )  # fmt: skip

    async def promote(self, seller: str, funder: str, kind: str, rule: dict[str, int], offer: str) -> None:
        async with self.market.db.transaction() as tx:
            await pricing.start(
                tx,
                pricing.NewPromotion(
                    self.made.sellers[seller], self.made.sellers[funder], Words("Autumn", "秋日"), kind, rule,
                    OPENED, datetime(2126, 1, 1, tzinfo=UTC), offers=(self.made.offers[offer],),
                ),
                self.made.people["owner"], OPENED,
            )  # fmt: skip
        self.market.shelf._changed(None)


async def keeps_the_laws(db: Database) -> None:
    """Every law over everything there is."""
    async with db.read(snapshot=True) as tx:
        broken = [law for law in await laws.check(tx) if not law.ok]
    assert broken == []


def market_of(db: Database, clock: Clock) -> Market:
    return Market(
        db, formats(), SECRET, providers={"sandbox": unreachable()}, clock=clock, tz=ZoneInfo("Asia/Shanghai")
    )


async def build(market: Market) -> Made:
    """The lane, open for business."""
    made = Made()
    async with market.db.transaction() as tx:
        await catalog.load_categories(tx)
        await pricing.seed_tax(tx)
        city = await parties.businesses.found_city(tx, name="Qinghe", about=parties.About(), now=OPENED)
        for key in ("owner", "clerk", "buyer"):
            made.people[key] = await parties.people.sign_up(
                tx,
                market.seal,
                handle=f"{key}@example.com",
                password="river stones 17",
                name=key,
                lang="en",
                now=OPENED,
            )
        await parties.roles.grant(
            tx, person_id=made.people["clerk"], party_id=city, role="officer", by=city, now=OPENED
        )
        for key, (name, zh) in SELLERS.items():
            seller = await parties.businesses.apply(
                tx, owner_id=made.people["owner"], name=name, uscc=None, about=parties.About(), now=OPENED
            )
            await parties.businesses.review(tx, seller, True, made.people["clerk"], "", OPENED)
            made.sellers[key] = seller
            made.places[key] = await parties.places.open_place(
                tx,
                seller,
                "shop",
                Words(name, zh),
                {"line": "Mill Lane 1"},
                Point(31.3, 120.58),
                ALL_DAY,
                4000,
                OPENED,
            )
        for key in GOODS:
            await _good(tx, made, key)
    return made


async def _good(tx: Tx, made: Made, key: str) -> None:
    seller, category, price, stock, sold_as = GOODS[key]
    known = await catalog.categories(tx)
    attributes = {
        one.code: one.choices[0].code if one.choices else "30"
        for one in known.attributes(category)
        if one.required
    }
    item = await catalog.describe(
        tx, owner_id=made.sellers[seller], category_id=category, sells="goods", title=Words(key.title(), key), now=OPENED,
        attributes=attributes,
    )  # fmt: skip
    variant = made.variants[key] = (await catalog.read_item(tx, item)).variants[0].id
    made.supplies[key] = await inventory.stock.open_stock(tx, variant, made.places[seller])
    if stock:
        await inventory.stock.change(tx, made.supplies[key], "received", stock, made.people["owner"], OPENED)
    for name in sold_as:
        offer = made.offers[f"{key}/{name}"] = await catalog.draft_offer(
            tx, seller_id=made.sellers[seller], variant_id=variant, place_id=made.places[seller], format=name,
            currency="CNY", price=price, now=OPENED,
        )  # fmt: skip
        await catalog.open_offer(tx, made.sellers[seller], offer, licences=LICENCES, now=OPENED)


_numbers = count()


@pytest_asyncio.fixture(scope="session")
async def furnished(server_url: str, template: str) -> AsyncIterator[tuple[str, Made]]:
    """The name of a database with the lane in it, to copy."""
    name = f"hs_test_{os.getpid()}_lane_{next(_numbers)}"
    async with admin(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    db = await connect(in_database(server_url, name), name="test", size=2)
    made = await build(market_of(db, FixedClock(OPENED)))
    await db.close()
    yield name, made
    async with admin(server_url) as connection:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@asynccontextmanager
async def copy_of(
    server_url: str, furnished: tuple[str, Made], clock: FixedClock, *, lawful: bool = True
) -> AsyncIterator[Lane]:
    """A lane of its own; when it is left, the laws must hold, unless it is there to be broken."""
    name, made = f"hs_test_{os.getpid()}_{next(_numbers)}_copy", furnished[1]
    async with admin(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {furnished[0]} STRATEGY file_copy")
    db = await connect(in_database(server_url, name), name="test", size=20)
    market = market_of(db, clock)
    await market.open()
    try:
        yield Lane(market, made, clock)
        if lawful:
            await keeps_the_laws(db)
    finally:
        await market.close()
        await db.close()
        async with admin(server_url) as connection:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def lane(server_url: str, furnished: tuple[str, Made], clock: FixedClock) -> AsyncIterator[Lane]:
    async with copy_of(server_url, furnished, clock) as found:
        yield found
