"""Jobs: work outside a request, kept as rows of the transaction that wants it, done by a worker with pgqueuer.

    await enqueue(tx, "letter", {"order": order_id}, once=f"letter {order_id}")     # stands or falls with tx

A job may be done twice (its worker died after the effect), so its effect carries a key of its own. One whose
worker was lost is taken up again after half a minute. Payloads hold ids, nothing personal.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
from pgqueuer import Job, PgQueuer, Queries, RetryRequested
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.domain.settings import DBSettings

from highstreet.kit.db import DatabaseAway, DatabaseBusy, Tx

_SETTINGS = DBSettings(db_schema="jobs")
_ENQUEUE = QueryQueueBuilder(settings=_SETTINGS).build_enqueue_query("skip")
_AGAIN = QueryQueueBuilder(settings=_SETTINGS).build_requeue_jobs_query()
_PAUSE_SECONDS = 0.5
_LEASE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)

_log = logging.getLogger(__name__)

Work = Callable[[dict[str, Any]], Awaitable[None]]


class Again(Exception):
    """A job could not be done now: try again later, ever more seldom; given up after two days."""


async def enqueue(
    tx: Tx,
    name: str,
    payload: Mapping[str, object],
    *,
    once: str | None = None,
    after: timedelta | None = None,
) -> None:
    """Want a job. With `once`, not a second time while one of that key waits. `after`: not before so long from now."""
    await tx.fetch(
        _ENQUEUE, [0], [name], [msgspec.json.encode(payload)], [after or timedelta(0)], [once], [{}]
    )


async def again(tx: Tx, job: int | None = None) -> int:
    """Put a job that failed back into the queue (None: all of them); how many were."""
    ids = await tx.fetch(
        "SELECT id FROM jobs.pgqueuer WHERE status = 'failed' AND ($1::bigint IS NULL OR id = $1) FOR UPDATE",
        job,
    )
    if ids:
        await tx.execute(_AGAIN, [r["id"] for r in ids])
    return len(ids)


async def work(url: str, kinds: Mapping[str, Work], stop: asyncio.Event, *, at_once: int = 10) -> None:
    """Do the jobs of these kinds until `stop`, up to `at_once` at a time; over any loss of the database."""
    while not stop.is_set():
        connection: Any = None
        try:
            connection = await asyncpg.connect(
                url, timeout=3, server_settings={"application_name": "highstreet jobs"}
            )
            await _work_on(connection, kinds, stop, at_once)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as e:
            # The last: asyncpg loses its thread when the server goes between two messages.
            _log.info("work was interrupted: %s", type(e).__name__)
        except Exception:  # noqa: BLE001
            # Whatever the library met: jobs are rows, and whoever comes back finds them.
            _log.exception("work was interrupted")
        finally:
            if connection is not None:
                connection.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _PAUSE_SECONDS)


async def _work_on(connection: Any, kinds: Mapping[str, Work], stop: asyncio.Event, at_once: int) -> None:
    queries = Queries(
        AsyncpgDriver(connection),
        qbe=QueryBuilderEnvironment(settings=_SETTINGS),
        qbq=QueryQueueBuilder(settings=_SETTINGS),
        qbs=QuerySchedulerBuilder(settings=_SETTINGS),
    )
    crew = PgQueuer(queries.driver, channel=_SETTINGS.channel, queries=queries)
    for name, does in kinds.items():
        # One that failed for good stays in the queue, for a person to see and try again.
        crew.entrypoint(name, on_failure="hold")(_kept_up(does))
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    running = asyncio.create_task(
        crew.qm.run(
            timedelta(seconds=5),
            batch_size=at_once,
            max_concurrent_tasks=2 * at_once,
            heartbeat_timeout=_LEASE,
        )
    )
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(lost.wait())]
    await asyncio.wait([running, *waits], return_when=asyncio.FIRST_COMPLETED)
    crew.shutdown.set()
    for one in waits:
        one.cancel()
    if lost.is_set():
        running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def _kept_up(does: Work) -> Callable[[Job], Awaitable[None]]:
    async def do(job: Job) -> None:
        try:
            await does(msgspec.json.decode(job.payload or b"{}"))
        except (Again, DatabaseAway, DatabaseBusy) as e:
            pause = min(timedelta(seconds=2 ** min(job.attempts + 1, 12)), _LONGEST_PAUSE)
            if job.attempts > 55:
                raise
            raise RetryRequested(delay=pause, reason=type(e).__name__) from e

    return do
