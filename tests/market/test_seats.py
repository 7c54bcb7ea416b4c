"""Seats of a hall: a plan read, the best ones found, each sold once, together or not at all, and free again when nothing comes of it."""

from __future__ import annotations

import asyncio

import pytest

from highstreet import inventory
from highstreet.inventory import SeatTaken, halls
from highstreet.kit.errors import Malformed
from highstreet.market.quote import quote
from highstreet.orders import Entry
from tests.market.fair import DAY, bought, offered, session
from tests.market.lane import Lane

PLAN = "Stalls\nA: 1-3, _, 4-6 wheelchair 1,6\nB-C：1-8 +30；Balcony; 12: 1-4"


def test_a_plan_is_read_as_one_writes_it():
    hall = halls.read(PLAN, "CNY")
    assert [(row.name, row.block, len(row.cells)) for row in hall.rows] == [
        ("A", "Stalls", 7), ("B", "Stalls", 8), ("C", "Stalls", 8), ("12", "Balcony", 4),
    ]  # fmt: skip
    assert [one.label if one else "" for one in hall.rows[0].cells] == [
        "A1",
        "A2",
        "A3",
        "",
        "A4",
        "A5",
        "A6",
    ]
    assert (hall.seats["A6"].wheelchair, hall.seats["B1"].extra, hall.seats["12-4"].extra) == (True, 3000, 0)
    # Next to each other, near the middle, not where a wheelchair goes, not across an aisle, at one price.
    assert hall.best(2, set()) == ["B4", "B5"]
    assert hall.best(2, {"B4", "C4", "C5"}) == ["B5", "B6"]
    assert hall.best(9, set()) == []


NONSENSE = (
    "", "Stalls", "A 1-12", "A:", "A: 12-1", "A: 1-3; A: 1", "A: 1-3 wheelchair 9", "A: 1-99", "A: 1 + 2.5", "A: x", "1-70: 1",
)  # fmt: skip


@pytest.mark.parametrize("plan", NONSENSE)
def test_nonsense_is_answered(plan: str):
    with pytest.raises(Malformed):
        halls.read(plan, "CNY")


async def test_two_want_one_seat_and_one_gets_it_with_all_its_neighbours(lane: Lane) -> None:
    offer, variant = await offered(lane, "ticket", {"hall": PLAN})
    slot = await session(lane, variant, 26, lane.clock() + 2 * DAY)

    async def taken() -> set[str]:
        async with lane.market.db.read() as tx:
            return await inventory.seats.taken(tx, slot)

    async def asked(*seats: str) -> Entry:
        return Entry(offer, 1, {"slot": slot, "seats": ",".join(seats)})

    for wrong in ((), ("Z9",), ("A1", "A1"), ("A2", "B2")):
        with pytest.raises(Malformed):
            await quote(lane.market, [await asked(*wrong)], lane.clock())
    quotes = [
        (await quote(lane.market, [await asked(*seats)], lane.clock())).quote
        for seats in (("B2", "B1"), ("B2", "B3"), ("B3", "B4"), ("A1",))
    ]
    assert [one.total for one in quotes] == [10_000, 10_000, 10_000, 2_000]
    assert quotes[0].orders[0].lines[0].choice["seats"] == ["B1", "B2"]
    came = await asyncio.gather(*(lane.place(one) for one in quotes), return_exceptions=True)
    lost = [n for n, one in enumerate(came) if isinstance(one, SeatTaken)]
    assert not isinstance(came[3], Exception)
    assert lost in ([1], [0, 2]), came
    assert await taken() == ({"B1", "B2", "B3", "B4", "A1"} if lost == [1] else {"B2", "B3", "A1"})
    with pytest.raises(SeatTaken):
        await quote(lane.market, [await asked("B2")], lane.clock())
    # Nobody paid: the seats are free again, and whoever buys them finds them on the ticket.
    for one in came:
        if isinstance(one, dict):
            await lane.later(one["orders"][0]["id"], hours=1)
    assert await taken() == set()
    order = await bought(lane, offer, 1, {"slot": slot, "seats": ["B2", "B1"]})
    assert [one.seat for one in (await lane.order(order)).entitlements] == ["B1", "B2"]
    await lane.tell(order, "cancelled", "seller", reason="")
    assert await taken() == set()
