"""What the new formats need of programs: room by time, single things, cohorts anybody can look at and recompute, and who may tell what."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from highstreet import parties
from highstreet.market.format import Format
from highstreet.orders import Closing, Cohort, Member
from tests.api.street import Street


def way(street: Street, gathers: Any) -> Format:
    return next(
        one for one in street.market.formats.values() if gathers in one.hints.gathers and one.licence is None
    )


async def variant_of(street: Street, name: str) -> str:
    async with street.market.db.read() as tx:
        found: str = await tx.fetchval(
            "SELECT variant_id FROM catalog.offer WHERE id = $1", street.till.offers[name]
        )
    return found


async def licensed(street: Street, kind: str) -> None:
    """The bakery holds a licence, reviewed and in force."""
    now, today, seller = street.clock(), street.clock().date(), street.till.sellers["bakery"]
    shown: Any = kind
    async with street.market.db.transaction() as tx:
        if await parties.licences.holds(tx, seller, shown, today):
            return
        last = today + timedelta(days=99)
        made = await parties.licences.show(tx, seller, shown, f"L-{kind}", "the city", today, last, None, now)
        await parties.licences.review(tx, made, True, street.till.people["ada"], "", now)


async def offer_of(street: Street, one: Format, **more: Any) -> str:
    await licensed(street, "food")
    body = {
        "variant": await variant_of(street, "bread"), "place": street.till.places["bakery"], "format": one.name, "price": 10_000,
    }  # fmt: skip
    answer = await street.call("POST", "/api/offers", body | more, who="bakery")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_room_is_opened_seen_changed_and_never_below_what_was_promised(street: Street) -> None:
    variant, place = await variant_of(street, "bread"), street.till.places["bakery"]
    starts = street.clock() + timedelta(days=1)
    window = {"starts": starts.isoformat(), "ends": (starts + timedelta(hours=1)).isoformat(), "room": 4}
    body = {"variant": variant, "place": place, "windows": [window]}
    first = await street.call("POST", "/api/slots", body, who="bakery", key="slots-1")
    assert first.status_code == 201, first.text
    again = await street.call("POST", "/api/slots", body, who="bakery", key="slots-1")
    assert again.json() == first.json()
    other = await street.call(
        "POST", "/api/slots", body | {"windows": [window | {"room": 5}]}, who="bakery", key="slots-1"
    )
    assert other.status_code == 422
    slot = first.json()["slots"][0]["slot"]
    seen = (await street.call("GET", f"/api/slots?variant={variant}&place={place}", who="bakery")).json()[
        "slots"
    ]
    assert [(one["slot"], one["room"], one["free"]) for one in seen] == [(slot, 4, 4)]
    async with street.market.db.transaction() as tx:
        await tx.execute("UPDATE inventory.supply SET sold = 3 WHERE id = $1", slot)
    low = await street.call("POST", f"/api/slots/{slot}", {"room": 2}, who="bakery")
    assert (low.status_code, low.json()["code"]) == (409, "below_promised")
    closed = await street.call("POST", f"/api/slots/{slot}", {"close": True}, who="bakery")
    assert (closed.json()["room"], closed.json()["free"]) == (3, 0)
    async with street.market.db.transaction() as tx:
        await tx.execute("UPDATE inventory.supply SET sold = 0 WHERE id = $1", slot)
    for wrong in (
        {"windows": [window | {"starts": "2020-01-01T09:00:00Z"}]}, {"windows": [window | {"ends": window["starts"]}]},
        {"windows": [window | {"starts": "2027-01-01T09:00:00"}]}, {"windows": []}, {"windows": [window | {"room": 0}]},
    ):  # fmt: skip
        answer = await street.call("POST", "/api/slots", body | wrong, who="bakery")
        assert answer.status_code in (400, 422), (wrong, answer.text)
    for who, status in (("tea", 404), ("ada", 403), ("", 401)):
        assert (await street.call("POST", f"/api/slots/{slot}", {"room": 9}, who=who)).status_code == status
        assert (await street.call("POST", "/api/slots", body, who=who)).status_code == status
    assert (await street.call("GET", f"/api/slots?variant={variant}", who="tea")).json() == {"slots": []}


async def test_a_thing_is_registered_once_and_turned_by_its_owner(street: Street) -> None:
    body = {
        "variant": await variant_of(street, "bread"),
        "place": street.till.places["bakery"],
        "tag": "cart 7",
    }
    made = await street.call("POST", "/api/assets", body, who="bakery", key="asset-1")
    assert made.status_code == 201, made.text
    assert (await street.call("POST", "/api/assets", body, who="bakery", key="asset-1")).json() == made.json()
    taken = await street.call("POST", "/api/assets", body, who="bakery")
    assert (taken.status_code, taken.json()["code"]) == (409, "tag_taken")
    asset = made.json()["asset"]
    for who, status in (("tea", 404), ("ada", 403), ("", 401)):
        assert (
            await street.call("POST", f"/api/assets/{asset}", {"state": "retired"}, who=who)
        ).status_code == status
    resting = await street.call("POST", f"/api/assets/{asset}", {"state": "resting"}, who="bakery")
    assert resting.json()["state"] == "resting"
    retired = await street.call("POST", f"/api/assets/{asset}", {"state": "retired"}, who="bakery")
    assert retired.json()["state"] == "retired"
    assert (
        await street.call("POST", f"/api/assets/{asset}", {"state": "ready"}, who="bakery")
    ).status_code == 404
    assert (
        await street.call("POST", f"/api/assets/{10**30}", {"state": "ready"}, who="bakery")
    ).status_code in (400, 404)


async def test_a_draw_is_announced_with_its_fingerprint_and_tells_its_seed_when_it_is_over(
    street: Street,
) -> None:
    one = way(street, "once")
    offer = await offer_of(street, one)
    closes = (street.clock() + timedelta(days=2)).isoformat()
    body = {"offer": offer, "closes_at": closes, "units": 2}
    assert (
        await street.call("POST", "/api/cohorts", {"offer": offer, "closes_at": closes}, who="bakery")
    ).status_code == 422
    assert (
        await street.call("POST", "/api/cohorts", body | {"tiers": [[2, 100]]}, who="bakery")
    ).status_code == 422
    assert (await street.call("POST", "/api/cohorts", body, who="tea")).status_code == 404
    made = await street.call("POST", "/api/cohorts", body, who="bakery", key="draw")
    assert made.status_code == 201, made.text
    assert (await street.call("POST", "/api/cohorts", body, who="bakery", key="draw")).json()[
        "id"
    ] == made.json()["id"]
    path = f"/api/cohorts/{made.json()['id']}"
    seen = (await street.call("GET", path)).json()
    assert (seen["terms"]["units"], seen["terms"]["once"], seen["decision"]) == (2, True, None)
    assert "supply" not in seen["terms"]
    assert (await street.call("GET", f"{path}/entrants")).json()["entrants"] == []
    for who, status in (("tea", 404), ("ada", 403), ("", 401)):
        assert (await street.call("POST", f"{path}/close", {}, who=who)).status_code == status
    assert (await street.call("POST", f"{path}/close", {"arrived": True}, who="bakery")).status_code == 422
    closed = await street.call("POST", f"{path}/close", {}, who="bakery")
    assert closed.status_code == 200, closed.text
    decision = closed.json()["decision"]
    assert hashlib.sha256(decision["seed"].encode()).hexdigest() == seen["terms"]["seed_sha256"]
    # Anybody decides it again from what is public and finds the same.
    entrants = (await street.call("GET", f"{path}/entrants?most=2")).json()["entrants"]
    members = [Member(each["order"], each["quantity"]) for each in entrants]
    cohort = Cohort(made.json()["id"], one.code, offer, street.clock(), seen["terms"])
    assert one.gate.close is not None
    assert one.gate.close(Closing(cohort, members, street.clock(), decision["seed"])) == decision
    again = (await street.call("POST", f"{path}/close", {}, who="bakery")).json()
    assert again["decision"] == decision
    assert (await street.call("GET", "/api/cohorts/coh_" + "0" * 20)).status_code == 404
    assert (await street.call("GET", "/api/cohorts/nonsense")).status_code == 404


async def test_goods_that_arrived_are_told_when_closing(street: Street) -> None:
    offer = await offer_of(street, way(street, "arrived"))
    body = {"offer": offer, "closes_at": (street.clock() + timedelta(days=9)).isoformat(), "units": 5}
    made = (await street.call("POST", "/api/cohorts", body, who="bakery")).json()
    closed = await street.call(
        "POST", f"/api/cohorts/{made['id']}/close", {"arrived": True, "units": 5}, who="bakery"
    )
    assert closed.json()["decision"]["go"] is True


async def test_a_way_of_selling_needs_its_licence_whoever_opens(street: Street) -> None:
    await licensed(street, "food")
    one = next(
        f
        for f in street.market.formats.values()
        if f.licence is not None and not {a.kind for a in f.hints.asks} & {"options", "answers"}
    )
    body = {
        "variant": await variant_of(street, "bread"),
        "place": street.till.places["bakery"],
        "format": one.name,
        "price": 100,
    }
    refused = await street.call("POST", "/api/offers", body, who="bakery", accept_language="zh")
    assert (refused.status_code, refused.json()["code"]) == (403, "licence_for_way_needed")
    draft = await street.call("POST", "/api/offers", body | {"open": False}, who="bakery")
    assert draft.status_code == 201
    path = f"/api/offers/{draft.json()['id']}"
    assert (await street.call("PATCH", path, {"state": "open"}, who="bakery")).status_code == 403
    await licensed(street, str(one.licence))
    assert (await street.call("PATCH", path, {"state": "open"}, who="bakery")).json()["state"] == "open"


async def test_terms_are_checked_as_the_format_reads_them(street: Street) -> None:
    await licensed(street, "food")
    one = next(
        f
        for f in street.market.formats.values()
        if f.licence is None and "options" in {a.kind for a in f.hints.asks}
    )
    variant, place = await variant_of(street, "bread"), street.till.places["bakery"]
    base: dict[str, Any] = {"variant": variant, "place": place, "format": one.name, "price": 100}
    good = {
        "options": {"size": {"M": 0, "XL": 500}, "colour": {"red": 0, "blue": 0}},
        "never": [{"size": "XL", "colour": "red"}],
    }
    tea, bakery = street.till.sellers["tea"], street.till.sellers["bakery"]
    cut = {"role": "creator", "party": tea, "bps": 1000}
    made = await street.call("POST", "/api/offers", base | {"terms": good | {"cuts": [cut]}}, who="bakery")
    assert made.status_code == 201, made.text
    wrong: list[tuple[dict[str, Any], int]] = [
        ({}, 422), ({"options": {"size": {"M": 0}}}, 422), ({"options": {"size": {"M": -1, "L": 0}}}, 422),
        (good | {"never": [{"size": "XL"}]}, 422), (good | {"never": [{"size": "XXL", "colour": "red"}]}, 422),
        (good | {"cuts": [cut | {"party": bakery}]}, 403), (good | {"cuts": [cut | {"party": "pty_nobody"}]}, 422),
        (good | {"cuts": [cut, cut]}, 422), (good | {"cuts": [cut | {"role": "uncle"}]}, 422),
        (good | {"cuts": [cut | {"bps": 9999}]}, 422),
        (good | {one.hints.terms[0].name: True}, 422), (good | {"slots_of": "var_nobody"}, 422),
    ]  # fmt: skip
    for terms, status in wrong:
        answer = await street.call("POST", "/api/offers", base | {"terms": terms}, who="bakery")
        assert answer.status_code == status, (terms, answer.text)
    path = f"/api/offers/{made.json()['id']}"
    assert (await street.call("PATCH", path, {"terms": {}}, who="bakery")).status_code == 422


async def test_a_device_speaks_with_its_sellers_token_and_a_partner_only_of_what_it_earns(
    street: Street,
) -> None:
    placed = await street.order(("bread/collect", 1))
    await street.tell_paid(placed)
    order = placed["orders"][0]["id"]
    path = f"/api/orders/{order}/facts"
    for who, role, status, code in (
        ("bakery", "device", 403, "not_this"), ("tea", "device", 404, "no_such_order"), ("tea", "partner", 404, "no_such_order"),
        ("bakery", "operator", 404, "no_such_order"), ("ada", "operator", 404, "no_such_order"),
    ):  # fmt: skip
        answer = await street.call("POST", path, {"fact": "ready", "who": role}, who=who)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (who, role, answer.text)
    async with street.market.db.transaction() as tx:
        cuts = [{"role": "leader", "party": street.till.sellers["tea"], "bps": 100}]
        await tx.execute("UPDATE orders.line SET cuts = $2 WHERE order_id = $1", order, cuts)
    answer = await street.call("POST", path, {"fact": "ready", "who": "partner"}, who="tea")
    assert (answer.status_code, answer.json()["code"]) == (
        403,
        "not_this",
    )  # known now, but this format tells it no partner


async def test_what_is_ordered_in_a_rhythm_is_an_offer_of_the_same_seller(street: Street) -> None:
    await licensed(street, "food")
    one = next(f for f in street.market.formats.values() if "rhythm" in f.legs)
    body: dict[str, Any] = {
        "variant": await variant_of(street, "bread"),
        "place": street.till.places["bakery"],
        "format": one.name,
        "price": 0,
    }
    tea = next(offer for name, offer in street.till.offers.items() if name.startswith("tea"))
    for terms in ({}, {"of": tea}, {"of": "ofr_nobody"}, {"of": 7}):
        assert (
            await street.call("POST", "/api/offers", body | {"terms": terms}, who="bakery")
        ).status_code == 422, terms
    terms = {"of": street.till.offers["bread/collect"]}
    assert (
        await street.call("POST", "/api/offers", body | {"terms": terms}, who="bakery")
    ).status_code == 201
