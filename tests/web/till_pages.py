"""The pages of till and courier as the app frames them, over the street with one till; and somebody signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar
from litestar.datastructures import State
from litestar.static_files import create_static_files_router

from highstreet.market.desk import Market
from highstreet.parties import sessions
from highstreet.web import account, courier, frame, render, till

SECRET = b"a street with one till, for tests"


def app_of(market: Market, *more: object) -> Litestar:
    static = create_static_files_router("/static", directories=[Path(render.WEB) / "static"])
    return Litestar(
        [*till.ROUTES, *courier.ROUTES, *account.ROUTES, static, *more],  # type: ignore[list-item]
        state=State({"market": market, "town": "Qinghe"}),
        dependencies=frame.DEPENDENCIES,
        exception_handlers=dict(frame.EXCEPTION_HANDLERS),
        csrf_config=frame.csrf_config(SECRET),
        middleware=[frame.secured],
        openapi_config=None,
    )


def browser_of(app: Litestar, cookies: dict[str, str] | None = None) -> httpx.AsyncClient:
    """A browser nobody has signed in with."""
    spoken: Any = app  # httpx and Litestar spell ASGI differently
    transport = httpx.ASGITransport(spoken)
    return httpx.AsyncClient(transport=transport, base_url="http://town.test", cookies=cookies)


@asynccontextmanager
async def signed_in(
    market: Market, app: Litestar, party_id: str, lang: str = "en"
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who has signed in and looked at a page once, so that it knows the forms' token."""
    async with market.db.transaction() as tx:
        token = await sessions.open_session(tx, party_id, None, False, "test", market.clock())
    async with browser_of(app, {"session": token, "lang": lang}) as browser:
        await browser.get("/sign-in")
        yield browser


def token_of(browser: httpx.AsyncClient) -> dict[str, str]:
    """The header scripts send."""
    return {"x-csrftoken": browser.cookies.get("csrf") or ""}


async def send(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """A form as a page sends it."""
    return await browser.post(path, data={"_csrf_token": browser.cookies.get("csrf") or ""} | fields)
