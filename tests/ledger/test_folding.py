"""Folded balances are the sums of the transfers, whatever commits in between."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

from highstreet.kit.db import Database
from highstreet.ledger import PLATFORM, Transfer, folding
from highstreet.ledger.transfers import move
from tests.sandbox.provider import until

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


async def post(db: Database, seller: str, amount: int) -> None:
    async with db.transaction() as tx:
        await move(tx, Transfer("price", "provider:sandbox", f"seller:{seller}", amount), "CNY", NOW)


async def balances(db: Database) -> dict[str, int]:
    async with db.read() as tx:
        return {one.name: one.amount for one in await folding.balances(tx)}


async def all_folded(db: Database) -> int:
    """Fold until nothing is left. Other databases of the server count among the transactions that are waited for."""
    folded = 0

    async def over() -> bool:
        nonlocal folded
        folded += await db.run(folding.fold, 7)
        async with db.read() as tx:
            return await folding.behind(tx) == 0

    await until(over)
    return folded


async def test_balances_follow_the_transfers(db: Database) -> None:
    for n in range(20):
        await post(db, f"pty_{n % 3}", 100 + n)
    assert await all_folded(db) == 20
    found = await balances(db)
    assert (
        found["provider:sandbox"]
        == -sum(100 + n for n in range(20))
        == -sum(found[f"seller:pty_{n}"] for n in range(3))
    )
    assert await db.run(folding.fold) == 0
    async with db.read() as tx:
        assert await folding.behind(tx) == 0
        assert await folding.unequal(tx) == []


async def test_nothing_is_missed_or_counted_twice_while_others_write(db: Database) -> None:
    """Writers commit in another order than they began; two folders fold at the same time."""
    draw = random.Random(7)
    writing = True

    async def write(n: int) -> None:
        async with db.transaction() as tx:
            for _ in range(3):
                await move(
                    tx, Transfer("price", "provider:sandbox", PLATFORM, draw.randint(1, 900)), "CNY", NOW
                )
                await asyncio.sleep(draw.random() / 200)

    async def keep_folding() -> None:
        while writing:
            await db.run(folding.fold, 5)
            await asyncio.sleep(0)

    await post(db, "pty_a", 1)
    folders = [asyncio.create_task(keep_folding()) for _ in range(2)]
    for _ in range(5):
        await asyncio.gather(*(write(n) for n in range(8)))
    writing = False
    await asyncio.gather(*folders)
    await all_folded(db)
    async with db.read() as tx:
        total = await tx.fetchval("SELECT sum(amount) FROM ledger.transfer")
        assert await folding.unequal(tx) == [] and await folding.behind(tx) == 0
    assert -(await balances(db))["provider:sandbox"] == total


async def test_an_open_transaction_is_waited_for(db: Database) -> None:
    async with db.transaction() as open_tx:
        await move(open_tx, Transfer("price", "provider:sandbox", PLATFORM, 5), "CNY", NOW)
        # Numbered later, committed earlier: taking it now would pass over the first one for good.
        await move_now(db)
        assert await db.run(folding.fold) == 0
    assert await all_folded(db) == 2
    assert (await balances(db))[PLATFORM] == 5


async def move_now(db: Database) -> None:
    async with db.transaction() as tx:
        await move(tx, Transfer("price", "provider:other", "seller:pty_b", 7), "CNY", NOW)


async def test_balances_can_be_made_anew(db: Database) -> None:
    for n in range(9):
        await post(db, "pty_a", n + 1)
    await all_folded(db)
    before = await balances(db)
    await db.run(folding.rebuild)
    assert await balances(db) == {}
    assert await all_folded(db) == 9
    assert await balances(db) == before


async def test_a_wrong_balance_is_found(db: Database) -> None:
    await post(db, "pty_a", 100)
    await all_folded(db)
    async with db.transaction() as tx:
        await tx.execute("UPDATE ledger.balance SET amount = amount + 1 WHERE amount > 0")
    async with db.read() as tx:
        (wrong,) = await folding.unequal(tx)
    assert (wrong.folded, wrong.recomputed) == (101, 100)
