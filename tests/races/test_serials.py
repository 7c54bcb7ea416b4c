"""One thing in several orders at once, in several processes: its serial number is subsidised once. And a twin gone wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.market.lane import Lane, keeps_the_laws
from tests.market.test_proofs import begin, buy
from tests.races.conftest import Crowd
from tests.races.outcomes import Answers, said

SERIAL = "QD20260301778"

pytestmark = pytest.mark.race


async def subsidised_once(lane: Lane, answers: Answers) -> None:
    """One order has it, every other was told so."""
    assert said(answers) == {"ok": 1, "serial_used": len(answers) - 1}
    async with lane.market.db.read() as tx:
        assert await tx.fetchval("SELECT count(*) FROM policy.serial WHERE freed_at IS NULL") == 1


async def test_a_thing_is_subsidised_once_however_many_sell_it_at_once(lane: Lane, crowd: Crowd) -> None:
    orders = [await buy(lane, buyer) for buyer in await begin(lane, buyers=4)]
    seller = lane.made.sellers["tea"]
    acts: list[dict[str, Any]] = [
        {"do": "capture", "order": order, "seller": seller, "serial": SERIAL} for order in orders
    ]
    await subsidised_once(lane, await crowd.act(acts))
    await keeps_the_laws(lane.market.db)


async def test_a_twin_that_looks_first_subsidises_it_twice(careless: tuple[Lane, Crowd]) -> None:
    lane, crowd = careless
    async with lane.market.db.transaction() as tx:
        await tx.execute("DROP INDEX policy.serials_are_subsidised_once")
        await tx.execute("DROP INDEX policy.one_serial_for_a_line")
    answers: Answers = []
    for _ in range(40):  # hardly ever more than one is needed
        async with lane.market.db.transaction() as tx:
            await tx.execute("DELETE FROM policy.serial")
        answers = await crowd.act(
            [{"do": "note_a_serial_nobody_had", "order": f"twin_{n}", "serial": SERIAL} for n in range(16)]
        )
        if said(answers)["ok"] > 1:
            break
    with pytest.raises(AssertionError):
        await subsidised_once(lane, answers)
