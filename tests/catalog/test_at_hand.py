"""The cards at hand answer as the database does, whatever is asked and whatever changed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from highstreet import catalog
from highstreet.catalog import at_hand
from highstreet.catalog._pile import Words as Noted
from highstreet.catalog._pile import lowest, places
from highstreet.catalog.at_hand import AtHand
from highstreet.catalog.search import Query, Sort
from highstreet.kit.errors import Malformed
from highstreet.kit.text import Words
from tests.catalog.conftest import BAKER, BAKER_PLACE, CITY, NOW, TEA, TEA_PLACE, Street, on_sale, tea
from tests.catalog.test_search import SENSELESS

ENGLISH = ["green", "teas", "jasmine", "pot", "jars", "white", "whitest", "box"]
CHINESE = ["绿茶", "茉莉", "白瓷", "礼盒", "茶壶"]
LABELS = ["local", "handmade", "student"]
SORTS: list[Sort] = ["best", "price", "price_down", "new"]
TYPED = ["", "tea", "te", "gre", "white", "whit", "box", "jar", "绿", "绿茶", "茶", "茉莉白瓷", "家"]
LEFT = ["LJ-7", "7", "jasmin pto", "麒麟", "zzzzzz"]


class Hearing:
    """Cards at hand that hear what the database tells; `all_of()` waits until everything told so far was read."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.cards = AtHand(street.db)
        self.mark = asyncio.Event()

    def _heard(self, payload: str | None) -> None:
        self.cards.heard(payload)
        if payload == "the end":
            self.mark.set()

    async def open(self) -> None:
        await self.street.db.listen("found", self._heard)
        await self.cards.catch_up()

    async def all_of(self) -> None:
        self.mark.clear()
        async with self.street.db.transaction() as tx:
            await tx.execute("SELECT pg_notify('found', 'the end')")
        await self.mark.wait()
        await self.cards.catch_up()


async def stock(street: Street, draw: random.Random, count: int) -> list[str]:
    """Things of two sellers under a few words, with one or two ways to have each; their cheapest offers."""
    made: list[str] = []
    async with street.db.transaction() as tx:
        for n in range(count):
            seller, place = ((TEA, TEA_PLACE), (BAKER, BAKER_PLACE))[n % 2]
            item = await tea(
                tx, Words(" ".join(draw.sample(ENGLISH, 3)), "".join(draw.sample(CHINESE, 2))), owner=seller,
                category=draw.choice(["food.tea", "food.fruit"]), labels=draw.sample(LABELS, draw.randint(0, 2)),
                variants=[catalog.Variant(f"LJ-{n}"), catalog.Variant(f"LK-{n}")],
            )  # fmt: skip
            offers = [
                await on_sale(
                    tx,
                    item,
                    draw.choice([900, 2_500, 2_500, 40_000]),
                    seller=seller,
                    place=place,
                    variant=way // 2,
                    form=("online", "collect", "counter")[(n + way) % 3],
                    now=NOW + timedelta(minutes=n),
                )
                for way in range(draw.choice([1, 1, 2, 3]))
            ]
            made.append(offers[-1])
        await catalog.set_scores(tx, {offer: draw.choice([0.2, 0.5, 0.9, 1.0]) for offer in made})
        await catalog.count_words(tx)
    return made


def question(draw: random.Random) -> Query:
    def perhaps(value: str) -> str | None:
        return value if draw.random() < 0.2 else None

    return Query(
        text=draw.choice(TYPED), category=perhaps(draw.choice(["food", "food.tea", "home"])),
        labels=tuple(draw.sample(LABELS, draw.choice([0, 0, 0, 1, 2]))), format=perhaps("online"),
        seller_id=perhaps(BAKER), band=draw.choice([None, None, None, 0, 1]), sort=draw.choice(SORTS), most=draw.choice([3, 7, 50]),
    )  # fmt: skip


async def same_answers(hearing: Hearing, draw: random.Random, times: int) -> int:
    """Ask both, page by page; how many pages had cards."""
    filled = 0
    async with hearing.street.db.read() as tx:
        for _ in range(times):
            query = question(draw)
            while True:
                mine, truth = hearing.cards.find(query), await catalog.search(tx, query)
                if mine is None:
                    # Only a word nobody has any more.
                    assert not truth.cards
                    break
                assert (mine.total, mine.more, mine.next, mine.facets) == (
                    truth.total, truth.more, truth.next, truth.facets,
                ), query  # fmt: skip
                assert [(c.offer_id, c.seller_id, c.ways, c.price_to) for c in mine.cards] == [
                    (c.offer_id, c.seller_id, c.ways, c.price_to) for c in truth.cards
                ], query
                filled += bool(mine.cards)
                if mine.next is None:
                    break
                query = msgspec.structs.replace(query, cursor=mine.next)
    return filled


