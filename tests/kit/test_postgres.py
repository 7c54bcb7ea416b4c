"""The embedded server: made, shared, stopped, and brought back whatever was killed."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from highstreet.kit.postgres import CannotStart, ensure
from tests.conftest import folder_to_pass

USE = """
import asyncio, sys, asyncpg
from highstreet.kit.postgres import ensure

async def main():
    server = await ensure(sys.argv[1])
    connection = await asyncpg.connect(server.url)
    await connection.execute("SELECT pg_advisory_lock(1)")
    await connection.execute("CREATE SCHEMA IF NOT EXISTS kept")
    await connection.execute("CREATE TABLE IF NOT EXISTS kept.kept (n int)")
    await connection.execute("INSERT INTO kept.kept VALUES (1)")
    await connection.close()
    print("used", flush=True)
    if len(sys.argv) > 2:
        sys.stdin.read()
    print("last" if await server.leave() else "left", flush=True)

asyncio.run(main())
"""


def use(data_dir: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USE, str(data_dir), *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def pid_of(data_dir: Path) -> int:
    return int((data_dir / "pg" / "postmaster.pid").read_text().split()[0])


def socket_dir_of(data_dir: Path) -> Path:
    return Path((data_dir / "pg" / "postmaster.pid").read_text().splitlines()[4])


def mode(path: Path) -> int | None:
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else None


def copy_cluster(made: Path, to: Path) -> None:
    to.parent.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", made, to], check=True)


def wait_for(condition: Callable[[], Any], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)


async def ask(url: str, sql: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with folder_to_pass() as folder:
        yield folder


@pytest_asyncio.fixture(scope="module")
async def made() -> AsyncIterator[Path]:
    """A stopped cluster to copy, because making one takes a second."""
    with folder_to_pass() as folder:
        data_dir = folder / "data"
        server = await ensure(data_dir)
        assert await server.leave()
        yield data_dir


@pytest_asyncio.fixture
async def data_dir(made: Path, tmp_path: Path) -> AsyncIterator[Path]:
    copy = tmp_path / "data"
    copy_cluster(made, copy)
    yield copy
    if (copy / "pg" / "postmaster.pid").exists():
        os.kill(pid_of(copy), signal.SIGKILL)


async def test_it_is_made_private_and_sound(data_dir: Path) -> None:
    server = await ensure(data_dir)
    assert await ask(server.url, "SHOW listen_addresses") == ""
    assert await ask(server.url, "SHOW data_checksums") == "on"
    assert await ask(server.url, "SHOW fsync") == "on"
    assert await ask(server.url, "SHOW synchronous_commit") == "on"
    assert await ask(server.url, "SHOW jit") == "off"
    assert await ask(server.url, "SHOW server_encoding") == "UTF8"
    locale = (
        "SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = current_database()"
    )
    assert await ask(server.url, locale) == "b C.UTF-8"
    assert mode(data_dir / "pg") == 0o700
    assert await server.leave()


async def test_what_was_written_is_there_after_a_restart(data_dir: Path) -> None:
    server = await ensure(data_dir)
    await ask(server.url, "CREATE TABLE public.kept AS SELECT '市集' AS word")
    assert await server.leave()
    server = await ensure(data_dir)
    assert await ask(server.url, "SELECT word FROM public.kept") == "市集"
    assert await server.leave()
    assert not await server.leave()


async def test_processes_starting_at_once_share_one_server_and_the_last_stops_it(tmp_path: Path) -> None:
    data_dir = tmp_path / "deep" / "data"
    users = [use(data_dir) for _ in range(4)]
    said = [(await asyncio.to_thread(user.communicate))[0].split() for user in users]
    assert [words[0] for words in said] == ["used"] * 4
    assert not (data_dir / "pg" / "postmaster.pid").exists()
    server = await ensure(data_dir)
    assert await ask(server.url, "SELECT count(*) FROM kept.kept") == 4
    assert await server.leave()


async def test_who_leaves_while_others_stay_does_not_stop_it(data_dir: Path) -> None:
    server = await ensure(data_dir)
    other = use(data_dir)
    assert (await asyncio.to_thread(other.communicate))[0].split() == ["used", "left"]
    assert await ask(server.url, "SELECT count(*) FROM kept.kept") == 1
    assert await server.leave()


@pytest.mark.fault
async def test_a_killed_user_does_not_count_as_one(data_dir: Path) -> None:
    other = use(data_dir, "stay")
    assert other.stdout is not None
    assert await asyncio.to_thread(other.stdout.readline) == "used\n"
    other.kill()
    await asyncio.to_thread(other.communicate)
    pid = pid_of(data_dir)
    server = await ensure(data_dir)
    assert pid_of(data_dir) == pid
    assert await server.leave()


@pytest.mark.fault
async def test_a_killed_server_comes_back_with_everything(data_dir: Path) -> None:
    server = await ensure(data_dir)
    await ask(server.url, "CREATE TABLE public.kept AS SELECT 7 AS n")
    os.kill(pid_of(data_dir), signal.SIGKILL)
    began = time.monotonic()
    await asyncio.gather(*(server.ensure_running() for _ in range(3)))
    assert time.monotonic() - began < 10
    assert await ask(server.url, "SELECT n FROM public.kept") == 7
    assert await server.leave()


@pytest.mark.fault
@pytest.mark.parametrize("moment", ["pg.new-*", "pg.new-*/base/5", "pg/PG_VERSION", "pg/postmaster.pid"])
async def test_killed_while_it_is_being_made(tmp_path: Path, moment: str) -> None:
    data_dir = tmp_path / "data"
    user = use(data_dir)
    await asyncio.to_thread(wait_for, lambda: any(data_dir.glob(moment)))
    user.kill()
    await asyncio.to_thread(user.communicate)
    server = await ensure(data_dir)
    assert await ask(server.url, "SELECT current_database()") == "highstreet"
    assert await server.leave()
    # What the killed one's initdb went on writing is gone by the next start.
    assert await (await ensure(data_dir)).leave()
    assert [path.name for path in data_dir.glob("pg.new-*")] == []


@pytest.mark.fault
async def test_a_stale_pid_file_that_names_a_living_stranger(data_dir: Path) -> None:
    server = await ensure(data_dir)
    await ask(server.url, "CREATE TABLE public.kept AS SELECT 7 AS n")
    pid_file = data_dir / "pg" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    dead = int(lines[0])
    lock = Path(lines[4]) / ".s.PGSQL.5432.lock"
    os.kill(dead, signal.SIGKILL)
    for stale in (pid_file, lock):
        text = stale.read_text().splitlines()
        stale.write_text("\n".join([str(os.getpid()), *text[1:]]) + "\n")
    await server.ensure_running()
    assert pid_of(data_dir) not in (dead, os.getpid())
    assert await ask(server.url, "SELECT n FROM public.kept") == 7
    assert await server.leave()


async def test_a_data_directory_with_a_long_name_gets_a_short_socket(made: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / ("街" * 40) / "data"
    copy_cluster(made, data_dir)
    server = await ensure(data_dir)
    assert await ask(server.url, "SELECT 1") == 1
    socket_dir = socket_dir_of(data_dir)
    assert socket_dir != data_dir / "pg"
    assert mode(socket_dir) == 0o700
    assert await server.leave()
    assert mode(socket_dir) is None


async def test_what_cannot_be_used_is_told_in_a_sentence(data_dir: Path, tmp_path: Path) -> None:
    (data_dir / "pg" / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotStart, match="was made by PostgreSQL 9"):
        await ensure(data_dir)
    (data_dir / "pg" / "PG_VERSION").unlink()
    with pytest.raises(CannotStart, match="holds no PostgreSQL cluster"):
        await ensure(data_dir)
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="cannot be made"):
        await ensure(tmp_path / "file" / "data")


async def test_a_broken_setting_is_told_with_the_server_s_own_words(data_dir: Path) -> None:
    with (data_dir / "pg" / "postgresql.conf").open("a") as conf:
        conf.write("shared_buffers = nonsense\n")
    with pytest.raises(CannotStart, match="shared_buffers"):
        await ensure(data_dir)
