"""Two officers at the city's desk, over a lane of shops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal

import httpx
import msgspec
import pytest_asyncio
from litestar import Litestar
from litestar.datastructures import State

from highstreet import parties
from highstreet.web import city, frame
from tests.market.lane import SECRET, Lane

RULES = """# Ten off fifty in the lane.
id = "lane-weeks"
name = { en = "Lane weeks", zh = "小街消费券" }
kind = "voucher"
currency = "CNY"

[[rule]]
from = 2020-01-01
to = 2100-01-01
source = "a made programme of the tests"
sellers = ["enrolled"]
days = 7
[[rule.schedule]]
of = "basket"
least = "20.00"
off = "5.00"
"""


class Officer(msgspec.Struct, frozen=True):
    """An officer's browser."""

    http: httpx.AsyncClient

    async def see(self, path: str, lang: str = "en", **headers: str) -> httpx.Response:
        return await self.http.get(f"/city{path}", headers={"accept-language": lang} | headers)

    async def post(self, path: str, **form: str) -> httpx.Response:
        token = (
            (await self.http.get("/city/new"))
            .text.partition('name="csrf-token" content="')[2]
            .partition('"')[0]
        )
        return await self.http.post(f"/city{path}", data=form | {"_csrf_token": token})


async def enter(lane: Lane, name: str, role: Literal["officer", "operator"]) -> str:
    """Somebody new of the city, with a session with the second factor; its token."""
    now = lane.clock()
    async with lane.market.db.transaction() as tx:
        city_id = await tx.fetchval("SELECT id FROM parties.party WHERE kind = 'city'")
        person = await parties.people.sign_up(
            tx, lane.market.seal, handle=f"{name.lower()}@example.com", password="river stones 17", name=name, lang="en", now=now
        )  # fmt: skip
        await parties.roles.grant(
            tx, person_id=person, party_id=city_id, role=role, by=lane.made.people["clerk"], now=now
        )
        return await parties.sessions.open_session(tx, person, None, True, "test", now)


def app_of(lane: Lane) -> Litestar:
    """The desk's pages alone."""
    return Litestar(
        [*city.ROUTES],
        state=State({"market": lane.market, "town": "Qinghe"}),
        dependencies=frame.DEPENDENCIES,
        exception_handlers=dict(frame.EXCEPTION_HANDLERS),
        csrf_config=frame.csrf_config(SECRET),
        middleware=[frame.secured],
        openapi_config=None,
    )


def browser_of(app: Any, token: str) -> Officer:
    transport = httpx.ASGITransport(app)
    return Officer(
        httpx.AsyncClient(transport=transport, base_url="http://town.test", cookies={"session": token})
    )


@pytest_asyncio.fixture
async def officers(lane: Lane) -> AsyncIterator[tuple[Officer, Officer]]:
    """Liang, who proposes, and Qiu, who decides."""
    app = app_of(lane)
    two = [browser_of(app, await enter(lane, name, "officer")) for name in ("Liang", "Qiu")]
    yield two[0], two[1]
    for one in two:
        await one.http.aclose()
