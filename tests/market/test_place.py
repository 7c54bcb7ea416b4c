"""Placing: all of a basket or nothing of it, paid the way the formats allow, once per key, in one round trip."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from highstreet import catalog
from highstreet.catalog.errors import OfferClosed
from highstreet.inventory import OutOfStock
from highstreet.kit.errors import KeyReused, SignInFirst
from highstreet.kit.ids import heard
from highstreet.ledger import NotPayableSo, WalletShort
from highstreet.market.place import OnlyInPerson
from highstreet.market.units import Key
from tests.market.lane import Lane


async def test_one_basket_over_sellers_and_formats_is_one_purchase(lane: Lane) -> None:
    placed = await lane.buy(
        {"tea/online": 1, "bowl/online": 2, "tea/collect": 1, "train/online": 1, "jam/instant": 3}
    )
    total = 8800 + 2 * 5900 + 8800 + 12801 + 3 * 2801 + 500
    assert (placed["total"], placed["collection"]["amount"]) == (total, total)
    assert len(placed["orders"]) == 4
    assert {one["stage"] for one in placed["orders"]} == {"placed"}
    assert {one["waits"] for one in placed["orders"]} == {"payment"}
    assert all(heard(one["number"]) is not None for one in placed["orders"])
    assert await lane.supply("tea") == (30, 2, 0)
    assert await lane.supply("jam") == (40, 3, 0)

    assert await lane.pay(placed) == {"result": "paid"}
    stands = {one["format"]: (await lane.order(one["id"])).order for one in placed["orders"]}
    assert {name: (one.stage, one.waits) for name, one in stands.items()} == {
        "online@1": ("committed", "prepare"), "collect@1": ("committed", "prepare"), "instant@1": ("placed", "accept"),
    }  # fmt: skip
    assert await lane.money() == {"provider": -total, "escrow": total}


async def test_nothing_is_half_placed(lane: Lane) -> None:
    asked = await lane.quote({"tea/online": 2, "train/online": 8, "jam/collect": 1})
    with pytest.raises(OutOfStock) as no:
        await lane.place(asked)
    assert no.value.values["short"] == [{"supply": lane.made.supplies["train"], "left": 7}]
    assert await lane.orders() == 0
    assert [await lane.supply(good) for good in ("tea", "train", "jam")] == [
        (30, 0, 0),
        (7, 0, 0),
        (40, 0, 0),
    ]


async def test_two_offers_of_one_thing_share_its_stock(lane: Lane) -> None:
    asked = await lane.quote({"tea/online": 20, "tea/collect": 11})
    with pytest.raises(OutOfStock):
        await lane.place(asked)
    await lane.buy({"tea/online": 20, "tea/collect": 10})
    assert await lane.supply("tea") == (30, 30, 0)


async def test_what_was_never_there_is_not_sold(lane: Lane) -> None:
    with pytest.raises(OutOfStock):
        await lane.buy({"kite/online": 1})


async def test_an_offer_closed_after_it_was_quoted_is_refused(lane: Lane) -> None:
    asked = await lane.quote({"tea/online": 1, "train/online": 1})
    async with lane.market.db.transaction() as tx:
        await catalog.close_offer(
            tx, lane.made.sellers["toys"], lane.made.offers["train/online"], now=lane.clock()
        )
    lane.market.shelf._changed(lane.made.offers["train/online"])
    with pytest.raises(OfferClosed):
        await lane.place(asked)
    assert await lane.orders() == 0


async def test_the_price_agreed_stays_although_the_shelf_has_another(lane: Lane) -> None:
    asked = await lane.quote({"tea/online": 2})
    async with lane.market.db.transaction() as tx:
        await catalog.change_price(
            tx, lane.made.sellers["tea"], lane.made.offers["tea/online"], 1, now=lane.clock()
        )
    placed = await lane.place(asked)
    assert placed["total"] == 17600
    assert (await lane.order(placed["orders"][0]["id"])).lines[0].paid == 17600


# --- ways to pay ---


async def test_a_wallet_pays_at_once_and_never_more_than_it_holds(lane: Lane) -> None:
    buyer = lane.made.people["buyer"]
    with pytest.raises(SignInFirst):
        await lane.buy({"tea/online": 1}, "wallet")
    with pytest.raises(WalletShort):
        await lane.buy({"tea/online": 1}, "wallet", buyer)
    await lane.fill_wallet(buyer, 10_000)
    placed = await lane.buy({"tea/online": 1}, "wallet", buyer)
    assert placed["collection"] is None
    assert placed["orders"][0]["stage"] == "committed"
    with pytest.raises(WalletShort):
        await lane.buy({"bowl/online": 1}, "wallet", buyer)
    assert await lane.money() == {"bank": -10_000, "wallet": 400, "escrow": 9600}
    await lane.tell(placed["orders"][0]["id"], "cancelled", "buyer")
    assert await lane.money() == {"bank": -10_000, "wallet": 10_000}


async def test_a_wallet_pays_all_sellers_or_none(lane: Lane) -> None:
    buyer = lane.made.people["buyer"]
    await lane.fill_wallet(buyer, 9600 + 100)
    with pytest.raises(WalletShort):
        await lane.buy({"tea/online": 1, "jam/collect": 1}, "wallet", buyer)
    assert await lane.orders() == 0
    assert await lane.supply("tea") == (30, 0, 0)


async def test_cash_is_for_the_counter_and_for_fetching(lane: Lane) -> None:
    for wanted in ({"tea/online": 1}, {"jam/instant": 1}, {"jam/collect": 1, "tea/online": 1}):
        with pytest.raises(NotPayableSo):
            await lane.buy(wanted, "cash")
    counter = await lane.quote({"jam/counter": 1}, "counter")
    with pytest.raises(OnlyInPerson):
        await lane.place(counter, "cash")
    sold = await lane.place(counter, "cash", counter=True)
    assert sold["orders"][0]["stage"] == "done"
    fetched = await lane.buy({"jam/collect": 1}, "cash")
    assert (fetched["orders"][0]["stage"], fetched["collection"]) == ("committed", None)
    assert await lane.money() == {"till": -2801, "grocer": 2784, "platform": 17}


async def test_what_a_buyer_told_of_themselves_is_nowhere_in_the_clear(lane: Lane) -> None:
    await lane.paid({"tea/online": 1})
    async with lane.market.db.read() as tx:
        everything = await tx.fetchval(
            """SELECT (SELECT coalesce(string_agg(p::text, ' '), '') FROM orders.purchase p)
                   || (SELECT coalesce(string_agg(f::text, ' '), '') FROM kit.fact f)
                   || (SELECT coalesce(string_agg(a::text, ' '), '') FROM kit.answer a)
                   || (SELECT coalesce(string_agg(o::text, ' '), '') FROM orders."order" o)"""
        )
    assert "Lin Xiaohe" not in everything
    assert "13800000000" not in everything


# --- keys ---


def key(name: str = "k", print_: str = "f") -> Key:
    return Key("guest POST /api/orders", name, print_)


async def test_the_same_key_gives_the_first_answer(lane: Lane) -> None:
    asked = await lane.quote({"tea/online": 1})
    first = await lane.place(asked, key=key())
    assert await lane.place(asked, key=key()) == first
    with pytest.raises(KeyReused):
        await lane.place(asked, key=key(print_="another body"))
    other = await lane.place(asked, key=Key("somebody else", "k", "f"))
    assert other["purchase"] != first["purchase"]
    assert await lane.orders() == 2


async def test_sixteen_at_once_with_one_key_are_one_order(lane: Lane) -> None:
    asked = await lane.quote({"last/online": 1})
    answers = await asyncio.gather(*(lane.place(asked, key=key()) for _ in range(16)))
    assert all(one == answers[0] for one in answers)
    assert await lane.orders() == 1
    assert await lane.supply("last") == (8, 1, 0)


async def test_a_refusal_gives_the_key_back(lane: Lane) -> None:
    buyer = lane.made.people["buyer"]
    asked = await lane.quote({"tea/online": 1})
    for _ in range(2):
        with pytest.raises(WalletShort):
            await lane.place(asked, "wallet", buyer, key())
    await lane.fill_wallet(buyer, 9600)
    assert (await lane.place(asked, "wallet", buyer, key()))["total"] == 9600
    assert (await lane.place(asked, "wallet", buyer, key()))["total"] == 9600
    assert await lane.orders() == 1


async def test_sixteen_different_bodies_under_one_key_are_one_order(lane: Lane) -> None:
    asked = await lane.quote({"last/online": 1})
    answers = await asyncio.gather(
        *(lane.place(asked, key=key(print_=str(n))) for n in range(16)), return_exceptions=True
    )
    assert sum(isinstance(one, dict) for one in answers) == 1
    assert sum(isinstance(one, KeyReused) for one in answers) == 15
    assert await lane.orders() == 1


# --- cost ---


@asynccontextmanager
async def counted(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, int]]:
    """How many transactions and statements the market asked of its database."""
    told = {"transactions": 0, "statements": 0}
    db = lane.market.db

    class Counting:
        def __init__(self, tx: Any) -> None:
            self._tx = tx

        def __getattr__(self, name: str) -> Any:
            if name.startswith(("fetch", "execute")):
                told["statements"] += 1
            return getattr(self._tx, name)

    for name in ("transaction", "single", "read"):
        plain = getattr(db, name)

        @asynccontextmanager
        async def watched(*args: Any, plain: Any = plain, **kwargs: Any) -> AsyncIterator[Any]:
            told["transactions"] += 1
            async with plain(*args, **kwargs) as tx:
                yield Counting(tx)

        monkeypatch.setattr(db, name, watched)
    yield told
    monkeypatch.undo()


async def test_an_order_costs_one_statement_and_a_hundred_cost_few(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lane.paid({"jam/collect": 1})  # the shelf, the accounts and a block of numbers are known now
    asked = await lane.quote({"jam/collect": 1, "bowl/online": 1})
    async with counted(lane, monkeypatch) as told:
        placed = await lane.place(asked)
    assert told == {"transactions": 1, "statements": 1}
    async with counted(lane, monkeypatch) as told:
        await lane.pay(placed)
    assert told == {"transactions": 1, "statements": 2}
    few = await lane.quote({"jam/collect": 1})
    async with counted(lane, monkeypatch) as told:
        await asyncio.gather(*(lane.place(few) for _ in range(30)))
    assert told["statements"] <= 6
