"""The web process: health, metrics, files with lasting names, errors as problems or pages, and a market that refuses to open."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from litestar import get

from highstreet import app, parties, wiring
from highstreet.bench.load import free_port
from highstreet.kit.clock import FixedClock
from highstreet.kit.db import DatabaseAway
from highstreet.kit.text import Words
from highstreet.wiring import CannotOpen
from tests.api.street import settings_for


@get("/api/broken")
async def broken() -> None:
    raise ZeroDivisionError


@get("/api/away")
async def away() -> None:
    raise DatabaseAway("gone")


@pytest_asyncio.fixture
async def client(database_url: str, clock: FixedClock, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    market = await wiring.open_market(settings_for(database_url, tmp_path), clock=clock)
    town = app.build(areas=())
    app.serve(town, market)
    town.register(broken)
    town.register(away)
    watched: Any = app.Watched(town)
    transport = httpx.ASGITransport(app=watched, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://market.example") as found:
        yield found
    await market.close()


async def test_lives_and_is_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).text == "ok"
    assert (await client.get("/readyz")).text == "ready"


async def test_counts_by_route_and_never_by_path(client: httpx.AsyncClient) -> None:
    await client.get("/api/offers/ofr_secret?key=secret")
    counted = (await client.get("/metrics")).text
    assert 'highstreet_answers_total{method="GET",route="/api/offers/{offer_id}",status="404"}' in counted
    assert "secret" not in counted


async def test_files_keep_their_name_for_a_year_when_asked_by_hash(client: httpx.AsyncClient) -> None:
    plain = await client.get("/static/site.css")
    mark = plain.headers["etag"].strip('"')
    assert plain.headers["cache-control"] == "public, max-age=3600"
    assert "immutable" in (await client.get(f"/static/site.css?v={mark}")).headers["cache-control"]
    same = await client.get("/static/site.css", headers={"if-none-match": f'"{mark}"'})
    assert (same.status_code, same.content) == (304, b"")
    for path in ("/static/nothing.css", "/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd"):
        assert (await client.get(path)).status_code == 404


async def test_our_own_faults_have_a_reference_and_no_trace(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/broken", headers={"accept-language": "zh"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "unknown")
    assert problem["reference"].startswith("err_")
    assert "ZeroDivisionError" not in answer.text


async def test_a_lost_database_is_said_and_worth_another_try(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/away")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["code"] == "unavailable"


async def test_unknown_paths_are_problems_for_programs_and_pages_for_people(
    client: httpx.AsyncClient,
) -> None:
    problem = await client.get("/api/nowhere")
    assert (problem.status_code, problem.headers["content-type"]) == (404, "application/problem+json")
    page = await client.get("/nowhere")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert (await client.put("/api/quotes")).status_code == 405


async def test_does_not_open_over_orders_of_an_unknown_format(
    database_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    settings = settings_for(database_url, tmp_path)
    async with wiring.opened(settings, clock=clock) as market, market.db.transaction() as tx:
        await tx.execute(
            """INSERT INTO orders."order"
                   (id, number, purchase_id, seller_id, place_id, format, stage, waits, currency, total, agreed, placed_at)
               VALUES ('ord_x', 1, 'pur_x', 'pty_x', 'plc_x', 'barter@7', 'placed', 'payment', 'CNY', 1, '{}', $1)""",
            clock(),
        )
    with pytest.raises(CannotOpen, match="barter@7"):
        await wiring.open_market(settings, clock=clock)


@contextlib.contextmanager
def opened(folder: Path, **more: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """`highstreet open` as somebody runs it, on a free port, until the block ends."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HIGHSTREET_")}
    environment |= {"HIGHSTREET_DATA_DIR": str(folder), "HIGHSTREET_DEMO": "no"} | more
    command = [
        sys.executable,
        "-m",
        "highstreet.cli",
        "open",
        "--port",
        str(port),
        "--processes",
        "2",
        "--json",
    ]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield port, process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(60)


def below(pid: int) -> list[int]:
    """All living processes below one."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [one for child in children for one in (int(child), *below(int(child)))]


def is_ours(pid: int, port: int) -> bool:
    """Whether a process still lives and belongs to this market."""
    try:
        return f"HIGHSTREET_PORT={port}" in Path(f"/proc/{pid}/environ").read_text(errors="replace")
    except OSError:
        return False


async def answers(port: int, path: str = "/readyz", seconds: float = 60) -> bool:
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"http://127.0.0.1:{port}{path}")).status_code == 200:
                    return True
            await asyncio.sleep(0.1)
    return False


@pytest.mark.fault
@pytest.mark.timeout(300)
async def test_opens_by_one_command_survives_kills_and_closes_cleanly(
    database_url: str, tmp_path: Path
) -> None:
    with opened(tmp_path, HIGHSTREET_DATABASE_URL=database_url) as (port, process):
        assert process.stdout is not None
        said = json.loads(await asyncio.to_thread(process.stdout.readline))
        assert said == {"url": f"http://127.0.0.1:{port}"}
        assert await answers(port)
        assert await answers(port + 1, "/health")
        assert await answers(port + 2, "/health")
        everything = below(process.pid)
        for victim in everything:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        assert await answers(port)
        assert await answers(port + 1, "/health")
        everything += below(process.pid)
        process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(process.wait, 60) == 0
        assert [pid for pid in everything if is_ours(pid, port)] == []


def test_help_is_there_at_once_and_wrong_settings_are_one_sentence(tmp_path: Path) -> None:
    run = [sys.executable, "-X", "importtime", "-m", "highstreet.cli", "--help"]
    helped = subprocess.run(run, capture_output=True, text=True, check=True)
    assert "open" in helped.stdout
    heavy = [
        name
        for name in ("litestar", "asyncpg", "granian", "msgspec", "structlog")
        if f" {name}\n" in helped.stderr
    ]
    assert heavy == []
    wrong = subprocess.run(
        [sys.executable, "-m", "highstreet.cli", "check"],
        env=os.environ | {"HIGHSTREET_DATA_DIR": str(tmp_path), "HIGHSTREET_PORT": "many"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrong.returncode == 3
    assert wrong.stderr == "HIGHSTREET_PORT must be a whole number from 1 to 65535, not 'many'.\n"


async def test_pages_name_the_town_by_its_city_in_the_visitors_language(
    database_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    before = {"en": "highstreet", "zh": "highstreet"}
    for called in (before, {"en": "Lantern Ferry", "zh": "灯渡镇"}):
        market = await wiring.open_market(settings_for(database_url, tmp_path), clock=clock)
        town = app.build()
        app.serve(town, market)
        transport: Any = httpx.ASGITransport(app=town)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://market.example") as client:
            for lang, words in called.items():
                page = (await client.get("/ask", headers={"accept-language": lang})).text
                assert f'<span class="mark-name">{words}</span>' in page
        async with market.db.transaction() as tx:
            about = parties.About(name=Words("Lantern Ferry", "灯渡镇"))
            await parties.businesses.found_city(tx, name="灯渡镇", about=about, now=clock())
        await market.close()
