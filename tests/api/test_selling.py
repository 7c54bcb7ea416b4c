"""Selling over the API: items, offers, stock, places, money, and the sales of a till."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from highstreet import catalog
from highstreet.market import till
from tests.api.street import Street


async def item(street: Street, **more: Any) -> dict[str, Any]:
    async with street.market.db.read() as tx:
        known = await catalog.categories(tx)
    attributes = {
        a.code: a.choices[0].code if a.choices else "30"
        for a in known.attributes("food.bakery")
        if a.required
    }
    body = {
        "category": "food.bakery",
        "title": {"en": "Walnut rolls", "zh": "核桃包"},
        "variants": [{"sku": "W-1"}, {"sku": "W-6", "options": {"pack": "6"}}],
        "attributes": attributes,
    }
    answer = await street.call("POST", "/api/items", body | more, who="bakery")
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_from_item_to_sale(street: Street) -> None:
    made = await item(street)
    place = street.till.places["bakery"]
    variant = made["variants"][0]["id"]
    body = {"variant": variant, "place": place, "format": "collect", "price": 950, "open": False}
    offer = (await street.call("POST", "/api/offers", body, who="bakery")).json()
    assert (offer["state"], offer["price"]) == ("draft", 950)
    assert (await street.call("GET", f"/api/offers/{offer['id']}")).status_code == 404
    assert (await street.call("GET", f"/api/offers/{offer['id']}", who="bakery")).status_code == 200
    received = await street.call(
        "POST", "/api/stock/receipts", {"variant": variant, "place": place, "quantity": 5}, who="bakery"
    )
    assert received.json()["free"] == 5
    counted = await street.call(
        "POST", "/api/stock/counts", {"variant": variant, "place": place, "on_hand": 4}, who="bakery"
    )
    assert counted.json()["on_hand"] == 4
    shown = [
        one
        for one in (await street.call("GET", "/api/stock", who="bakery")).json()["stock"]
        if one["variant"] == variant
    ]
    assert shown[0]["free"] == 4


async def test_an_offer_changes_price_and_closes(street: Street) -> None:
    offer = street.till.offers["buns/collect"]
    changed = await street.call("PATCH", f"/api/offers/{offer}", {"price": 3000}, who="bakery", key="p")
    again = await street.call("PATCH", f"/api/offers/{offer}", {"price": 3000}, who="bakery", key="p")
    assert changed.json() == again.json() == {"id": offer, "state": "open", "price": 3000}
    reused = await street.call("PATCH", f"/api/offers/{offer}", {"price": 3001}, who="bakery", key="p")
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    closed = await street.call("PATCH", f"/api/offers/{offer}", {"state": "closed"}, who="bakery")
    assert closed.json()["state"] == "closed"
    nothing = await street.call("PATCH", f"/api/offers/{offer}", {}, who="bakery")
    assert (nothing.status_code, nothing.json()["code"]) == (422, "malformed")


async def test_search_finds_what_is_on_sale(street: Street) -> None:
    found = (await street.call("GET", "/api/offers?q=sourdough")).json()
    assert {one["title"]["en"] for one in found["offers"]} == {"Riverside sourdough"}
    chinese = (await street.call("GET", "/api/offers?q=桂花糕")).json()
    assert chinese["offers"][0]["title"]["en"] == "Osmanthus cake"
    near = (await street.call("GET", "/api/offers?lat=31.3&lon=120.585&sort=near&most=3")).json()
    assert len(near["offers"]) == 3
    for bad in (
        "lat=NaN&lon=1",
        "lat=1",
        "most=0",
        "most=abc",
        "cursor=xx",
        "sort=worst",
        "price_from=-5",
        "within_m=-1&lat=1&lon=1",
    ):
        answer = await street.call("GET", f"/api/offers?{bad}")
        assert answer.status_code in (200, 422), (bad, answer.text)
        if answer.status_code == 422:
            assert answer.json()["code"] == "malformed"
    seen = (await street.call("GET", f"/api/offers/{street.till.offers['bread/collect']}")).json()
    assert seen["free"] > 5000
    assert seen["offer"]["seller"] == "Old Mill Bakery"


async def test_a_till_tells_what_it_sold(street: Street) -> None:
    market, now = street.market, street.clock()
    known = await till.goods(market, [street.till.offers["bread"], street.till.offers["cake"]], now)
    bread, cake = (known[street.till.offers[name]] for name in ("bread", "cake"))
    sales = [
        {
            "key": "s1",
            "at": now.isoformat(),
            "total": 2 * bread.now,
            "lines": [{"offer": bread.offer, "quantity": 2, "price": bread.price}],
        },
        {
            "key": "s2",
            "at": now.isoformat(),
            "total": 7 * cake.now,
            "lines": [{"offer": cake.offer, "quantity": 7, "price": cake.price}],
        },
        {
            "key": "s3",
            "at": now.isoformat(),
            "total": 1,
            "lines": [{"offer": bread.offer, "quantity": 1, "price": bread.price}],
        },
    ]
    body = {"place": street.till.places["bakery"], "sales": sales}
    street.clock.forward(timedelta(hours=3))
    first = (await street.call("POST", "/api/till/sales", body, who="bakery")).json()["results"]
    again = (await street.call("POST", "/api/till/sales", body, who="bakery")).json()["results"]
    assert first[0]["sale"]["orders"][0]["stage"] == "done"
    assert first[1]["refusal"] == "out_of_stock"
    assert first[2]["refusal"] == "price_differs"
    assert [one.get("sale") for one in first] == [one.get("sale") for one in again]
    basket = {"place": street.till.places["bakery"], "lines": [{"offer": bread.offer, "quantity": 2}]}
    priced = (await street.call("POST", "/api/till/quotes", basket, who="bakery")).json()
    assert (priced["total"], priced["payers"]) == (2 * bread.now, []) and priced["quote"]
    made_up = await street.call("POST", "/api/till/quotes", basket | {"voucher": "V1234567890"}, who="bakery")
    assert (made_up.status_code, made_up.json()["code"]) == (422, "voucher_code_wrong")
    assert (await street.call("POST", "/api/till/quotes", basket, who="tea")).status_code == 404
    foreign = await street.call("POST", "/api/till/sales", body, who="tea")
    assert foreign.status_code == 404
    assert (await street.call("POST", "/api/till/sales", body, who="ada")).status_code == 403


async def test_money_and_places(street: Street) -> None:
    placed = await street.order(("bread/collect", 1))
    await street.tell_paid(placed)
    path = f"/api/orders/{placed['orders'][0]['id']}/facts"
    standing = (await street.call("GET", "/api/money", who="bakery")).json()
    assert standing["coming"][0]["held"] == 2800
    for fact in ("ready", "handed_over"):
        await street.call("POST", path, {"fact": fact}, who="bakery")
    day = street.clock().date().isoformat()
    statement = (await street.call("GET", f"/api/money/statement?since={day}", who="bakery")).json()
    csv = await street.call("GET", f"/api/money/statement?since={day}&csv=true", who="bakery")
    assert statement["seller_id"] == street.till.sellers["bakery"]
    assert csv.headers["content-type"].startswith("text/csv")
    assert (
        await street.call("GET", "/api/money/statement?since=0001-01-01", who="bakery")
    ).status_code == 422
    place = {
        "kind": "stall",
        "name_en": "Bridge stall",
        "name_zh": "桥头摊",
        "address": {"line": "Bridge 1"},
        "lat": 31.3,
        "lon": 120.6,
    }
    opened = await street.call("POST", "/api/places", place, who="bakery", key="stall")
    same = await street.call("POST", "/api/places", place, who="bakery", key="stall")
    assert (opened.status_code, opened.json()) == (201, same.json())
    assert len((await street.call("GET", "/api/places", who="bakery")).json()) == 2
    seller = (await street.call("GET", f"/api/sellers/{street.till.sellers['tea']}")).json()
    assert (seller["name"], len(seller["places"])) == ("Willow Tea House", 1)
    me = (await street.call("GET", "/api/me", who="ada")).json()
    assert (me["party"], me["scopes"]) == (street.till.people["ada"], ["orders:write"])


async def bread(street: Street) -> dict[str, Any]:
    async with street.market.db.read() as tx:
        variant = await tx.fetchval(
            "SELECT variant_id FROM catalog.offer WHERE id = $1", street.till.offers["milk/collect"]
        )
    return {"variant": variant, "place": street.till.places["bakery"], "quantity": 3}


async def test_a_storm_of_one_receipt_is_received_once(street: Street) -> None:
    body = await bread(street)
    path = "/api/stock/receipts"
    before = (await street.call("POST", path, body, who="bakery")).json()["free"]
    storm = await asyncio.gather(
        *(street.call("POST", path, body, who="bakery", key="storm") for _ in range(8))
    )
    assert {one.status_code for one in storm} == {201}
    assert {one.json()["free"] for one in storm} == {before + 3}


async def test_the_first_call_is_still_running(street: Street) -> None:
    body = await bread(street)
    scope = f"{street.till.sellers['bakery']} POST /api/stock/receipts"
    async with street.market.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO kit.answer (scope, key, fingerprint, at) VALUES ($1, 'slow', 'x', $2)",
            scope,
            street.clock(),
        )
        busy = await street.call("POST", "/api/stock/receipts", body, who="bakery", key="slow")
        assert (busy.status_code, busy.json()["code"]) == (409, "idempotency_key_busy")
        await tx.execute("DELETE FROM kit.answer WHERE scope = $1 AND key = 'slow'", scope)
    assert (
        await street.call("POST", "/api/stock/receipts", body, who="bakery", key="slow")
    ).status_code == 201


async def test_a_refused_call_gives_its_key_back(street: Street) -> None:
    body = await bread(street)
    wrong = await street.call(
        "POST", "/api/stock/receipts", body | {"variant": "var_none"}, who="bakery", key="again"
    )
    assert wrong.status_code == 404
    right = await street.call("POST", "/api/stock/receipts", body, who="bakery", key="again")
    assert right.status_code == 201
