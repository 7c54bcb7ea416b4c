"""Opening the market: the web processes and, with `highstreet open`, everything around them, kept alive."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import importlib
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx

from highstreet import evenly, wiring
from highstreet.settings import Settings
from highstreet.wiring import CannotOpen, OpenMarket

Note = Callable[[str], None]

_BACK_AGAIN_SECONDS = 1.0
_LEAVE_SECONDS = 20.0
_FIRST_PAGE_SECONDS = 60.0
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def serve_web(settings: Settings) -> None:
    """Serve pages and API until told to stop: so many processes on one port, each with its own loop."""
    counted = settings.data_dir / "metrics"
    shutil.rmtree(counted, ignore_errors=True)
    counted.mkdir(parents=True)
    # Read by prometheus_client when it is imported, in this process and in those below it.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counted)
    # Imported before the processes are forked: they share its memory, and one that was killed is back sooner.
    importlib.import_module("highstreet.app")
    evenly.share(settings.web_processes)
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.log import LogLevels

    server = Granian(
        "highstreet.app:create_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.web_processes,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        backlog=2048,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=int(_LEAVE_SECONDS),
        log_level=LogLevels.warning,
    )
    server.serve()


async def bring_to_shape(settings: Settings) -> list[str]:
    """Apply what the database misses; the names of the migrations applied. Errors: `CannotOpen`."""
    from highstreet.kit.postgres import CannotStart, ensure
    from highstreet.migrations import CannotMigrate, migrate

    try:
        if settings.database_url:
            return await migrate(settings.database_url)
        server = await ensure(settings.data_dir)
        try:
            return await migrate(server.url)
        finally:
            await server.leave()
    except (CannotStart, CannotMigrate, OSError) as e:
        raise CannotOpen(str(e)) from e


async def load_town(market: OpenMarket, *, people: int, seed: int, note: Note) -> dict[str, int]:
    """Load the named town if it is not there yet, and so many people around it; what was made, counted."""
    from highstreet.town import loading

    return await loading.load(market, people=people, seed=seed, note=note)


async def open_town(settings: Settings, opened: Callable[[str], None], note: Note) -> int:
    """Database, town, pretended payment provider and lender, pages and worker, until Ctrl-C or SIGTERM; the exit code.

    A part that ends by itself is started again; the database server stays as long as this process does.
    """
    stop = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    note("Opening the database ...")
    async with wiring.opened(settings) as market:
        if settings.demo:
            await load_town(market, people=0, seed=7, note=note)
        async with contextlib.AsyncExitStack() as parts:
            if settings.payment_url is None:
                await parts.enter_async_context(_kept(*_sandbox(settings), note))
            if settings.lends and settings.lender_url is None:
                await parts.enter_async_context(_kept(*_lender(settings), note))
            if settings.devices_url is None:
                await parts.enter_async_context(_kept(*await _devices(settings, market), note))
            await parts.enter_async_context(
                _kept([sys.executable, "-m", "highstreet.cli", "worker"], {}, note)
            )
            await parts.enter_async_context(_kept([sys.executable, "-m", "highstreet.cli", "web"], {}, note))
            if not await _answers(settings, stop):
                note("" if stop.is_set() else "The pages do not answer; what is written above says why.")
                return 0 if stop.is_set() else 1
            opened(settings.url)
            await stop.wait()
            note("Closing ...")
    return 0


def _sandbox(settings: Settings) -> tuple[list[str], dict[str, str]]:
    return _pretended(
        settings, "payments", 1, "sandbox.db", wiring.payment_notices_url(settings), settings.payment_secret
    )


def _lender(settings: Settings) -> tuple[list[str], dict[str, str]]:
    return _pretended(
        settings, "lender", 2, "lender.db", wiring.lender_notices_url(settings), settings.lender_secret
    )


def _pretended(
    settings: Settings, what: str, beside: int, state: str, notify: str, secret: bytes
) -> tuple[list[str], dict[str, str]]:
    """The command that runs a part of the outside world, so many ports beside ours, and its environment."""
    at = ["--host", settings.host, "--port", str(settings.port + beside)]
    kept = ["--notify", notify, "--state", str(settings.data_dir / state)]
    # The secret travels by environment: command lines are read by everybody on the machine.
    env = {"HIGHSTREET_SANDBOX_SECRET": secret.decode()}
    return [sys.executable, "-m", f"highstreet.sandbox.{what}", *at, *kept], env


async def _devices(settings: Settings, market: OpenMarket) -> tuple[list[str], dict[str, str]]:
    """The locks and cabinets that only pretend: those that are registered now, put up with their keys."""
    env = {"HIGHSTREET_SANDBOX_DEVICES": json.dumps(await wiring.devices_to_put_up(market))}
    at = ["--host", settings.host, "--port", str(settings.port + 3)]
    ours = ["--market", f"http://{settings.host}:{settings.port}"]
    return [sys.executable, "-m", "highstreet.sandbox.devices", *at, *ours], env


async def _answers(settings: Settings, stop: asyncio.Event) -> bool:
    """Wait until the first page can be had."""
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
        until = asyncio.get_running_loop().time() + _FIRST_PAGE_SECONDS
        while asyncio.get_running_loop().time() < until and not stop.is_set():
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"http://{settings.host}:{settings.port}/readyz")).status_code == 200:
                    return True
            await asyncio.sleep(0.1)
    return False


@contextlib.asynccontextmanager
async def _kept(command: list[str], env: dict[str, str], note: Note) -> AsyncIterator[None]:
    """A process kept running for the length of the block, then asked to end and given time to."""
    running: list[asyncio.subprocess.Process] = []
    task = asyncio.create_task(_keep(command, env, running, note))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        for process in running:
            await _end(process)


async def _keep(
    command: list[str], env: dict[str, str], running: list[asyncio.subprocess.Process], note: Note
) -> None:
    while True:
        # A session of its own: Ctrl-C reaches us alone, and we end the parts in order. Our stdout is for the answer.
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=sys.stderr,
            start_new_session=True,
            preexec_fn=end_with_parent,
            env=os.environ | env,
        )
        running[:] = [process]
        code = await process.wait()
        note(f"{' '.join(command[2:4])} ended with {code}; starting it again.")
        await asyncio.sleep(_BACK_AGAIN_SECONDS)


def end_with_parent() -> None:
    """End this process when its parent does: whoever kills that one must not leave us behind, holding the port."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)


async def _end(process: Any) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _LEAVE_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
