"""A street open to programs, fresh for every test; the laws are checked when it is left."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from highstreet.kit.clock import FixedClock
from highstreet.market import laws
from tests.api.street import Street, open_street


@pytest_asyncio.fixture
async def street(database_url: str, clock: FixedClock, tmp_path: Path) -> AsyncIterator[Street]:
    async with open_street(database_url, clock, tmp_path) as found:
        yield found
        async with found.market.db.read(snapshot=True) as tx:
            broken = [law for law in await laws.check(tx) if not law.ok]
        assert broken == []