async def test_both_answer_the_same_before_and_after_changes(street: Street) -> None:
    draw = random.Random(5)
    offers = await stock(street, draw, 40)
    hearing = Hearing(street)
    await hearing.open()
    assert hearing.cards.ready
    assert await same_answers(hearing, draw, 60) > 30
    assert all(hearing.cards.find(Query(text=text)) is None for text in LEFT)
    async with street.db.transaction() as tx:
        seller_of = {o: (TEA, BAKER)[n % 2] for n, o in enumerate(offers)}
        for offer in offers[:6]:
            await catalog.change_price(tx, seller_of[offer], offer, draw.randint(100, 9_000), now=NOW)
        await catalog.close_offer(tx, seller_of[offers[7]], offers[7], now=NOW)
        await catalog.pause_offer(tx, seller_of[offers[8]], offers[8], now=NOW)
        await on_sale(tx, await tea(tx, Words("Green snow", "雪芽绿茶"), labels=["local"]), 700)
        await catalog.set_scores(tx, {offers[20]: 0.99, offers[21]: 0.0})
    await hearing.all_of()
    assert await same_answers(hearing, draw, 40) > 20
    async with street.db.transaction() as tx:
        directory = await catalog.open_directory(
            tx, curator_id=CITY, name=Words("Good things"), about=Words("Chosen by the city."), now=NOW
        )
        item = await tx.fetchval("SELECT item_id FROM catalog.offer WHERE id = $1", offers[30])
        await catalog.add_to_directory(tx, CITY, directory, item, Words("Fair."), now=NOW)
        await tx.execute("UPDATE parties.party SET name = 'Late Bread' WHERE id = $1", BAKER)
    await hearing.all_of()
    await same_answers(hearing, draw, 15)
    async with street.db.transaction() as tx:
        await tx.execute("UPDATE parties.party SET state = 'suspended' WHERE id = $1", BAKER)
    await hearing.all_of()
    found = hearing.cards.find(Query())
    assert found is not None
    assert {card.seller_id for card in found.cards} == {TEA}
    await same_answers(hearing, draw, 15)


async def test_of_very_many_it_takes_the_best_and_sorts_all(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_hand, "MOST_CANDIDATES", 10)
    draw = random.Random(6)
    await stock(street, draw, 30)
    hearing = Hearing(street)
    await hearing.open()
    for sort in SORTS:
        for after_a_change in (False, True):
            if after_a_change:
                async with street.db.transaction() as tx:
                    await on_sale(tx, await tea(tx), draw.randint(500, 50_000), now=NOW + timedelta(hours=1))
                await hearing.all_of()
            async with street.db.read() as tx:
                truth = await catalog.search(tx, Query(sort=sort, most=100))
            cursor, seen = None, list[str]()
            while True:
                found = hearing.cards.find(Query(sort=sort, most=4, cursor=cursor))
                assert found is not None
                assert (found.total, found.more) == (10, True)
                seen += [card.offer_id for card in found.cards]
                cursor = found.next
                if cursor is None:
                    break
            # The best eleven are given, as the database gives them; every other order is one over all.
            whole = [card.offer_id for card in truth.cards]
            assert seen == (whole[:11] if sort == "best" else whole)


async def test_what_is_not_known_for_certain_is_left_to_the_database(street: Street) -> None:
    await stock(street, random.Random(7), 4)
    cards = AtHand(street.db)
    assert cards.find(Query()) is None
    await cards.catch_up()
    assert cards.ready
    assert cards.find(Query()) is not None
    assert cards.find(Query(price_from=1)) is None
    cards.heard("ofr_somebody_changed_something")
    assert cards.find(Query()) is None
    await cards.catch_up()
    assert cards.find(Query()) is not None
    cards.heard(None)
    assert cards.find(Query()) is None
    for query in SENSELESS:
        with pytest.raises(Malformed):
            cards.find(query)


async def test_what_is_told_while_everything_is_read_is_not_missed(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    (offer, *_) = await stock(street, random.Random(8), 4)
    hearing = Hearing(street)

    async def meanwhile(divide: Callable[[], None]) -> None:
        async with street.db.transaction() as tx:
            await catalog.change_price(tx, TEA, offer, 123, now=NOW)
            await tx.execute("SELECT pg_notify('found', 'the end')")
        await hearing.mark.wait()
        divide()

    monkeypatch.setattr(at_hand.asyncio, "to_thread", meanwhile)
    await hearing.open()
    found = hearing.cards.find(Query(sort="price"))
    assert found is not None
    assert found.cards[0].ways[0].price == 123


def test_words_of_few_and_of_many_cards_are_kept_alike() -> None:
    draw, cards = random.Random(9), 6_000
    having = {
        word: set(draw.sample(range(cards), count))
        for word, count in (("few", 9), ("some", 700), ("many", 4_000))
    }
    known = Noted()
    for n in range(cards):
        known.note(" ".join(f"'{word}'" for word, numbers in having.items() if n in numbers) + " 'LJ-7'", n)
        if n % 1_000 == 0:
            assert list(known.pack(cards, last=False)) in ([], [None])
    for packed in (False, True):
        for word, numbers in having.items():
            bits = known.having(word)
            assert word in known
            assert (places(bits), bits.bit_count()) == (sorted(numbers), len(numbers))
            assert lowest(bits, 5) == sorted(numbers)[:5]
            wanted = set(draw.sample(range(cards), 200))
            assert known.among(wanted, (1 << cards) - 1, word) == wanted & numbers
        if not packed:
            list(known.pack(cards, last=True))
    known.note("'few' 'new'", cards)
    assert places(known.having("few")) == [*sorted(having["few"]), cards]
    assert known.among({cards}, 1 << cards, "new") == {cards}
    assert places(known.having("LJ-7")) == places(known.having("none")) == []
