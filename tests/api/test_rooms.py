"""Live rooms over the API: planned, run and bought from by programs; somebody else's room stays somebody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from highstreet import catalog, inventory, parties
from tests.api.street import Street


async def shown_live(street: Street) -> str:
    """An offer of the bakery's bread that is sold live."""
    till, now = street.till, street.clock()
    async with street.market.db.transaction() as tx:
        bread = await catalog.read_offer(tx, till.offers["bread/collect"])
        offer = await catalog.draft_offer(
            tx, seller_id=bread.seller_id, variant_id=bread.variant_id, place_id=bread.place_id, format="live", currency="CNY",
            price=3000, now=now,
        )  # fmt: skip
        supply = await inventory.stock.open_stock(tx, bread.variant_id, bread.place_id)
        await inventory.stock.change(tx, supply, "received", 10, "test", now)
        until = now.date() + timedelta(days=9)
        food = await parties.licences.show(
            tx, bread.seller_id, "food", "L-1", "the city", now.date(), until, None, now
        )
        await parties.licences.review(tx, food, True, till.people["ada"], "", now)
    return offer


async def test_a_room_is_run_and_bought_from_by_programs(street: Street) -> None:
    offer, now = await shown_live(street), street.clock()

    async def ask(method: str, path: str, body: Any = None, who: str = "bakery", **more: Any) -> Any:
        answer = await street.call(method, "/api/rooms" + path, body, who=who, **more)
        return answer.json() | {"status": answer.status_code} if method != "GET" else answer.json()

    body = {
        "title": {"en": "Ovens"}, "host_name": "Wu", "starts": now.isoformat(), "ends": (now + timedelta(hours=2)).isoformat(),
        "host": street.till.sellers["tea"], "host_bps": 500, "words": ["fake"],
    }  # fmt: skip
    assert (await ask("POST", "", body | {"video": "http://a.example/x.mp4"}))["status"] == 422
    assert (await ask("POST", "", body | {"host": street.till.sellers["bakery"]}))["code"] == "self_dealing"
    made = await ask("POST", "", body, key="plan")
    assert (await ask("POST", "", body, key="plan"))["id"] == made["id"]
    room = "/" + made["id"]
    (drop,) = (await ask("POST", room + "/drops", {"offer": offer, "units": 2}))["drops"]
    turn = f"{room}/drops/{drop['id']}"
    assert (await ask("PATCH", turn, {"state": "open"}))["status"] == 422, "not before the session is on"
    assert (await ask("PATCH", room, {"state": "on"}, "tea"))["state"] == "on", (
        "the host's program runs it too"
    )
    for _ in range(2):
        told = await ask("PATCH", turn, {"state": "open"})
        assert (told["shown"], told["drops"][0]["state"], told["drops"][0]["left"]) == (drop["id"], "open", 2)
    street.market.shelf._changed(None)
    street.till.offers["bread/live"] = offer
    placed = await street.order(
        ("bread/live", 2), contact={"name": "Ada", "phone": "13800000000", "address": "Mill Lane 1"}
    )
    await street.tell_paid(placed)
    assert [(one["left"], one["taken"]) for one in (await ask("GET", room))["drops"]] == [(0, 2)]

    said = await ask("POST", room + "/said", {"text": "How long does it keep?"}, "ada", key="say")
    assert await ask("POST", room + "/said", {"text": "How long does it keep?"}, "ada", key="say") == said
    held = await ask("POST", room + "/said", {"text": "cheaper: www.x.cn"}, "ada")
    await ask("POST", room + "/said", {"text": "Three days."})
    assert (await ask("POST", room + "/said", {"text": "Us too"}, "tea"))["code"] == "not_allowed"
    assert (held["state"], held["why"]) == ("held", "link")
    assert [(one["text"], one["host"]) for one in await ask("GET", room + "/said", who="")] == [
        ("How long does it keep?", False),
        ("Three days.", True),
    ]
    assert [one["state"] for one in await ask("GET", room + "/said")] == ["shown", "held", "shown"]
    judged = await ask("PATCH", f"{room}/said/{held['id']}", {"state": "removed", "muted": True})
    assert judged["state"] == "removed"
    assert (await ask("POST", room + "/said", {"text": "But"}, "ada"))["code"] == "muted"
    for method, path, wanted in (
        ("PATCH", room, {"state": "ended"}), ("POST", room + "/drops", {"offer": offer, "units": 1}), ("PATCH", turn, {"state": "closed"}),
        ("PATCH", f"{room}/said/{held['id']}", {"state": "shown"}),
    ):  # fmt: skip
        for who, status in (("leaf", 403), ("ada", 403), ("", 401)):
            assert (await ask(method, path, wanted, who))["status"] == status, (who, path)
    assert (await ask("PATCH", room, {"state": "ended"}))["state"] == "ended"
    assert (await ask("GET", "", who="")) == []
