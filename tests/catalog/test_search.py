from __future__ import annotations

import random
import sys
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from highstreet import catalog
from highstreet.catalog.search import Query
from highstreet.kit.errors import Malformed
from highstreet.kit.geo import Point
from highstreet.kit.text import Words
from tests.catalog.conftest import BAKER, BAKER_PLACE, CITY, NOW, TEA, Street, find, on_sale, tea

# The door's function has the module's name.
looking = sys.modules["highstreet.catalog.search"]
OLD_STREET = Point(31.20, 121.40)


BY = ["dragon", "Dragon Well", "WELLS", "drag", "green te", "龙井", "绿茶", "明前龙井", "龙井 tea", "LJ-50", "lj50", "6901234567892",
     "06901234567892", "林家", "lin tea house", "handmade", "手工制作", "茶与咖啡", "50 g", "50g", "spring rain", ""]  # fmt: skip


async def test_found_by(street: Street) -> None:
    async with street.db.transaction() as tx:
        item_id = await tea(
            tx, labels=["handmade"], about=Words("Picked before the spring rain.", "谷雨前采摘"),
            variants=[catalog.Variant("LJ-50", gtin="6901234567892", options={"size": "50 g"})],
        )  # fmt: skip
        await on_sale(tx, item_id)
        await on_sale(
            tx, await tea(tx, Words("Sourdough", "酸面包"), owner=BAKER), seller=BAKER, place=BAKER_PLACE
        )
    for text in BY:
        found = await find(street, text)
        assert item_id in [card.item_id for card in found.cards], text
        assert found.corrected is None, text
        assert found.total == (2 if text in ("", "茶与咖啡") else 1), text


async def test_a_mistyped_word_is_corrected_and_said(street: Street) -> None:
    async with street.db.transaction() as tx:
        await on_sale(tx, await tea(tx))
    for typed, meant in (
        ("dargon", "dragon"), ("gren tea", "green tea"), ("draggon well", "dragon well"), ("龙景绿茶", "绿茶"), ("龙井王", "龙井")
    ):  # fmt: skip
        found = await find(street, typed)
        assert (found.total, found.corrected) == (1, meant)


NOWHERE = ["zzzzzz", "qx", "zebra tea", "麒麟", "LJ-99999", "'", "\\", "& | !", "\x00", ":*", "(" * 50]


async def test_what_nobody_sells_is_not_found(street: Street) -> None:
    async with street.db.transaction() as tx:
        await on_sale(tx, await tea(tx))
    for typed in NOWHERE:
        found = await find(street, typed)
        # Signs are no words: a question of signs alone asks for everything.
        assert found.total == (0 if any(c.isalnum() for c in typed) else 1), typed


@given(text=st.text(max_size=120))
@settings(max_examples=40)
async def test_no_question_breaks_it(street: Street, text: str) -> None:
    await find(street, text)


async def test_variants_share_a_card(street: Street) -> None:
    async with street.db.transaction() as tx:
        item_id = await tea(tx, variants=[catalog.Variant("S"), catalog.Variant("L")])
        large = await on_sale(tx, item_id, 30_000, variant=1)
        small = await on_sale(tx, item_id, 9_000)
    card = (await find(street, "tea")).cards[0]
    assert (card.offer_id, card.price, card.price_to, card.variants) == (small, 9_000, 30_000, 2)
    async with street.db.transaction() as tx:
        await catalog.change_price(tx, TEA, small, 40_000, now=NOW)
    card = (await find(street, "tea")).cards[0]
    assert (card.offer_id, card.price, card.price_to) == (large, 30_000, 40_000)
    async with street.db.transaction() as tx:
        await catalog.close_offer(tx, TEA, large, now=NOW)
    assert [(c.offer_id, c.variants) for c in (await find(street, "tea")).cards] == [(small, 1)]


async def test_ways_share_a_card(street: Street) -> None:
    async with street.db.transaction() as tx:
        item_id = await tea(tx)
        parcel = await on_sale(tx, item_id, 12_000)
        counter = await on_sale(tx, item_id, 10_000, form="counter")
    (card,) = (await find(street, "tea")).cards
    assert (card.offer_id, card.price, card.price_to, card.variants) == (counter, 10_000, 12_000, 1)
    assert [(w.format, w.offer_id, w.price) for w in card.ways] == [
        ("counter", counter, 10_000),
        ("online", parcel, 12_000),
    ]
    (card,) = (await find(street, "tea", format="online")).cards
    assert (card.offer_id, card.price, [w.format for w in card.ways]) == (parcel, 12_000, ["online"])
    assert {(f.value, f.count) for f in (await find(street, "tea")).facets if f.kind == "format"} == {
        ("counter", 1),
        ("online", 1),
    }


