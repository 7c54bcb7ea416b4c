"""Listed prices in the database, and what is refused."""

from __future__ import annotations

import pytest

from highstreet.kit.db import Database
from highstreet.kit.errors import Malformed, NotFound
from highstreet.pricing import ListedPrice, WrongPrice, load_prices, prices_of, remove_price, set_price
from tests.pricing.goods import DAY, NOW

TEN = ListedPrice("any", 10, 900)
COUNTER = ListedPrice("counter", 1, 950)
SALE = ListedPrice("any", 1, 800, NOW - DAY, NOW + DAY)


async def put_offers(db: Database, *ids: str) -> None:
    async with db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO parties.party (id, kind, name, created_at) VALUES ('par_shop', 'business', 'Shop', $1)
            """,
            NOW,
        )
        await tx.execute(
            """
            INSERT INTO parties.place (id, party_id, kind, name, address, lat, lon)
            VALUES ('plc_shop', 'par_shop', 'shop', '{}', '{}', 31.0, 121.0)
            """
        )
        await tx.execute("INSERT INTO catalog.category (id, name) VALUES ('cat_tea', '{}')")
        await tx.execute(
            """
            INSERT INTO catalog.item (id, owner_id, category_id, sells, title, created_at)
            VALUES ('itm_tea', 'par_shop', 'cat_tea', 'goods', '{}', $1)
            """,
            NOW,
        )
        await tx.execute("INSERT INTO catalog.variant (id, item_id, sku) VALUES ('var_tea', 'itm_tea', 't')")
        await tx.executemany(
            """
            INSERT INTO catalog.offer
                (id, seller_id, item_id, variant_id, place_id, format, currency, price, changed_at)
            VALUES ($1, 'par_shop', 'itm_tea', 'var_tea', 'plc_shop', 'online', 'CNY', 1000, $2)
            """,
            [(offer_id, NOW) for offer_id in ids],
        )


async def test_prices_are_listed_changed_and_taken_off(db: Database) -> None:
    await put_offers(db, "off_tea", "off_bun")
    for listed in (TEN, COUNTER, SALE):
        await db.run(set_price, "off_tea", listed, "prs_kim", NOW)
    await db.run(set_price, "off_bun", TEN, "prs_kim", NOW)
    async with db.read() as tx:
        assert await prices_of(tx, "off_tea") == [TEN, SALE, COUNTER]
        assert await load_prices(tx, NOW) == {"off_bun": (TEN,), "off_tea": (SALE, TEN, COUNTER)}
        assert await load_prices(tx, NOW + DAY, ["off_tea", "off_none"]) == {"off_tea": (TEN, COUNTER)}
    await db.run(set_price, "off_tea", ListedPrice("any", 10, 870), "prs_kim", NOW)
    await db.run(remove_price, "off_tea", SALE, "prs_kim", NOW)
    async with db.read() as tx:
        assert await prices_of(tx, "off_tea") == [ListedPrice("any", 10, 870), COUNTER]
        told = await tx.fetch("SELECT kind, subject, by FROM kit.fact ORDER BY id")
        assert [r["kind"] for r in told] == ["price.listed"] * 5 + ["price.removed"]
        assert {(r["subject"], r["by"]) for r in told} == {("off_tea", "prs_kim"), ("off_bun", "prs_kim")}
    with pytest.raises(NotFound):
        await db.run(remove_price, "off_tea", SALE, "prs_kim", NOW)


async def test_an_unknown_offer_is_refused(db: Database) -> None:
    with pytest.raises(NotFound):
        await db.run(set_price, "off_none", TEN, "prs_kim", NOW)


async def test_a_larger_quantity_never_costs_more_each(db: Database) -> None:
    await put_offers(db, "off_tea")
    await db.run(set_price, "off_tea", TEN, "prs_kim", NOW)
    for dearer in (ListedPrice("any", 20, 901), ListedPrice("any", 5, 899)):
        with pytest.raises(WrongPrice):
            await db.run(set_price, "off_tea", dearer, "prs_kim", NOW)
    await db.run(set_price, "off_tea", ListedPrice("any", 20, 850), "prs_kim", NOW)
    await db.run(set_price, "off_tea", ListedPrice("counter", 20, 901), "prs_kim", NOW)


@pytest.mark.parametrize(
    "listed",
    [
        ListedPrice("moon", 1, 900),
        ListedPrice("any", 0, 900),
        ListedPrice("any", 1, -1),
        ListedPrice("any", 1, 10**12),
        ListedPrice("any", 1, 900, NOW, NOW),
        ListedPrice("any", 1, 900, NOW.replace(tzinfo=None)),
    ],
)
async def test_a_price_that_cannot_be_is_refused_before_the_database_is_asked(listed: ListedPrice) -> None:
    with pytest.raises(Malformed):
        await set_price(None, "off_tea", listed, "prs_kim", NOW)  # pyright: ignore[reportArgumentType]
