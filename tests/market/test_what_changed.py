"""A drawn round, judged by what its winners and losers did."""

from __future__ import annotations

from datetime import timedelta
from statistics import fmean

import pytest

from highstreet.kit.db import Database
from highstreet.market import what_changed
from highstreet.market.what_changed import Told, households
from highstreet.policy.targeting import Floors, Plan, Refused
from tests.market import drawn

SOON, LATER = drawn.DRAWN + timedelta(days=3), drawn.DRAWN + timedelta(days=30)


async def _told(db: Database, some: list[drawn.Person]) -> Told:
    await drawn.write(db, some)
    async with db.read() as tx:
        found = await what_changed.told(tx, drawn.BATCH, LATER)
    assert found is not None
    return found


async def test_winners_and_losers_are_compared_over_the_validity_and_before(db: Database) -> None:
    some = drawn.people(7, 300, 120, 4_000)
    found = await _told(db, some)
    won, lost = [p for p in some if p.won], [p for p in some if not p.won]
    assert (found.winners, found.losers, found.over, found.shared) == (120, 180, True, 0)
    assert found.spending.given == pytest.approx(fmean(p.after for p in won))
    assert found.spending.not_given == pytest.approx(fmean(p.after for p in lost))
    assert found.spending.low < 4_000 < found.spending.high
    assert found.spending.shows
    assert found.before.difference == pytest.approx(
        fmean(p.before for p in won) - fmean(p.before for p in lost)
    )
    assert not found.before.shows, "nothing can have changed before the draw"
    assert found.later is None, "nobody bought anything afterwards"
    spent = sum(min(p.used, p.after) for p in won)
    assert found.public == spent
    assert found.own.given == pytest.approx(found.spending.given - spent / len(won))
    assert found.bought.given == 1, "everybody who won spent something more"
    assert found.small.given == pytest.approx(fmean(p.after * p.small for p in won))
    # Leverage counts everything in the helped orders; the effect only what the lot changed.
    assert found.leverage.sales == sum(p.after for p in won if p.used)
    assert found.leverage.ratio == pytest.approx(found.leverage.sales / spent)
    assert found.per_yuan.ratio == pytest.approx(found.spending.difference / (spent / len(won)))
    assert found.leverage.ratio is not None
    assert found.per_yuan.ratio is not None
    assert found.per_yuan.ratio < found.leverage.ratio
    assert [one.name for one in found.divisions] == ["bought", "elderly", "rural"]
    assert not found.carried
    assert set(found.estimates) == {"spending", "own", "bought", "small", "capped", "before"}

    lot = what_changed.plan(found, 100_000, Floors())
    assert isinstance(lot, Plan)
    assert lot.way == "lot"
    assert max(one.chance for one in lot.given) - min(one.chance for one in lot.given) <= 200
    assert isinstance(what_changed.plan(found, 100_000, Floors(small=10_000)), Refused)


async def test_groups_that_really_differ_are_found_and_come_first(db: Database) -> None:
    found = await _told(db, drawn.people(7, 400, 200, 0, gain_of_elderly=12_000))
    assert [one.name for one in found.divisions if one.found.differ] == ["elderly"]
    best = what_changed.plan(found, 60_000, Floors())
    assert isinstance(best, Plan)
    assert best.way == "gain"
    assert best.elderly == 10_000, "elderly people first, as far as the budget goes"


async def test_who_shares_a_device_is_one_household_and_too_few_say_nothing(db: Database) -> None:
    assert (
        len(
            set(households([("a", "x"), ("b", "x"), ("b", "y"), ("c", "y"), ("d", "z"), ("e", "z")]).values())
        )
        == 2
    )
    some = drawn.people(7, 70, 35, 0)
    await drawn.write(db, some)
    async with db.transaction() as tx:
        await tx.executemany(
            "INSERT INTO policy.claimant (batch_id, person, n, claim_id) VALUES ($1, $2, 1, $3)",
            [(f"bat_{n}", "device:shared", f"clm_pty_{n:04}") for n in range(4)]
            + [(drawn.BATCH, f"party:pty_{n:04}", f"clm_pty_{n:04}") for n in range(70)],
        )
    async with db.read() as tx:
        found = await what_changed.told(tx, drawn.BATCH, SOON)
        assert await what_changed.told(tx, drawn.BATCH, SOON, small=1) is not None
        assert await what_changed.told(tx, "bat_none", SOON) is None
    assert found is not None
    assert (found.shared, found.over, found.later) == (4, False, None)
    async with db.transaction() as tx:
        await tx.execute("DELETE FROM policy.entry WHERE won AND id > 'clm_pty_0020'")
    async with db.read() as tx:
        assert await what_changed.told(tx, drawn.BATCH, SOON) is None
