"""The database's shape, as numbered SQL files that only go forward: YYYYMMDD_NN_name.sql in this folder.

Read and kept count of by pogo (its header lines, its table public._pogo_migration). The apply part of a file
is sent as one script in one transaction with its entry, so a file is applied as a whole or not at all.
The job queue's tables come first; pgqueuer makes and upgrades them itself, in the schema `jobs`.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.domain.settings import DBSettings
from pgqueuer.queries import Queries
from pogo_core.error import BadMigrationError
from pogo_core.migration import Migration, topological_sort
from pogo_core.util import sql as pogo

HERE = Path(__file__).parent
# One number for everybody: whoever starts first migrates, the others wait and find it done.
_LOCK = 0x68_69_67_68
_LOCK_TIMEOUT = "5s"
_SCHEMA = "public"

_log = logging.getLogger(__name__)


class CannotMigrate(Exception):
    """A migration is malformed, or the database refused it; the message names the file and the line."""


async def migrate(url: str, folder: Path = HERE) -> list[str]:
    """Apply what is missing, in order; the names applied now. Safe from several processes at once.

    A migration waits at most five seconds for a lock, so that it never queues a whole shop behind it.
    Errors: `CannotMigrate`; those before it stay applied.
    """
    connection: Any = await asyncpg.connect(url, server_settings={"application_name": "highstreet migrate"})
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(f"SET client_min_messages = warning; SET lock_timeout = '{_LOCK_TIMEOUT}'")
        await _make_queue(connection)
        await pogo.ensure_pogo_sync(connection)
        applied: list[str] = []
        for migration in await _missing(connection, folder):
            await _apply(connection, migration)
            applied.append(migration.id)
        return applied
    finally:
        await connection.close()


async def missing(url: str, folder: Path = HERE) -> list[str]:
    """Names of the migrations this code has and the database lacks; nothing is changed."""
    connection: Any = await asyncpg.connect(url)
    try:
        fresh = await pogo.get_pogo_version(connection) is None
        return [m.id for m in await _missing(None if fresh else connection, folder)]
    finally:
        await connection.close()


async def _make_queue(connection: Any) -> None:
    queue = Queries(
        AsyncpgDriver(connection), qbe=QueryBuilderEnvironment(settings=DBSettings(db_schema="jobs"))
    )
    try:
        if await queue.schema_is_installed():
            await queue.apply_upgrade()
        else:
            async with connection.transaction():
                await queue.install()
    except asyncpg.PostgresError as e:
        raise CannotMigrate(f"the job queue's tables: {e}") from e


async def _missing(connection: Any, folder: Path) -> list[Migration]:
    try:
        known = await pogo.read_migrations(folder, connection, schema_name=_SCHEMA)
        ours = sorted((m for m in known if m.is_sql), key=lambda m: m.id)
        return [m for m in topological_sort([m.load() for m in ours]) if not m.applied]
    except BadMigrationError as e:
        raise CannotMigrate(str(e)) from e


async def _apply(connection: Any, migration: Migration) -> None:
    # pogo would split the file by guessing at semicolons; the server needs no splitting.
    text = migration.path.read_text()
    start = text.index("-- migrate: apply")
    script = text[start : text.index("-- migrate: rollback")]
    _log.info("applying migration %s", migration.id)
    try:
        async with connection.transaction():
            await connection.execute(script)
            await pogo.migration_applied(connection, migration.id, migration.hash, schema_name=_SCHEMA)
    except asyncpg.PostgresError as e:
        position = getattr(e, "position", None)
        line = "" if position is None else f":{text.count(chr(10), 0, start + int(position)) + 1}"
        raise CannotMigrate(f"{migration.path.name}{line}: {e}") from e
