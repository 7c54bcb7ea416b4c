"""Somebody at the desk of a shop of Lantern Ferry, over the pages of the merchant alone; and somebody who buys."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any, cast

import httpx
from litestar import Litestar
from litestar.datastructures import State
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from highstreet.ledger import Notice
from highstreet.market import fulfil, pay, place, quote
from highstreet.orders import Entry
from highstreet.parties import sessions
from highstreet.web import frame, merchant, render
from tests.town import Ferry, lantern_ferry

SECRET = b"a desk in Lantern Ferry, for tests"


def app_of(ferry: Ferry, more: Sequence[ControllerRouterHandler] = ()) -> Litestar:
    """The merchant's pages, and more of them where they are told."""
    static = create_static_files_router("/static", directories=[Path(render.WEB) / "static"])
    return Litestar(
        [*merchant.ROUTES, *more, static],
        state=State({"market": ferry.market, "town": "Lantern Ferry"}),
        dependencies=frame.DEPENDENCIES,
        exception_handlers=dict(frame.EXCEPTION_HANDLERS),
        csrf_config=frame.csrf_config(SECRET),
        middleware=[frame.secured],
        openapi_config=None,
    )


class Clerk:
    """A browser of somebody signed in; keeps the last page."""

    def __init__(self, app: Litestar, token: str, lang: str) -> None:
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(cast(Any, app)),
            base_url="http://town.test",
            cookies={"session": token, "lang": lang} if token else {"lang": lang},
            follow_redirects=True,
        )
        self.status = 0
        self.path = ""
        self.text = ""

    async def get(self, path: str, **headers: str) -> str:
        return self._keep(await self.client.get(path, headers=headers))

    async def send(
        self,
        path: str,
        fields: dict[str, Any] | None = None,
        *,
        files: Any = None,
        part: bool = False,
        **more: Any,
    ) -> str:
        """A form, with the page's token; `part`: as htmx sends it."""
        if not self.client.cookies.get("csrf"):
            await self.client.get("/merchant/join")
        data = {"_csrf_token": self.client.cookies.get("csrf", "")} | (fields or {}) | more
        headers = {"hx-request": "true"} if part else {}
        return self._keep(await self.client.post(path, data=data, files=files, headers=headers))

    def _keep(self, answer: httpx.Response) -> str:
        self.status, self.text, self.path = answer.status_code, unescape(answer.text), answer.url.path
        return self.text

    def find(self, pattern: str) -> str:
        found = re.search(pattern, self.text)
        assert found, f"{pattern} is not on {self.path}: {self.text[:2000]}"
        return found[1]


class Desk:
    """The town, the app over it, and who sits there."""

    def __init__(self, ferry: Ferry) -> None:
        self.ferry = ferry
        self.market = ferry.market
        self.town = ferry.town
        self.app = app_of(ferry)

    async def sit(self, who: str, at: str | None = None, lang: str = "en") -> Clerk:
        """Somebody of the town signed in, acting for a shop if told."""
        async with self.market.db.transaction() as tx:
            business = self.town.sellers[at] if at else None
            token = await sessions.open_session(
                tx, self.town.people[who], business, False, "test", self.market.clock()
            )
        return Clerk(self.app, token, lang)

    def stranger(self, lang: str = "en") -> Clerk:
        return Clerk(self.app, "", lang)

    async def buy(self, offer: str, pieces: int = 1, method: str = "sandbox", paid: bool = True) -> str:
        """One order of an offer ("SKU/format"), paid unless told otherwise; its identifier."""
        now = self.market.clock()
        entry = Entry(self.town.offers[offer], pieces)
        found = await quote.quote(self.market, [entry], now)
        contact = place.Contact(name="Grandma He", phone="13800138000", address="Well Street 9")
        placing = place.Placing(found.quote, contact, method, "guest")
        made = await place.place(self.market, placing, now, None)
        asked = made["collection"]
        if asked and paid:
            told = Notice(
                "sandbox",
                "n",
                asked["key"],
                "charge.succeeded",
                asked["amount"],
                "CNY",
                "r-" + asked["key"],
                now,
            )
            await pay.told_charge(self.market, told, now)
        order_id: str = made["orders"][0]["id"]
        return order_id

    async def tell(
        self, order_id: str, fact: str, role: fulfil.Teller = "seller", by: str = "pty_x", **body: Any
    ) -> None:
        await fulfil.tell(self.market, fulfil.Telling(order_id, fact, role, by, body), self.market.clock())

    async def order(self, order_id: str) -> Any:
        async with self.market.db.read() as tx:
            return await tx.fetchrow("""SELECT * FROM orders."order" WHERE id = $1""", order_id)

    async def value(self, sql: str, *args: object) -> Any:
        async with self.market.db.read() as tx:
            return await tx.fetchval(sql, *args)


@asynccontextmanager
async def open_desk(server_url: str, template: str, media: Path) -> AsyncIterator[Desk]:
    async with lantern_ferry(server_url, template) as ferry:
        ferry.market.media = media  # type: ignore[attr-defined]
        yield Desk(ferry)
