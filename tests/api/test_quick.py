"""The quick lane answers what the framework answers, for good calls and bad ones."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from highstreet import app
from highstreet.api.quick import QuickLane
from tests.api.street import Street


@pytest.fixture
def both(street: Street) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    """The same market behind the quick lane, and behind the framework alone."""
    town = app.build(areas=())
    app.serve(town, street.market)
    ways: list[Any] = [QuickLane(town), town]
    quick, slow = (
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=one, raise_app_exceptions=False),
            base_url="http://market.example",
        )
        for one in ways
    )
    return quick, slow


JSON = {"content-type": "application/json"}
ABSENT = "/api/orders/ord_" + "0" * 20
CALLS: list[tuple[str, str, bytes, dict[str, str]]] = [
    ("POST", "/api/quotes", b"", JSON),
    ("POST", "/api/quotes", b"{", JSON),
    ("POST", "/api/quotes", b"[]", JSON),
    ("POST", "/api/quotes", b'{"lines": []}', JSON),
    ("POST", "/api/quotes", b'{"lines": [{"offer": "x", "quantity": 1.5}]}', JSON),
    ("POST", "/api/quotes", b'{"lines": [{"offer": "x", "quantity": 1}]}', JSON | {"accept-language": "zh"}),
    (
        "POST",
        "/api/quotes",
        b'{"lines": [{"offer": "x", "quantity": 1}], "where": {"lat": 91, "lon": 0}}',
        JSON,
    ),
    ("POST", "/api/orders", b'{"quote": "x", "method": "sandbox"}', JSON),
    ("POST", "/api/orders", b'{"quote": "x", "method": "sandbox"}', JSON | {"idempotency-key": "a"}),
    ("POST", "/api/orders", b'{"quote": "x", "method": "barter"}', JSON | {"idempotency-key": "a"}),
    ("POST", "/api/orders", b'{"quote": "x", "method": "sandbox"}', JSON | {"authorization": "Bearer no"}),
    ("POST", "/api/orders", b'{"quote": "x", "method": "sandbox", "contact": {"lat": "x"}}', JSON),
    ("POST", "/api/payments/sandbox/notices", b"{}", JSON),
    ("POST", "/api/payments/paypal/notices", b"{}", JSON),
    ("GET", ABSENT, b"", {}),
    ("GET", ABSENT + "?key=x", b"", {}),
    ("GET", "/api/orders/x", b"", {"authorization": "Basic x"}),
    ("PUT", "/api/orders", b"{}", JSON),
    ("DELETE", ABSENT, b"", {}),
    ("GET", "/api/orders", b"", {}),
]


@pytest.mark.parametrize(("method", "path", "body", "headers"), CALLS)
async def test_bad_calls(
    both: tuple[httpx.AsyncClient, httpx.AsyncClient],
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
) -> None:
    quick, slow = [await one.request(method, path, content=body, headers=headers) for one in both]
    assert quick.status_code == slow.status_code
    assert quick.headers["content-type"] == slow.headers["content-type"]
    told, meant = quick.json(), slow.json()
    if b"" in (body, body.strip(b"{[]")):
        # Who reads the empty or broken body words it differently; what programs rely on is the same.
        told, meant = ({name: one[name] for name in ("code", "status", "instance")} for one in (told, meant))
    assert told == meant


async def test_good_calls(street: Street, both: tuple[httpx.AsyncClient, httpx.AsyncClient]) -> None:
    wish = {"lines": [{"offer": street.till.offers["bread/collect"], "quantity": 2}]}
    quotes = [(await one.post("/api/quotes", json=wish)).json() for one in both]
    assert [one | {"expires": "", "quote": ""} for one in quotes[:1]] == [
        one | {"expires": "", "quote": ""} for one in quotes[1:]
    ]
    body = {"quote": quotes[0]["quote"], "method": "sandbox"}
    placed = [
        await one.post("/api/orders", json=body, headers={"idempotency-key": "both lanes"}) for one in both
    ]
    assert placed[0].status_code == 201
    assert placed[0].json() == placed[1].json()
    order = placed[0].json()["orders"][0]
    path = f"/api/orders/{order['id']}?key={order['link']}"
    seen = [await one.get(path) for one in both]
    assert seen[0].content == seen[1].content
    token = {"authorization": f"Bearer {street.tokens['bakery']}"}
    assert (await both[0].get(f"/api/orders/{order['id']}", headers=token)).content == seen[1].content


async def test_a_body_too_large_to_be_an_order(both: tuple[httpx.AsyncClient, httpx.AsyncClient]) -> None:
    body = msgspec.json.encode({"lines": [], "x": "y" * 1_100_000})
    answer = await both[0].post("/api/quotes", content=body)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
