"""Unwinding: parts of orders cancelled and sent back, in any order, before and after the money was paid out; the books end the same."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from highstreet.inventory import stock
from highstreet.kit.errors import Refusal
from highstreet.market.fulfil import advance_order
from highstreet.orders import NotNow, NotReturnable, TooMany
from tests.market.lane import Lane

BASKET = {"tea/online": 3, "bowl/online": 4, "plant/online": 1}
LINE = {"tea": 1, "bowl": 2, "plant": 3}


def steps(**lines: int) -> dict[str, int]:
    return {str(LINE[name]): count for name, count in lines.items()}


async def sent_back(lane: Lane, order_id: str, **lines: int) -> None:
    """The buyer asks, the seller has it."""
    await lane.tell(order_id, "return_wanted", "buyer", lines=steps(**lines), reason="damaged")
    await lane.tell(order_id, "returned")


# --- cancelling ---


async def test_parts_cancelled_in_any_order_end_in_the_same_books(lane: Lane) -> None:
    parts = [steps(tea=1), steps(bowl=3), steps(tea=1, plant=1)]
    books: list[dict[str, int]] = []
    for order in permutations(parts):
        before = await lane.money()
        (order_id,) = await lane.paid(BASKET)
        for part in order:
            await lane.tell(order_id, "cancelled", "buyer", lines=part)
        work = await lane.order(order_id)
        assert [line.cancelled for line in work.lines] == [2, 3, 1]
        await lane.tell(order_id, "shipped")
        await lane.tell(order_id, "received", "buyer")
        after = await lane.money()
        books.append({name: after.get(name, 0) - before.get(name, 0) for name in {*after, *before}})
        assert sum(await lane.refunds(order_id)) == 2 * 8800 + 3 * 5900 + 3600
    assert books[0] == {"provider": -14700, "tea": 13965, "platform": 735}
    assert all(one == books[0] for one in books)
    assert await lane.supply("plant") == (6, 0, 0)


async def test_cancelling_the_last_part_undoes_the_order(lane: Lane) -> None:
    (order_id,) = await lane.paid({"tea/online": 1, "bowl/online": 1})
    await lane.tell(order_id, "cancelled", "buyer", lines={"1": 1})
    assert (await lane.tell(order_id, "cancelled", "seller", lines={"2": 1}))["stage"] == "undone"
    assert sum(await lane.refunds(order_id)) == 14700
    assert await lane.money() == {}


async def test_delivery_is_paid_back_only_with_the_last_part(lane: Lane) -> None:
    (order_id,) = await lane.paid({"bowl/online": 1, "plant/online": 1})
    await lane.tell(order_id, "cancelled", "buyer", lines={"1": 1})
    assert await lane.refunds(order_id) == [5900]
    await lane.tell(order_id, "cancelled", "buyer", lines={"2": 1})
    assert sum(await lane.refunds(order_id)) == 5900 + 3600 + 800


async def test_no_more_is_cancelled_than_there_is(lane: Lane) -> None:
    (order_id,) = await lane.paid(BASKET)
    for lines in ({"1": 4}, {"1": 0}, {"1": -1}, {"1": 1, "2": 5}):
        with pytest.raises(TooMany):
            await lane.tell(order_id, "cancelled", "buyer", lines=lines)
    assert await lane.refunds(order_id) == []


async def test_an_unpaid_order_is_cancelled_whole_or_not(lane: Lane) -> None:
    placed = await lane.buy({"tea/online": 2})
    order_id = placed["orders"][0]["id"]
    with pytest.raises(NotNow):
        await lane.tell(order_id, "cancelled", "buyer", lines={"1": 1})
    assert (await lane.tell(order_id, "cancelled", "buyer"))["stage"] == "undone"
    with pytest.raises(NotNow):
        await lane.tell(order_id, "cancelled", "buyer")
    assert await lane.supply("tea") == (30, 0, 0)


async def test_twenty_at_once_cancel_one_each(lane: Lane) -> None:
    (order_id,) = await lane.paid({"jam/collect": 25})
    told = [lane.tell(order_id, "cancelled", "buyer", lines={"1": 1}) for _ in range(20)]
    assert len(await asyncio.gather(*told)) == 20
    assert (await lane.order(order_id)).lines[0].cancelled == 20
    assert sum(await lane.refunds(order_id)) == 20 * 2801


async def test_at_pick_up_only_what_was_not_cancelled_is_paid(lane: Lane) -> None:
    order_id = (await lane.buy({"jam/collect": 4}, "cash"))["orders"][0]["id"]
    await lane.tell(order_id, "cancelled", "buyer", lines={"1": 1})
    await lane.tell(order_id, "handed_over")
    assert await lane.money() == {"till": -3 * 2801, "grocer": 8235, "platform": 168}


# --- others who pay ---


async def test_a_funder_pays_only_for_what_is_kept(lane: Lane) -> None:
    """The toy maker pays 300 of every jam; whatever is cancelled or sent back, its part follows, to the last minor unit."""
    await lane.promote("grocer", "toys", "amount", {"off": 300}, "jam/collect")
    for method in ("sandbox", "cash"):
        before = await lane.money()
        placed = await lane.buy({"jam/collect": 4}, method)
        assert placed["total"] == 4 * 2501
        if method == "sandbox":
            await lane.pay(placed)
        order_id = placed["orders"][0]["id"]
        await lane.tell(order_id, "cancelled", "buyer", lines={"1": 1})
        await lane.tell(order_id, "handed_over")
        await lane.tell(order_id, "return_wanted", "buyer", lines={"1": 1}, reason="damaged")
        await lane.tell(order_id, "returned")
        after = await lane.money()
        moved = {name: after.get(name, 0) - before.get(name, 0) for name in {*after, *before}}
        payer = "provider" if method == "sandbox" else "till"
        assert {name: amount for name, amount in moved.items() if amount} == {
            payer: -2 * 2501, "toys": -2 * 300, "grocer": 2 * 2801 - 112, "platform": 112,
        }, method  # fmt: skip


# --- sending back ---


async def test_parts_sent_back_before_and_after_the_end_are_the_same_books(lane: Lane) -> None:
    """Each order of the same three returns, with the end of the seven days anywhere between them."""
    parts = [{"tea": 1}, {"bowl": 2, "tea": 1}, {"bowl": 1}]
    books: list[dict[str, int]] = []
    for n, order in enumerate(permutations(parts)):
        before = await lane.money()
        order_id = await lane.delivered({"tea/online": 3, "bowl/online": 3})
        for at, part in enumerate(order):
            if at == n % 4:
                assert (await lane.tell(order_id, "received", "buyer"))["stage"] == "done"
            await sent_back(lane, order_id, **part)
        if n % 4 == 3:
            await lane.later(order_id, days=8)
        assert (await lane.order(order_id)).order.stage == "done"
        after = await lane.money()
        books.append({name: after.get(name, 0) - before.get(name, 0) for name in {*after, *before}})
        total, held, sold = await lane.supply("bowl")
        assert (total, held, sold) == (20, 0, 0)
        await lane.tell(order_id, "return_wanted", "buyer", lines=steps(tea=1), reason="damaged")
        await lane.tell(order_id, "return_refused")
        await sent_back(lane, order_id, tea=1)
    assert books[0] == {"provider": -8800, "tea": 8360, "platform": 440}
    assert all(one == books[0] for one in books)


async def test_random_histories_keep_the_books(lane: Lane) -> None:
    """Whatever is cancelled, sent and sent back: each order ends with its buyer having paid for what they kept."""
    dice = random.Random(11)
    for _ in range(12):
        (order_id,) = await lane.paid({"tea/online": 3, "bowl/online": 2})
        facts = [("cancelled", "buyer"), ("shipped", "seller"), ("delivered", "seller"), ("received", "buyer"),
                 ("return_wanted", "buyer"), ("returned", "seller"), ("return_refused", "seller")]  # fmt: skip
        for _ in range(14):
            fact, role = dice.choice(facts)
            body: dict[str, Any] = {
                "lines": {str(dice.randint(1, 2)): dice.randint(1, 2)},
                "reason": "damaged",
            }
            try:
                await lane.tell(order_id, fact, role, **(body if dice.random() < 0.8 else {}))  # type: ignore[arg-type]
            except Refusal:
                continue
        for _ in range(5):
            await lane.later(order_id, days=16)
        work = await lane.order(order_id)
        kept = sum(line.paid - line.part(line.paid, line.undone) for line in work.lines)
        left = work.order.total - sum(await lane.refunds(order_id))
        assert left == (kept if work.order.stage == "done" else 0)
        await advance_order(lane.market, order_id, lane.clock())
        async with lane.market.db.transaction() as tx:  # the next order finds the shelf full again
            for good in ("tea", "bowl"):
                await stock.change(tx, lane.made.supplies[good], "received", 9, "test", lane.clock())


async def test_seven_days_and_not_an_hour_more(lane: Lane) -> None:
    order_id = await lane.delivered({"tea/online": 2})
    lane.clock.forward(timedelta(days=7) - timedelta(seconds=1))
    await lane.tell(order_id, "return_wanted", "buyer", lines={"1": 1}, reason="no_reason")
    await lane.tell(order_id, "returned")
    lane.clock.forward(timedelta(seconds=1))
    with pytest.raises((NotReturnable, NotNow)):
        await lane.tell(order_id, "return_wanted", "buyer", lines={"1": 1}, reason="no_reason")
    # What is broken has no such limit.
    await lane.tell(order_id, "return_wanted", "buyer", lines={"1": 1}, reason="damaged")


async def test_a_return_does_not_put_off_the_sellers_money(lane: Lane) -> None:
    order_id = await lane.delivered({"tea/online": 2})
    lane.clock.forward(timedelta(days=6))
    await sent_back(lane, order_id, tea=1)
    assert (await lane.later(order_id, days=1)).order.stage == "done"


async def test_what_the_law_leaves_out_comes_back_only_with_a_fault(lane: Lane) -> None:
    order_id = await lane.delivered({"tea/online": 1, "plant/online": 1})
    about: list[dict[str, Any]] = [{"lines": {"2": 1}}, {"lines": {"1": 1, "2": 1}}, {}]
    for body in about:
        with pytest.raises(NotReturnable):
            await lane.tell(order_id, "return_wanted", "buyer", reason="no_reason", **body)
    await lane.tell(order_id, "return_wanted", "buyer", lines={"1": 1}, reason="no_reason")
    await lane.tell(order_id, "returned")
    await lane.tell(order_id, "return_wanted", "buyer", lines={"2": 1}, reason="withered")
    await lane.tell(order_id, "returned", resale=False)
    assert await lane.supply("tea") == (30, 0, 0)
    assert await lane.supply("plant") == (5, 0, 0)
    assert await lane.money() == {}


async def test_one_return_at_a_time(lane: Lane) -> None:
    order_id = await lane.delivered({"tea/online": 2})
    await lane.tell(order_id, "return_wanted", "buyer", lines={"1": 1})
    with pytest.raises(NotNow):
        await lane.tell(order_id, "return_wanted", "buyer", lines={"1": 1})
    # It never came: the return lapses, and the seven days are over too.
    assert (await lane.later(order_id, days=14)).order.stage == "done"
    assert await lane.refunds(order_id) == []
    with pytest.raises((NotReturnable, NotNow)):
        await lane.tell(order_id, "return_wanted", "buyer", lines={"1": 1})


async def test_no_more_comes_back_than_was_sent(lane: Lane) -> None:
    order_id = await lane.delivered({"tea/online": 2})
    for lines in ({"1": 3}, {"1": 0}, {"1": -1}):
        with pytest.raises(TooMany):
            await lane.tell(order_id, "return_wanted", "buyer", lines=lines)
        with pytest.raises(TooMany):
            await lane.tell(order_id, "returned", lines=lines)
    assert await lane.refunds(order_id) == []


async def test_one_thing_comes_back_once_whoever_tells_it(lane: Lane) -> None:
    order_id = await lane.delivered({"tea/online": 1})
    await lane.tell(order_id, "return_wanted", "buyer")
    answers = await asyncio.gather(
        *(lane.tell(order_id, "returned") for _ in range(12)), return_exceptions=True
    )
    assert Counter(type(one).__name__ for one in answers) == {"dict": 1, "NotNow": 11}
    assert await lane.refunds(order_id) == [8800]


async def test_bought_at_the_counter_and_brought_back(lane: Lane) -> None:
    order_id = (await lane.buy({"jam/counter": 3}, "cash"))["orders"][0]["id"]
    await lane.tell(order_id, "returned", lines={"1": 2})
    assert await lane.supply("jam") == (40, 0, 1)
    assert await lane.money() == {"till": -2801, "grocer": 2784, "platform": 17}
