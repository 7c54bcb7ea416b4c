"""Somebody at work in the operator's office, over a lane of shops and a provider that has moved what a test says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio
from litestar import Litestar
from litestar.datastructures import State

from highstreet import parties
from highstreet.ledger import MoveState, ProviderAway, StatementLine
from highstreet.web import frame, operator
from tests.market.lane import SECRET, Lane


class Statement:
    """A provider that has moved what a test says."""

    name = "sandbox"

    def __init__(self) -> None:
        self.lines: list[StatementLine] = []
        self.away = False

    async def statement(self, since: Any, until: Any) -> list[StatementLine]:
        if self.away:
            raise ProviderAway("sandbox", "ConnectError")
        return [one for one in self.lines if since <= one.at < until]

    async def query_refund(self, key: str) -> MoveState:
        return MoveState(key, "paid", provider_ref="SBX1")


class Browser:
    """Somebody with a session in the office."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def see(self, path: str, lang: str = "en", **headers: str) -> httpx.Response:
        return await self.http.get(f"/operator{path}", headers={"accept-language": lang} | headers)

    async def post(self, path: str, **form: str) -> httpx.Response:
        page = (await self.http.get("/operator/rules")).text
        token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
        return await self.http.post(f"/operator{path}", data=form | {"_csrf_token": token})


@pytest_asyncio.fixture
async def app(lane: Lane) -> Litestar:
    lane.market.providers = {"sandbox": Statement()}  # type: ignore[dict-item]
    return Litestar(
        [*operator.ROUTES],
        state=State({"market": lane.market, "town": "Qinghe"}),
        dependencies=frame.DEPENDENCIES,
        exception_handlers=dict(frame.EXCEPTION_HANDLERS),
        csrf_config=frame.csrf_config(SECRET),
        middleware=[frame.secured],
        openapi_config=None,
    )


async def browser_of(app: Any, lane: Lane, person: str | None, *, strong: bool = True) -> Browser:
    cookies = {}
    if person is not None:
        async with lane.market.db.transaction() as tx:
            cookies["session"] = await parties.sessions.open_session(
                tx, lane.made.people[person], None, strong, "test", lane.clock()
            )
    return Browser(
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://town.test", cookies=cookies)
    )


@pytest_asyncio.fixture
async def zhou(app: Litestar, lane: Lane) -> AsyncIterator[Browser]:
    """The operator, with the second factor."""
    async with lane.market.db.transaction() as tx:
        city = await tx.fetchval("SELECT id FROM parties.party WHERE kind = 'city'")
        lane.made.people["zhou"] = await parties.people.sign_up(
            tx,
            lane.market.seal,
            handle="zhou@example.com",
            password="river stones 17",
            name="Zhou Ming",
            lang="en",
            now=lane.clock(),
        )
        await parties.roles.grant(
            tx,
            person_id=lane.made.people["zhou"],
            party_id=city,
            role="operator",
            by=lane.made.people["clerk"],
            now=lane.clock(),
        )
    one = await browser_of(app, lane, "zhou")
    yield one
    await one.http.aclose()
