"""Many want the same seats at once, in several processes: each is one buyer's, with its neighbour or not at all. And a twin gone wrong."""

from __future__ import annotations

from typing import Any

import pytest

from highstreet.market import quote as quotes
from highstreet.orders import Entry
from tests.market.fair import DAY, offered, session
from tests.market.lane import Lane, keeps_the_laws
from tests.races.conftest import Crowd
from tests.races.outcomes import Answers, said

ROW = 8
PAIRS = [[f"A{n}", f"A{n + 1}"] for n in range(1, ROW)]

pytestmark = pytest.mark.race


async def each_seat_once(lane: Lane, slot: int, wanted: list[list[str]], answers: Answers) -> None:
    """Whoever was told yes has both seats, nobody else has one, and everybody else was told plainly (or that the hall is full)."""
    won = [label for pair, one in zip(wanted, answers, strict=True) if "ok" in one for label in pair]
    async with lane.market.db.read() as tx:
        rows = [
            r["label"] for r in await tx.fetch("SELECT label FROM inventory.seat WHERE supply_id = $1", slot)
        ]
    assert sorted(won) == sorted(rows) == sorted(set(rows)), answers
    assert said(answers)["ok"] > 0
    assert set(said(answers)) <= {"ok", "seat_taken", "out_of_stock"}


async def evening(lane: Lane) -> tuple[str, int]:
    offer, variant = await offered(lane, "ticket", {"hall": f"A: 1-{ROW}"})
    return offer, await session(lane, variant, ROW, lane.clock() + 2 * DAY)


async def test_a_seat_is_one_buyers_and_pairs_stay_together(lane: Lane, crowd: Crowd) -> None:
    offer, slot = await evening(lane)
    wanted = [*PAIRS, *PAIRS]
    acts: list[dict[str, Any]] = []
    for pair in wanted:
        entry = Entry(offer, 1, {"slot": slot, "seats": pair})
        acts.append({"do": "buy", "quote": (await quotes.quote(lane.market, [entry], lane.clock())).text})
    await each_seat_once(lane, slot, wanted, await crowd.act(acts))
    await keeps_the_laws(lane.market.db)


async def test_a_twin_that_looks_first_seats_two_on_one_chair(careless: tuple[Lane, Crowd]) -> None:
    lane, crowd = careless
    _, slot = await evening(lane)
    async with lane.market.db.transaction() as tx:
        await tx.execute("ALTER TABLE inventory.seat DROP CONSTRAINT seat_once")
    wanted, answers = [PAIRS[0]] * 16, list[dict[str, Any]]()
    for _ in range(40):  # hardly ever more than one is needed
        async with lane.market.db.transaction() as tx:
            await tx.execute("DELETE FROM inventory.seat")
        answers = await crowd.act(
            [{"do": "sit_where_it_was_free", "slot": slot, "seats": pair} for pair in wanted]
        )
        if said(answers)["ok"] > 1:
            break
    with pytest.raises(AssertionError):
        await each_seat_once(lane, slot, wanted, answers)
