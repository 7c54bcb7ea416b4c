"""Strangers: every route with an id, called about somebody else's thing. A new route fails here until it is walked too."""

from __future__ import annotations

from typing import Any

import pytest

from highstreet.api import ROUTES
from tests.api.street import Street

ANYBODY = {
    "/api/quotes", "/api/offers", "/api/offers/{offer_id}", "/api/sellers/{seller_id}", "/api/cohorts/{cohort_id}",
    "/api/cohorts/{cohort_id}/entrants", "/api/scenarios", "/api/programmes", "/api/programmes/{programme_id}",
    "/api/rounds/{round_id}/turns", "/api/instalments", "/api/offers/{offer_id}/seats",
    "/api/rooms", "/api/rooms/{room_id}", "/api/rooms/{room_id}/said",
    "/api/sellers/{seller_id}/card", "/api/statistics",
}  # fmt: skip
TOKEN_TO_POST = {
    ("/api/offers", "POST"),
    ("/api/scenarios", "POST"),
    ("/api/rooms", "POST"),
    ("/api/rooms/{room_id}/said", "POST"),
    ("/api/rounds/{round_id}/turns", "POST"),
}
THINGS = [
    f"/api/things/{{thing_id}}/{what}" for what in ("offer", "taking", "withdrawal", "return", "seating")
]
WITH_ID = {
    ("POST", "/api/scenarios/{scenario}/steps"),
    ("GET", "/api/offers/{offer_id}/seats"),
    *(("POST", path) for path in THINGS),
    ("GET", "/api/orders/{order_id}"),
    ("POST", "/api/orders/{order_id}/facts"),
    ("GET", "/api/orders/{order_id}/instalments"),
    ("GET", "/api/offers/{offer_id}"),
    ("PATCH", "/api/offers/{offer_id}"),
    ("GET", "/api/sellers/{seller_id}"),
    ("GET", "/api/sellers/{seller_id}/card"),
    ("GET", "/api/cards/{card_id}"),
    ("POST", "/api/cards/{card_id}/codes"),
    ("POST", "/api/cards/{card_id}/refunds"),
    ("GET", "/api/wallet/top-ups/{key}"),
    ("POST", "/api/payments/{provider}/notices"),
    ("POST", "/api/devices/{device_id}/reports"),
    ("POST", "/api/slots/{slot}"),
    ("POST", "/api/assets/{asset}"),
    ("GET", "/api/cohorts/{cohort_id}"),
    ("GET", "/api/cohorts/{cohort_id}/entrants"),
    ("POST", "/api/cohorts/{cohort_id}/close"),
    ("GET", "/api/programmes/{programme_id}"),
    ("POST", "/api/rounds/{round_id}/claims"),
    ("POST", "/api/rounds/{round_id}/turns"),
    ("GET", "/api/rounds/{round_id}/turns"),
    ("DELETE", "/api/claims/{claim_id}"),
    ("GET", "/api/programmes/{programme_id}/filed-prices"),
    ("GET", "/api/settlements/{settlement_id}"),
    ("POST", "/api/programmes/{programme_id}/filed-prices"),
    ("POST", "/api/orders/{order_id}/serials"),
    ("POST", "/api/orders/{order_id}/evidence"),
    ("POST", "/api/prescriptions/{number}/showings"),
    ("GET", "/api/tax-refunds/{number}"),
    ("POST", "/api/tax-refunds/{number}/stamp"),
    ("POST", "/api/tax-refunds/{number}/payment"),
    ("GET", "/api/rooms/{room_id}"),
    ("PATCH", "/api/rooms/{room_id}"),
    ("GET", "/api/rooms/{room_id}/said"),
    ("POST", "/api/rooms/{room_id}/said"),
    ("PATCH", "/api/rooms/{room_id}/said/{message_id}"),
    ("POST", "/api/rooms/{room_id}/drops"),
    ("PATCH", "/api/rooms/{room_id}/drops/{drop_id}"),
}

