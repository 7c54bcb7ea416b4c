"""A wallet filled by card: once for each time it was paid, whatever order the provider's words come in; the rest goes into the queue."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from highstreet import ledger
from highstreet.kit.db import Database
from highstreet.kit.errors import KeyReused
from highstreet.ledger import Notice, NotThatMuch, WalletFull, wallet
from highstreet.ledger.top_ups import TopUp
from highstreet.market import laws

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
ADA = "pty_ada"


async def ask(db: Database, amount: int = 5000, once: str = "form 1") -> TopUp:
    return await db.run(ledger.top_ups.ask, ADA, amount, "CNY", "sandbox", once, NOW)


async def hear(db: Database, key: str, amount: int = 5000, kind: str = "charge.succeeded", ref: str = "ref_1",
               currency: str = "CNY", after: timedelta = timedelta(0)) -> dict[str, Any]:  # fmt: skip
    notice = Notice("sandbox", "ntc", key, kind, amount, currency, ref, NOW + after)  # type: ignore[arg-type]
    return await db.run(ledger.top_ups.heard, notice, NOW + after)


async def stands(db: Database) -> tuple[int, list[tuple[str, int]]]:
    """What the wallet holds and which money has no home; the laws hold."""
    async with db.read(snapshot=True) as tx:
        assert [law for law in await laws.check(tx) if not law.ok] == []
        strays = [(one.reason, one.amount) for one in await ledger.strays.waiting(tx)]
        return await wallet.balance(tx, ADA, "CNY"), sorted(strays)


async def test_paid_once_however_often_and_late_it_is_told(db: Database) -> None:
    asked = await ask(db)
    assert asked.state == "asked"
    assert await stands(db) == (0, [])
    assert await hear(db, asked.key) == {"result": "paid"}
    for days in (0, 1, 30):
        assert await hear(db, asked.key, after=timedelta(days=days)) == {"result": "repeated"}
    assert await hear(db, asked.key, kind="charge.failed", ref="ref_0") == {"result": "repeated"}
    assert await stands(db) == (5000, [])


async def test_a_no_before_the_yes_and_a_yes_after_the_time_has_passed(db: Database) -> None:
    first, second = await ask(db, once="a"), await ask(db, once="b")
    for _ in range(2):
        await hear(db, first.key, kind="charge.failed", ref="ref_0")
    assert await db.run(ledger.collections.lapse, second.key, NOW)
    assert await stands(db) == (0, [])
    assert await hear(db, first.key, ref="ref_1") == {"result": "paid"}
    assert await hear(db, second.key, ref="ref_2") == {"result": "paid"}
    assert await stands(db) == (10_000, [])


async def test_another_amount_or_a_second_payment_waits_for_a_person(db: Database) -> None:
    asked = await ask(db)
    for _ in range(2):
        assert (await hear(db, asked.key, 4999, ref="ref_0"))["reason"] == "wrong_amount"
    assert (await hear(db, asked.key, 5000, currency="GBP", ref="ref_9"))["reason"] == "wrong_amount"
    assert (await hear(db, asked.key, ref="ref_1"))["result"] == "paid"
    assert (await hear(db, asked.key, ref="ref_2"))["reason"] == "paid_twice"
    assert (await hear(db, "top_" + "0" * 20, ref="ref_3"))["reason"] == "unknown_key"
    assert await stands(db) == (
        5000,
        [("paid_twice", 5000), ("unknown_key", 5000), ("wrong_amount", 4999), ("wrong_amount", 5000)],
    )


async def test_money_for_somebody_who_is_gone(db: Database) -> None:
    paid, open_ = await ask(db, once="a"), await ask(db, once="b")
    await hear(db, paid.key)
    await db.run(ledger.top_ups.forget, ADA, NOW)
    assert (await hear(db, open_.key, ref="ref_2"))["reason"] == "order_gone"
    assert await stands(db) == (5000, [("order_gone", 5000)])


async def test_a_form_sent_twice_asks_once(db: Database) -> None:
    assert await ask(db) == await ask(db)
    with pytest.raises(KeyReused):
        await ask(db, 6000)
    async with db.read() as tx:
        assert len(await ledger.top_ups.latest(tx, ADA, NOW)) == 1
        assert await tx.fetchval("SELECT count(*) FROM kit.fact WHERE kind = 'wallet.top_up_asked'") == 1


@pytest.mark.parametrize("amount", [0, -5000, 999, 500_001, 10**15])
async def test_not_too_little_and_not_too_much(db: Database, amount: int) -> None:
    with pytest.raises(NotThatMuch):
        await ask(db, amount)


async def test_a_wallet_is_full_some_time(db: Database) -> None:
    for once in ("a", "b"):
        await hear(db, (await ask(db, 500_000, once)).key, 500_000, ref=f"ref_{once}")
    with pytest.raises(WalletFull):
        await ask(db, 1000, "c")


@pytest.mark.race
async def test_the_same_word_eight_times_at_once(db: Database) -> None:
    asked = await ask(db)
    told = await asyncio.gather(*(hear(db, asked.key) for _ in range(8)))
    assert sorted(one["result"] for one in told) == ["paid"] + ["repeated"] * 7
    assert (await stands(db))[0] == 5000
