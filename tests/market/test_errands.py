"""Refunds, payouts and unheard collections, against a provider with every misfortune it knows."""

from __future__ import annotations

import asyncio
import random
import signal
from datetime import timedelta

import pytest

from highstreet import ledger
from highstreet.ledger import MoreThanOwed, MoveState, NoSuchRefund, NothingToPayOut
from highstreet.ledger.payouts import Payout
from highstreet.market import errands
from tests.market.lane import Lane
from tests.market.outside import Outside, cancelled, earned, moved, refund_of, state_of, want
from tests.market.outside import outside as outside
from tests.market.outside import running as running

# --- refunds ---


async def test_a_refund_reaches_the_buyer_once(lane: Lane, outside: Outside) -> None:
    key = await cancelled(lane, outside)
    assert await errands.refunds(lane.market, lane.clock()) == 1
    assert await state_of(lane, key) == ("done", 1)
    assert await errands.refunds(lane.market, lane.clock.forward(timedelta(hours=2))) == 0
    assert await moved(outside, key) == [9600]


async def test_killed_between_taking_and_calling(lane: Lane, outside: Outside) -> None:
    key = await cancelled(lane, outside)
    taken = await lane.market.db.run(ledger.refunds.claim, lane.clock())
    assert [one.key for one in taken] == [key]
    assert await errands.refunds(lane.market, lane.clock()) == 0
    assert await errands.refunds(lane.market, lane.clock.forward(timedelta(seconds=31))) == 1
    assert await state_of(lane, key) == ("done", 2)
    assert await moved(outside, key) == [9600]


async def test_killed_between_calling_and_writing(lane: Lane, outside: Outside) -> None:
    key = await cancelled(lane, outside)
    (taken,) = await lane.market.db.run(ledger.refunds.claim, lane.clock())
    assert taken.collection_key is not None
    await outside.client.refund(key, taken.collection_key, taken.amount, taken.currency)
    assert await errands.refunds(lane.market, lane.clock.forward(timedelta(seconds=31))) == 1
    assert await moved(outside, key) == [9600]


async def test_the_answer_never_came_but_the_money_went(lane: Lane, outside: Outside) -> None:
    key = await cancelled(lane, outside)
    await outside.provider.faults(seed=7, hang_ms=1500)
    await outside.provider.plan(key, timeout_then_success=1)
    assert await errands.refunds(lane.market, lane.clock()) == 0
    assert await state_of(lane, key) == ("asked", 1)
    assert await errands.refunds(lane.market, lane.clock.forward(timedelta(minutes=1))) == 1
    assert await state_of(lane, key) == ("done", 2)
    assert await moved(outside, key) == [9600]


async def test_a_provider_that_is_down_is_asked_again_when_it_is_up(lane: Lane, outside: Outside) -> None:
    key = await cancelled(lane, outside)
    outside.provider.stop(signal.SIGKILL)
    for minutes in (0, 1, 2):
        assert await errands.refunds(lane.market, lane.clock.forward(timedelta(minutes=minutes))) == 0
    assert await state_of(lane, key) == ("asked", 3)
    await outside.provider.start()
    assert await errands.refunds(lane.market, lane.clock()) == 0
    assert await errands.refunds(lane.market, lane.clock.forward(timedelta(minutes=5))) == 1
    assert await moved(outside, key) == [9600]


async def test_errors_before_any_effect_are_tried_again_under_the_same_key(
    lane: Lane, outside: Outside
) -> None:
    key = await cancelled(lane, outside)
    await outside.provider.plan(key, error_500=1, error_429=1)
    for _ in range(2):
        assert await errands.refunds(lane.market, lane.clock.forward(timedelta(minutes=5))) == 0
    assert await errands.refunds(lane.market, lane.clock.forward(timedelta(minutes=5))) == 1
    assert await moved(outside, key) == [9600]


async def test_four_workers_at_once_refund_once(lane: Lane, outside: Outside) -> None:
    keys = [await cancelled(lane, outside) for _ in range(3)]
    settled = await asyncio.gather(*(errands.refunds(lane.market, lane.clock()) for _ in range(4)))
    assert sum(settled) == 3
    for key in keys:
        assert await moved(outside, key) == [9600]