async def test_a_chinese_word_nobody_uses_is_looked_for_by_its_characters(street: Street) -> None:
    async with street.db.transaction() as tx:
        await on_sale(tx, await tea(tx, Words("Oil-paper umbrella", "防雨油纸伞")))
    found = await find(street, "雨伞")
    assert (found.total, found.corrected) == (1, "雨 伞")
    assert (await find(street, "雨")).corrected is None
    assert (await find(street, "老人")).corrected is None


async def test_short_words_and_names_are_not_corrected(street: Street) -> None:
    async with street.db.transaction() as tx:
        await tx.execute(
            """UPDATE parties.party SET name = '林家茶铺', about = '{"name": {"en": "Lin Tea", "zh": "林家"}}' WHERE id = $1""",
            TEA,
        )
        await on_sale(tx, await tea(tx, Words("Line", "线")))
    assert (await find(street, "lin")).corrected is None
    assert (await find(street, "lin")).total == 1
    assert (await find(street, "lix")).total == 0


async def _shelf_of(street: Street, count: int) -> dict[str, int]:
    """Offers with their prices, of two sellers, in three formats, each a minute newer than the one before."""
    draw = random.Random(1)
    made: dict[str, int] = {}
    async with street.db.transaction() as tx:
        for n in range(count):
            seller, place = ((TEA, "plc_tea"), (BAKER, BAKER_PLACE))[n % 2]
            item = await tea(
                tx, Words(f"Tea {n}", f"茶 {n}"), owner=seller, category=("food.tea", "food.fruit")[n % 3 == 0],
                labels=["local"] if n % 4 == 0 else [],
            )  # fmt: skip
            price = draw.randint(100, 200_000)
            offer = await on_sale(
                tx, item, price, seller=seller, place=place, form=("online", "collect", "counter")[n % 3],
                now=NOW + timedelta(minutes=n),
            )  # fmt: skip
            made[offer] = price
    return made


async def _all_pages(street: Street, **more: object) -> list[catalog.Card]:
    seen: list[catalog.Card] = []
    cursor: str | None = None
    while True:
        found = await find(street, cursor=cursor, most=7, **more)
        seen += found.cards
        cursor = found.next
        if cursor is None:
            return seen


