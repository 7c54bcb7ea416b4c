"""Public money over the API: what everybody may see, and claiming."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from highstreet import policy
from highstreet.market import laws, programmes
from tests.api.street import Street
from tests.policy.conftest import DINING, HE, RULES, SHE


async def _launch(street: Street, name: str, claims: int, way: str = "first_come", **more: object) -> str:
    """A running programme with money from the treasury and one round, open for an hour; the round's id."""
    now, db = street.clock(), street.market.db
    window = {"opens_at": now.isoformat(), "closes_at": (now + timedelta(hours=1)).isoformat()}
    await db.run(policy.budgets.draft, name, "pty_city", "CNY", HE, now)
    changes: dict[policy.ChangeKind, dict[str, object]] = {
        "rules": {"rules": RULES.replace(DINING, name)},
        "budget": {"amount": 100_000},
        "batch": {"claims": claims, "amount": 5_000, "way": way, **window, **more},
    }
    for kind, body in changes.items():
        one = await db.run(policy.budgets.propose, name, kind, body, "as planned", HE, now)
        await db.run(programmes.decide, one.id, True, SHE, now)
    seen = await street.call("GET", f"/api/programmes/{name}")
    return seen.json()["rounds"][-1]["id"]


async def test_a_round_is_claimed_once_by_each_person_and_no_more_than_there_are(street: Street) -> None:
    round_id = await _launch(street, "first", 2)
    assert "first" in (await street.call("GET", "/api/programmes")).json()["programmes"]
    seen = (await street.call("GET", "/api/programmes/first")).json()
    assert "乐品上海" in seen["rules"]
    assert seen["rounds"][0]["seed"] is None

    path = f"/api/rounds/{round_id}/claims"
    first = await street.call("POST", path, {"device": "ada's phone"}, who="ada", key="once")
    again = await street.call("POST", path, {"device": "ada's phone"}, who="ada", key="once")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    for body, who in (({}, "ada"), ({"device": "ada's phone"}, "leaf")):
        refused = await street.call("POST", path, body, who=who)
        assert (refused.status_code, refused.json()["code"]) == (409, "claimed_before")

    answers = await asyncio.gather(
        *(street.call("POST", path, {}, who=who) for who in ("leaf", "jun", "tea"))
    )
    assert sorted(a.json().get("code", "") for a in answers) == ["", "all_claimed", "all_claimed"]
    own = (await street.call("GET", "/api/claims", who="ada")).json()["claims"]
    assert [(c["id"], c["amount"], c["state"]) for c in own if c["programme"] == "first"] == [
        (first.json()["claim"], 5_000, "open")
    ]

    async with street.market.db.read(snapshot=True) as tx:
        assert [law for law in await laws.check(tx) if not law.ok] == []
    street.clock.forward(timedelta(days=8))
    assert await programmes.keep(street.market, street.clock()) > 0
    assert await programmes.keep(street.market, street.clock()) == 0
    async with street.market.db.read(snapshot=True) as tx:
        assert (await policy.budgets.standing(tx, "first")).free == 100_000
        assert [law for law in await laws.check(tx) if not law.ok] == []
    late = await street.call("POST", path, {}, who="jun")
    assert (late.status_code, late.json()["code"]) == (409, "not_claimable")


async def test_a_draw_is_entered_and_its_seed_told_afterwards(street: Street) -> None:
    round_id = await _launch(street, "lots", 1, "draw")
    for who in ("ada", "leaf"):
        assert (await street.call("POST", f"/api/rounds/{round_id}/claims", {}, who=who)).status_code == 201
    street.clock.forward(timedelta(hours=2))
    await programmes.keep(street.market, street.clock())
    assert (await street.call("GET", "/api/programmes/lots")).json()["rounds"][0]["seed"]
    owns = [(await street.call("GET", "/api/claims", who=who)).json()["claims"] for who in ("ada", "leaf")]
    assert sum(one["programme"] == "lots" for own in owns for one in own) == 1
    async with street.market.db.read(snapshot=True) as tx:
        assert [law for law in await laws.check(tx) if not law.ok] == []


async def test_a_round_with_a_line_is_claimed_in_turn(street: Street) -> None:
    round_id = await _launch(street, "turns", 2, queue=True, pace=6)
    turns, claims = f"/api/rounds/{round_id}/turns", f"/api/rounds/{round_id}/claims"
    early = await street.call("POST", claims, {}, who="ada")
    assert (early.status_code, early.json()["code"]) == (409, "not_your_turn")
    first = (await street.call("POST", turns, {"device": "one"}, who="ada")).json()
    assert (first["nth"], first["ahead"]) == (1, 0)
    assert (await street.call("POST", turns, {}, who="ada")).json() == first
    second = await street.call("POST", turns, {"device": "one"}, who="leaf")
    assert (second.status_code, second.json()["code"]) == (409, "in_line_before")
    assert (await street.call("POST", turns, {}, who="leaf")).json()["ahead"] == 1
    assert (await street.call("POST", claims, {}, who="ada")).status_code == 201
    lots = (await street.call("GET", turns)).json()
    assert lots["seed"] and lots["turns"] == [], "nobody was there before it opened"


async def test_a_draft_is_nobodys_business_yet(street: Street) -> None:
    await street.market.db.run(policy.budgets.draft, "draft", "pty_city", "CNY", HE, street.clock())
    assert (await street.call("GET", "/api/programmes/draft")).status_code == 404
    assert (await street.call("POST", "/api/rounds/bat_nowhere/claims", {}, who="ada")).status_code == 404