async def test_a_notice_may_bring_the_answer_first(lane: Lane, outside: Outside) -> None:
    key = await cancelled(lane, outside)
    (taken,) = await lane.market.db.run(ledger.refunds.claim, lane.clock())
    assert taken.collection_key is not None
    await outside.client.refund(key, taken.collection_key, taken.amount, taken.currency)
    (notice,) = await outside.notices(key)
    assert await errands.told(lane.market, notice, lane.clock()) == {"result": "paid"}
    assert await errands.told(lane.market, notice, lane.clock()) == {"result": "repeated"}
    assert await errands.refunds(lane.market, lane.clock.forward(timedelta(hours=1))) == 0
    assert await lane.strays() == []


async def test_a_refund_the_bank_refuses_waits_for_a_person_who_tries_again(
    lane: Lane, outside: Outside
) -> None:
    key = await cancelled(lane, outside)
    with pytest.raises(NoSuchRefund):
        await lane.market.db.run(ledger.refunds.again, key, "pty_op", lane.clock())
    await outside.provider.plan(key, refund_fail=1)
    assert await errands.refunds(lane.market, lane.clock()) == 1
    async with lane.market.db.read() as tx:
        (waits,) = await ledger.refunds.need_a_person(tx)
    assert (waits.key, waits.state, waits.why) == (key, "failed", "declined")
    fresh = await lane.market.db.run(ledger.refunds.again, key, "pty_op", lane.clock())
    with pytest.raises(NoSuchRefund):
        await lane.market.db.run(ledger.refunds.again, key, "pty_op", lane.clock())
    assert await errands.refunds(lane.market, lane.clock()) == 1
    assert await moved(outside, key) == [] and await moved(outside, fresh) == [9600]
    assert await lane.money() == {}


async def test_a_failed_refund_given_back_by_hand(lane: Lane, outside: Outside) -> None:
    key = await cancelled(lane, outside)
    await outside.provider.plan(key, refund_fail=1)
    await errands.refunds(lane.market, lane.clock())
    await lane.market.db.run(ledger.refunds.by_hand, key, "pty_op", "bank transfer 77", lane.clock())
    assert await lane.money() == {"bank": 9600, "provider": -9600}
    async with lane.market.db.read() as tx:
        assert await ledger.refunds.need_a_person(tx) == []


async def test_one_that_breaks_does_not_hold_up_the_others(lane: Lane, outside: Outside) -> None:
    broken, fine = await cancelled(lane, outside), await cancelled(lane, outside)
    refund = outside.client.refund

    async def stumbling(key: str, charge_key: str, amount: int, currency: str) -> MoveState:
        if key == broken:
            raise ZeroDivisionError
        return await refund(key, charge_key, amount, currency)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outside.client, "refund", stumbling)
        with pytest.raises(ZeroDivisionError):
            await errands.refunds(lane.market, lane.clock())
    assert await state_of(lane, fine) == ("done", 1) and await state_of(lane, broken) == ("asked", 1)
    assert await errands.refunds(lane.market, lane.clock.forward(timedelta(minutes=1))) == 1


# --- payouts ---


@pytest.mark.race
async def test_a_payout_wanted_twice_at_once_is_paid_once(lane: Lane, outside: Outside) -> None:
    owed = await earned(lane, outside)
    answers = await asyncio.gather(*(want(lane, owed) for _ in range(8)), return_exceptions=True)
    (made,) = [one for one in answers if isinstance(one, Payout)]
    assert all(isinstance(one, Payout | NothingToPayOut | MoreThanOwed) for one in answers)
    settled = await asyncio.gather(*(errands.payouts(lane.market, lane.clock()) for _ in range(3)))
    assert sum(settled) == 1
    assert await moved(outside, made.key) == [owed]
    assert (await lane.money())["bank"] == owed and await state_of(lane, made.key) == ("done", 1)


