"""Nonsense over the API: whatever is sent, the answer is a clear no or a yes that holds, never a fault of ours."""

from __future__ import annotations

from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from highstreet.api import ROUTES
from tests.api.street import Street

ROUTE_METHODS = sorted(
    (path, method)
    for handler in ROUTES
    for path in handler.paths  # type: ignore[union-attr]
    for method in handler.http_methods  # type: ignore[union-attr]
    if method != "OPTIONS"
)
FEW = hypothesis.settings(max_examples=25)

numbers = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([2**31, 2**53 + 1, 2**63, 2**64, 10**30, -(2**63), 0.5, 1e308, -0.0, 1e-9]),
)
texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "\x00", "💰" * 50, "x" * 5000, "' OR 1=1 --", "%", "NaN", "../..", "\u202e"]),
)
nonsense = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


def sound(status: int, text: str) -> None:
    """A yes, or a no as a problem with a code and a sentence."""
    assert status < 500, text
    if status >= 400:
        problem = msgspec.json.decode(text)
        assert problem["code"]
        assert problem["detail"]
        assert problem["status"] == status


def filled(path: str, value: str) -> str:
    for part in ("{order_id}", "{offer_id}", "{seller_id}", "{provider}", "{device_id}"):
        path = path.replace(part, value)
    return path


@pytest.mark.parametrize(("path", "method"), ROUTE_METHODS)
@pytest.mark.parametrize("who", ["", "bakery"])
async def test_every_route_takes_any_body(street: Street, path: str, method: str, who: str) -> None:
    bodies: list[object] = [
        b"", b"{", b"\xff\xfe", b"null", b"[]", b'"text"', b"NaN", b'{"a": NaN}', b"[" * 3000, b'{"lines": "x"}', b"a=1&b=2",
    ]  # fmt: skip
    for value in ("x", "%00", "..%2f", "💰", "ord_" + "0" * 20, "x" * 400):
        for body in bodies if value == "x" else [{}]:
            answer = await street.call(method, filled(path, value), body, who=who)
            sound(answer.status_code, answer.text)


@FEW
@hypothesis.given(quantity=st.one_of(numbers, texts, st.none(), st.booleans()), offer=texts)
async def test_quantities_and_offers(street: Street, quantity: Any, offer: str) -> None:
    known = street.till.offers["bread/collect"]
    for wish in ({"offer": known, "quantity": quantity}, {"offer": offer, "quantity": 1}):
        answer = await street.call("POST", "/api/quotes", {"lines": [wish]})
        sound(answer.status_code, answer.text)
        if answer.status_code == 200:
            assert isinstance(quantity, int)
            assert 0 < answer.json()["total"] <= 10**11


@FEW
@hypothesis.given(
    change=st.dictionaries(
        st.sampled_from(["quote", "method", "contact", "x"]), nonsense, min_size=1, max_size=2
    )
)
async def test_orders(street: Street, change: dict[str, Any]) -> None:
    quoted = await street.quote(("bread/collect", 1))
    body = {"quote": quoted["quote"], "method": "sandbox", "contact": {"name": "Ada"}} | change
    answer = await street.call("POST", "/api/orders", body)
    sound(answer.status_code, answer.text)


@FEW
@hypothesis.given(
    field=st.sampled_from(["name", "phone", "email", "address", "note", "lat", "lon"]),
    value=st.one_of(texts, numbers),
)
async def test_contacts(street: Street, field: str, value: Any) -> None:
    quoted = await street.quote(("bread/collect", 1))
    body = {"quote": quoted["quote"], "method": "sandbox", "contact": {field: value}}
    answer = await street.call("POST", "/api/orders", body)
    sound(answer.status_code, answer.text)


@FEW
@hypothesis.given(
    fact=st.one_of(
        texts, st.sampled_from(["cancelled", "return_wanted", "ready", "shipped", "returned", "handed_over"])
    ),
    lines=st.dictionaries(st.one_of(texts, st.sampled_from(["1", "2", "0", "-1"])), numbers, max_size=2),
    more=st.dictionaries(
        st.sampled_from(["reason", "carrier", "tracking", "resale", "who"]), nonsense, max_size=2
    ),
)
async def test_facts(street: Street, fact: str, lines: dict[str, Any], more: dict[str, Any]) -> None:
    placed = await street.order(("bread/collect", 2))
    await street.tell_paid(placed)
    for who in ("bakery", "tea"):
        path = f"/api/orders/{placed['orders'][0]['id']}/facts"
        answer = await street.call("POST", path, {"fact": fact, "lines": lines} | more, who=who)
        sound(answer.status_code, answer.text)
        if who == "tea":
            assert answer.status_code in (404, 422)


@FEW
@hypothesis.given(number=numbers, text=texts, value=nonsense)
async def test_selling(street: Street, number: Any, text: str, value: Any) -> None:
    async with street.market.db.read() as tx:
        variant = await tx.fetchval(
            "SELECT variant_id FROM catalog.offer WHERE id = $1", street.till.offers["cake/collect"]
        )
    place, offer = street.till.places["bakery"], street.till.offers["cake/collect"]
    sales = {
        "place": place,
        "sales": [{"key": text, "at": "2026-11-23T02:00:00Z", "total": number, "lines": value}],
    }
    calls: list[tuple[str, str, object]] = [
        (
            "POST",
            "/api/stock/receipts",
            {"variant": variant, "place": place, "quantity": number, "note": text},
        ),
        ("POST", "/api/stock/counts", {"variant": text, "place": place, "on_hand": number}),
        ("PATCH", f"/api/offers/{offer}", {"price": number, "terms": {"prepare_minutes": value}}),
        ("POST", "/api/offers", {"variant": variant, "place": place, "format": text, "price": number}),
        (
            "POST",
            "/api/items",
            {
                "category": "food.bakery",
                "title": {"en": text},
                "variants": [{"sku": text}],
                "attributes": value,
            },
        ),
        (
            "POST",
            "/api/places",
            {
                "kind": text,
                "name_en": text,
                "name_zh": "",
                "address": {},
                "lat": number,
                "lon": 1,
                "hours": value,
            },
        ),
        ("POST", "/api/till/sales", sales),
    ]
    for method, path, body in calls:
        answer = await street.call(method, path, body, who="bakery")
        sound(answer.status_code, answer.text)


@FEW
@hypothesis.given(key=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=255), max_size=300))
async def test_keys(street: Street, key: str) -> None:
    quoted = await street.quote(("bread/collect", 1))
    body = {"quote": quoted["quote"], "method": "sandbox"}
    answer = await street.client.post(
        "/api/orders",
        content=msgspec.json.encode(body),
        headers=[(b"idempotency-key", key.encode("latin-1"))],
    )
    sound(answer.status_code, answer.text)
    assert answer.status_code in (201, 400, 422)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer hst_nobody", "Bearer " + "x" * 500, "Bearer hst_\x7f"],
)
async def test_tokens_that_are_none(street: Street, header: str) -> None:
    answer = await street.call("GET", "/api/me", authorization=header)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_unknown")


async def test_cookies_sign_nobody_in(street: Street) -> None:
    answer = await street.call("GET", "/api/me", cookie="session=anything; basket=x")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
