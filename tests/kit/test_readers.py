from __future__ import annotations

import asyncio
from random import Random

import pytest

from highstreet.kit import readers
from highstreet.kit.clock import FixedClock
from highstreet.kit.db import Database, Tx

TELL = "INSERT INTO kit.fact (at, kind, subject, by, body) VALUES ($1, 'told', $2, 'test', $3) RETURNING id"


class LastIdReader:
    """The known-bad twin: takes what is numbered after the last one it saw."""

    def __init__(self) -> None:
        self.last = 0
        self.seen: list[int] = []

    async def read(self, tx: Tx) -> None:
        for r in await tx.fetch("SELECT id FROM kit.fact WHERE id > $1 ORDER BY id LIMIT 500", self.last):
            self.last = r["id"]
            self.seen.append(self.last)


async def take(db: Database, name: str, most: int = 500) -> list[int]:
    return [fact.id for fact in await db.run(readers.read, name, most)]


async def tell(db: Database, clock: FixedClock, subject: str = "s") -> int:
    async with db.transaction() as tx:
        return await tx.fetchval(TELL, clock(), subject, {"n": 1})


async def test_facts_come_once_and_in_order(db: Database, clock: FixedClock) -> None:
    told = [await tell(db, clock) for _ in range(5)]
    assert await take(db, "a", 2) == told[:2]
    assert await take(db, "a", 2) == told[2:4]
    async with db.read() as tx:
        assert await readers.behind(tx, "a") == 1
        assert await readers.behind(tx, "never seen") == 5
    assert await take(db, "b") == told
    assert await take(db, "a") == told[4:]
    assert await take(db, "a") == []
    await db.run(readers.rewind, "a")
    assert await take(db, "a") == told


async def test_an_undone_read_comes_again(db: Database, clock: FixedClock) -> None:
    told = await tell(db, clock)
    await take(db, "other")
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as tx:
            assert len(await readers.read(tx, "a")) == 1
            _ = 1 // 0
    assert await take(db, "a") == [told]


async def test_two_workers_never_take_the_same_batch(db: Database, clock: FixedClock) -> None:
    told = [await tell(db, clock) for _ in range(4)]
    assert await take(db, "a", 1) == told[:1]
    async with db.transaction() as first:
        assert [f.id for f in await readers.read(first, "a", 1)] == told[1:2]
        assert await take(db, "a") == []
    assert await take(db, "a") == told[2:]


async def test_a_late_commit_is_lost_by_the_twin_and_waited_for_by_the_reader(
    db: Database, clock: FixedClock
) -> None:
    twin = LastIdReader()
    async with db.transaction() as slow:
        early = await slow.fetchval(TELL, clock(), "slow", {})
        late = await tell(db, clock)
        await db.run(twin.read)
        assert await take(db, "a") == []
    await db.run(twin.read)
    assert twin.seen == [late]
    assert sorted(await take(db, "a")) == [early, late]


@pytest.mark.race
async def test_a_storm_of_writers_loses_nothing_but_in_the_twin(db: Database, clock: FixedClock) -> None:
    told: set[int] = set()
    writing = True

    async def writer(seed: int) -> None:
        draw = Random(seed)
        for n in range(150):
            async with db.transaction() as tx:
                mine = [
                    await tx.fetchval(TELL, clock(), f"{seed}", {"n": n}) for _ in range(draw.randint(1, 3))
                ]
                for _ in range(draw.randint(0, 3)):
                    await tx.execute("SELECT 1")
            told.update(mine)

    got: list[int] = []
    by_subject: dict[str, list[int]] = {}

    async def reader() -> None:
        while True:
            last_round = not writing
            for fact in await db.run(readers.read, "storm", 40):
                got.append(fact.id)
                by_subject.setdefault(fact.subject, []).append(fact.body["n"])
            if last_round and len(got) >= len(told):
                return

    twin = LastIdReader()

    async def bad_reader() -> None:
        while writing:
            await db.run(twin.read)

    reading = [asyncio.create_task(work()) for work in (reader, reader, bad_reader)]
    await asyncio.gather(*(writer(seed) for seed in range(8)))
    writing = False
    await asyncio.wait_for(asyncio.gather(*reading), 30)
    await db.run(twin.read)

    assert len(got) == len(set(got))
    assert set(got) == told
    assert all(numbers == sorted(numbers) for numbers in by_subject.values())
    assert told - set(twin.seen), "the twin should have lost some: this test could not fail"


async def test_after_a_restore_elsewhere_old_facts_come_first(db: Database, clock: FixedClock) -> None:
    old = [await tell(db, clock) for _ in range(3)]
    await take(db, "done")
    await take(db, "halfway", 1)
    async with db.transaction() as tx:
        await tx.execute("UPDATE kit.fact SET xid = (xid::text::bigint + 1000000)::text::xid8")
        await tx.execute("UPDATE kit.reader SET xid = (xid::text::bigint + 1000000)::text::xid8")
    new = await tell(db, clock)
    assert await take(db, "fresh") == [new]
    async with db.transaction() as tx:
        await tx.execute("DELETE FROM kit.fact WHERE id = $1", new)
        await tx.execute("DELETE FROM kit.reader WHERE name = 'fresh'")
        await readers.renumber(tx)
    new = await tell(db, clock)
    assert await take(db, "done") == [new]
    assert await take(db, "halfway") == [*old, new]
    assert await take(db, "fresh") == [*old, new]
