"""The money's way to and from the outside, against the sandbox provider as a process of its own, with every misfortune it knows."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from highstreet import ledger
from highstreet.adapters.payments_sandbox import SandboxProvider
from highstreet.kit.clock import system_clock
from highstreet.ledger import MoreThanOwed, NoSuchRefund, NoSuchStray, NothingToPayOut, Notice
from highstreet.ledger.payouts import Payout
from highstreet.ledger.strays import How
from highstreet.market import errands
from tests.market.lane import Lane
from tests.sandbox.provider import SECRET, Inbox, RunningProvider, Told, until


class Outside(msgspec.Struct):
    """The provider, what it told, and our client of it."""

    provider: RunningProvider
    inbox: Inbox
    client: SandboxProvider

    async def charge(self, placed: dict[str, Any]) -> str:
        """The buyer pays at the provider; the charge's key."""
        asked = placed["collection"]
        assert (await self.provider.charge(asked["key"], asked["amount"])).status_code == 200
        return asked["key"]

    async def notices(self, key: str, least: int = 1) -> list[Notice]:
        """The notices told about a key, once there are as many."""
        await until(lambda: len(self.inbox.about(key)) >= least)
        return [self.read(told) for told in self.inbox.about(key)]

    def read(self, told: Told) -> Notice:
        return self.client.read_notice(told.headers, told.body, system_clock())


@pytest_asyncio.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outside]:
    inbox = Inbox()
    await inbox.open()
    state: Path = tmp_path_factory.mktemp("provider") / "state.db"
    provider = RunningProvider(
        "--notify", inbox.url, "--retry-after", "0.02", "--seed", "7", "--state", str(state)
    )
    await provider.start()
    client = SandboxProvider(provider.url, (SECRET,), inbox.url, "Qinghe", timeout=1.0)
    yield Outside(provider, inbox, client)
    await client.close()
    await provider.close()
    await inbox.close()


@pytest_asyncio.fixture
async def outside(running: Outside, lane: Lane) -> Outside:
    """The provider with nothing going wrong, known to the lane's market."""
    await running.provider.faults(seed=7)
    lane.market.providers = {"sandbox": running.client}
    return running


async def paid(lane: Lane, outside: Outside, wanted: dict[str, int] | None = None) -> str:
    """An order paid at the provider and told to us; its id."""
    placed = await lane.buy(wanted or {"tea/online": 1})
    key = await outside.charge(placed)
    (notice,) = await outside.notices(key)
    assert (await errands.told(lane.market, notice, lane.clock()))["result"] == "paid"
    return placed["orders"][0]["id"]


async def cancelled(lane: Lane, outside: Outside) -> str:
    """A refund that is wanted; its key."""
    order_id = await paid(lane, outside)
    await lane.tell(order_id, "cancelled", "buyer", lines={"1": 1}, reason="changed my mind")
    return await refund_of(lane, order_id)


async def refund_of(lane: Lane, order_id: str) -> str:
    async with lane.market.db.read() as tx:
        return await tx.fetchval(
            "SELECT key FROM ledger.refund WHERE order_id = $1 ORDER BY key DESC LIMIT 1", order_id
        )


async def state_of(lane: Lane, key: str) -> tuple[str, int]:
    async with lane.market.db.read() as tx:
        found = await tx.fetchrow(
            """SELECT state, tries FROM ledger.refund WHERE key = $1 UNION ALL SELECT state, tries FROM ledger.payout WHERE key = $1
               UNION ALL SELECT state, 0 FROM ledger.collection WHERE key = $1""",
            key,
        )
    assert found is not None
    return found["state"], found["tries"]


async def moved(outside: Outside, key: str) -> list[int]:
    return [int(one["amount"]) for one in await outside.provider.movements(key)]


async def told_of(lane: Lane, subject: str) -> list[str]:
    async with lane.market.db.read() as tx:
        return [
            r["kind"]
            for r in await tx.fetch("SELECT kind FROM kit.fact WHERE subject = $1 ORDER BY id", subject)
        ]


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


# --- payouts ---