BODIES: dict[str, Any] = {
    "/api/scenarios": {
        "name_en": "x",
        "name_zh": "x",
        "until": "2027-01-01T00:00:00Z",
        "parts": [{"offer": "ofr_x"}, {"offer": "ofr_y"}],
    },
    "/api/scenarios/{scenario}/steps": {"do": "agree"},
    **{path: {} for path in THINGS},
    "/api/slots": {
        "variant": "x",
        "place": "x",
        "windows": [{"starts": "2027-01-01T09:00:00Z", "ends": "2027-01-01T10:00:00Z"}],
    },
    "/api/slots/{slot}": {"close": True},
    "/api/cards": {"seller": "x", "amount": 1},
    "/api/cards/{card_id}/refunds": {"amount": 1},
    "/api/card-plan": {"steps": [{"principal": 1000}]},
    "/api/wallet/top-ups": {"amount": 1},
    "/api/assets": {"variant": "x", "place": "x", "tag": "x"},
    "/api/assets/{asset}": {"state": "ready"},
    "/api/cohorts": {"offer": "x", "closes_at": "2027-01-01T09:00:00Z"},
    "/api/cohorts/{cohort_id}/close": {},
    "/api/rounds/{round_id}/claims": {},
    "/api/rounds/{round_id}/turns": {},
    "/api/till/quotes": {"place": "x", "lines": [{"offer": "x", "quantity": 1}]},
    "/api/programmes/{programme_id}/filed-prices": {"prices": {"var_x": 1}},
    "/api/orders/{order_id}/serials": {"line": 1, "serial": "AB1234567"},
    "/api/orders/{order_id}/evidence": {"line": 1, "kind": "invoice", "text": "1"},
    "/api/tax-refunds": {
        "orders": ["ord_" + "0" * 20],
        "traveller": {"name": "-", "passport": "-", "nationality": "-", "entered_on": "2026-11-01"},
    },
    "/api/tax-refunds/{number}/stamp": {"port": "-"},
    "/api/tax-refunds/{number}/payment": {"way": "cash"},
    "/api/prescriptions/{number}/showings": {"pharmacy": "pty_" + "0" * 20},
    "/api/rooms": {
        "title": {"en": "x"},
        "host_name": "x",
        "starts": "2027-01-01T09:00:00Z",
        "ends": "2027-01-01T10:00:00Z",
    },
    "/api/rooms/{room_id}": {"state": "ended"},
    "/api/rooms/{room_id}/drops": {"offer": "x", "units": 1},
    "/api/rooms/{room_id}/drops/{drop_id}": {"state": "open"},
    "/api/rooms/{room_id}/said": {"text": "x"},
    "/api/rooms/{room_id}/said/{message_id}": {"state": "removed"},
    "/api/orders/{order_id}/facts": {"fact": "ready"},
    "/api/offers/{offer_id}": {"price": 1},
    "/api/offers": {"variant": "x", "place": "x", "format": "collect", "price": 1},
    "/api/items": {"category": "food", "title": {"en": "x"}, "variants": [{"sku": "1"}]},
    "/api/stock/receipts": {"variant": "x", "place": "x", "quantity": 1},
    "/api/stock/counts": {"variant": "x", "place": "x", "on_hand": 1},
    "/api/places": {
        "kind": "shop",
        "name_en": "x",
        "name_zh": "x",
        "address": {},
        "lat": 1,
        "lon": 1,
    },
    "/api/till/sales": {
        "place": "x",
        "sales": [{"key": "x", "at": "2026-11-23T02:00:00Z", "total": 1, "lines": []}],
    },
}


def routes() -> set[tuple[str, str]]:
    return {
        (method, path.replace(":str", "").replace(":int", ""))
        for handler in ROUTES
        for path in handler.paths  # type: ignore[union-attr]
        for method in handler.http_methods  # type: ignore[union-attr]
        if method != "OPTIONS"
    }


async def test_every_route_with_an_id_is_walked_here(street: Street) -> None:
    assert {one for one in routes() if "{" in one[1]} == WITH_ID


@pytest.mark.parametrize("who", ["", "tea", "ada", "jun"])
async def test_somebody_elses_order(street: Street, who: str) -> None:
    placed = await street.order(("bread/collect", 1), who="leaf")
    await street.tell_paid(placed)
    order, other = placed["orders"][0], (await street.order(("bread/collect", 1)))["orders"][0]
    unseen = 401 if not who else 404
    ways: list[tuple[str, str, dict[str, Any] | None, int]] = [
        ("GET", f"/api/orders/{order['id']}", None, unseen),
        ("GET", f"/api/orders/{order['id']}?key={other['link']}", None, 404),
        ("GET", f"/api/orders/{order['id']}?key=", None, unseen),
        ("GET", f"/api/orders/{order['id']}/instalments", None, unseen),
        ("GET", f"/api/orders/{order['id']}/instalments?key={other['link']}", None, 404),
        ("POST", f"/api/orders/{order['id']}/facts", {"fact": "cancelled"}, unseen),
        ("POST", f"/api/orders/{order['id']}/facts", {"fact": "cancelled", "who": "buyer"}, unseen),
        ("POST", f"/api/orders/{order['id']}/facts", {"fact": "ready", "who": "seller"}, unseen),
        ("POST", f"/api/orders/{order['id']}/facts?key={other['link']}", {"fact": "cancelled"}, 404),
    ]
    for method, path, body, status in ways:
        answer = await street.call(method, path, body, who=who)
        assert answer.status_code == status, (method, path, answer.text)
        # An order that is not there looks the same as one that is not yours.
        absent = await street.call(method, path.replace(order["id"], "ord_" + "0" * 20), body, who=who)
        assert (absent.status_code, absent.json()["code"]) == (answer.status_code, answer.json()["code"])
    seen = await street.call("GET", f"/api/orders/{order['id']}?key={order['link']}")
    assert seen.json()["stage"] == "committed"