@pytest.mark.parametrize("text", ["tea", ""])
@pytest.mark.parametrize(
    ("candidates", "counted"),
    [(1000, False), (10, False), (10, True)],
    ids=["all are candidates", "more than are candidates", "more, and it is known how many"],
)
async def test_every_order_is_exact_over_all_pages(
    street: Street, candidates: int, counted: bool, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MOST_CANDIDATES", candidates)
    prices = await _shelf_of(street, 40)
    if counted:
        async with street.db.transaction() as tx:
            await tx.execute("ANALYZE catalog.found")
    newest = list(prices)[::-1]
    cheapest = sorted(prices, key=lambda o: (prices[o], o))
    dearest = sorted(prices, key=lambda o: (-prices[o], o))
    for sort, wanted in (("price", cheapest), ("price_down", dearest), ("new", newest)):
        seen = [card.offer_id for card in await _all_pages(street, text=text, sort=sort)]
        # The last page is not full, so with few candidates it is theirs; all others are exact.
        exact = len(wanted) if candidates == 1000 else len(wanted) // 7 * 7
        assert seen[:exact] == wanted[:exact]
        assert len(set(seen)) == len(seen)


async def test_best_first_and_the_judged_before_the_guessed(street: Street) -> None:
    prices = await _shelf_of(street, 20)
    worst, *_, best = prices
    async with street.db.transaction() as tx:
        await catalog.set_scores(tx, {worst: 0.0, best: 0.99})
    seen = [card.offer_id for card in await _all_pages(street)]
    assert sorted(seen) == sorted(prices)
    assert (seen[0], seen[-1]) == (best, worst)
    async with street.db.transaction() as tx:
        await catalog.rebuild(tx)
    assert [card.offer_id for card in await _all_pages(street)] == seen


async def test_a_word_in_the_title_counts_more(street: Street) -> None:
    async with street.db.transaction() as tx:
        told = await on_sale(tx, await tea(tx, Words("Pot"), about=Words("for jasmine")))
        named = await on_sale(tx, await tea(tx, Words("Jasmine")))
        await catalog.set_scores(tx, {told: 0.9, named: 0.1})
    assert [card.offer_id for card in (await find(street, "jasmine")).cards] == [named, told]


async def test_filters_combine_and_facets_count(street: Street) -> None:
    prices = await _shelf_of(street, 24)
    found = await find(street, "tea", category="food", labels=["local"])
    assert found.total == 6
    counts = {(f.kind, f.value): f.count for f in found.facets}
    assert counts["category", "food.tea"] + counts["category", "food.fruit"] == 6
    assert counts["seller", TEA] == 6
    assert ("label", "local") not in counts
    assert next(f.name for f in found.facets if f.kind == "seller") == "Lin Tea House 林家茶铺"
    assert sum(f.count for f in found.facets if f.kind == "band") == 6
    one = await find(street, "tea", category="food.tea", labels=["local"], format="collect", seller_id=TEA)
    assert all(c.format == "collect" and c.seller_id == TEA and "local" in c.labels for c in one.cards)
    assert one.total == counts_of(found, one)
    some = await find(street, price_from=5_000, price_to=50_000)
    assert {c.offer_id for c in some.cards} == {o for o, p in prices.items() if 5_000 <= p <= 50_000}
    assert (await find(street, "tea", facets=False)).facets == []


def counts_of(wide: catalog.Result, narrow: catalog.Result) -> int:
    mine = [
        c for c in wide.cards if c.category_id == "food.tea" and c.format == "collect" and c.seller_id == TEA
    ]
    assert {c.offer_id for c in mine} == {c.offer_id for c in narrow.cards}
    return len(mine)


async def test_nearby(street: Street) -> None:
    async with street.db.transaction() as tx:
        here = await on_sale(tx, await tea(tx))
        there = await on_sale(tx, await tea(tx, owner=BAKER), seller=BAKER, place=BAKER_PLACE)
    near: dict[str, object] = {"near": {"lat": OLD_STREET.lat, "lon": OLD_STREET.lon}}
    found = await find(street, "tea", sort="near", **near)
    assert [card.offer_id for card in found.cards] == [here, there]
    assert found.cards[0].distance_m == 0
    assert found.cards[1].distance_m == pytest.approx(7_440, rel=0.01)
    for within in (0, 100, 7_000):
        assert [c.offer_id for c in (await find(street, within_m=within, **near)).cards] == [here]
    for within in (8_000, 60_000, 10_000_000):
        assert (await find(street, "tea", within_m=within, **near)).total == 2
    async with street.db.transaction() as tx:
        await tx.execute("UPDATE parties.place SET lat = 31.2001, lon = 121.4001 WHERE id = $1", BAKER_PLACE)
    assert (await find(street, "tea", within_m=200, **near)).total == 2


async def test_the_nearest_of_very_many_come_first(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "MOST_CANDIDATES", 10)
    await _shelf_of(street, 30)
    near: dict[str, object] = {"near": {"lat": OLD_STREET.lat, "lon": OLD_STREET.lon}}
    found = await find(street, "tea", sort="near", most=7, **near)
    assert found.more
    assert [card.seller_id for card in found.cards] == [TEA] * 7


async def test_more_than_are_counted_is_said(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    await _shelf_of(street, 12)
    assert (await find(street, "tea")).more is False
    monkeypatch.setattr(looking, "MOST_CANDIDATES", 10)
    found = await find(street, "tea")
    assert (found.more, found.total_at_least) == (True, 10)


SENSELESS = [
    Query(cursor="nonsense"), Query(cursor="WzFd"), Query(cursor="WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMCwieCJd"),
    Query(most=0), Query(most=101), Query(price_from=-1), Query(within_m=5), Query(sort="near"), Query(band=7),
    Query(near=Point(91, 0)), Query(near=Point(float("nan"), 0), within_m=5), Query(category="a' | 'b"), Query(labels=("\x00",)),
]  # fmt: skip


async def test_a_senseless_question_is_refused(street: Street) -> None:
    async with street.db.read() as tx:
        for query in SENSELESS:
            with pytest.raises(Malformed):
                await catalog.search(tx, query)


async def test_a_directory_lifts_what_it_lists(street: Street) -> None:
    async with street.db.transaction() as tx:
        plain = await on_sale(tx, await tea(tx))
        item_id = await tea(tx)
        listed = await on_sale(tx, item_id)
        directory = await catalog.open_directory(
            tx, curator_id=CITY, name=Words("Good things"), about=Words("Chosen by the city."), now=NOW
        )
        await catalog.add_to_directory(tx, CITY, directory, item_id, Words("Clean and fair."), now=NOW)
    assert [card.offer_id for card in (await find(street, "tea")).cards] == [listed, plain]


async def test_rebuilding_forgets_what_is_gone_and_counts_words(street: Street) -> None:
    await _shelf_of(street, 6)
    async with street.db.transaction() as tx:
        await tx.execute("UPDATE catalog.offer SET state = 'paused' WHERE seller_id = $1", TEA)
        assert await catalog.rebuild(tx, chunk=2) == 3
        assert await tx.fetchval("SELECT uses FROM catalog.word WHERE word = 'tea'") == 3
