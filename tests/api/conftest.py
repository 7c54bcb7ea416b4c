"""One street open to programs for each file of tests; the laws are checked when it is left."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from highstreet.kit.clock import FixedClock
from highstreet.market import laws
from tests.api.street import Street, open_street
from tests.conftest import admin, in_database

_numbers = count()


@pytest_asyncio.fixture(scope="module")
async def street(
    server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Street]:
    name = f"hs_test_{os.getpid()}_api{next(_numbers)}"
    async with admin(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    folder: Path = tmp_path_factory.mktemp("street")
    clock = FixedClock(datetime(2026, 11, 23, 2, tzinfo=UTC))
    async with open_street(in_database(server_url, name), clock, folder) as found:
        yield found
        async with found.market.db.read(snapshot=True) as tx:
            broken = [law for law in await laws.check(tx) if not law.ok]
    async with admin(server_url) as connection:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    assert broken == []