async def earned(lane: Lane, outside: Outside) -> int:
    """The tea house has sold and been paid; what it is owed."""
    order_id = await paid(lane, outside)
    await lane.tell(order_id, "shipped", tracking="SF1")
    await lane.tell(order_id, "delivered")
    await lane.tell(order_id, "received", "buyer")
    return (await lane.money())["tea"]


async def want(lane: Lane, amount: int | None = None) -> Payout:
    return await errands.want_payout(
        lane.market, lane.made.sellers["tea"], amount, lane.clock(), by="pty_owner"
    )


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


# --- money without an order ---


async def settle(lane: Lane, how: How, note: str = "seen in the provider's book") -> None:
    async with lane.market.db.transaction() as tx:
        (one,) = await ledger.strays.waiting(tx)
        await ledger.strays.settle(tx, one.id, how, "pty_op", note, lane.clock())


async def stray(lane: Lane, outside: Outside, key: str) -> str:
    """Money paid under a key that no order knows; the stray's id."""
    assert (await outside.provider.charge(key, 700)).status_code == 200
    (notice,) = await outside.notices(key)
    assert (await errands.told(lane.market, notice, lane.clock()))["result"] == "stray"
    async with lane.market.db.read() as tx:
        (one,) = await ledger.strays.waiting(tx)
    assert (one.reason, one.amount, one.owner) == (
        "unknown_key",
        700,
        "operator",
    ) and one.due_at > lane.clock()
    return one.id


async def test_money_without_an_order_waits_for_a_person_and_goes_back(lane: Lane, outside: Outside) -> None:
    stray_id = await stray(lane, outside, "col_of_nobody_1")
    assert await errands.strays(lane.market, lane.clock()) == 0
    await settle(lane, "refunded")
    with pytest.raises(NoSuchStray):
        await settle(lane, "kept")
    assert await errands.strays(lane.market, lane.clock()) == 1
    assert await moved(outside, stray_id) == [700] and await lane.money() == {}
    async with lane.market.db.read() as tx:
        assert await ledger.strays.waiting(tx) == []
    assert await told_of(lane, stray_id) == ["stray.sent_back", "stray.refunded"]
    (notice,) = await outside.notices(stray_id)
    assert (await errands.told(lane.market, notice, lane.clock()))["result"] == "repeated"


async def test_money_that_cannot_go_back_is_in_the_queue_again_and_may_be_kept(
    lane: Lane, outside: Outside
) -> None:
    stray_id = await stray(lane, outside, "col_of_nobody_2")
    await settle(lane, "refunded")
    await outside.provider.plan(stray_id, refund_fail=1)
    assert await errands.strays(lane.market, lane.clock()) == 1
    async with lane.market.db.read() as tx:
        (one,) = await ledger.strays.waiting(tx)
    assert one.settled_how is None and one.note == "declined"
    await settle(lane, "kept")
    assert await lane.money() == {"platform": 700, "provider": -700}


async def test_a_wrong_amount_is_matched_once_the_right_one_is_found(lane: Lane, outside: Outside) -> None:
    placed = await lane.buy({"tea/online": 1})
    await outside.provider.faults(seed=7, wrong_amount_rate=1)
    key = await outside.charge(placed)
    (notice,) = await outside.notices(key)
    assert await errands.told(lane.market, notice, lane.clock()) == {
        "result": "stray",
        "reason": "wrong_amount",
    }
    assert await errands.ask_collections(lane.market, lane.clock.forward(timedelta(minutes=3))) == 1
    assert await state_of(lane, key) == ("paid", 0)
    assert await errands.strays(lane.market, lane.clock()) == 1
    async with lane.market.db.read() as tx:
        (one,) = await ledger.strays.settled(tx)
    assert (one.settled_how, one.settled_by) == ("matched", "clock")


