"""Drafts are kept as they were typed and never overwritten unseen; a closed programme gives back what it has."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from highstreet import policy
from highstreet.kit.errors import Malformed
from highstreet.policy.claims import Asking
from highstreet.policy.errors import DraftMoved
from tests.policy.conftest import DINING, HE, NOW, SHE, Office


async def test_two_who_write_at_once_do_not_overwrite_each_other(office: Office) -> None:
    async def save(text: str, began_from: int, by: str) -> int:
        return await office.db.run(policy.drafts.save, DINING, text, began_from, by, NOW)

    assert await save("not = [a rule", 0, HE) == 1
    said = await asyncio.gather(save("his", 1, HE), save("hers", 1, SHE), return_exceptions=True)
    assert sorted(isinstance(one, DraftMoved) for one in said) == [False, True]
    with pytest.raises(DraftMoved):
        await save("from nowhere", 9, HE)
    async with office.db.read() as tx:
        last = await policy.drafts.latest(tx, DINING)
        assert last is not None
        assert last.n == 2
        assert (await policy.drafts.saved(tx, DINING, 1)).text == "not = [a rule"
    assert await save(last.text, 2, SHE) == 2, "the same again is no new saving"
    assert await save("both", 2, SHE) == 3
    with pytest.raises(Malformed):
        await save("x" * (policy.drafts.LONGEST + 1), 3, HE)


async def test_who_refuses_says_why(office: Office) -> None:
    one = await office.db.run(policy.budgets.propose, DINING, "budget", {"amount": 500}, "a gift", HE, NOW)
    with pytest.raises(Malformed):
        await office.db.run(policy.budgets.decide, one.id, False, SHE, "", NOW, "  ")
    no = await office.db.run(policy.budgets.decide, one.id, False, SHE, "", NOW, "there is none")
    assert (no.accepted, no.said) == (False, "there is none")
    async with office.db.read() as tx:
        assert await policy.budgets.change(tx, one.id) == no
        assert await policy.budgets.changes(tx) == []


async def test_a_closed_programme_stops_its_rounds_and_gives_back_what_is_free(office: Office) -> None:
    first = await office.batch(10)
    lots = await office.batch(10, way="draw")
    later = {
        "opens_at": (NOW + timedelta(days=1)).isoformat(),
        "closes_at": (NOW + timedelta(days=2)).isoformat(),
    }
    await office.change("batch", {"claims": 5, "amount": 5_000, **later})
    asking = Asking("clm_1", "pty_1", ("party:pty_1",), "key")
    ((verdict, _),) = await office.db.run(policy.claims.take, first.id, [asking], 1, NOW)
    assert verdict == "done"
    await office.change("close", {})
    assert await office.money() == {"allocated": 1_000_000, "free": 995_000, "unclaimed": 0, "claimed": 5_000}
    assert await office.db.run(policy.budgets.unspent, NOW) == [(DINING, "CNY", 995_000)]
    assert await office.db.run(policy.budgets.unspent, NOW) == [], "once"
    async with office.db.read() as tx:
        assert await policy.draws.due(tx, NOW + timedelta(days=9)) == [], "nothing is drawn any more"
    late = [Asking("clm_2", "pty_2", ("party:pty_2",), "key")]
    assert await office.db.run(policy.claims.take, first.id, late, 1, NOW) == [("gone", "clm_2")]
    assert (await office.db.run(policy.budgets.batch, lots.id)).rolled_at == NOW
    with pytest.raises(Malformed):
        await office.db.run(policy.budgets.propose, DINING, "budget", {"amount": 1}, "more", HE, NOW)
    later_on = NOW + timedelta(days=30)
    assert await office.db.run(policy.claims.lapse, later_on) == 1
    assert await office.db.run(policy.budgets.unspent, later_on) == [(DINING, "CNY", 5_000)]
