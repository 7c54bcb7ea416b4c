"""The sandbox lender inside the test's own process, with a clock of ours: what borrowers do there, and what it tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
from litestar import Litestar

from highstreet import ledger
from highstreet.adapters.lender_sandbox import SandboxLender
from highstreet.kit.clock import Clock
from highstreet.ledger import Notice
from highstreet.sandbox.lender import create_app
from highstreet.sandbox.lending import LoanDesk
from highstreet.sandbox.notices import secret_bytes
from highstreet.sandbox.payments import api_token
from tests.sandbox.provider import SECRET, Inbox, until

Sheet = ledger.instalments.Sheet


class RunningLender(msgspec.Struct):
    """The lender's desk, HTTP as the market's operator may use it, our client of it, and the inbox of its notices."""

    desk: LoanDesk
    http: httpx.AsyncClient
    client: SandboxLender
    inbox: Inbox
    clock: Clock

    async def faults(self, **rates: float) -> None:
        assert (await self.http.put("/faults", json={"seed": 7, **rates})).status_code == 200

    async def sheet(self, amount: int, months: int) -> Sheet:
        found = await self.client.sheets(amount, "CNY")
        return next(one for one in found if one.months == months)

    async def press(self, url: str, choice: str = "take") -> str:
        """Press a button on the page a pay link leads to; the outcome it says on the way back, or the page's text."""
        parts = urlsplit(url)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        answer = await self.http.post("/pay", data=asked | {"choice": choice})
        if answer.status_code != 303:
            return answer.text
        return parse_qs(urlsplit(answer.headers["location"]).query)["outcome"][0]

    async def notices(self, key: str, least: int = 1) -> list[Notice]:
        """The notices told about a key, once there are as many; what is badly signed raises."""
        await until(lambda: len(self.inbox.about(key)) >= least)
        return [
            self.client.read_notice(told.headers, told.body, self.clock()) for told in self.inbox.about(key)
        ]

    async def decide(self, key: str, *, approve: bool) -> None:
        assert (await self.http.post(f"/applications/{key}", json={"approve": approve})).status_code == 200

    async def movements(self, key: str) -> list[int]:
        lines = (await self.http.get("/statement")).json()["lines"]
        return [int(line["amount"]) for line in lines if line["key"] == key]


@asynccontextmanager
async def lender(clock: Clock) -> AsyncIterator[RunningLender]:
    """Open for business, nothing going wrong."""
    inbox = Inbox()
    await inbox.open()
    app = create_app([SECRET], inbox.url, 7, first_wait=0.02, clock=clock)
    transport = httpx.ASGITransport(app=cast(Any, app))
    bearer = {"authorization": f"Bearer {api_token(secret_bytes(SECRET))}"}
    client = SandboxLender(
        "http://lender.test", (SECRET,), inbox.url, "Qinghe", clock=clock, transport=transport
    )
    async with (
        _running(app),
        httpx.AsyncClient(transport=transport, base_url="http://lender.test", headers=bearer) as http,
    ):
        yield RunningLender(app.state.desk, http, client, inbox, clock)
    await client.close()
    await inbox.close()


@asynccontextmanager
async def _running(app: Litestar) -> AsyncIterator[None]:
    """The application's lifespan in a task of its own: a fixture may be left by another task than entered it."""
    opened, leave = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            opened.set()
            await leave.wait()

    task = asyncio.create_task(live())
    await opened.wait()
    yield
    leave.set()
    await task
