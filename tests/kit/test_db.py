from __future__ import annotations

import asyncio
import enum
from datetime import UTC, datetime

import asyncpg
import msgspec
import pytest

from highstreet.kit.db import Database, DatabaseBusy, Tx, connect, row, row_or_none, rows, value
from highstreet.kit.errors import Malformed


class Colour(enum.Enum):
    RED = "red"


class Part(msgspec.Struct, frozen=True):
    weight: int


class Thing(msgspec.Struct, frozen=True):
    id: int
    name: str
    colour: Colour
    parts: tuple[Part, ...]
    at: datetime
    note: str | None = None


class Plain(msgspec.Struct, frozen=True):
    a: int
    b: str
    c: int = 7


class Named(msgspec.Struct, frozen=True, kw_only=True):
    a: int
    b: str


THING = """SELECT 'tea' AS name, 1::bigint AS id, 'red' AS colour, '[{"weight": 3}]'::jsonb AS parts,
           '2026-11-22T08:00:00+08'::timestamptz AS at"""


async def make_table(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.execute("CREATE TABLE public.t (id int PRIMARY KEY, body jsonb)")


async def test_rows_become_values_whatever_the_order_of_columns(db: Database) -> None:
    async with db.read() as tx:
        thing = await row(tx, Thing, THING)
        assert thing == Thing(1, "tea", Colour.RED, (Part(3),), datetime(2026, 11, 22, tzinfo=UTC))
        assert await rows(tx, Plain, "SELECT g AS a, 'x' AS b FROM generate_series(1, 2) g") == [
            Plain(1, "x"),
            Plain(2, "x"),
        ]
        assert await rows(tx, Plain, "SELECT 1 AS a, 'x' AS b WHERE false") == []
        assert await row(tx, Named, "SELECT 'x' AS b, 1 AS a") == Named(a=1, b="x")
        assert await row_or_none(tx, Plain, "SELECT 1 AS a, 'x' AS b WHERE false") is None
        assert await value(tx, int, "SELECT 41 + $1::int", 1) == 42


async def test_a_row_that_does_not_fit_is_a_clear_error(db: Database) -> None:
    async with db.read() as tx:
        with pytest.raises(TypeError, match=r"Plain.*missing \['b'\], unknown \['z'\]"):
            await row(tx, Plain, "SELECT 1 AS a, 2 AS z")
        with pytest.raises(LookupError):
            await row(tx, Plain, "SELECT 1 AS a, 'x' AS b WHERE false")
        with pytest.raises(LookupError):
            await value(tx, int, "SELECT NULL::int")


async def test_an_exception_undoes_the_transaction(db: Database) -> None:
    await make_table(db)
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as tx:
            await tx.execute("INSERT INTO public.t VALUES (1, $1)", {"n": [1, None, "中文"]})
            _ = 1 // 0
    async with db.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM public.t") == 0
        await tx.execute("INSERT INTO public.t VALUES (1, $1)", Part(5))
    async with db.read() as tx:
        assert await tx.fetchval("SELECT body FROM public.t") == {"weight": 5}


async def test_constraint_errors_pass_as_they_are_and_the_connection_lives_on(db: Database) -> None:
    await make_table(db)
    for _ in range(50):
        with pytest.raises(asyncpg.UniqueViolationError):
            async with db.transaction() as tx:
                await tx.execute("INSERT INTO public.t (id) VALUES (1), (1)")
    async with db.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM public.t") == 0


async def test_what_no_text_holds_is_the_caller_s_fault_and_the_connection_lives_on(db: Database) -> None:
    for asked in (db.read, db.transaction):
        with pytest.raises(Malformed):
            async with asked() as tx:
                await tx.fetchval("SELECT $1::text", "a\x00b")
        async with asked() as tx:
            assert await tx.fetchval("SELECT 1") == 1


async def test_reads_cannot_write(db: Database) -> None:
    await make_table(db)
    async with db.read() as tx:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await tx.execute("INSERT INTO public.t (id) VALUES (1)")


async def test_a_snapshot_sees_one_moment(db: Database) -> None:
    await make_table(db)
    async with db.read(snapshot=True) as still, db.read() as moving:
        assert await still.fetchval("SELECT count(*) FROM public.t") == 0
        async with db.transaction() as tx:
            await tx.execute("INSERT INTO public.t (id) VALUES (1)")
        assert await still.fetchval("SELECT count(*) FROM public.t") == 0
        assert await moving.fetchval("SELECT count(*) FROM public.t") == 1


async def test_waiting_too_long_for_a_row_is_a_typed_refusal(database_url: str) -> None:
    db = await connect(database_url)
    try:
        async with db.transaction() as tx:
            await tx.execute("CREATE TABLE public.t (id int)")
            await tx.execute("INSERT INTO public.t VALUES (1)")
        async with db.transaction() as first:
            await first.execute("SELECT * FROM public.t FOR UPDATE")
            with pytest.raises(DatabaseBusy, match="lock timeout"):
                async with db.transaction() as second:
                    await second.execute("SET LOCAL lock_timeout = '50ms'")
                    await second.execute("SELECT * FROM public.t FOR UPDATE")
    finally:
        await db.close()


async def test_no_free_connection_is_a_typed_refusal(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = await connect(database_url, size=1)
    try:
        async with db.transaction():
            monkeypatch.setattr("highstreet.kit.db._WAIT_SECONDS", 0.1)
            with pytest.raises(DatabaseBusy, match="in use"):
                async with db.transaction():
                    pass
    finally:
        await db.close()


async def test_conflicts_are_tried_again_only_when_that_is_allowed(db: Database) -> None:
    tries = 0

    async def conflicting(tx: Tx, succeed_at: int) -> int:
        nonlocal tries
        tries += 1
        if tries < succeed_at:
            await tx.execute("DO $$ BEGIN RAISE serialization_failure; END $$")
        return tries

    with pytest.raises(asyncpg.SerializationError):
        await db.run(conflicting, 2)
    assert tries == 1
    tries = 0
    assert await db.run_again(conflicting, 3) == 3
    tries = 0
    with pytest.raises(asyncpg.SerializationError):
        await db.run_again(conflicting, 99)
    assert tries == 3


async def test_a_cancelled_transaction_leaves_nothing_and_gives_its_connection_back(
    database_url: str,
) -> None:
    db = await connect(database_url, size=1)
    try:
        await make_table(db)
        inside = asyncio.Event()

        async def slow() -> None:
            async with db.transaction() as tx:
                await tx.execute("INSERT INTO public.t (id) VALUES (1)")
                inside.set()
                await tx.execute("SELECT pg_sleep(10)")

        for _ in range(3):
            inside.clear()
            task = asyncio.create_task(slow())
            await inside.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        async with db.transaction() as tx:
            assert await tx.fetchval("SELECT count(*) FROM public.t") == 0
    finally:
        await db.close()


async def test_news_come_and_come_again_after_the_connection_was_lost(db: Database) -> None:
    heard: asyncio.Queue[str | None] = asyncio.Queue()
    await db.listen("news", heard.put_nowait)
    assert await asyncio.wait_for(heard.get(), 30) is None
    async with db.transaction() as tx:
        await tx.execute("NOTIFY news, 'one'")
    assert await asyncio.wait_for(heard.get(), 30) == "one"
    async with db.transaction() as tx:
        await tx.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test news'"
        )
    assert await asyncio.wait_for(heard.get(), 30) is None
    async with db.transaction() as tx:
        await tx.execute("SELECT pg_notify('news', 'two')")
    assert await asyncio.wait_for(heard.get(), 30) == "two"


async def test_a_failing_listener_does_not_silence_the_others(db: Database) -> None:
    heard: asyncio.Queue[str | None] = asyncio.Queue()

    def fails(_: str | None) -> None:
        raise RuntimeError("deaf")

    await db.listen("news", fails)
    await db.listen("news", heard.put_nowait)
    await db.listen("other", heard.put_nowait)
    async with db.transaction() as tx:
        await tx.execute("NOTIFY news, 'x'; NOTIFY other, 'y'")
    got = [await asyncio.wait_for(heard.get(), 30) for _ in range(4)]
    assert got == [None, None, "x", "y"]
