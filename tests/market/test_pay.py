"""Paying: notices come late, twice, reordered and wrong; each ends with the money in its place."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import permutations

from tests.market.lane import Lane


async def test_a_notice_is_believed_once(lane: Lane) -> None:
    placed = await lane.buy({"tea/online": 1, "train/online": 1})
    assert [await lane.pay(placed) for _ in range(3)] == [
        {"result": "paid"},
        {"result": "repeated"},
        {"result": "repeated"},
    ]
    assert await lane.money() == {"provider": -placed["total"], "escrow": placed["total"]}


async def test_thirty_at_once_are_believed_once(lane: Lane) -> None:
    placed = await lane.buy({"tea/online": 1})
    answers = await asyncio.gather(*(lane.pay(placed) for _ in range(30)))
    assert Counter(one["result"] for one in answers) == {"paid": 1, "repeated": 29}
    assert await lane.money() == {"provider": -9600, "escrow": 9600}


async def test_an_unknown_key_is_kept_for_a_person(lane: Lane) -> None:
    first = await lane.notice("col_unheard_of", 4200)
    assert first == {"result": "stray", "reason": "unknown_key"}
    await lane.notice("col_unheard_of", 4200)
    assert await lane.strays() == [("unknown_key", 4200)]
    assert await lane.notice("col_unheard_of", 4200, "charge.failed", "ref_2") == {"result": "repeated"}
    assert await lane.strays() == [("unknown_key", 4200)]


async def test_a_wrong_amount_pays_nothing_and_is_kept_for_a_person(lane: Lane) -> None:
    for n, (amount, currency) in enumerate(
        [(9599, "CNY"), (9601, "CNY"), (1, "CNY"), (9600, "JPY")], start=1
    ):
        placed = await lane.buy({"tea/online": 1})
        key, order_id = placed["collection"]["key"], placed["orders"][0]["id"]
        answer = await lane.notice(key, amount, ref=f"ref_{n}", currency=currency)
        assert answer == {"result": "stray", "reason": "wrong_amount"}
        assert (await lane.order(order_id)).order.waits == "payment"
        assert len(await lane.strays()) == n
        # The right one still comes through.
        assert await lane.notice(key, 9600, ref=f"ref_right_{n}") == {"result": "paid"}
        assert (await lane.order(order_id)).order.stage == "committed"


async def test_paid_twice_is_taken_once_and_the_other_kept_for_a_person(lane: Lane) -> None:
    placed = await lane.buy({"tea/online": 1})
    await lane.pay(placed)
    again = await lane.notice(placed["collection"]["key"], 9600, ref="ref_second_card")
    assert again == {"result": "stray", "reason": "paid_twice"}
    assert await lane.strays() == [("paid_twice", 9600)]
    assert await lane.money() == {"provider": -9600, "escrow": 9600}


async def test_any_order_of_notices_ends_the_same(lane: Lane) -> None:
    for told in sorted(set(permutations(["failed", "failed", "succeeded", "succeeded"]))):
        placed = await lane.buy({"tea/online": 1})
        for kind in told:
            await lane.notice(placed["collection"]["key"], 9600, f"charge.{kind}")
        work = await lane.order(placed["orders"][0]["id"])
        assert (work.order.stage, work.escrow("price")) == ("committed", 8800)
    assert await lane.strays() == []


async def test_a_declined_payment_can_be_tried_again_until_it_is_late(lane: Lane) -> None:
    placed = await lane.buy({"tea/online": 1})
    key, order_id = placed["collection"]["key"], placed["orders"][0]["id"]
    assert await lane.notice(key, 9600, "charge.failed") == {"result": "declined"}
    assert (await lane.order(order_id)).order.waits == "payment"
    assert (await lane.later(order_id, minutes=29)).order.stage == "placed"
    assert (await lane.later(order_id, minutes=1)).order.stage == "undone"
    assert await lane.supply("tea") == (30, 0, 0)


async def test_money_that_comes_after_the_end_goes_straight_back(lane: Lane) -> None:
    placed = await lane.buy({"tea/online": 1})
    order_id = placed["orders"][0]["id"]
    assert (await lane.later(order_id, minutes=31)).order.stage == "undone"
    assert await lane.pay(placed) == {"result": "paid"}
    assert await lane.pay(placed) == {"result": "repeated"}
    stands = await lane.order(order_id)
    assert (stands.order.stage, stands.has("paid_late") is not None) == ("undone", True)
    assert await lane.refunds(order_id) == [9600]
    assert await lane.money() == {}


async def test_too_late_is_too_late_whether_or_not_a_worker_looked_meanwhile(lane: Lane) -> None:
    placed = await lane.buy({"tea/online": 1})
    order_id = placed["orders"][0]["id"]
    lane.clock.forward(timedelta(minutes=31))
    assert await lane.pay(placed) == {"result": "paid"}
    assert (await lane.order(order_id)).order.stage == "undone"
    assert await lane.refunds(order_id) == [9600]
    assert await lane.money() == {}
    assert await lane.supply("tea") == (30, 0, 0)


async def test_one_order_of_a_purchase_cancelled_before_it_was_paid(lane: Lane) -> None:
    placed = await lane.buy({"tea/online": 1, "train/online": 1})
    tea, train = sorted(placed["orders"], key=lambda one: one["total"])
    await lane.tell(tea["id"], "cancelled", "buyer")
    assert await lane.pay(placed) == {"result": "paid"}
    assert (await lane.order(tea["id"])).order.stage == "undone"
    assert (await lane.order(train["id"])).order.stage == "committed"
    assert await lane.refunds(tea["id"]) == [9600]
    assert await lane.money() == {"provider": -12801, "escrow": 12801}