async def test_a_payout_the_bank_refuses_comes_back_to_the_seller(lane: Lane, outside: Outside) -> None:
    owed = await earned(lane, outside)
    made = await want(lane)
    await outside.provider.plan(made.key, payout_fail=1)
    assert await errands.payouts(lane.market, lane.clock()) == 1
    assert (await lane.money())["tea"] == owed and await state_of(lane, made.key) == ("failed", 1)
    again = await want(lane)
    assert await errands.payouts(lane.market, lane.clock()) == 1
    assert await moved(outside, made.key) == [] and await moved(outside, again.key) == [owed]


async def test_a_payout_whose_answer_was_lost_is_not_paid_twice(lane: Lane, outside: Outside) -> None:
    owed = await earned(lane, outside)
    made = await want(lane)
    await outside.provider.faults(seed=7, hang_ms=1500)
    await outside.provider.plan(made.key, timeout_then_success=1)
    assert await errands.payouts(lane.market, lane.clock()) == 0
    assert await errands.payouts(lane.market, lane.clock.forward(timedelta(minutes=1))) == 1
    assert await moved(outside, made.key) == [owed]


# --- collections nobody told us about ---


async def test_a_lost_notice_is_asked_for(lane: Lane, outside: Outside) -> None:
    placed = await lane.buy({"tea/online": 1})
    await outside.provider.faults(seed=7, lose_notice_rate=1)
    key = await outside.charge(placed)
    assert await errands.ask_collections(lane.market, lane.clock()) == 0
    assert await errands.ask_collections(lane.market, lane.clock.forward(timedelta(minutes=3))) == 1
    assert (await lane.order(placed["orders"][0]["id"])).order.stage == "committed"
    assert await state_of(lane, key) == ("paid", 0)


async def test_money_nobody_paid_lapses(lane: Lane, outside: Outside) -> None:
    placed = await lane.buy({"tea/online": 1})
    key = placed["collection"]["key"]
    assert await errands.ask_collections(lane.market, lane.clock.forward(timedelta(minutes=20))) == 0
    assert await errands.ask_collections(lane.market, lane.clock()) == 0
    await lane.later(placed["orders"][0]["id"], minutes=50)
    assert await errands.ask_collections(lane.market, lane.clock()) == 1
    assert await state_of(lane, key) == ("lapsed", 0)


async def test_a_declined_card_is_noticed(lane: Lane, outside: Outside) -> None:
    placed = await lane.buy({"tea/online": 1})
    await outside.provider.faults(seed=7, lose_notice_rate=1, decline_rate=1)
    key = await outside.charge(placed)
    assert await errands.ask_collections(lane.market, lane.clock.forward(timedelta(minutes=3))) == 1
    assert await state_of(lane, key) == ("declined", 0)


async def test_money_that_comes_after_the_order_lapsed_goes_back(lane: Lane, outside: Outside) -> None:
    placed = await lane.buy({"tea/online": 1})
    order_id = placed["orders"][0]["id"]
    assert (await lane.later(order_id, hours=2)).order.stage == "undone"
    assert await errands.ask_collections(lane.market, lane.clock()) == 1
    key = await outside.charge(placed)
    assert await state_of(lane, key) == ("lapsed", 0)
    (notice,) = await outside.notices(key)
    assert (await errands.told(lane.market, notice, lane.clock()))["result"] == "paid"
    assert await errands.refunds(lane.market, lane.clock()) == 1
    assert await moved(outside, await refund_of(lane, order_id)) == [9600]
    assert await lane.money() == {} and await lane.supply("tea") == (30, 0, 0)


async def test_notices_that_come_twice_and_in_any_order_change_nothing(lane: Lane, outside: Outside) -> None:
    await outside.provider.faults(seed=7, duplicate_notices=1, reorder_notices=1, hold_ms=50)
    orders = [await lane.buy({"tea/online": 1}) for _ in range(3)]
    keys = [await outside.charge(placed) for placed in orders]
    notices = [one for key in keys for one in await outside.notices(key, 2)] * 2
    random.Random(7).shuffle(notices)
    answers = await asyncio.gather(*(errands.told(lane.market, one, lane.clock()) for one in notices))
    assert [one["result"] for one in answers].count("paid") == 3
    assert (await lane.money())["provider"] == -3 * 9600
    assert await lane.strays() == []
