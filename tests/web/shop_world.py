"""A small street for the tests of the shop's pages: a bakery, a tea house and a toy maker, made through the doors of the domains."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest_asyncio
from litestar import Litestar
from litestar.datastructures import State
from litestar.static_files import create_static_files_router

from highstreet import catalog, inventory, parties, pricing
from highstreet.formats.collect import COLLECT
from highstreet.formats.counter import COUNTER
from highstreet.formats.instant import INSTANT
from highstreet.formats.online import ONLINE
from highstreet.kit.clock import Clock, FixedClock
from highstreet.kit.db import Database, Tx, connect
from highstreet.kit.geo import Point
from highstreet.kit.text import Words
from highstreet.ledger import ChargeState, Intent
from highstreet.market.desk import Market
from highstreet.market.format import register
from highstreet.web import account, frame, render, shop
from tests.conftest import admin, in_database

SECRET = b"a street of three shops, for tests"
BUILT = datetime(2026, 11, 20, 2, tzinfo=UTC)
_numbers = count()
PASSWORD = "river stones 17"
OPEN_ALL_DAY = tuple(parties.Hours(day, "08:00", "20:00") for day in range(7))


class FakeProvider:
    """A payment provider that takes what it is told to take; tests set `outcome`."""

    name = "sandbox"

    def __init__(self) -> None:
        self.outcome: Any = "unknown"
        self.asked: list[str] = []
        self.amounts: dict[str, int] = {}

    def pay_url(self, intent: Intent, return_url: str) -> str:
        return f"https://pay.example/{intent.key}?back={return_url}"

    async def query(self, key: str) -> ChargeState:
        self.asked.append(key)
        return ChargeState(
            key, self.outcome, amount=self.amounts.get(key, 0), currency="CNY", provider_ref="ref"
        )


class Street(msgspec.Struct):
    """Identifiers of what was made."""

    market: Market
    provider: FakeProvider
    offers: dict[str, str]
    sellers: dict[str, str]
    places: dict[str, str]
    people: dict[str, str]
    directory: str = ""


GOODS: list[tuple[str, str, str, str, str, str, int, list[str], int, dict[str, int]]] = [
    # key, seller, category, English, Chinese, picture, price, labels, stock, terms
    ("bread", "bakery", "food.bakery", "Riverside sourdough", "河畔酸面包", "bread", 2800, ["local", "fresh_today"], 12,
     {"prepare_minutes": 15}),
    ("buns", "bakery", "food.bakery", "Steamed buns, six", "手工馒头（六只）", "steamed-buns", 1200, ["handmade"], 40, {}),
    ("cake", "bakery", "food.bakery", "Osmanthus cake", "桂花糕", "cake", 3600, ["handmade", "heritage"], 6, {}),
    ("tea", "tea", "food.tea", "Spring green tea, 100 g", "明前绿茶 100 克", "tea-tin", 8800, ["local", "organic"], 30, {}),
    ("kettle", "tea", "home.kitchen", "Clay tea bowl", "粗陶茶碗", "ceramic-bowl", 5900, ["handmade", "export_quality"], 9, {}),
    ("train", "toys", "family.toys", "Wooden train", "木头小火车", "toy-train", 12800, ["local", "infant"], 7, {}),
    ("blocks", "toys", "family.toys", "Building blocks", "榉木积木", "wooden-blocks", 9900, ["green"], 0, {}),
]  # fmt: skip
FORMATS = {"bread": ("collect", "instant", "counter"), "buns": ("collect", "instant"), "cake": ("collect",), "tea": ("online", "collect"),
           "kettle": ("online",), "train": ("online", "collect"), "blocks": ("online",)}  # fmt: skip
SELLERS = {
    "bakery": (
        "Old Mill Bakery",
        "shop-bakery",
        "老磨坊面包铺",
        Point(31.2989, 120.5853),
        "food",
        "91320508MA1MEQJ34C",
    ),
    "tea": ("Willow Tea House", "shop-tea-house", "柳荫茶舍", Point(31.3010, 120.5890), "food", None),
    "toys": ("Lao Chen's Toys", "shop-toy-maker", "老陈木玩", Point(31.2950, 120.5820), None, None),
}


async def build(market: Market, provider: FakeProvider, now: datetime) -> Street:
    """The street, open for business."""
    street = Street(market, provider, {}, {}, {}, {})
    async with market.db.transaction() as tx:
        await catalog.load_categories(tx)
        await pricing.seed_tax(tx)
        city = await parties.businesses.found_city(
            tx, name="Qinghe", about=parties.About(name=Words("Qinghe", "清河")), now=now
        )
        for key, handle, name, picture in (
            ("ada", "ada@example.com", "Lin Xiaohe", "person-mother"),
            ("clerk", "clerk@example.com", "Officer Zhou", "person-clerk"),
            ("mill", "mill@example.com", "Baker Wu", "person-baker"),
        ):
            street.people[key] = await parties.people.sign_up(
                tx,
                market.seal,
                handle=handle,
                password=PASSWORD,
                name=name,
                lang="en",
                now=now,
                picture=picture,
                demo=True,
            )
        await parties.roles.grant(
            tx,
            person_id=street.people["clerk"],
            party_id=city,
            role="officer",
            by=street.people["clerk"],
            now=now,
        )
        for key in SELLERS:
            await _seller(tx, street, key, now)
        for good in GOODS:
            await _good(tx, street, good, now)
        await _directory(tx, street, city, now)
        await pricing.start(
            tx,
            pricing.NewPromotion(
                street.sellers["tea"], street.sellers["tea"], Words("Spring greeting", "春日礼遇"), "percent", {"bps": 1000},
                now - timedelta(days=1), now + timedelta(days=20),
            ),
            street.people["mill"], now,
        )  # fmt: skip
        await catalog.rebuild(tx)
    return street


async def _seller(tx: Tx, street: Street, key: str, now: datetime) -> None:
    name, picture, zh, point, licence, uscc = SELLERS[key]
    about = parties.About(
        Words("Open since 1987", "始于 1987 年"),
        Words("We bake before the town wakes.", "天亮之前，炉火已红。"),
        Words(name, zh),
        "0512 6500 0000",
    )
    seller = await parties.businesses.apply(
        tx, owner_id=street.people["mill"], name=name, uscc=uscc, about=about, picture=picture, now=now
    )
    street.sellers[key] = seller
    await parties.businesses.review(tx, seller, True, street.people["clerk"], "", now)
    for kind in filter(None, ("business" if uscc else None, licence)):
        shown = await parties.licences.show(
            tx,
            seller,
            msgspec.convert(kind, parties.licences.LicenceKind),
            f"JY1320508{len(street.sellers)}{kind}",
            "Qinghe Market Bureau",
            date(2024, 1, 1),
            date(2029, 1, 1),
            None,
            now,
        )
        await parties.licences.review(tx, shown, True, street.people["clerk"], "", now)
    address = {"line": "Mill Lane 12", "line_zh": "磨坊弄 12 号", "town": "Qinghe"}
    street.places[key] = await parties.places.open_place(
        tx, seller, "shop", Words(name, zh), address, point, OPEN_ALL_DAY, 4000, now
    )


async def _good(tx: Tx, street: Street, good: Any, now: datetime) -> None:
    key, seller, category, en, zh, picture, price, labels, stock, terms = good
    attributes = {"age_from": "3"} if category == "family.toys" else {}
    known = await catalog.categories(tx)
    for asked in known.attributes(category):
        if asked.required and asked.code not in attributes:
            attributes[asked.code] = asked.choices[0].code if asked.choices else "30"
    item = await catalog.describe(
        tx, owner_id=street.sellers[seller], category_id=category, sells="goods", title=Words(en, zh), now=now,
        about=Words("Made with care, a few streets from you.", "就在几条街外，用心制作。"),
        attributes=attributes, labels=labels, by="officer",
    )  # fmt: skip
    await tx.execute(
        "INSERT INTO catalog.picture (id, item_id, position, file, width, height) VALUES ($1, $2, 0, $3, 400, 300)",
        "pic_" + item[4:], item, "drawn:" + picture,
    )  # fmt: skip
    variant = (await catalog.read_item(tx, item)).variants[0].id
    supply = await inventory.stock.open_stock(tx, variant, street.places[seller])
    if stock:
        await inventory.stock.change(tx, supply, "received", stock, street.people["mill"], now)
    for form in FORMATS[key]:
        offer = await catalog.draft_offer(
            tx, seller_id=street.sellers[seller], variant_id=variant, place_id=street.places[seller], format=form,
            currency="CNY", price=price, terms=terms, now=now,
        )  # fmt: skip
        await catalog.open_offer(
            tx, street.sellers[seller], offer, licences={"food", "kitchen", "business"}, now=now
        )
        street.offers.setdefault(key, offer)
        street.offers[f"{key}/{form}"] = offer


async def _directory(tx: Tx, street: Street, city: str, now: datetime) -> None:
    street.directory = "dir_" + "0" * 20
    await tx.execute(
        "INSERT INTO catalog.directory (id, name, about, curator_id) VALUES ($1, $2, $3, $4)",
        street.directory, {"en": "Made in Qinghe", "zh": "清河好物"},
        {"en": "What the town is proud of, chosen each season.", "zh": "每季甄选，小镇的骄傲。"}, city,
    )  # fmt: skip
    for n, key in enumerate(("tea", "cake", "train")):
        await tx.execute(
            """INSERT INTO catalog.directory_item (directory_id, item_id, reason, added_at)
               SELECT $1, item_id, $3, $4 FROM catalog.offer WHERE id = $2""",
            street.directory, street.offers[key], {"en": "Grown on our own hills.", "zh": "本地山头自产。"}, now + timedelta(seconds=n),
        )  # fmt: skip


def market_of(db: Database, provider: FakeProvider, clock: Clock) -> Market:
    return Market(
        db, register([ONLINE, COLLECT, INSTANT, COUNTER]), SECRET, providers={"sandbox": provider},  # type: ignore[dict-item]
        clock=clock, tz=ZoneInfo("Asia/Shanghai"), demo=True,
    )  # fmt: skip


def app_of(market: Market, *more: Any) -> Litestar:
    """The shop's and the account's pages alone, framed as the app frames them."""
    static = create_static_files_router("/static", directories=[Path(render.WEB) / "static"])
    return Litestar(
        [*shop.ROUTES, *account.ROUTES, static, *more],
        state=State({"market": market, "town": "Qinghe"}),
        dependencies=frame.DEPENDENCIES,
        exception_handlers=dict(frame.EXCEPTION_HANDLERS),
        csrf_config=frame.csrf_config(SECRET),
        middleware=[frame.secured],
        openapi_config=None,
    )


@pytest_asyncio.fixture(scope="session")
async def street_template(server_url: str, template: str) -> AsyncIterator[tuple[str, bytes]]:
    """A database with the street in it, built once and copied for every test; and what was made there."""
    name = f"hs_test_{os.getpid()}_shops_{next(_numbers)}"
    async with admin(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    db = await connect(in_database(server_url, name), name="street", size=4)
    provider = FakeProvider()
    market = market_of(db, provider, FixedClock(BUILT))
    street = await build(market, provider, BUILT)
    told = [getattr(street, part) for part in ("offers", "sellers", "places", "people", "directory")]
    await market.close()
    await db.close()
    yield name, msgspec.json.encode(told)
    async with admin(server_url) as connection:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def street(
    server_url: str, street_template: tuple[str, bytes], clock: FixedClock
) -> AsyncIterator[Street]:
    """The street, open for business, for one test alone."""
    of, told = street_template
    name = f"hs_test_{os.getpid()}_street_{next(_numbers)}"
    async with admin(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {of} STRATEGY file_copy")
    db = await connect(in_database(server_url, name), name="street", size=8)
    provider = FakeProvider()
    market = market_of(db, provider, clock)
    await market.open()
    yield Street(market, provider, *msgspec.json.decode(told))
    await market.close()
    await db.close()
    async with admin(server_url) as connection:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
