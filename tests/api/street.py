"""The till's street with its doors open to programs: the real wiring over a database of the test's own, called in process."""

from __future__ import annotations

import base64
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import msgspec

from highstreet import app, inventory, parties, settings, wiring
from highstreet.api.quick import QuickLane
from highstreet.kit.clock import FixedClock
from highstreet.wiring import OpenMarket
from tests.market.till_street import Till, furnish

SECRET = "a town's secret for tests, thirty-two letters"
PAYMENT_SECRET = "a provider's secret for tests, also long enough"
SELLER_SCOPES = (
    "offers:read",
    "offers:write",
    "orders:read",
    "orders:write",
    "till",
    "money:read",
    "parties:write",
)
_numbers = count(1)


class Street(msgspec.Struct):
    """An open market with an API client; tokens by person or shop: ada buys, bakery and tea sell, jun carries."""

    market: OpenMarket
    till: Till
    client: httpx.AsyncClient
    clock: FixedClock
    tokens: dict[str, str] = {}

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        who: str = "",
        key: str | None = None,
        **headers: str,
    ) -> httpx.Response:
        """One call; `key=None` makes a fresh idempotency key, `key=""` sends none."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if who:
            sent["authorization"] = f"Bearer {self.tokens[who]}"
        if key is None and method != "GET":
            key = f"key-{next(_numbers)}"
        if key:
            sent["idempotency-key"] = key
        content = body if isinstance(body, bytes) else msgspec.json.encode(body) if body is not None else b""
        if content:
            sent.setdefault("content-type", "application/json")
        return await self.client.request(method, path, content=content, headers=sent)

    async def quote(self, *wanted: tuple[str, int]) -> dict[str, Any]:
        """A quote for goods by the street's names, such as ("bread/collect", 2)."""
        lines = [{"offer": self.till.offers[name], "quantity": quantity} for name, quantity in wanted]
        answer = await self.call("POST", "/api/quotes", {"lines": lines})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def order(self, *wanted: tuple[str, int], who: str = "", **more: Any) -> dict[str, Any]:
        """An order placed and not yet paid."""
        quoted = await self.quote(*wanted)
        body = {
            "quote": quoted["quote"],
            "method": "sandbox",
            "contact": {"name": "Ada", "email": "ada@example.com"},
        }
        answer = await self.call("POST", "/api/orders", body | more, who=who)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def tell_paid(self, placed: dict[str, Any], **changes: Any) -> httpx.Response:
        """The provider's signed notice that what was asked is paid."""
        asked = placed["collection"]
        return await self.notice(**{"key": asked["key"], "amount": asked["amount"], **changes})

    async def notice(self, **told: Any) -> httpx.Response:
        now, number = self.clock(), next(_numbers)
        body = msgspec.json.encode(
            {
                "id": f"ntc_{number}",
                "kind": "charge.succeeded",
                "currency": "CNY",
                "provider_ref": f"ref_{number}",
                "at": now.isoformat(),
            }
            | told
        )
        name = msgspec.json.decode(body)["id"]
        stamp = str(int(now.timestamp()))
        mark = hmac.digest(PAYMENT_SECRET.encode(), f"{name}.{stamp}.".encode() + body, "sha256")
        signed = {"webhook_id": name, "webhook_timestamp": stamp}
        return await self.call(
            "POST", "/api/payments/sandbox/notices", body,
            key="", webhook_signature="v1," + base64.b64encode(mark).decode(), **signed,
        )  # fmt: skip


def settings_for(database_url: str, folder: Path, **more: str) -> settings.Settings:
    """The environment of a test, read as every environment is."""
    return settings.load(
        {
            "HIGHSTREET_DATA_DIR": str(folder),
            "HIGHSTREET_DATABASE_URL": database_url,
            "HIGHSTREET_SECRET": SECRET,
            "HIGHSTREET_PAYMENT_URL": "http://127.0.0.1:9",
            "HIGHSTREET_PAYMENT_SECRET": PAYMENT_SECRET,
            "HIGHSTREET_URL": "http://market.example",
        }
        | {f"HIGHSTREET_{name.upper()}": value for name, value in more.items()}
    )


@asynccontextmanager
async def open_street(database_url: str, clock: FixedClock, folder: Path) -> AsyncIterator[Street]:
    """Open, furnished, with tokens for those who call."""
    market = await wiring.open_market(settings_for(database_url, folder), clock=clock)
    try:
        till = await furnish(market)
        async with market.db.transaction() as tx:
            for name in ("bread", "milk", "tea"):
                await inventory.stock.change(
                    tx, till.supplies[name], "received", 5000, till.sellers["bakery"], clock()
                )
        town = app.build(areas=())
        app.serve(town, market)
        lane: Any = app.Watched(QuickLane(town))
        transport = httpx.ASGITransport(app=lane, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://market.example") as client:
            street = Street(market, till, client, clock)
            await _issue_tokens(street)
            yield street
    finally:
        await market.close()


async def _issue_tokens(street: Street) -> None:
    sellers = {name: street.till.sellers[name] for name in ("bakery", "tea")}
    people = {name: street.till.people[name] for name in ("ada", "jun", "leaf")}
    now = street.clock()
    async with street.market.db.transaction() as tx:
        for name, party in (sellers | people).items():
            scopes = SELLER_SCOPES if name in sellers else ("orders:write",)
            until = now + timedelta(days=90)
            _, street.tokens[name] = await parties.tokens.issue(
                tx, party, f"{name}'s program", scopes, until, now
            )
