"""Databases for tests.

Servers are kept per user in memory or in the temporary folder, or HIGHSTREET_DATABASE_URL names one. Every run,
and every process of one, has a server alone: readers of facts wait for the oldest transaction of the whole server, so
strangers on it would hold up tests that expect a fact at once. The migrated shape is a template there, named
after the migrations' text; every test gets a copy of its own, in about 20 ms. In a copy many connections can
really commit; in a transaction rolled back at the end of a test they could not.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import hypothesis
import pytest
import pytest_asyncio

from highstreet.kit import postgres
from highstreet.kit.clock import FixedClock
from highstreet.kit.db import Database, connect
from highstreet.migrations import HERE as MIGRATIONS
from highstreet.migrations import migrate

_QUIET = [hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow]
# The same draws every time: what fails on a push is what the push changed. The large profile draws anew.
hypothesis.settings.register_profile(
    "short",
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=_QUIET,
    print_blob=True,
)
hypothesis.settings.register_profile(
    "large", hypothesis.settings.get_profile("short"), max_examples=3000, derandomize=False
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes must find the same tests: a name with an address in it is another one in each."""
    for item in items:
        if " at 0x" in item.nodeid:
            raise pytest.UsageError(f"give the parameters of this test ids that stay the same: {item.nodeid}")


_TEMPLATES_KEPT = 8
_numbers = count()


def in_database(url: str, name: str) -> str:
    """The same server, another database."""
    return urlsplit(url)._replace(path=f"/{name}").geturl().replace("postgresql:///", "postgresql://@/", 1)


@asynccontextmanager
async def admin(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest_asyncio.fixture(scope="session")
async def server_url() -> AsyncIterator[str]:
    """A server where databases may be made and dropped."""
    given = os.environ.get("HIGHSTREET_DATABASE_URL")
    if given:
        yield given
        return
    with _folder_of_ours() as data_dir:
        server = await postgres.ensure(data_dir)
        async with admin(server.url) as connection:
            for name, setting in _SETTINGS.items():
                await connection.execute(f"ALTER SYSTEM SET {name} = '{setting}'")
            await connection.execute("SELECT pg_reload_conf()")
        yield server.url
        await server.leave()


# What survives a crash of the machine is not tested on this server; those tests start their own. And the server's
# own housekeeping is a transaction like any other: it would hold up readers of facts at moments nobody chose.
_SETTINGS = {
    "fsync": "off", "full_page_writes": "off", "autovacuum": "off", "min_wal_size": "32MB", "max_wal_size": "128MB",
}  # fmt: skip


_MEMORY = Path("/dev/shm")
_ROOM = 2 * 2**30


def _parent() -> Path:
    """In memory where there is room: a slow disk has to make and drop a database for every test."""
    in_memory = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    return _MEMORY if in_memory else Path(tempfile.gettempdir())


@contextmanager
def folder_to_pass() -> Iterator[Path]:
    """A folder for a cluster of a test's own.

    Not below pytest's: as root the server is somebody else, who must pass there, and whoever starts pytest shuts it again.
    """
    with tempfile.TemporaryDirectory(
        prefix="highstreet-own-", dir=_parent(), ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


@contextmanager
def _folder_of_ours() -> Iterator[Path]:
    """The first folder no other process works in; the kernel frees it with its holder."""
    parent = _parent()
    for number in count():
        folder = parent / f"highstreet-test-{postgres.VERSION}-{os.getuid()}-{number}"
        with Path(f"{folder}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield folder
            if parent == _MEMORY and "PYTEST_XDIST_WORKER" in os.environ:
                # A whole run leaves nothing in memory; whoever runs some tests again and again has the cluster ready.
                shutil.rmtree(folder)
            return


@pytest_asyncio.fixture(scope="session")
async def template(server_url: str) -> str:
    """Name of a migrated, empty database to copy."""
    text = b"".join(
        path.read_bytes() for path in sorted(MIGRATIONS.iterdir()) if path.suffix in (".sql", ".py")
    )
    name = f"hs_template_{hashlib.sha256(text).hexdigest()[:16]}"
    async with admin(server_url) as connection:
        await connection.execute("SELECT pg_advisory_lock(7)")
        await _drop_what_is_left(connection)
        known = [r["datname"] for r in await connection.fetch(_OURS, "hs_template_")]
        if name not in known:
            await connection.execute("DROP DATABASE IF EXISTS hs_making WITH (FORCE)")
            await connection.execute("CREATE DATABASE hs_making")
            await migrate(in_database(server_url, "hs_making"))
            await connection.execute(f"ALTER DATABASE hs_making RENAME TO {name}")
            for old in known[: max(0, len(known) + 1 - _TEMPLATES_KEPT)]:
                await connection.execute(f"DROP DATABASE IF EXISTS {old}")
    return name


_OURS = "SELECT datname FROM pg_database WHERE datname LIKE $1 || '%' ORDER BY oid"


async def _drop_what_is_left(connection: Any) -> None:
    """Databases of test runs that were killed: their names carry the process."""
    for name in [r["datname"] for r in await connection.fetch(_OURS, "hs_test_")]:
        if not _is_running(name.split("_")[2]):
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _is_running(pid: str) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest_asyncio.fixture
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """A fresh database of this test alone, with the town's tables and nothing in them."""
    name = f"hs_test_{os.getpid()}_{next(_numbers)}"
    async with admin(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield in_database(server_url, name)
    async with admin(server_url) as connection:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await connect(database_url, name="test", size=20)
    yield database
    await database.close()


@pytest.fixture
def clock() -> FixedClock:
    """Monday morning, ten o'clock in Shanghai."""
    return FixedClock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
