"""Money without an order, the provider's statement against our books, and the books themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from highstreet import ledger
from highstreet.ledger import NoSuchStray
from highstreet.ledger.strays import How
from highstreet.market import errands
from tests.market.lane import Lane
from tests.market.outside import Outside, cancelled, earned, moved, paid, state_of, told_of, want
from tests.market.outside import outside as outside
from tests.market.outside import running as running
from tests.sandbox.provider import until

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
