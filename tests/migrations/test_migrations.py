from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from highstreet.migrations import HERE, CannotMigrate, migrate, missing

FILE = """-- {name}
-- depends: {after}

-- migrate: apply

{sql}

-- migrate: rollback
"""


class Files:
    """A folder of migrations of our own, beginning with 20260101_01."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []

    def add(self, sql: str) -> str:
        name = f"20260101_{len(self.names) + 1:02}_step"
        text = FILE.format(name=name, after="".join(self.names[-1:]), sql=sql)
        (self.folder / f"{name}.sql").write_text(text)
        self.names.append(name)
        return name


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest_asyncio.fixture
async def connection(database_url: str) -> Any:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_every_step_is_applied_once_however_many_start_together(
    database_url: str, connection: Any, files: Files
) -> None:
    names = [
        files.add(f"CREATE TABLE public.t{n} (n int); INSERT INTO public.t{n} VALUES ({n});")
        for n in range(5)
    ]
    applied = await asyncio.gather(*(migrate(database_url, files.folder) for _ in range(4)))
    assert sorted(applied) == [[], [], [], names]
    assert await connection.fetchval("SELECT count(*) FROM public.t4") == 1
    later = files.add("CREATE TABLE public.later ()")
    assert await missing(database_url, files.folder) == [later]
    assert await migrate(database_url, files.folder) == [later]
    assert await missing(database_url, files.folder) == []


async def test_functions_with_semicolons_and_comments_arrive_whole(
    database_url: str, connection: Any, files: Files
) -> None:
    files.add("""
        -- one; two
        CREATE FUNCTION public.f(x int) RETURNS int LANGUAGE plpgsql AS $f$
        DECLARE y int := 0; -- migrate; this
        BEGIN
          FOR i IN 1..x LOOP y := CASE WHEN i > 1 THEN y + i ELSE 1 END; END LOOP;
          RETURN y;
        END $f$;
        CREATE FUNCTION public.g() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT 'a;b'; END;
    """)
    await migrate(database_url, files.folder)
    assert await connection.fetchval("SELECT public.f(4)::text || public.g()") == "10a;b"


async def test_a_failing_step_leaves_nothing_of_itself_and_all_before_it(
    database_url: str, connection: Any, files: Files
) -> None:
    files.add("CREATE TABLE public.good ()")
    files.add("CREATE TABLE public.half ();\nCREATE TABLE public.bad (n nonsense);")
    with pytest.raises(CannotMigrate, match=r'20260101_02_step\.sql:7: type "nonsense" does not exist'):
        await migrate(database_url, files.folder)
    assert await connection.fetchval("SELECT to_regclass('public.good')::text") == "good"
    assert await connection.fetchval("SELECT to_regclass('public.half')") is None
    assert await missing(database_url, files.folder) == ["20260101_02_step"]


async def test_a_malformed_file_is_refused_by_name(database_url: str, files: Files) -> None:
    (files.folder / "20260101_01_odd.sql").write_text("CREATE TABLE x ();")
    with pytest.raises(CannotMigrate, match=r"20260101_01_odd\.sql: No '-- migrate: apply' found"):
        await migrate(database_url, files.folder)


async def test_a_step_does_not_queue_the_shop_behind_it(
    database_url: str, connection: Any, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("highstreet.migrations._LOCK_TIMEOUT", "50ms")
    await connection.execute("CREATE TABLE public.busy ()")
    files.add("ALTER TABLE public.busy ADD COLUMN n int")
    async with connection.transaction():
        await connection.execute("LOCK TABLE public.busy IN ACCESS SHARE MODE")
        with pytest.raises(CannotMigrate, match="lock timeout"):
            await migrate(database_url, files.folder)
    assert await migrate(database_url, files.folder) == files.names


async def test_the_town_s_tables_are_all_described(database_url: str, connection: Any) -> None:
    assert await missing(database_url) == []
    silent = await connection.fetch("""
        SELECT format('%I.%I', n.nspname, c.relname) AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND obj_description(c.oid, 'pg_class') IS NULL
          AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'public')
        ORDER BY 1
    """)
    assert [r["name"] for r in silent] == []


async def test_each_file_names_the_one_before_it() -> None:
    names = sorted(path.stem for path in HERE.glob("*.sql"))
    for before, name in itertools.pairwise(names):
        assert f"-- depends: {before}\n" in (HERE / f"{name}.sql").read_text(), name
