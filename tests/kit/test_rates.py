"""Limits hold exactly, over many connections, and give way with time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from highstreet.kit.db import Database, Tx
from highstreet.kit.errors import TooOften
from highstreet.kit.rates import Limit, give_back, spend, sweep, take

NOW = datetime(2026, 11, 23, tzinfo=UTC)  # midnight: all windows begin at the same moment
LIMITS = (Limit(3, 60), Limit(5, 3600))
WHO, OTHER = b"\x01" * 32, b"\x02" * 32


async def test_the_limit_is_exact_and_the_wait_grows(db: Database) -> None:
    said = [await db.run(take, "try", WHO, LIMITS, NOW) for _ in range(4)]
    assert said == [0, 0, 0, 60]
    minute = NOW + timedelta(seconds=60)
    assert [await db.run(take, "try", WHO, LIMITS, minute) for _ in range(2)] == [0, 3540]
    assert await db.run(take, "try", OTHER, LIMITS, NOW) == 0
    assert await db.run(take, "something else", WHO, LIMITS, NOW) == 0
    assert await db.run(take, "try", WHO, LIMITS, NOW + timedelta(hours=1)) == 0


async def test_spending_too_often_is_a_refusal(db: Database) -> None:
    for _ in range(3):
        await db.run(spend, "try", WHO, LIMITS, NOW)
    with pytest.raises(TooOften) as said:
        await db.run(spend, "try", WHO, LIMITS, NOW + timedelta(seconds=10))
    assert said.value.values == {"seconds": 50}


async def test_what_is_given_back_can_be_taken_again(db: Database) -> None:
    for _ in range(10):
        assert await db.run(take, "try", WHO, LIMITS, NOW) == 0
        await db.run(give_back, "try", WHO, LIMITS, NOW)


@pytest.mark.race
async def test_tries_at_once_are_each_counted(db: Database) -> None:
    said = await asyncio.gather(*(db.run(take, "try", WHO, (Limit(7, 60),), NOW) for _ in range(40)))
    assert said.count(0) == 7


@pytest.mark.race
async def test_the_race_above_can_fail(db: Database) -> None:
    """The known-bad twin: reading the count, then writing it, lets everybody through who read in time."""
    await db.run(take, "try", WHO, (Limit(7, 60),), NOW)
    all_read = asyncio.Barrier(12)

    async def naive(tx: Tx) -> int:
        used = await tx.fetchval("SELECT used FROM kit.rate")
        await all_read.wait()
        await tx.execute("UPDATE kit.rate SET used = used + 1")
        return 0 if used < 7 else 60

    said = await asyncio.gather(*(db.run(naive) for _ in range(12)))
    assert said.count(0) == 12


async def test_old_windows_are_swept_away(db: Database) -> None:
    await db.run(take, "try", WHO, LIMITS, NOW)
    assert await db.run(sweep, NOW + timedelta(days=1)) == 0
    assert await db.run(sweep, NOW + timedelta(days=3)) == 2
