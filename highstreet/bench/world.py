"""A small market to measure in: one seller, so many offers of one format, stock in plenty, in a database of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import msgspec

from highstreet.kit import postgres
from highstreet.kit.clock import system_clock
from highstreet.kit.db import Database, connect
from highstreet.kit.ids import new_id
from highstreet.migrations import migrate

PAYMENT_SECRET = "a secret only for measuring: 0123456789abcdef"


class World(msgspec.Struct, frozen=True):
    """Where it runs and what can be bought."""

    db: Database
    url: str
    environment: dict[str, str]
    offers: list[str]
    supplies: list[int]


@asynccontextmanager
async def world(offers: int, stock: int, format_name: str = "online") -> AsyncIterator[World]:
    """A fresh database on a server of its own (or on HIGHSTREET_DATABASE_URL's), gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="highstreet-bench-") as folder:
        async with _database(folder) as url:
            await migrate(url)
            db = await connect(url, name="bench")
            try:
                environment = {
                    "HIGHSTREET_DATA_DIR": folder,
                    "HIGHSTREET_SECRET": "a town secret only for measuring, nothing else",
                    "HIGHSTREET_PAYMENT_URL": "http://127.0.0.1:9",
                    "HIGHSTREET_PAYMENT_SECRET": PAYMENT_SECRET,
                }
                if not is_ours():
                    environment["HIGHSTREET_DATABASE_URL"] = url
                made = await _stock(db, offers, stock, format_name, system_clock())
                yield World(db, url, environment, *made)
            finally:
                await db.close()


def is_ours() -> bool:
    """Whether the server is one started to measure on, to be killed at will."""
    return not os.environ.get("HIGHSTREET_DATABASE_URL")


@asynccontextmanager
async def _database(folder: str) -> AsyncIterator[str]:
    if is_ours():
        server = await postgres.ensure(Path(folder))
        try:
            yield server.url
        finally:
            await server.leave()
        return
    given = os.environ["HIGHSTREET_DATABASE_URL"]
    name = new_id("bench", system_clock()).lower()
    admin = await asyncpg.connect(given)
    try:
        await admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(given)._replace(path=f"/{name}").geturl()
        finally:
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()


async def _stock(
    db: Database, offers: int, stock: int, format_name: str, now: datetime
) -> tuple[list[str], list[int]]:
    seller, place, category = new_id("pty", now), new_id("plc", now), "bench"
    items = [new_id("itm", now) for _ in range(offers)]
    variants = [new_id("var", now) for _ in range(offers)]
    ids = [new_id("ofr", now) for _ in range(offers)]
    async with db.transaction() as tx:
        await tx.execute(
            "INSERT INTO parties.party (id, kind, name, created_at) VALUES ($1, 'business', 'Bench', $2)",
            seller,
            now,
        )
        await tx.execute(
            "INSERT INTO parties.place (id, party_id, kind, name, address, lat, lon) VALUES ($1, $2, 'shop', '{}', '{}', 30, 120)",
            place,
            seller,
        )
        await tx.execute("INSERT INTO catalog.category (id, name) VALUES ($1, '{}')", category)
        await tx.execute(
            """INSERT INTO catalog.item (id, owner_id, category_id, sells, title, created_at)
               SELECT i, $2, $3, 'goods', jsonb_build_object('en', 'Thing ' || n, 'zh', '商品 ' || n), $4
               FROM unnest($1::text[]) WITH ORDINALITY AS t (i, n)""",
            items,
            seller,
            category,
            now,
        )
        await tx.execute(
            "INSERT INTO catalog.variant (id, item_id, sku) SELECT v, i, i FROM unnest($1::text[], $2::text[]) AS t (v, i)",
            variants,
            items,
        )
        await tx.execute(
            """INSERT INTO catalog.offer (id, seller_id, item_id, variant_id, place_id, format, currency, price, state,
                                          opened_at, changed_at)
               SELECT o, $4, i, v, $5, $6, 'CNY', 1000 + n, 'open', $7, $7
               FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS t (o, i, v, n)""",
            ids,
            items,
            variants,
            seller,
            place,
            format_name,
            now,
        )
        found = await tx.fetch(
            """WITH made AS (INSERT INTO inventory.supply (variant_id, place_id, total)
                             SELECT v, $2, $3 FROM unnest($1::text[]) v RETURNING id, total),
                    moved AS (INSERT INTO inventory.movement (supply_id, kind, quantity, by, at)
                              SELECT id, 'received', total, 'bench', $4 FROM made WHERE total > 0)
               SELECT id FROM made ORDER BY id""",
            variants,
            place,
            stock,
            now,
        )
    return ids, [r["id"] for r in found]


async def insert_commits_per_s(url: str, clients: int, seconds: float) -> float:
    """Plain single-row INSERT commits per second on the same server: the yardstick every ratio is taken against."""
    import asyncio

    connections = [await asyncpg.connect(url) for _ in range(min(clients, 32))]
    try:
        await connections[0].execute(
            "CREATE TABLE IF NOT EXISTS public.yardstick (id bigint GENERATED ALWAYS AS IDENTITY, body text)"
        )
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds

        async def insert(connection: asyncpg.Connection) -> int:
            done = 0
            statement = await connection.prepare("INSERT INTO public.yardstick (body) VALUES ($1)")
            while loop.time() < until:
                await statement.fetch("one row")
                done += 1
            return done

        return sum(await asyncio.gather(*(insert(one) for one in connections))) / seconds
    finally:
        for one in connections:
            await one.close()


def postmaster_pid(url: str, data_dir: str) -> int | None:
    """The process id of the server, when it is one of ours to measure."""
    host = parse_qs(urlsplit(url).query).get("host", [""])[0]
    for file in (
        Path(data_dir) / "pg" / "postmaster.pid",
        Path(host) / "postmaster.pid",
        Path(host) / ".s.PGSQL.5432.lock",
    ):
        if file.exists():
            return int(file.read_text().split()[0])
    return None
