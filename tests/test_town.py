"""The named town: everybody is there once, every desk has something to do, and every law holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio
from stdnum.cn import uscc

from highstreet import catalog, parties
from highstreet.kit.clock import FixedClock
from highstreet.market import laws
from highstreet.market.desk import Market
from highstreet.town import day, goods, loading, people, shops
from highstreet.town.goods import GOODS
from highstreet.town.people import PEOPLE
from highstreet.town.shops import DIRECTORIES, PROMOTIONS, SHOPS
from highstreet.town.ways import WAYS
from highstreet.wiring import formats
from tests.town import FIRST_LOOK, Ferry, lantern_ferry, open_on

PICTURES = Path(__file__).parents[1] / "highstreet/web/static/pictures"


@pytest_asyncio.fixture
async def ferry(server_url: str, template: str) -> AsyncIterator[Ferry]:
    async with lantern_ferry(server_url, template) as found:
        yield found


async def all_laws_hold(market: Market) -> None:
    async with market.db.read(snapshot=True) as tx:
        assert [law for law in await laws.check(tx) if not law.ok] == []


async def table(market: Market, sql: str) -> dict[str, int]:
    async with market.db.read() as tx:
        return {r["name"]: r["count"] for r in await tx.fetch(sql)}


# --- what is written down ---


def test_the_data_is_one_screenful_per_thing():
    lines = sum(len(Path(str(one.__file__)).read_text().splitlines()) for one in (people, shops, goods))
    assert lines < 400


def test_every_drawing_is_there():
    drawn = (
        {good.picture for good in GOODS} | {shop.picture for shop in SHOPS} | {one.picture for one in PEOPLE}
    )
    assert {name for name in drawn if not (PICTURES / f"{name}.svg").exists()} == set()


def test_names_keys_and_codes_are_each_used_once():
    for values in (
        [one.key for one in PEOPLE],
        [one.name for one in PEOPLE],
        [one.key for one in SHOPS],
        [one.name.zh for one in SHOPS],
        [one.sku for one in GOODS],
    ):
        assert len(set(values)) == len(values)
    assert all(uscc.is_valid(shop.uscc) for shop in SHOPS if shop.uscc)


def test_everything_is_said_in_both_languages():
    said = [words for shop in SHOPS for words in (shop.name, shop.street, shop.tagline, shop.story)]
    said += [words for good in GOODS for words in (good.title, good.about)]
    said += [name for _, name, *_ in PROMOTIONS]
    said += [
        words for name, about, listed in DIRECTORIES for words in (name, about, *(why for _, why in listed))
    ]
    assert [words for words in said if not (words.en and words.zh)] == []


# --- what stands in the database ---


async def test_all_laws_hold(ferry: Ferry):
    await all_laws_hold(ferry.market)


async def test_every_good_is_on_sale_in_every_way_it_is_offered(ferry: Ferry):
    expected = sum(len(good.offered) * max(1, len(good.options.split(", "))) for good in GOODS)
    expected += len(WAYS) - 1  # the delivery windows are chosen, not bought
    assert len(ferry.town.offers) == expected
    async with ferry.market.db.read() as tx:
        found = await catalog.read_offers(tx, list(ferry.town.offers.values()))
    assert all(offer.picture for offer in found.values())
    waiting = {one.id for one in found.values() if not one.sellable}
    async with ferry.market.db.read() as tx:
        drops = [drop for room in await catalog.rooms.running(tx, FIRST_LOOK) for drop in room.drops]
    assert waiting == {drop.offer_id for drop in drops if drop.state == "planned"}, "only what its host opens"
    assert {offer.format for offer in found.values()} == {one.name for one in formats().values()}


async def test_sellers_hold_what_their_goods_need(ferry: Ferry):
    async with ferry.market.db.read() as tx:
        tree = await catalog.categories(tx)
        for good in GOODS:
            licence = tree.licence(good.kind)
            if licence is not None:
                seller = ferry.town.sellers[good.shop]
                assert await parties.licences.holds(tx, seller, licence, FIRST_LOOK.date())  # type: ignore[arg-type]


async def test_one_signs_in_as_anybody_with_one_click(ferry: Ferry):
    async with ferry.market.db.transaction() as tx:
        folk = await parties.people.demo_people(tx, ferry.market.seal)
        assert [one.name for one in folk] == [one.name for one in PEOPLE]
        for one in folk:
            token = await parties.people.demo_sign_in(
                tx, one.party_id, demo=True, agent="test", now=FIRST_LOOK
            )
            session = await parties.sessions.session_of(tx, token, FIRST_LOOK, ferry.market.seal)
            assert session is not None and session.name == one.name


async def test_nobody_finds_an_empty_desk(ferry: Ferry):
    waits = await table(ferry.market, """SELECT waits AS name, count(*) FROM orders."order" GROUP BY 1""")
    assert {"accept", "prepare", "pickup", "courier", "underway", "confirm", "return"} <= set(waits)
    stages = await table(ferry.market, """SELECT stage AS name, count(*) FROM orders."order" GROUP BY 1""")
    assert {"placed", "committed", "done", "undone"} == set(stages)
    rounds = await table(ferry.market, "SELECT state AS name, count(*) FROM logistics.round GROUP BY 1")
    assert rounds == {"done": 1, "underway": 1}
    review = await table(
        ferry.market, "SELECT name, count(*) FROM parties.party WHERE state = 'applied' GROUP BY 1"
    )
    assert review == {"云剪理发店": 1}


async def test_the_town_is_found_in_both_languages(ferry: Ferry):
    async with ferry.market.db.read() as tx:
        for text in ("sourdough", "面包", "sordough", "何奶奶"):
            found = await catalog.search(tx, catalog.Query(text=text))
            assert found.cards, text


# --- how it comes there ---


async def test_loading_again_changes_nothing(ferry: Ferry):
    counts = "SELECT 'facts' AS name, count(*) FROM kit.fact UNION ALL SELECT 'transfers', count(*) FROM ledger.transfer"
    before = await table(ferry.market, counts)
    await loading.load(ferry.market)
    assert await table(ferry.market, counts) == before


async def test_somebody_is_live_whenever_the_town_is_opened_again(ferry: Ferry):
    for days in (3, 6):
        later = FIRST_LOOK + timedelta(days=days)
        await loading.load(ferry.market, now=later)
        async with ferry.market.db.read() as tx:
            on = [one for one in await catalog.rooms.running(tx, later) if one.state == "on"]
        assert [len(one.drops) for one in on] == [3]
    await all_laws_hold(ferry.market)


async def test_a_load_that_was_killed_goes_on_where_it_stopped(ferry: Ferry):
    orders = """SELECT 'orders' AS name, count(*) FROM orders."order" UNION ALL SELECT 'legs', count(*) FROM logistics.leg"""
    before = await table(ferry.market, orders)
    async with ferry.market.db.transaction() as tx:
        await tx.execute("DELETE FROM kit.fact WHERE kind = 'town.lived'")
    await loading.load(ferry.market)
    assert await table(ferry.market, orders) == before
    await all_laws_hold(ferry.market)


async def test_two_who_load_at_once_make_one_town(database_url: str):
    async with (
        open_on(database_url, FixedClock(FIRST_LOOK)) as one,
        open_on(database_url, FixedClock(FIRST_LOOK)) as two,
    ):
        made = await asyncio.gather(loading.load(one, now=FIRST_LOOK), loading.load(two, now=FIRST_LOOK))
        assert made[0] == made[1]
        assert made[0]["businesses"] == len(SHOPS) + 1
        await all_laws_hold(one)


# --- a bigger town, and its days ---


async def test_the_town_grows_by_seed_and_once(ferry: Ferry):
    made = await loading.load(ferry.market, people=300, seed=7)
    assert made["people"] == len(PEOPLE) + 300
    assert made["businesses"] == len(SHOPS) + 1 + 3
    assert await loading.load(ferry.market, people=300, seed=7) == made
    await all_laws_hold(ferry.market)


async def test_the_same_seed_makes_the_same_goods(server_url: str, template: str):
    titles = """SELECT i.title ->> 'zh' || o.price || o.format AS name, count(*)
                FROM catalog.offer o JOIN catalog.item i ON i.id = o.item_id GROUP BY 1"""
    found: list[dict[str, int]] = []
    for seed in (7, 7, 8):
        async with lantern_ferry(server_url, template) as ferry:
            await loading.load(ferry.market, people=100, seed=seed)
            found.append(await table(ferry.market, titles))
    assert found[0] == found[1] != found[2]


async def test_a_day_goes_through_the_flows_and_keeps_the_laws(ferry: Ferry):
    await loading.load(ferry.market, people=200, seed=7)
    steps = 0

    def each() -> None:
        nonlocal steps
        steps += 1

    report = await day.live_a_day(ferry.market, 60, 7, FIRST_LOOK + timedelta(hours=10), each)
    assert steps == 60
    assert report.purchases + sum(report.refused.values()) == 60
    assert sum(report.ended.values()) + sum(report.waiting.values()) == report.orders
    assert report.facts > 0 and report.ended.get("done", 0) > 0
    await all_laws_hold(ferry.market)


async def test_a_day_in_an_empty_town_sells_nothing(database_url: str):
    async with open_on(database_url, FixedClock(FIRST_LOOK)) as market:
        assert await day.live_a_day(market, 10, 7, FIRST_LOOK) == day.Report()
