"""Buying over the API: quotes, orders, payments and facts, and what repeating them does."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec

from highstreet.ledger import Intent
from tests.api.street import Street


async def test_a_quote_explains_itself(street: Street) -> None:
    quoted = await street.quote(("bread/collect", 2), ("milk/collect", 1), ("tea/collect", 1))
    assert [order["seller_name"] for order in quoted["orders"]] == ["Old Mill Bakery", "Willow Tea House"]
    assert quoted["total"] == sum(order["total"] for order in quoted["orders"]) == 2 * 2800 + 1680 + 8800
    bread = quoted["orders"][0]["lines"][0]
    assert (bread["title"]["en"], bread["quantity"], bread["price"], bread["paid"]) == (
        "Riverside sourdough",
        2,
        2800,
        5600,
    )
    assert quoted["orders"][0]["ways"] == ["sandbox", "wallet", "cash"]
    assert quoted["orders"][0]["window"] is not None


async def test_a_guest_buys_and_sees_the_order(street: Street) -> None:
    placed = await street.order(("bread/collect", 1), ("tea/collect", 1))
    assert [one["waits"] for one in placed["orders"]] == ["payment", "payment"]
    assert placed["collection"]["amount"] == placed["total"] == 2800 + 8800
    assert placed["pay_url"].startswith("http://127.0.0.1:9/pay?intent=")
    told = await street.tell_paid(placed)
    assert (told.status_code, told.json()) == (200, {"result": "paid"})
    for one in placed["orders"]:
        seen = await street.call("GET", f"/api/orders/{one['id']}?key={one['link']}")
        assert (seen.json()["stage"], seen.json()["number"]) == ("committed", one["number"])
        assert seen.json()["lines"][0]["quantity"] == 1
        assert seen.json()["agreed"]["dues"] == [{"purpose": "price", "amount": one["total"]}]


async def test_cash_at_the_counter_of_a_pickup(street: Street) -> None:
    placed = await street.order(("bread/collect", 1), method="cash")
    order = placed["orders"][0]
    assert (placed.get("collection"), order["stage"], order["waits"]) == (None, "committed", "prepare")
    for fact, stage in (("ready", "committed"), ("handed_over", "done")):
        told = await street.call("POST", f"/api/orders/{order['id']}/facts", {"fact": fact}, who="bakery")
        assert told.json()["stage"] == stage


async def test_the_same_key_answers_the_same(street: Street) -> None:
    quoted = await street.quote(("bread/collect", 1))
    body = {"quote": quoted["quote"], "method": "sandbox"}
    storm = await asyncio.gather(*(street.call("POST", "/api/orders", body, key="once") for _ in range(12)))
    assert {one.status_code for one in storm} == {201}
    assert len({one.text for one in storm}) == 1
    # Also when the quote has expired meanwhile: what was placed stays placed.
    street.clock.forward(timedelta(hours=2))
    later = await street.call("POST", "/api/orders", body, key="once")
    assert (later.status_code, later.json()["purchase"]) == (201, storm[0].json()["purchase"])
    quoted_key = await street.call("POST", "/api/orders", body, key='"once"')
    assert quoted_key.json()["purchase"] == storm[0].json()["purchase"]
    fresh = await street.call("POST", "/api/orders", body, key="twice")
    assert (fresh.status_code, fresh.json()["code"]) == (410, "quote_expired")


async def test_the_same_key_with_other_content_is_refused(street: Street) -> None:
    quoted = await street.quote(("bread/collect", 1))
    body = {"quote": quoted["quote"], "method": "sandbox"}
    assert (await street.call("POST", "/api/orders", body, key="k")).status_code == 201
    other = await street.call("POST", "/api/orders", body | {"contact": {"name": "Bo"}}, key="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    # Another caller's key of the same name is another key.
    theirs = await street.call("POST", "/api/orders", body, key="k", who="ada")
    assert theirs.status_code == 201


async def test_no_key_no_order(street: Street) -> None:
    quoted = await street.quote(("bread/collect", 1))
    body = {"quote": quoted["quote"], "method": "sandbox"}
    answer = await street.call("POST", "/api/orders", body, key="", accept_language="zh-CN,en;q=0.3")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    problem = answer.json()
    assert (problem["code"], problem["instance"]) == ("idempotency_key_missing", "/api/orders")
    assert "请求头" in problem["detail"]


async def test_notices_come_twice_late_and_wrong(street: Street) -> None:
    placed = await street.order(("bread/collect", 1))
    wrong = await street.tell_paid(placed, amount=1)
    assert wrong.json() == {"result": "stray"}
    for result in ("paid", "repeated"):
        assert (await street.tell_paid(placed, provider_ref="ref_once")).json() == {"result": result}
    # Paid a second time, by other money: a person decides.
    assert (await street.tell_paid(placed, provider_ref="ref_again")).json() == {"result": "stray"}
    assert (await street.notice(key="col_unknown", amount=5)).json() == {"result": "stray"}
    forged = await street.call(
        "POST", "/api/payments/sandbox/notices", {"id": "x"}, key="",
        webhook_id="x", webhook_timestamp=str(int(street.clock().timestamp())), webhook_signature="v1,bm8=",
    )  # fmt: skip
    assert (forged.status_code, forged.json()["code"]) == (401, "notice_wrong_signature")
    nobody = await street.call("POST", "/api/payments/paypal/notices", {}, key="")
    assert nobody.status_code == 404


async def test_paying_too_late_comes_straight_back(street: Street) -> None:
    placed = await street.order(("bread/collect", 1))
    order = placed["orders"][0]
    told = await street.call(
        "POST", f"/api/orders/{order['id']}/facts?key={order['link']}", {"fact": "cancelled"}
    )
    assert told.json()["stage"] == "undone"
    assert (await street.tell_paid(placed)).json() == {"result": "paid"}
    seen = await street.call("GET", f"/api/orders/{order['id']}?key={order['link']}")
    assert seen.json()["stage"] == "undone"


async def test_facts_are_told_once_by_whom_they_belong_to(street: Street) -> None:
    placed = await street.order(("bread/instant", 1), who="ada")
    await street.tell_paid(placed)
    path = f"/api/orders/{placed['orders'][0]['id']}/facts"
    told = [
        ("bakery", {"fact": "accepted"}, "courier"),
        ("bakery", {"fact": "ready"}, "courier"),
    ]
    first = await street.call("POST", path, told[0][1], who="bakery", key="accept")
    again = await street.call("POST", path, told[0][1], who="bakery", key="accept")
    assert first.json() == again.json()
    fresh = await street.call("POST", path, told[0][1], who="bakery")
    assert (fresh.status_code, fresh.json()["code"]) == (409, "not_now")
    buyer = await street.call("POST", path, {"fact": "ready"}, who="ada")
    assert (buyer.status_code, buyer.json()["code"]) == (403, "not_this")
    assert (await street.call("POST", path, {"fact": "ready"}, who="bakery")).json()["waits"] == "courier"
    taken = await street.call("POST", path, {"fact": "picked_up", "who": "courier"}, who="jun")
    assert taken.json()["waits"] == "underway"
    done = await street.call("POST", path, {"fact": "delivered", "who": "courier"}, who="jun")
    assert done.status_code == 200, done.text


async def test_lists_of_orders(street: Street) -> None:
    placed = [(await street.order(("bread/collect", 1), who="leaf"))["orders"][0]["id"] for _ in range(3)]
    page = (await street.call("GET", "/api/orders?bought=true&most=2", who="leaf")).json()
    rest = (
        await street.call("GET", f"/api/orders?bought=true&most=2&cursor={page['next']}", who="leaf")
    ).json()
    assert [one["id"] for one in page["orders"] + rest["orders"]] == placed[::-1]
    assert rest["next"] is None
    sold = (await street.call("GET", "/api/orders?most=3&waits=payment", who="bakery")).json()["orders"]
    assert [one["id"] for one in sold] == placed[::-1]
    assert not {
        one["id"] for one in (await street.call("GET", "/api/orders", who="tea")).json()["orders"]
    } & set(placed)


async def test_where_a_buyer_pays(street: Street) -> None:
    placed = await street.order(("bread/collect", 1))
    asked, link = placed["collection"], street.market.link_signer.short(placed["purchase"])
    url = street.market.providers["sandbox"].pay_url(
        Intent(asked["key"], asked["amount"], "CNY", street.clock() + timedelta(minutes=30)),
        f"http://market.example/purchases/{placed['purchase']}?link={link}&back=1",
    )
    assert placed["pay_url"] == url


async def test_documents_itself(street: Street) -> None:
    told = (await street.call("GET", "/api/openapi/openapi.json")).json()
    assert {"/api/quotes", "/api/orders", "/api/orders/{order_id}", "/api/till/sales"} <= set(told["paths"])
    page = await street.call("GET", "/docs")
    assert page.status_code == 200
    assert "/api/orders/{order_id}/facts" in page.text
    assert "http" not in page.text.replace("http://market.example", "").split("<h2>")[0].replace(
        "https", "http"
    ).replace("<!doctype", "")
    assert "out_of_stock" in (await street.call("GET", "/docs/problems")).text
    assert msgspec.json.encode(told)