async def test_a_courier_of_nobody_carries_nothing(street: Street) -> None:
    placed = await street.order(("bread/instant", 1))
    await street.tell_paid(placed)
    path = f"/api/orders/{placed['orders'][0]['id']}/facts"
    for fact in ("accepted", "ready"):
        assert (await street.call("POST", path, {"fact": fact}, who="bakery")).status_code == 200
    for who in ("ada", "tea", "leaf"):
        answer = await street.call("POST", path, {"fact": "picked_up", "who": "courier"}, who=who)
        assert answer.status_code in (403, 404), answer.text


async def test_somebody_elses_goods(street: Street) -> None:
    bakery = street.till
    async with street.market.db.read() as tx:
        variant = await tx.fetchval(
            "SELECT variant_id FROM catalog.offer WHERE id = $1", bakery.offers["bread/collect"]
        )
    place, tea_place = bakery.places["bakery"], bakery.places["tea"]
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", f"/api/offers/{bakery.offers['bread/collect']}", {"price": 1}),
        ("PATCH", f"/api/offers/{bakery.offers['bread/collect']}", {"state": "closed"}),
        ("POST", "/api/offers", {"variant": variant, "place": place, "format": "collect", "price": 1}),
        ("POST", "/api/stock/receipts", {"variant": variant, "place": place, "quantity": 1}),
        ("POST", "/api/stock/receipts", {"variant": variant, "place": tea_place, "quantity": 1}),
        ("POST", "/api/stock/counts", {"variant": variant, "place": place, "on_hand": 0}),
        (
            "POST",
            "/api/till/sales",
            {"place": place, "sales": [{"key": "x", "at": "2026-11-23T02:00:00Z", "total": 1, "lines": []}]},
        ),
    ]
    for method, path, body in calls:
        for who, statuses in (("tea", (403, 404)), ("ada", (403,)), ("", (401,))):
            answer = await street.call(method, path, body, who=who)
            assert answer.status_code in statuses, (who, path, answer.text)
    assert (await street.call("GET", f"/api/offers/{bakery.offers['bread/collect']}")).json()["offer"][
        "price"
    ] == 2800


async def test_every_route_that_is_not_for_anybody_asks_who_calls(street: Street) -> None:
    for method, path in sorted(routes()):
        if path in ANYBODY and method in ("GET", "POST") and (path, method) not in TOKEN_TO_POST:
            continue
        signed = ("/api/payments/{provider}/notices", "/api/devices/{device_id}/reports")
        if path in ("/api/orders", *signed) and method == "POST":
            continue
        url = path.replace("{order_id}", "ord_" + "0" * 20).replace("{offer_id}", street.till.offers["bread"])
        url = url.replace("{slot}", "1").replace("{asset}", "1").replace("{cohort_id}", "coh_" + "0" * 20)
        query = (
            "?since=2026-11-01"
            if path.endswith("statement")
            else "?variant=x"
            if path == "/api/slots"
            else ""
        )
        answer = await street.call(method, url + query, BODIES.get(path) if method != "GET" else None)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_missing"), (
            method,
            path,
            answer.text,
        )


async def test_a_revoked_token_ends_at_once(street: Street) -> None:
    from highstreet import parties

    now, party = street.clock(), street.till.people["ada"]
    async with street.market.db.transaction() as tx:
        token, secret = await parties.tokens.issue(tx, party, "short", ("orders:write",), None, now)
    street.tokens["short"] = secret
    assert (await street.call("GET", "/api/me", who="short")).status_code == 200
    async with street.market.db.transaction() as tx:
        await parties.tokens.revoke(tx, party, token, now)
    assert (await street.call("GET", "/api/me", who="short")).status_code == 401
