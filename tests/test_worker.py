"""The worker: buyers and sellers hear of orders, letters are sent once, deadlines pass, and a lost database is survived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from highstreet import parties, worker
from highstreet.kit import jobs
from highstreet.kit.clock import FixedClock
from highstreet.market import news
from tests.api.street import Street, open_street


@pytest_asyncio.fixture
async def street(database_url: str, clock: FixedClock, tmp_path: Path) -> AsyncIterator[Street]:
    async with open_street(database_url, clock, tmp_path) as found:
        yield found


@asynccontextmanager
async def working(street: Street, workers: int = 1) -> AsyncIterator[None]:
    """Workers at work for the length of a block."""
    stop = asyncio.Event()
    crew = [asyncio.create_task(worker.work_in(street.market, stop)) for _ in range(workers)]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*crew), 20)


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Poll a condition; fails when it never holds."""
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110 - what is waited for happens in the database
            await asyncio.sleep(0.05)


def letters(tmp_path: Path) -> list[str]:
    return sorted(path.read_text() for path in (tmp_path / "mail").glob("*.eml"))


def are_gone(processes: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in processes)


async def test_buyer_and_seller_hear_of_an_order_once(street: Street, tmp_path: Path) -> None:
    heard: list[str] = []
    await street.market.db.listen("told", lambda payload: heard.append(payload or ""))
    async with working(street, workers=2):
        placed = await street.order(("bread/collect", 1), who="ada")
        await street.tell_paid(placed)
        order = placed["orders"][0]
        ready = await street.call("POST", f"/api/orders/{order['id']}/facts", {"fact": "ready"}, who="bakery")
        assert ready.json() == {"order": order["id"], "stage": "committed", "waits": "pickup"}

        async def two_letters() -> bool:
            return len(letters(tmp_path)) == 2

        await until(two_letters)
        async with street.market.db.read() as tx:
            mine = await parties.notices.unread(tx, street.till.people["ada"])
            theirs = await parties.notices.unread(tx, street.till.people["mill"])
        assert sorted(one.kind for one in mine) == ["order.committed", "order.ready"]
        assert [one.kind for one in theirs if one.subject == order["id"]] == ["order.to_prepare"]
        said = news.sentence(mine[0].kind, dict(mine[0].body), "en")
        assert order["number"] in said
        assert "Old Mill Bakery" in said
    assert any(order["id"] in one for one in heard)
    assert any(placed["purchase"] in one for one in heard)
    assert all("ada@example.com" in one and order["number"] in one for one in letters(tmp_path))


async def test_a_guest_hears_by_mail_in_their_language(street: Street, tmp_path: Path) -> None:
    quoted = await street.quote(("bread/collect", 1))
    body = {"quote": quoted["quote"], "method": "sandbox", "contact": {"email": "guest@example.com"}}
    placed = (await street.call("POST", "/api/orders", body, accept_language="zh-CN,zh;q=0.9")).json()
    await street.tell_paid(placed)
    async with working(street):

        async def one_letter() -> bool:
            return len(letters(tmp_path)) == 1

        await until(one_letter)
    assert "guest@example.com" in letters(tmp_path)[0]
    assert "utf-8" in letters(tmp_path)[0]


async def test_what_is_late_falls(street: Street) -> None:
    placed = await street.order(("bread/collect", 1))
    street.clock.forward(timedelta(hours=1))
    async with working(street):

        async def undone() -> bool:
            order = placed["orders"][0]
            found = await street.call("GET", f"/api/orders/{order['id']}?key={order['link']}")
            return found.json()["stage"] == "undone"

        await until(undone)


async def test_work_goes_on_after_every_connection_was_lost(street: Street, tmp_path: Path) -> None:
    async with working(street):
        connection = await asyncpg.connect(street.market.db.url)

        async def at_work() -> bool:
            return await connection.fetchval(
                "SELECT true FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'highstreet jobs'"
            )

        await until(at_work)
        ended = await connection.fetch(
            """SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
        await connection.close()

        async def all_gone() -> bool:
            return are_gone([one["pid"] for one in ended])

        async def answers() -> bool:
            # The market's own end of a connection may not have noticed yet; a caller told 503 asks again.
            asked = {"lines": [{"offer": street.till.offers["bread/collect"], "quantity": 1}]}
            return (await street.call("POST", "/api/quotes", asked)).status_code == 200

        await until(all_gone)
        await until(answers)
        placed = await street.order(("bread/collect", 1))
        await street.tell_paid(placed)

        async def one_letter() -> bool:
            return len(letters(tmp_path)) == 1

        await until(one_letter)


async def test_jobs_are_done_whatever_a_lost_connection_says(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """asyncpg may answer a loss with an error of its own; it once ended the whole worker."""
    says: list[Exception] = [asyncpg.InternalClientError("another operation is in progress"), ValueError("?")]
    works = jobs._work_on
    stop = asyncio.Event()

    async def work_on(*args: Any) -> None:
        if says:
            raise says.pop()
        stop.set()
        await works(*args)

    monkeypatch.setattr(jobs, "_work_on", work_on)
    await asyncio.wait_for(jobs.work(database_url, {}, stop), 20)
    assert says == []
