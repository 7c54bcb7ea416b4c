"""Scenarios over the API: what is open, and what a quote of all its parts takes off."""

from __future__ import annotations

from datetime import timedelta

from tests.api.street import Street


async def test_a_scenario_is_listed_and_quoted_whole(street: Street) -> None:
    assert (await street.call("GET", "/api/scenarios")).json() == []
    now, baker = street.clock(), street.till.sellers["bakery"]
    bread, tea = (street.till.offers[name] for name in ("bread/collect", "tea/collect"))
    parts = [
        {"offer": bread, "quantity": 2, "off_bps": 1_000},
        {"offer": tea, "off_bps": 1_000, "moment_en": "then"},
    ]
    until = (now + timedelta(days=9)).isoformat()
    body = {"name_en": "Breakfast", "name_zh": "早餐", "until": until, "parts": parts, "picture": "bread"}
    answer = (await street.call("POST", "/api/scenarios", body, who="bakery", key="once")).json()
    assert answer == (await street.call("POST", "/api/scenarios", body, who="bakery", key="once")).json()
    made, asked = answer["id"], answer["asked"]
    assert asked == [street.till.sellers["tea"]]
    steps = f"/api/scenarios/{made}/steps"
    early = await street.call("POST", steps, {"do": "open"}, who="bakery")
    assert (early.status_code, early.json()["code"]) == (409, "seller_asked")
    assert (await street.call("POST", steps, {"do": "open"}, who="tea")).status_code == 404
    assert (await street.call("POST", steps, {"do": "agree"}, who="tea")).json()["asked"] == []
    assert (await street.call("POST", steps, {"do": "open"}, who="bakery")).status_code == 200
    street.market.shelf._changed(None)
    (told,) = (await street.call("GET", "/api/scenarios")).json()
    assert (told["id"], told["whole"]) == (made, True)
    assert [(part["offer"], part["off_bps"], part["asks"]) for part in told["parts"]] == [
        (bread, 1_000, []),
        (tea, 1_000, []),
    ]
    quoted = await street.quote(("bread/collect", 2), ("tea/collect", 1))
    lines = [order["lines"][0] for order in quoted["orders"]]
    assert [(line["amount"], line["paid"]) for line in lines] == [(5_040, 5_040), (8_800, 7_920)]
    assert [line["adjustments"][0]["funder"] for line in lines] == ["seller", baker]
    assert (await street.quote(("bread/collect", 1), ("tea/collect", 1)))["total"] == 2_800 + 8_800
