"""`highstreet bench browse`: looking around in a large market over HTTP: searches, then offer pages.

The clients ask without a pause, each for the next thing as soon as the last is there, on the same cores as the web processes and the
database. Searches are asked by a browser that never came before, in English and Chinese in turn, and narrowed now and then.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from highstreet.bench._browse_world import World, make_world
from highstreet.bench.load import Client, cpu_of_family, family, percentile, web
from highstreet.bench.world import postmaster_pid
from highstreet.kit import postgres
from highstreet.kit.db import connect
from highstreet.migrations import migrate

_WARM_S = 3.0
_REST_CPU, _REST_S, _MOST_REST_S = 0.05, 1.0, 300.0  # at rest: less than so much of a CPU for so long
_NARROWED = ({}, {}, {}, {}, {"sort": "price"}, {"kind": "food"}, {"label": "local"}, {"sort": "new"})


class Figures(msgspec.Struct):
    """What was measured; times in milliseconds, CPU in milliseconds of web and database per answer."""

    offers: int
    clients: int
    processes: int
    seconds: float
    search_per_s: float
    search_p50_ms: float
    search_p95_ms: float
    search_cpu_ms: float
    search_db_cpu_ms: float
    offer_per_s: float
    offer_p50_ms: float
    offer_p95_ms: float
    offer_cpu_ms: float
    offer_db_cpu_ms: float
    errors: int


class Part(msgspec.Struct):
    """One kind of page measured: seconds of CPU, and the time of each answer."""

    times: list[float]
    errors: int
    seconds: float
    web_cpu: float
    db_cpu: float


async def run(offers: int, clients: int, seconds: float, processes: int = 2) -> Figures:
    """Make the market, then look around in it: half the time by searches, half by offers."""
    with tempfile.TemporaryDirectory(prefix="highstreet-bench-") as folder:
        async with _server(folder) as url:
            _say(f"making a market of {offers:,} offers ...")
            world = await _made(url, offers)
            environment = {
                "HIGHSTREET_DATA_DIR": folder,
                "HIGHSTREET_DATABASE_URL": url,
                "HIGHSTREET_SECRET": "a town secret only for measuring, nothing else",
            }
            with web(processes, environment) as (port, pid):
                return await measure(
                    world, port, pid, postmaster_pid(url, folder), offers, clients, seconds, processes
                )


async def measure(
    world: World,
    port: int,
    web_pid: int,
    db_pid: int | None,
    offers: int,
    clients: int,
    seconds: float,
    processes: int,
) -> Figures:
    """Measure over a market that is being served."""
    await _at_rest(web_pid, db_pid)
    draw = random.Random(11)

    def search() -> str:
        return "/search?" + urlencode({"q": draw.choice(world.questions), **draw.choice(_NARROWED)})

    def offer() -> str:
        return "/offers/" + draw.choice(world.offers)

    _say("searching ...")
    searched = await _look_around(search, port, web_pid, db_pid, clients, seconds / 2)
    _say("looking at offers ...")
    looked = await _look_around(offer, port, web_pid, db_pid, clients, seconds / 2)
    return Figures(
        offers=offers, clients=clients, processes=processes, seconds=round(searched.seconds + looked.seconds, 1),
        search_per_s=round(len(searched.times) / searched.seconds, 1),
        search_p50_ms=_ms(percentile(searched.times, 0.5)), search_p95_ms=_ms(percentile(searched.times, 0.95)),
        search_cpu_ms=_each(searched, searched.web_cpu + searched.db_cpu), search_db_cpu_ms=_each(searched, searched.db_cpu),
        offer_per_s=round(len(looked.times) / looked.seconds, 1),
        offer_p50_ms=_ms(percentile(looked.times, 0.5)), offer_p95_ms=_ms(percentile(looked.times, 0.95)),
        offer_cpu_ms=_each(looked, looked.web_cpu + looked.db_cpu), offer_db_cpu_ms=_each(looked, looked.db_cpu),
        errors=searched.errors + looked.errors,
    )  # fmt: skip


async def _look_around(
    next_path: Callable[[], str], port: int, web_pid: int, db_pid: int | None, clients: int, seconds: float
) -> Part:
    part = Part([], 0, 0.0, 0.0, 0.0)
    counted_from = time.monotonic() + _WARM_S
    until = counted_from + seconds

    async def ask(n: int) -> None:
        client = Client("127.0.0.1", port)
        while (began := time.monotonic()) < until:
            answer = await client.call(
                "GET", next_path(), accept_language=("en", "zh-CN")[n % 2], accept="text/html"
            )
            if began >= counted_from:
                part.times.append(time.monotonic() - began)
                part.errors += answer.status != 200 or b"</html>" not in answer.body
        client.close()

    asking = [asyncio.create_task(ask(n)) for n in range(clients)]
    await asyncio.sleep(_WARM_S)
    web_before, db_before, began = _cpu(web_pid), _cpu(db_pid), time.monotonic()
    await asyncio.gather(*asking)
    part.seconds = time.monotonic() - began
    part.web_cpu, part.db_cpu = _cpu(web_pid) - web_before, _cpu(db_pid) - db_before
    part.times.sort()
    return part


async def _at_rest(web_pid: int, db_pid: int | None) -> None:
    """Wait until the web processes have read what they keep at hand; until then the database answers for them."""
    until = time.monotonic() + _MOST_REST_S
    while time.monotonic() < until:
        before = _cpu(web_pid) + _cpu(db_pid)
        await asyncio.sleep(_REST_S)
        if _cpu(web_pid) + _cpu(db_pid) - before < _REST_CPU * _REST_S:
            return


def _cpu(pid: int | None) -> float:
    return cpu_of_family(pid) if pid is not None and family(pid) else 0.0


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _each(part: Part, cpu: float) -> float:
    return round(cpu / max(len(part.times), 1) * 1000, 2)


async def _made(url: str, offers: int) -> World:
    db = await connect(url, name="bench")
    try:
        async with db.transaction() as tx:
            return await make_world(tx, offers=offers)
    finally:
        await db.close()


@asynccontextmanager
async def _server(folder: str) -> AsyncIterator[str]:
    server = await postgres.ensure(Path(folder))
    try:
        await migrate(server.url)
        yield server.url
    finally:
        await server.leave()


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
