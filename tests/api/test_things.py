"""Tickets and things over the API: what one holds, handing it on, and the seats of a hall."""

from __future__ import annotations

from datetime import timedelta

from highstreet import catalog, inventory
from highstreet.kit.text import Words
from tests.api.street import Street


async def offered(street: Street, form: str, sells: str, terms: dict[str, object]) -> tuple[str, str]:
    """An open offer of the bakery's, and its variant."""
    baker, place, now = street.till.sellers["bakery"], street.till.places["bakery"], street.clock()
    async with street.market.db.transaction() as tx:
        item = await catalog.describe(
            tx, owner_id=baker, category_id="home.kitchen", sells=sells, title=Words("Show", "演出"), now=now, attributes={}  # type: ignore[arg-type]
        )  # fmt: skip
        variant = (await catalog.read_item(tx, item)).variants[0].id
        offer = await catalog.draft_offer(
            tx, seller_id=baker, variant_id=variant, place_id=place, format=form, currency="CNY", price=5_000, now=now, terms=terms
        )  # fmt: skip
        await catalog.open_offer(tx, baker, offer, licences={"business", "food", "kitchen"}, now=now)
    return offer, variant


async def test_seats_are_chosen_and_a_ticket_is_handed_on(street: Street) -> None:
    offer, variant = await offered(street, "ticket", "service", {"hall": "A: 1-4"})
    starts = street.clock() + timedelta(days=2)
    async with street.market.db.transaction() as tx:
        slot = await inventory.slots.open_slot(
            tx,
            variant,
            street.till.places["bakery"],
            starts,
            starts + timedelta(hours=2),
            4,
            "x",
            street.clock(),
        )
    seen = (await street.call("GET", f"/api/offers/{offer}/seats?slot={slot}&best=2")).json()
    assert ([one["label"] for one in seen["seats"]], seen["best"]) == (["A1", "A2", "A3", "A4"], ["A2", "A3"])
    assert (await street.call("GET", f"/api/offers/{offer}/seats?slot=77")).status_code == 409
    line = {"offer": offer, "quantity": 1, "choice": {"slot": slot, "seats": seen["best"]}}
    quoted = (await street.call("POST", "/api/quotes", {"lines": [line]})).json()
    body = {
        "quote": quoted["quote"],
        "method": "sandbox",
        "contact": {"name": "Ada", "email": "ada@example.com"},
    }
    placed = (await street.call("POST", "/api/orders", body, who="ada")).json()
    assert (await street.tell_paid(placed)).status_code == 200
    mine = (await street.call("GET", "/api/things", who="ada")).json()["things"]
    assert [(one["seat"], one["state"], one["what"]) for one in mine] == [
        ("A2", "valid", "entry"),
        ("A3", "valid", "entry"),
    ]
    path = f"/api/things/{mine[0]['thing']}"
    given = (await street.call("POST", f"{path}/offer", {}, who="ada", key="one")).json()
    assert (await street.call("POST", f"{path}/offer", {}, who="ada", key="one")).json() == given
    # What somebody else holds, what was made up, and what no token opens.
    for who, ways in (("tea", ("offer", "return", "seating")), ("leaf", ("offer", "withdrawal"))):
        for way in ways:
            assert (await street.call("POST", f"{path}/{way}", {}, who=who)).status_code == 404
    assert (await street.call("POST", "/api/things/ent_0/taking", {}, who="leaf")).status_code == 404
    refused = await street.call("POST", f"{path}/taking", {"token": "made-up"}, who="leaf")
    assert (refused.status_code, refused.json()["code"]) == (410, "gift_gone")
    assert (
        await street.call("POST", f"{path}/taking", {"token": given["token"]}, who="leaf")
    ).status_code == 200
    (taken,) = (await street.call("GET", "/api/things", who="leaf")).json()["things"]
    assert taken["version"] == 2
    assert taken["code"] != mine[0]["code"]
    assert (await street.call("POST", f"{path}/return", {}, who="leaf")).status_code == 200
    assert len((await street.call("GET", "/api/things", who="ada")).json()["things"]) == 2
