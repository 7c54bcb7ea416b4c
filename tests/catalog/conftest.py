"""A street with two shops, in a database of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest_asyncio

from highstreet import catalog
from highstreet.kit.db import Database, Tx
from highstreet.kit.text import Words

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TEA, BAKER, CITY = "pty_tea", "pty_baker", "pty_city"
TEA_PLACE, BAKER_PLACE = "plc_tea", "plc_baker"


DRAGON_WELL, NOTHING = Words("Dragon Well green tea", "明前龙井绿茶"), Words()


class Street(msgspec.Struct, frozen=True):
    db: Database
    kinds: catalog.Categories


@pytest_asyncio.fixture
async def street(db: Database) -> Street:
    async with db.transaction() as tx:
        await catalog.load_categories(tx)
        for party, name in (
            (TEA, "Lin Tea House 林家茶铺"),
            (BAKER, "Morning Bread 清晨面包"),
            (CITY, "City office"),
        ):
            await tx.execute(
                "INSERT INTO parties.party (id, kind, name, created_at) VALUES ($1, $2, $3, $4)",
                party, "city" if party == CITY else "business", name, NOW,
            )  # fmt: skip
        for place, party, lat, lon in ((TEA_PLACE, TEA, 31.20, 121.40), (BAKER_PLACE, BAKER, 31.23, 121.47)):
            await tx.execute(
                """INSERT INTO parties.place (id, party_id, kind, name, address, lat, lon)
                   VALUES ($1, $2, 'shop', $3, '{}', $4, $5)""",
                place, party, {"en": "Old Street", "zh": "老街"}, lat, lon,
            )  # fmt: skip
        kinds = await catalog.categories(tx)
    return Street(db, kinds)


async def tea(
    tx: Tx, title: Words = DRAGON_WELL, *, owner: str = TEA, category: str = "food.tea",
    labels: list[str] | None = None, variants: list[catalog.Variant] | None = None, about: Words = NOTHING,
    brand: str | None = None,
) -> str:  # fmt: skip
    return await catalog.describe(
        tx, owner_id=owner, category_id=category, sells="goods", title=title, about=about, labels=labels or [],
        variants=variants or [catalog.Variant("1")], brand=brand, now=NOW,
    )  # fmt: skip


async def on_sale(
    tx: Tx, item_id: str, price: int = 12_800, *, seller: str = TEA, place: str = TEA_PLACE, form: str = "online",
    variant: int = 0, now: datetime = NOW,
) -> str:  # fmt: skip
    item = await catalog.read_item(tx, item_id)
    offer_id = await catalog.draft_offer(
        tx, seller_id=seller, variant_id=item.variants[variant].id, place_id=place, format=form, currency="CNY",
        price=price, now=now,
    )  # fmt: skip
    await catalog.open_offer(tx, seller, offer_id, licences={"food"}, now=now)
    return offer_id


async def find(street: Street, text: str = "", /, **more: object) -> catalog.Result:
    async with street.db.read() as tx:
        return await catalog.search(tx, msgspec.convert({"text": text, **more}, catalog.Query))
