"""Prepaid cards and wallet top-ups by programs: sold, bought, paid with at checkout and at the till, taken back; nobody else's."""

from __future__ import annotations

from datetime import timedelta

from tests.api.street import Street
from tests.market.lane import keeps_the_laws


async def test_a_cards_life(street: Street) -> None:
    bakery, bread = street.till.sellers["bakery"], street.till.offers["bread/collect"]
    assert (await street.call("GET", f"/api/sellers/{bakery}/card")).json()["code"] == "no_card_here"
    plan = {"steps": [{"principal": 20_000, "bonus": 2_000}, {"principal": 10_000}], "note_en": "Bread"}
    for who, status in (("bakery", 200), ("ada", 403)):
        assert (await street.call("PUT", "/api/card-plan", plan, who=who)).status_code == status
    wrong = {"steps": [{"principal": 20_000, "bonus": 10_001}]}
    assert (await street.call("PUT", "/api/card-plan", wrong, who="bakery")).status_code == 422
    sold = (await street.call("GET", f"/api/sellers/{bakery}/card")).json()
    assert [one["principal"] for one in sold["steps"]] == [10_000, 20_000] and sold["on_sale"]

    wanted = {"seller": bakery, "amount": 20_000}
    asked = (await street.call("POST", "/api/cards", wanted, who="ada", key="buy")).json()
    again = (await street.call("POST", "/api/cards", wanted, who="ada", key="buy")).json()
    assert again == asked and asked["state"] == "asked" and asked["pay_url"].startswith("http")
    assert (await street.notice(key=asked["key"], amount=20_000)).status_code == 200
    stands = (await street.call("GET", f"/api/wallet/top-ups/{asked['key']}", who="ada")).json()
    assert stands["state"] == "paid" and "pay_url" not in {k for k, v in stands.items() if v}
    (card,) = (await street.call("GET", "/api/cards", who="ada")).json()["cards"]
    assert (card["principal"], card["bonus"], card["id"]) == (20_000, 2_000, asked["card"])

    quote = (
        await street.call("POST", "/api/quotes", {"lines": [{"offer": bread, "quantity": 1}]}, who="ada")
    ).json()
    order = {"quote": quote["quote"], "method": card["method"], "contact": {"name": "Ada"}}
    assert (await street.call("POST", "/api/orders", order)).json()["code"] == "card_elsewhere"
    placed = await street.call("POST", "/api/orders", order, who="ada", key="once")
    assert placed.status_code == 201, placed.text
    assert (await street.call("POST", "/api/orders", order, who="ada", key="once")).json() == placed.json()

    path = f"/api/cards/{card['id']}"
    shown = (await street.call("POST", f"{path}/codes", who="ada")).json()
    assert shown["until"] > street.clock().isoformat() and len(shown["code"]) > 40
    seen = (await street.call("GET", path, who="ada")).json()
    left = seen["card"]["principal"]
    assert [one["what"] for one in seen["moves"]] == ["order", "card"]
    assert left + seen["card"]["bonus"] == 22_000 - placed.json()["total"]
    for who in ("leaf", "bakery"):
        for method, tail in (("GET", ""), ("POST", "/codes"), ("POST", "/refunds")):
            body = {"amount": left} if tail == "/refunds" else None
            assert (await street.call(method, path + tail, body, who=who)).status_code in (403, 404)
        answer = await street.call("GET", f"/api/wallet/top-ups/{asked['key']}", who=who)
        assert answer.status_code in (403, 404)
    owed = (await street.call("GET", "/api/card-plan", who="bakery")).json()
    assert (owed["owed"], owed["bonus"], owed["cards"]) == (left, seen["card"]["bonus"], 1)
    refused = await street.call("POST", f"{path}/refunds", {"amount": left + 1}, who="ada")
    assert refused.json()["code"] == "card_changed"
    for _ in range(2):
        back = await street.call("POST", f"{path}/refunds", {"amount": left}, who="ada", key="back")
        assert back.status_code == 201 and back.json()["amount"] == left
    stopped = await street.call("PUT", "/api/card-plan", plan | {"on_sale": False}, who="bakery")
    assert stopped.json()["card"]["on_sale"] is False and stopped.json()["owed"] == 0
    assert (await street.call("POST", "/api/cards", wanted, who="ada")).json()["code"] == "no_card_here"
    await keeps_the_laws(street.market.db)


async def test_a_wallet_is_filled(street: Street) -> None:
    for amount, status in ((999, 422), (5_000, 201)):
        answer = await street.call("POST", "/api/wallet/top-ups", {"amount": amount}, who="ada")
        assert answer.status_code == status
    asked = answer.json()
    assert (await street.notice(key=asked["key"], amount=5_000)).status_code == 200
    assert (await street.call("GET", "/api/wallet", who="ada")).json()["balance"] == 5_000
    street.clock.forward(timedelta(minutes=1))
    found = (await street.call("GET", f"/api/wallet/top-ups/{asked['key']}", who="ada")).json()
    assert found["state"] == "paid" and not found["pay_url"]
