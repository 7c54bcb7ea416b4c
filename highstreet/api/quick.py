"""The quick lane: the four calls of a checkout, and claiming public money, straight from ASGI, past the framework's routing and signatures.

They are the same functions that the framework serves and documents, and answer the same; `tests/api/test_quick.py`
holds that. It saves about a tenth of a millisecond of CPU on each (docs/performance.md says how that was measured).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import parse_qs

import msgspec
from litestar import Litestar, Response
from litestar.types import Receive, Scope, Send

from highstreet.api import orders, payments, problems, programmes, quotes
from highstreet.api.tokens import Call

_MOST_BYTES = 1_000_000
_ORDERS = "/api/orders/"
_ROUNDS = "/api/rounds/"

_basket = msgspec.json.Decoder(quotes.Basket)
_new_order = msgspec.json.Decoder(orders.NewOrder)
_new_claim = msgspec.json.Decoder(programmes.NewClaim)
_encode = msgspec.json.Encoder().encode


class _Call:
    """As much of a request as those functions ask for."""

    __slots__ = ("_receive", "app", "headers", "scope")

    def __init__(self, app: Litestar, scope: Any, receive: Receive) -> None:
        self.app = app
        self.scope = scope
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self._receive = receive

    @property
    def base_url(self) -> str:
        return f"{self.scope['scheme']}://{self.headers.get('host', '')}"

    async def body(self) -> bytes:
        told = cast("dict[str, Any]", await self._receive())
        body: bytes = told.get("body", b"")
        while told.get("more_body"):
            told = cast("dict[str, Any]", await self._receive())
            body += told.get("body", b"")
            if len(body) > _MOST_BYTES:
                raise problems.TooLarge
        return body


async def _quote(call: _Call) -> tuple[int, bytes]:
    return 200, _encode(await quotes.make_quote.fn(cast(Call, call), _basket.decode(await call.body())))


async def _order(call: _Call) -> tuple[int, bytes]:
    return 201, _encode(await orders.place_order.fn(cast(Call, call), _new_order.decode(await call.body())))


async def _notice(call: _Call) -> tuple[int, bytes]:
    provider = call.scope["path"][len("/api/payments/") : -len("/notices")]
    return 200, _encode(await payments.hear_notice.fn(cast(Call, call), provider))


async def _claim(call: _Call) -> tuple[int, bytes]:
    round_id = call.scope["path"][len(_ROUNDS) : -len("/claims")]
    claimed = await programmes.claim.fn(cast(Call, call), round_id, _new_claim.decode(await call.body()))
    return 201, _encode(claimed)


async def _look(call: _Call) -> tuple[int, bytes]:
    query = parse_qs(call.scope["query_string"].decode("latin-1"))
    link = query["key"][-1] if "key" in query else ""
    found: Response[bytes] = await orders.see_order.fn(
        cast(Call, call), call.scope["path"][len(_ORDERS) :], link
    )
    return 200, found.content


_Lane = Callable[[_Call], Awaitable[tuple[int, bytes]]]
_POSTS: dict[str, tuple[_Lane, str]] = {
    "/api/quotes": (_quote, "/api/quotes"),
    "/api/orders": (_order, "/api/orders"),
}


def _lane(method: str, path: str) -> tuple[_Lane, str] | None:
    if method == "POST":
        if path.startswith("/api/payments/") and path.endswith("/notices") and path.count("/") == 4:
            return _notice, "/api/payments/{provider}/notices"
        if path.startswith(_ROUNDS) and path.endswith("/claims") and path.count("/") == 4:
            return _claim, "/api/rounds/{round_id}/claims"
        return _POSTS.get(path)
    if (
        method == "GET"
        and path.startswith(_ORDERS)
        and "/" not in path[len(_ORDERS) :]
        and len(path) > len(_ORDERS)
    ):
        return _look, "/api/orders/{order_id}"
    return None


class QuickLane:
    """An ASGI application in front of the whole one: it takes these calls and leaves everything else."""

    def __init__(self, app: Litestar) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _lane(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        lane, template = found
        scope["path_template"] = template
        call = _Call(self._app, scope, receive)
        try:
            status, content = await lane(call)
            headers = [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(content)).encode()),
            ]
        except Exception as error:  # noqa: BLE001 - whatever it was, the caller gets a problem with a reference
            problem = problems.answer(cast(Call, call), error)
            status, content = problem.status_code or 500, problem.content
            headers = [
                (b"content-type", b"application/problem+json"),
                (b"content-length", str(len(content)).encode()),
                *((name.encode(), value.encode()) for name, value in problem.headers.items()),
            ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content, "more_body": False})
