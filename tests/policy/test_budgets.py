"""Budgets: two persons, never below zero, and every fen in one of four places."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from highstreet import policy
from highstreet.kit.errors import Malformed
from highstreet.policy import DecidedBefore, OverBudget, TwoPersons
from highstreet.policy.claims import Asking
from tests.policy.conftest import DINING, HE, NOW, SHE, Office


def asking(n: int, *people: str, key: str = "") -> Asking:
    return Asking(f"clm_{n:04}_{key}", f"pty_{n}", people or (f"party:{n}",), key or f"key {n}")


async def test_whoever_proposes_does_not_decide_and_nothing_is_decided_twice(office: Office) -> None:
    async with office.db.transaction() as tx:
        one = await policy.budgets.propose(tx, DINING, "budget", {"amount": 500}, "a gift", HE, NOW)
    with pytest.raises(TwoPersons):
        await office.db.run(policy.budgets.decide, one.id, True, HE, "", NOW)
    assert (await office.money())["allocated"] == 1_000_000
    decided = await asyncio.gather(
        *(
            office.db.run(policy.budgets.decide, one.id, True, by, "", NOW)
            for by in (SHE, "pty_officer_other")
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(said, DecidedBefore) for said in decided) == 1
    assert (await office.money())["allocated"] == 1_000_500
    async with office.db.transaction() as tx:
        no = await policy.budgets.propose(
            tx, DINING, "budget", {"amount": -1_000_500}, "take it back", HE, NOW
        )
        await policy.budgets.decide(tx, no.id, False, SHE, "", NOW, "it is needed")
    assert (await office.money())["free"] == 1_000_500


@pytest.mark.parametrize(
    "body",
    [{"amount": 0}, {"amount": True}, {"amount": 1.5}, {"amount": "5"}, {"amount": 10**12}, {}],
    ids=["nothing", "yes", "half a fen", "text", "absurd", "missing"],
)
async def test_a_budget_changes_by_an_amount(office: Office, body: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        await office.db.run(policy.budgets.propose, DINING, "budget", body, "why not", HE, NOW)


async def test_no_more_is_set_aside_than_there_is(office: Office) -> None:
    await office.batch(150)
    assert await office.money() == {
        "allocated": 1_000_000,
        "free": 250_000,
        "unclaimed": 750_000,
        "claimed": 0,
    }
    with pytest.raises(OverBudget, match=r"2500\.00"):
        await office.batch(51)
    with pytest.raises(OverBudget):
        await office.change("budget", {"amount": -250_001})
    await office.change("budget", {"amount": -250_000})
    assert (await office.money())["free"] == 0


async def test_the_last_ones_go_to_whoever_came_first_and_to_nobody_twice(office: Office) -> None:
    batch = await office.batch(40)
    verdicts: list[str] = []

    async def ask(some: list[Asking], prefer: int) -> None:
        for one in some:
            verdict = "again"
            while verdict == "again":
                ((verdict, _),) = await office.db.run(policy.claims.take, batch.id, [one], prefer, NOW)
            verdicts.append(verdict)

    # Thirty people with two accounts each, by the same telephone, from four sides at once.
    crowd = [asking(n, f"party:{n}", f"phone:{n % 30}") for n in range(60)]
    await asyncio.gather(*(ask(crowd[side::4], side + 1) for side in range(4)))
    assert sorted(verdicts) == ["done"] * 30 + ["had"] * 30
    await asyncio.gather(
        *(ask([asking(n) for n in range(100 + side, 160, 4)], 16 - side) for side in range(4))
    )
    assert verdicts.count("done") == 40
    assert verdicts.count("gone") == 50
    assert await office.money() == {
        "allocated": 1_000_000,
        "free": 800_000,
        "unclaimed": 0,
        "claimed": 200_000,
    }


async def test_many_in_one_call_are_judged_one_by_one(office: Office) -> None:
    batch = await office.batch(5)
    some = [
        asking(1, "party:1", "phone:a"), asking(2, "party:2", "phone:a"), asking(3), asking(4, "party:4", "device:d"),
        asking(5, "party:5", "device:d"), asking(6), asking(7), asking(8),
    ]  # fmt: skip
    found = await office.db.run(policy.claims.take, batch.id, some, 3, NOW)
    while any(verdict == "again" for verdict, _ in found):
        left = [one for one, (verdict, _) in zip(some, found, strict=True) if verdict == "again"]
        again = dict(
            zip(
                [one.id for one in left],
                await office.db.run(policy.claims.take, batch.id, left, 1, NOW),
                strict=True,
            )
        )
        found = [again.get(one.id, was) for one, was in zip(some, found, strict=True)]
    assert [verdict for verdict, _ in found] == ["done", "had", "done", "done", "had", "done", "done", "gone"]
    again = await office.db.run(
        policy.claims.take, batch.id, [asking(3), asking(3, "party:3", key="other")], 1, NOW
    )
    assert again[0] == ("repeated", "clm_0003_")
    assert again[1][0] in ("had", "again")


async def test_what_lapses_and_what_nobody_claimed_comes_back_once(office: Office) -> None:
    batch = await office.batch(10, days=7)
    await office.db.run(policy.claims.take, batch.id, [asking(n) for n in range(4)], 1, NOW)
    late = NOW + timedelta(hours=2)
    assert [await office.db.run(policy.budgets.roll, late) for _ in range(2)] == [1, 0]
    assert await office.money() == {
        "allocated": 1_000_000,
        "free": 980_000,
        "unclaimed": 0,
        "claimed": 20_000,
    }
    assert await office.db.run(policy.claims.lapse, NOW + timedelta(days=6)) == 0
    assert await office.db.run(policy.claims.forget, "pty_3", NOW) == 1, "who leaves gives theirs back"
    assert await office.db.run(policy.claims.forget, "pty_3", NOW) == 0
    assert [await office.db.run(policy.claims.lapse, NOW + timedelta(days=7)) for _ in range(2)] == [3, 0]
    assert await office.money() == {"allocated": 1_000_000, "free": 1_000_000, "unclaimed": 0, "claimed": 0}


async def test_a_draw_is_what_anybody_draws_again_from_its_seed(office: Office) -> None:
    batch = await office.batch(20, way="draw")
    assert batch.seed is None
    crowd = [asking(n, f"party:{n}", f"phone:{n % 90}") for n in range(100)]
    entered = await office.db.run(policy.draws.enter, batch.id, crowd, NOW)
    assert [verdict for verdict, _ in entered].count("done") == 90
    assert (await office.db.run(policy.draws.enter, batch.id, crowd[:1], NOW))[0][0] == "repeated"
    assert await office.db.run(policy.draws.draw, batch.id, NOW) == 0, "too early"
    closed = NOW + timedelta(hours=1)
    assert [await office.db.run(policy.draws.draw, batch.id, closed) for _ in range(2)] == [20, 0]
    async with office.db.read() as tx:
        told = await policy.budgets.batch(tx, batch.id)
        entries = await tx.fetch("SELECT id, won FROM policy.entry ORDER BY id")
        claims = {row["id"] for row in await tx.fetch("SELECT id FROM policy.claim")}
    assert told.seed == "a seed"
    assert {row["id"] for row in entries if row["won"]} == claims
    assert claims == set(policy.draws.winners(told.seed, [row["id"] for row in entries], 20))
    assert sum(row["won"] is False for row in entries) == 70, "who did not win is kept, to compare with"
    assert await office.money() == {
        "allocated": 1_000_000,
        "free": 900_000,
        "unclaimed": 0,
        "claimed": 100_000,
    }
