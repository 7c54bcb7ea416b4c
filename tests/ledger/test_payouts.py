"""A seller is paid what is owed, once, however many ask; wallets never go below zero."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from highstreet import ledger
from highstreet.kit.db import Database
from highstreet.kit.errors import Malformed, Refusal
from highstreet.ledger import MoreThanOwed, NothingToPayOut, Transfer, WalletShort, wallet
from highstreet.ledger.payouts import Payout
from highstreet.ledger.transfers import move

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
SELLER = "pty_tea"


async def earn(db: Database, amount: int) -> None:
    async with db.transaction() as tx:
        await move(tx, Transfer("price", "provider:sandbox", f"seller:{SELLER}", amount), "CNY", NOW)


async def owed(db: Database) -> int:
    async with db.read() as tx:
        return await ledger.payouts.owed(tx, SELLER, "CNY")


async def want(db: Database, amount: int | None, once: str = "") -> Payout:
    async with db.transaction() as tx:
        return await ledger.payouts.want_payout(tx, SELLER, amount, NOW, by="pty_owner", once=once)


async def test_no_more_than_is_owed(db: Database) -> None:
    with pytest.raises(NothingToPayOut):
        await want(db, None)
    await earn(db, 1000)
    with pytest.raises(MoreThanOwed):
        await want(db, 1001)
    for amount in (0, -5):
        with pytest.raises(NothingToPayOut):
            await want(db, amount)
    assert (await want(db, 400)).amount == 400
    assert (await want(db, None)).amount == 600
    assert await owed(db) == 0


async def test_cash_in_the_sellers_own_till_is_not_paid_out_again(db: Database) -> None:
    await earn(db, 1000)
    async with db.transaction() as tx:
        await move(tx, Transfer("price", f"till:{SELLER}", f"seller:{SELLER}", 300), "CNY", NOW)
    assert (await want(db, None)).amount == 1000


@pytest.mark.race
async def test_sixteen_at_once_are_paid_once(db: Database) -> None:
    for _ in range(5):
        await earn(db, 700)
        answers = await asyncio.gather(*(want(db, 700) for _ in range(16)), return_exceptions=True)
        paid = [one for one in answers if isinstance(one, Payout)]
        assert len(paid) == 1 and all(isinstance(one, Payout | Refusal) for one in answers)
        assert await owed(db) == 0


@pytest.mark.race
async def test_parts_at_once_never_come_to_more(db: Database) -> None:
    await earn(db, 1000)
    answers = await asyncio.gather(*(want(db, 300) for _ in range(8)), return_exceptions=True)
    assert sum(one.amount for one in answers if isinstance(one, Payout)) == 900
    assert await owed(db) == 100


async def test_asking_twice_with_one_form_is_one_payout(db: Database) -> None:
    await earn(db, 1000)
    answers = await asyncio.gather(*(want(db, 400, once="key_1") for _ in range(6)))
    assert len({one.key for one in answers}) == 1 and await owed(db) == 600
    assert (await want(db, 400, once="key_2")).key != answers[0].key


async def test_a_failed_payout_comes_back_once(db: Database) -> None:
    await earn(db, 1000)
    made = await want(db, None)
    for first in (True, False):
        async with db.transaction() as tx:
            assert await ledger.payouts.failed(tx, made.key, "account_closed", NOW) is first
    assert await owed(db) == 1000
    async with db.transaction() as tx:
        assert await ledger.payouts.done(tx, made.key, "ref", NOW) is False


async def test_a_wallet_is_filled_once_per_reason_and_never_below_zero(db: Database) -> None:
    for first in (True, False):
        async with db.transaction() as tx:
            filled = await wallet.fill(tx, "pty_ada", 500, "CNY", wallet.BANK, "slip 77", "pty_op", NOW)
        assert filled is first
    async with db.read() as tx:
        assert await wallet.balance(tx, "pty_ada", "CNY") == 500
        assert await wallet.balance(tx, "pty_bo", "CNY") == 0
    with pytest.raises(WalletShort):
        async with db.transaction() as tx:
            await move(tx, Transfer("price", "wallet:pty_ada", "escrow:", 501), "CNY", NOW)
    with pytest.raises(Malformed):
        async with db.transaction() as tx:
            await wallet.fill(tx, "pty_ada", 0, "CNY", wallet.BANK, "slip 78", "pty_op", NOW)


@pytest.mark.race
async def test_the_naive_twin_pays_out_more_than_is_owed(db: Database) -> None:
    """Read what is owed, then pay it: what the guard is for. Were this to pass the race, the race would prove nothing."""
    await earn(db, 700)
    both_have_read = asyncio.Barrier(2)

    async def naive() -> None:
        async with db.transaction() as tx:
            left = await ledger.payouts.owed(tx, SELLER, "CNY")
            await asyncio.wait_for(both_have_read.wait(), 30)
            await move(tx, Transfer("payout", f"seller:{SELLER}", f"bank:{SELLER}", left), "CNY", NOW)

    await asyncio.gather(naive(), naive())
    assert await owed(db) == -700