async def test_less_than_was_asked_stays_in_the_queue(lane: Lane, outside: Outside) -> None:
    placed = await lane.buy({"tea/online": 1})
    await outside.provider.faults(seed=7, short_charge_rate=1)
    key = await outside.charge(placed)
    (notice,) = await outside.notices(key)
    assert (await errands.told(lane.market, notice, lane.clock()))["result"] == "stray"
    await errands.ask_collections(lane.market, lane.clock.forward(timedelta(minutes=3)))
    assert await errands.strays(lane.market, lane.clock()) == 0 and len(await lane.strays()) == 1
    await settle(lane, "refunded")
    assert await errands.strays(lane.market, lane.clock()) == 1
    assert await state_of(lane, key) == ("asked", 0)


# --- reconciliation ---


async def differences(lane: Lane) -> dict[str, str]:
    """What differs, by key: of what this lane did and what the provider moved meanwhile."""
    now = lane.clock()
    found = await errands.reconcile(lane.market, now - timedelta(days=2), now + timedelta(days=2))
    return {one.key: one.what for one in found}


async def test_reconciliation_finds_every_difference_and_nothing_else(lane: Lane, outside: Outside) -> None:
    elsewhere = set(await differences(lane))  # what earlier tests moved at this provider
    refund = await cancelled(lane, outside)
    await errands.refunds(lane.market, lane.clock())
    await earned(lane, outside)
    payout = await want(lane)
    await errands.payouts(lane.market, lane.clock())
    assert set(await differences(lane)) == elsewhere

    await outside.provider.charge("col_nobody_knows", 500)
    unheard = await outside.charge(await lane.buy({"tea/online": 1}))
    lost = await cancelled(lane, outside)
    async with lane.market.db.transaction() as tx:
        await tx.execute("UPDATE ledger.payout SET amount = amount + 1 WHERE key = $1", payout.key)
        await tx.execute("UPDATE ledger.refund SET state = 'asked', settled_at = NULL WHERE key = $1", refund)
        await ledger.refunds.done(tx, lost, "a reference they never gave", lane.clock())
    found = await differences(lane)
    assert {key: what for key, what in found.items() if key not in elsewhere} == {
        "col_nobody_knows": "missing_here",
        unheard: "state",
        payout.key: "amount",
        refund: "state",
        lost: "missing_there",
    }
    async with lane.market.db.transaction() as tx:
        await tx.execute("UPDATE ledger.payout SET amount = amount - 1 WHERE key = $1", payout.key)


async def test_what_a_person_settled_is_no_difference(lane: Lane, outside: Outside) -> None:
    elsewhere = set(await differences(lane))
    await stray(lane, outside, "col_of_nobody_3")
    assert set(await differences(lane)) - elsewhere == {"col_of_nobody_3"}
    await settle(lane, "refunded")
    await errands.strays(lane.market, lane.clock())
    assert set(await differences(lane)) == elsewhere


# --- books ---


async def test_the_books_are_checked_law_by_law(lane: Lane, outside: Outside) -> None:
    await paid(lane, outside)
    assert await errands.check_books(lane.market, "chk_1", "pty_op", lane.clock())
    kinds = await told_of(lane, "chk_1")
    assert kinds[0] == "books.check_started" and kinds[-1] == "books.checked"
    assert kinds.count("books.law_checked") == len(kinds) - 2 > 10
    async with lane.market.db.transaction() as tx:
        await tx.execute(
            "UPDATE inventory.supply SET total = total + 1 WHERE id = $1", lane.made.supplies["tea"]
        )
    assert not await errands.check_books(lane.market, "chk_2", "pty_op", lane.clock())
    async with lane.market.db.transaction() as tx:
        await tx.execute(
            "UPDATE inventory.supply SET total = total - 1 WHERE id = $1", lane.made.supplies["tea"]
        )


async def test_balances_are_folded(lane: Lane, outside: Outside) -> None:
    await earned(lane, outside)

    async def folded() -> bool:
        await errands.fold(lane.market, lane.clock())
        async with lane.market.db.read() as tx:
            return await ledger.folding.behind(tx) == 0

    await until(folded)
    async with lane.market.db.read() as tx:
        found = {one.name: one.amount for one in await ledger.folding.balances(tx)}
    assert found["provider:sandbox"] == -9600 and sum(found.values()) == 0
