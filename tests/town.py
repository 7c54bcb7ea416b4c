"""Lantern Ferry for tests: an open market with the named town in a database of the test's own.

    from tests.town import lantern_ferry
    async with lantern_ferry(server_url, template, clock) as ferry:
        ferry.town.offers["BREAD-SOUR/collect"]

The town is founded once per shape of the database and kept as a template beside the empty one; a copy takes milliseconds.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from highstreet import wiring
from highstreet.kit.clock import Clock, FixedClock
from highstreet.kit.db import connect
from highstreet.market.desk import Market
from highstreet.town import loading
from highstreet.town.founding import Town
from tests.conftest import admin, in_database
from tests.provider import unreachable

SECRET = b"the secret of Lantern Ferry, for tests alone"
FIRST_LOOK = datetime(
    2026, 11, 23, 2, 0, tzinfo=UTC
)  # the clock fixture's Monday morning, ten o'clock in the town
TEXT = b"".join(path.read_bytes() for path in sorted(Path(loading.__file__).parent.glob("*.py")))
_numbers = count()


class Ferry(msgspec.Struct, frozen=True):
    """The open market and who and what is in it."""

    market: Market
    town: Town
    url: str


@asynccontextmanager
async def lantern_ferry(server_url: str, template: str, clock: Clock | None = None) -> AsyncIterator[Ferry]:
    """The named town as it stands on Monday morning; gone afterwards."""
    source = await _founded(server_url, template)
    name = f"hs_test_{os.getpid()}_town{next(_numbers)}"
    async with admin(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")
    url = in_database(server_url, name)
    try:
        async with open_on(url, clock or FixedClock(FIRST_LOOK)) as market:
            yield Ferry(market, await loading.read_town(market), url)
    finally:
        async with admin(server_url) as connection:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@asynccontextmanager
async def open_on(url: str, clock: Clock) -> AsyncIterator[Market]:
    """A market without payment provider over a migrated database."""
    db = await connect(url, name="town", size=10)
    market = Market(
        db,
        wiring.formats(),
        SECRET,
        providers={"sandbox": unreachable()},
        clock=clock,
        tz=ZoneInfo("Asia/Shanghai"),
        demo=True,
    )
    await market.open()
    try:
        yield market
    finally:
        await market.close()
        await db.close()


async def _founded(server_url: str, template: str) -> str:
    """The template with the town in it, made when its text or the database's shape has changed."""
    name = f"hs_template_town_{hashlib.sha256(TEXT + template.encode()).hexdigest()[:16]}"
    async with admin(server_url) as connection:
        await connection.execute("SELECT pg_advisory_lock(8)")
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name):
            await connection.execute("DROP DATABASE IF EXISTS hs_founding WITH (FORCE)")
            await connection.execute(f"CREATE DATABASE hs_founding TEMPLATE {template} STRATEGY file_copy")
            async with open_on(in_database(server_url, "hs_founding"), FixedClock(FIRST_LOOK)) as market:
                await loading.load_named(market, FIRST_LOOK)
            await connection.execute(f"ALTER DATABASE hs_founding RENAME TO {name}")
    return name
