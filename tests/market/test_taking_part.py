"""Sellers and programmes: asked, let in, left from a moment on; and nobody on the list of serious violators."""

from __future__ import annotations

from datetime import timedelta

import pytest

from highstreet import policy
from highstreet.kit.errors import Malformed
from tests.market.lane import Lane
from tests.market.test_redeeming import HE, SHE, claim, grant


async def test_a_seller_asks_is_let_in_leaves_and_a_violator_is_not(lane: Lane) -> None:
    await claim(lane, await grant(lane, enrol=False), "pty_ada")
    run, seller, now = lane.market.db.run, lane.made.sellers["tea"], lane.clock()
    every = policy.applications.STATEMENTS
    with pytest.raises(Malformed):
        await run(policy.applications.apply, "tea", seller, every[:-1], [], "pty_owner", now)
    one = await run(policy.applications.apply, "tea", seller, every, ["lic_1"], "pty_owner", now)
    with pytest.raises(policy.errors.AskedBefore):
        await run(policy.applications.apply, "tea", seller, every, [], "pty_owner", now)
    assert [a.id for a in await run(policy.applications.waiting)] == [one]
    decided = await run(policy.applications.decide, one, True, frozenset({"food"}), "", SHE, now)
    assert decided.state == "enrolled"
    with pytest.raises(policy.DecidedBefore):
        await run(policy.applications.decide, one, False, frozenset(), "no", SHE, now)
    assert await run(policy.enrolments.enrolled, "tea", seller, now) is True
    # It leaves at the end of the week: until then an order is judged with it, from then on without.
    friday = now + timedelta(days=4)
    assert await run(policy.enrolments.end, "tea", seller, friday, "closing for winter", "pty_owner", now)
    assert not await run(policy.enrolments.end, "tea", seller, friday, "again", "pty_owner", now)
    assert await run(policy.enrolments.enrolled, "tea", seller, friday - timedelta(seconds=1))
    assert not await run(policy.enrolments.enrolled, "tea", seller, friday)
    await run(policy.enrolments.qualify, seller, "violator", now + timedelta(days=365), SHE, now)
    assert not await run(policy.enrolments.enrolled, "tea", seller, now)
    with pytest.raises(policy.errors.NotTakingPart):
        await run(policy.applications.apply, "tea", seller, every, [], "pty_owner", now)
    with pytest.raises(policy.errors.NotTakingPart):
        await run(policy.enrolments.enrol, "tea", seller, frozenset(), HE, now)
