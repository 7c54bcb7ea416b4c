"""The desk: decisions read, judged and written together; each gets its own answer, and a bad one hurts nobody else."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from highstreet.inventory import NotFree, OutOfStock, assets
from highstreet.kit.errors import KeyReused
from highstreet.market.desk import Decision, Found
from highstreet.market.units import Key, Unit
from highstreet.orders import NoSuchOrder
from tests.market.lane import Lane

SCOPE = "desk"


def borrow(lane: Lane, asset: int, hours: tuple[int, int], name: str) -> Decision:
    """One single thing for some hours of the day, as a rental would take it."""
    start, end = (lane.clock() + timedelta(hours=hour) for hour in hours)
    period = f"[{start.isoformat()},{end.isoformat()})"

    def decide(_found: Found, unit: Unit) -> dict[str, Any]:
        unit.add("asset", id=asset, period=period)
        unit.add(
            "hold", order_id=name, line=1, kind="asset", target_id=asset, quantity=1, used=0, period=period
        )
        return {"took": name}

    return Decision(decide, lane.clock(), key=Key(SCOPE, name, "f"))


async def camera(lane: Lane) -> int:
    async with lane.market.db.transaction() as tx:
        return await assets.register(tx, lane.made.variants["bowl"], lane.made.places["tea"], "camera 1")


async def test_each_gets_its_own_answer(lane: Lane) -> None:
    """Ten good orders, ten for more than there is, ten facts about nothing, all at once."""
    good, too_many = await lane.quote({"jam/collect": 1}), await lane.quote({"train/online": 8})
    answers = await asyncio.gather(
        *(lane.place(good) for _ in range(10)),
        *(lane.place(too_many) for _ in range(10)),
        *(lane.tell("ord_00000000000000000000", "shipped") for _ in range(10)),
        return_exceptions=True,
    )
    assert Counter(type(one) for one in answers) == {dict: 10, OutOfStock: 10, NoSuchOrder: 10}
    numbers = {one["orders"][0]["number"] for one in answers if isinstance(one, dict)}
    assert len(numbers) == 10
    assert await lane.supply("jam") == (40, 10, 0)


async def test_a_decision_that_breaks_hurts_nobody_else(lane: Lane) -> None:
    def breaks(_found: Found, unit: Unit) -> dict[str, Any]:
        raise ZeroDivisionError

    def forbidden(_found: Found, unit: Unit) -> dict[str, Any]:
        unit.fact("order.placed", None, "desk", lane.clock())  # type: ignore[arg-type]
        return {}

    asked = await lane.quote({"jam/collect": 1})
    answers = await asyncio.gather(
        *(lane.place(asked) for _ in range(5)),
        lane.market.act(Decision(breaks, lane.clock())),
        lane.market.act(Decision(forbidden, lane.clock())),
        return_exceptions=True,
    )
    assert [type(one).__name__ for one in answers[5:]] == ["ZeroDivisionError", "NotNullViolationError"]
    assert all(isinstance(one, dict) for one in answers[:5])
    assert await lane.orders() == 5


async def test_forty_at_once_for_the_last_eight(lane: Lane) -> None:
    asked = await lane.quote({"last/online": 1})
    answers = await asyncio.gather(*(lane.place(asked) for _ in range(40)), return_exceptions=True)
    assert Counter(type(one) for one in answers) == {dict: 8, OutOfStock: 32}
    assert await lane.supply("last") == (8, 8, 0)


async def test_a_wish_that_fits_is_not_refused_for_one_that_does_not(lane: Lane) -> None:
    """Judged in order: nine do not fit into eight, but the next one's single unit does."""
    nine, one = await lane.quote({"last/online": 9}), await lane.quote({"last/online": 1})
    answers = await asyncio.gather(
        *(lane.place(asked) for asked in (nine, one, nine, one)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [OutOfStock, dict, OutOfStock, dict]


async def test_many_facts_about_one_order_are_told_once(lane: Lane) -> None:
    (order_id,) = await lane.paid({"tea/online": 1})
    answers = await asyncio.gather(*(lane.tell(order_id, "ready") for _ in range(30)), return_exceptions=True)
    assert Counter(type(one).__name__ for one in answers) == {"dict": 1, "NotNow": 29}
    assert sum(told.kind == "ready" for told in (await lane.order(order_id)).told) == 1


async def test_one_thing_is_lent_to_one_at_a_time(lane: Lane) -> None:
    asset = await camera(lane)
    wanted = [(hour, hour + 3) for hour in range(12)]
    answers = await asyncio.gather(
        *(lane.market.act(borrow(lane, asset, hours, f"{hours}")) for hours in wanted), return_exceptions=True
    )
    took = [hours for hours, one in zip(wanted, answers, strict=True) if isinstance(one, dict)]
    assert took == [(0, 3), (3, 6), (6, 9), (9, 12)]
    assert all(isinstance(one, dict | NotFree) for one in answers)
    async with lane.market.db.transaction() as tx:
        await assets.rest(tx, asset, "resting")
    with pytest.raises(NotFree):
        await lane.market.act(borrow(lane, asset, (40, 41), "resting"))


async def test_a_key_keeps_its_answer_beside_refusals_of_the_same_batch(lane: Lane) -> None:
    asset = await camera(lane)
    asked = [
        borrow(lane, asset, (0, 3), "a"),
        borrow(lane, asset, (1, 2), "b"),
        borrow(lane, asset, (0, 3), "a"),
    ]
    first = await asyncio.gather(*(lane.market.act(one) for one in asked), return_exceptions=True)
    assert [type(one) for one in first] == [dict, NotFree, dict]
    again = await asyncio.gather(*(lane.market.act(one) for one in asked), return_exceptions=True)
    assert [type(one) for one in again] == [dict, NotFree, dict]
    other = Decision(asked[0].decide, lane.clock(), key=Key(SCOPE, "a", "another body"))
    with pytest.raises(KeyReused):
        await lane.market.act(other)


async def test_a_caller_who_leaves_takes_nothing_along(lane: Lane) -> None:
    asked = await lane.quote({"jam/collect": 1})
    waiting = [asyncio.create_task(lane.place(asked)) for _ in range(12)]
    await asyncio.sleep(0)
    for task in waiting[::3]:
        task.cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    stayed = sum(isinstance(one, dict) for one in answers)
    assert stayed >= 8
    held = (await lane.supply("jam"))[1]
    assert held == await lane.orders() >= stayed
