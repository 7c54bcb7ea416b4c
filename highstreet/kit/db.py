"""PostgreSQL for everybody: transactions, reads, rows as values, and news by NOTIFY.

    async with db.transaction() as tx:      # begins and commits; nothing else in the project does
        order = await row(tx, Order, "SELECT ... WHERE id = $1", order_id)
    async with db.read() as tx:             # the server refuses writes here
        found = await rows(tx, Offer, "SELECT ...")

One request or one job is one transaction, committed at the edge (`Database.run`); all below take a `Tx`.
jsonb columns are read and written as plain Python values or msgspec structs.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import asyncpg
import msgspec

from highstreet.kit._listen import Listener
from highstreet.kit._rows import converter
from highstreet.kit.errors import Malformed

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)

# What a session may take before it is cut off. Values are PostgreSQL's.
LIMITS = {
    "lock_timeout": "2s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
}
_WAIT_SECONDS = 3.0  # for a connection: no request hangs longer
_PAUSES = (0.02, 0.1)  # seconds before the second and the third attempt


_inside: contextvars.ContextVar[list[bool] | None] = contextvars.ContextVar("inside", default=None)


def must_be_outside() -> None:
    """Asked by whatever calls the outside world. Errors: RuntimeError inside a `Database.transaction`, where
    rows would stay locked for as long as a stranger takes to answer."""
    if _inside.get():
        raise RuntimeError("no call to the outside inside a transaction: write the intent, commit, then call")


class DatabaseAway(Exception):
    """The database cannot be reached. `unknown`: it went while committing, the effect may be there or not."""

    def __init__(self, why: str, *, unknown: bool = False) -> None:
        super().__init__(why)
        self.unknown = unknown


class DatabaseBusy(Exception):
    """A lock, a statement or a free connection took too long; nothing was changed. Worth trying again."""


class Row(Protocol):
    """One row: by column name or position; iterating gives the values."""

    def __getitem__(self, key: str | int) -> Any: ...
    def keys(self) -> Iterable[str]: ...


class Tx(Protocol):
    """A connection inside `Database.transaction` or `Database.read`. Parameters are written $1, $2, ..."""

    async def execute(self, sql: str, *args: object) -> str: ...
    async def executemany(self, sql: str, args: Iterable[Sequence[object]]) -> None: ...
    async def fetch(self, sql: str, *args: object) -> list[Row]: ...
    async def fetchrow(self, sql: str, *args: object) -> Row | None: ...
    async def fetchval(self, sql: str, *args: object) -> Any: ...
    def cursor(self, sql: str, *args: object, prefetch: int | None = None) -> AsyncIterable[Row]: ...
    async def copy_records_to_table(
        self,
        table_name: str,
        *,
        records: Iterable[Sequence[object]],
        columns: Sequence[str] | None = None,
        schema_name: str | None = None,
    ) -> str: ...


async def rows(tx: Tx, shape: type[T], sql: str, *args: object) -> list[T]:
    """All rows as `shape` (a msgspec.Struct whose field names are the column names, in any order)."""
    found = await tx.fetch(sql, *args)
    if not found:
        return []
    make = converter(shape, tuple(found[0].keys()))
    return [make(r) for r in found]


async def stream(tx: Tx, shape: type[T], sql: str, *args: object, most: int = 200) -> AsyncIterator[list[T]]:
    """Rows as they come, never more than `most` at once, however many there are: inside `read(snapshot=True)` or a transaction."""
    make: Callable[[Any], T] | None = None
    some: list[T] = []
    async for one in tx.cursor(sql, *args, prefetch=most):
        make = make or converter(shape, tuple(one.keys()))
        some.append(make(one))
        if len(some) == most:
            yield some
            some = []
    if some:
        yield some


async def row(tx: Tx, shape: type[T], sql: str, *args: object) -> T:
    """The one row there must be. Errors: LookupError if there is none."""
    found = await tx.fetchrow(sql, *args)
    if found is None:
        raise LookupError(f"no {shape.__name__} found")
    return converter(shape, tuple(found.keys()))(found)


async def row_or_none(tx: Tx, shape: type[T], sql: str, *args: object) -> T | None:
    """The first row, or None."""
    found = await tx.fetchrow(sql, *args)
    return None if found is None else converter(shape, tuple(found.keys()))(found)


async def value(tx: Tx, kind: type[T], sql: str, *args: object) -> T:
    """The first column of the first row, which must be a `kind`. Errors: LookupError if there is none."""
    found = await tx.fetchval(sql, *args)
    if not isinstance(found, kind):
        raise LookupError(f"wanted {kind.__name__}, found {type(found).__name__}")
    return found


class Database:
    """Pools of connections to one database. `await connect(...)` makes one; `await db.close()` ends it."""

    def __init__(self, url: str, name: str, size: int, revive: Callable[[], Awaitable[None]] | None) -> None:
        self.url = url
        self._name = name
        self._size = size
        self._revive = revive
        self._reviving: asyncio.Task[None] | None = None
        self._writers: Any = None
        self._readers: Any = None
        self._listener = Listener(self._session, self._lost)

    async def open(self) -> None:
        self._writers = await self._pool({})
        self._readers = await self._pool({"default_transaction_read_only": "on"})
        async with self.read() as tx:
            await tx.execute("SELECT 1")

    async def _session(self) -> Any:
        settings = {"application_name": f"{self._name} news"}
        return await asyncpg.connect(self.url, timeout=_WAIT_SECONDS, server_settings=settings)

    async def _pool(self, more: dict[str, str]) -> Any:
        return await asyncpg.create_pool(
            self.url,
            min_size=0,
            max_size=self._size,
            max_inactive_connection_lifetime=300,
            timeout=_WAIT_SECONDS,
            server_settings=LIMITS | {"application_name": self._name} | more,
            init=prepare,
            reset=_nothing,
        )

    async def close(self) -> None:
        """End all connections; a transaction still running is given ten seconds."""
        await self._listener.close()
        if self._reviving is not None:
            self._reviving.cancel()
        for pool in (self._writers, self._readers):
            try:
                await asyncio.wait_for(pool.close(), 10)
            except TimeoutError:
                pool.terminate()

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """One transaction: committed at the end of the block, undone by any exception.

        Errors: `DatabaseAway`, `DatabaseBusy`; constraint errors of asyncpg pass as they are.
        """
        connection = await self._acquire(self._writers)
        committing = False
        # a list, so that a task started in here sees the end of it too
        held, before = [True], _inside.get()
        _inside.set(held)
        try:
            block = connection.transaction()
            await block.start()
            try:
                yield connection
            except BaseException:
                with contextlib.suppress(*_BROKEN):
                    await block.rollback()
                raise
            committing = True
            await block.commit()
        except Exception as e:
            self._raise_typed(e, connection, unknown=committing)
            raise
        finally:
            held.clear()
            _inside.set(before)
            await self._release(self._writers, connection)

    @contextlib.asynccontextmanager
    async def single(self) -> AsyncIterator[Tx]:
        """Statements that are each a transaction of their own: for one statement that does all there is to do.

        Errors: as `transaction`; when the connection is lost the last statement may have had its effect.
        """
        connection = await self._acquire(self._writers)
        try:
            yield connection
        except Exception as e:
            self._raise_typed(e, connection, unknown=True)
            raise
        finally:
            await self._release(self._writers, connection)

    @contextlib.asynccontextmanager
    async def read(self, *, snapshot: bool = False) -> AsyncIterator[Tx]:
        """Statements that only read. With `snapshot` all of them see the same moment."""
        connection = await self._acquire(self._readers)
        try:
            if snapshot:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    yield connection
            else:
                yield connection
        except Exception as e:
            self._raise_typed(e, connection)
            raise
        finally:
            await self._release(self._readers, connection)

    async def run(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`fn(tx, ...)` in one transaction, once."""
        async with self.transaction() as tx:
            return await fn(tx, *args, **kwargs)

    async def run_again(
        self, fn: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `run`, for an `fn` whose second run has no second effect (it claims an idempotency key, say).

        Tried up to three times if it met a conflict or deadlock, or lost its connection, even in committing.
        """
        for pause in _PAUSES:
            try:
                return await self.run(fn, *args, **kwargs)
            except (DatabaseAway, asyncpg.SerializationError, asyncpg.DeadlockDetectedError):
                await asyncio.sleep(pause)
        return await self.run(fn, *args, **kwargs)

    async def listen(self, channel: str, heard: Callable[[str | None], None]) -> None:
        """Call `heard(payload)` for every NOTIFY on `channel`, from now on, over any loss of the connection.

        `heard(None)` is called each time the connection was (re)made: news may have been missed, load afresh.
        """
        await self._listener.add(channel, heard)

    async def _acquire(self, pool: Any) -> Any:
        try:
            return await pool.acquire(timeout=_WAIT_SECONDS)
        except _BROKEN as e:
            if isinstance(e, TimeoutError) and pool.get_size() == self._size and not pool.get_idle_size():
                raise DatabaseBusy("all connections are in use") from e
            self._lost()
            raise DatabaseAway(f"{type(e).__name__}: {e}") from e

    async def _release(self, pool: Any, connection: Any) -> None:
        # The pool shields it: a request that is cancelled must still give its connection back.
        with contextlib.suppress(*_BROKEN):
            await pool.release(connection)

    def _raise_typed(self, e: Exception, connection: Any, *, unknown: bool = False) -> None:
        if isinstance(e, _NO_TEXT):
            raise Malformed("text", "holds a sign that no text has", "含有文字中不会出现的字符") from e
        if isinstance(e, _TOO_LONG) and not _is_gone(connection):
            raise DatabaseBusy(str(e)) from e
        if isinstance(e, _AWAY) or (isinstance(e, _BROKEN) and _is_gone(connection)):
            with contextlib.suppress(asyncpg.InterfaceError):
                connection.terminate()
            self._lost()
            raise DatabaseAway(f"{type(e).__name__}: {e}", unknown=unknown) from e

    def _lost(self) -> None:
        """Ask once for the embedded server to be started; requests meanwhile are refused, not held up."""
        if self._revive is not None and (self._reviving is None or self._reviving.done()):
            self._reviving = asyncio.create_task(_quietly(self._revive))


async def connect(
    url: str, *, name: str = "highstreet", size: int = 8, revive: Callable[[], Awaitable[None]] | None = None
) -> Database:
    """Open a `Database`: up to `size` connections for transactions and as many for reads, made when needed.

    `name` is shown by the server (pg_stat_activity). `revive` is called when the server is found gone:
    `Server.ensure_running` of the embedded one. Errors: `DatabaseAway` if there is no answer now.
    """
    db = Database(url, name, size, revive)
    await db.open()
    return db


async def prepare(connection: Any) -> None:
    """Teach a connection our jsonb: for those made outside a `Database`, such as the job queue's own."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", format="binary", encoder=_to_jsonb, decoder=_from_jsonb
    )


def _to_jsonb(of: object) -> bytes:
    return b"\x01" + msgspec.json.encode(of)


def _from_jsonb(sent: bytes) -> Any:
    return msgspec.json.decode(sent[1:])


def _is_gone(connection: Any) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        # The pool has noticed first and taken it back.
        return True


async def _nothing(_: object) -> None:
    """Nobody sets anything on a session, so no clean-up query is sent; asyncpg ends open transactions."""


async def _quietly(revive: Callable[[], Awaitable[None]]) -> None:
    try:
        await revive()
    except Exception as e:  # noqa: BLE001
        # Whatever went wrong: the next request that finds the server gone asks again.
        _log.warning("the database could not be revived: %s", e)


# A NUL in an address or a word: no text here has one, so it is the caller's fault and no failure of ours.
_NO_TEXT = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
_TOO_LONG = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError)
_BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
_AWAY = (
    # asyncpg loses its thread when the server goes between two messages; the connection is of no use then.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
