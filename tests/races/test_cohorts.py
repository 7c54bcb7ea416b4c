"""A group closes at the very second somebody joins, pays or leaves: whoever was counted is in it, nobody else, and all pay the same."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from highstreet.kit.db import connect
from highstreet.market import gather
from highstreet.orders import Closing, Cohort, Member
from highstreet.wiring import formats
from tests.market.lane import Lane, keeps_the_laws, market_of
from tests.market.test_formats import Buyer, offered

GROUP = formats()["group_buy@1"]
TERMS = {"tiers": [[2, 1000], [12, 2500]], "least": 2, "once": True}


async def joined(lane: Lane, count: int) -> tuple[Cohort, list[Buyer]]:
    """A group with so many who ordered; nobody has paid."""
    offer, chosen = await offered(lane, GROUP)
    closes = lane.clock() + timedelta(days=2)
    cohort = await gather.open_cohort(lane.market, offer, closes, TERMS, "owner", lane.clock())
    buyers = [Buyer(lane, GROUP, offer, chosen, n) for n in range(count)]
    for one in buyers:
        one.buyer = f"pty_buyer{one.number}"
        await one.places("sandbox", counter=False)
    return cohort, buyers


async def pays(one: Buyer) -> None:
    asked = one.collection
    assert asked is not None
    await one.lane.notice(asked["key"], asked["amount"], ref=asked["key"])


async def test_closing_while_members_pay_and_leave_counts_each_once_or_not_at_all(lane: Lane) -> None:
    cohort, buyers = await joined(lane, 24)
    for one in buyers[:8]:
        await pays(one)
    db = await connect(lane.market.db.url, name="test", size=6)
    other = market_of(db, lane.clock)
    await other.open()

    async def leaves(one: Buyer) -> None:
        await lane.tell(one.order, "cancelled", "buyer", by=one.buyer)

    async def closes(market: gather.Market) -> Cohort:
        return await gather.close_cohort(market, cohort.id, "owner", lane.clock())

    try:
        told = await asyncio.gather(
            *(pays(one) for one in buyers[8:16]),
            closes(lane.market),
            *(leaves(one) for one in buyers[:4]),
            closes(other),
            *(pays(one) for one in buyers[16:]),
            return_exceptions=True,
        )
        await gather.follow(other, cohort.id, lane.clock())
    finally:
        await other.close()
        await db.close()
    # Whoever comes too late to leave is told so; nothing else may go wrong.
    assert {type(one).__name__ for one in told if isinstance(one, Exception)} <= {"NotNow"}
    decisions = [one.decision for one in told if isinstance(one, Cohort)]
    assert decisions[0] == decisions[1]
    works = [await lane.order(one.order) for one in buyers]
    in_it = [work for work in works if work.order.stage == "committed"]
    assert decisions[0] is not None
    # An order may still be called off after it was counted, never the other way round.
    left_after = [work for work in works if work.order.stage == "undone" and work.order.committed_at]
    assert len(in_it) + len(left_after) == decisions[0]["members"]
    assert len({work.lines[0].amount for work in in_it}) == 1
    assert all(work.order.stage == "undone" for work in works if work not in in_it)
    assert all(work.escrow("price") == 0 for work in works if work not in in_it)
    await keeps_the_laws(lane.market.db)


async def test_the_twin_that_counts_first_and_writes_later_is_wrong(lane: Lane) -> None:
    """Known to be bad: who pays between the counting and the writing is in the group and in nobody's count."""
    cohort, buyers = await joined(lane, 4)
    for one in buyers[:3]:
        await pays(one)
    async with lane.market.db.read() as tx:
        counted = await tx.fetch(
            """SELECT id FROM orders."order" WHERE cohort_id = $1 AND waits = 'closing' ORDER BY id""",
            cohort.id,
        )
    await pays(buyers[3])
    assert GROUP.gate.close is not None
    members = [Member(r["id"], 1) for r in counted]
    decision = GROUP.gate.close(Closing(cohort, members, lane.clock()))
    async with lane.market.db.transaction() as tx:
        await tx.execute(
            "UPDATE orders.cohort SET decided_at = $2, decision = $3, version = version + 1 WHERE id = $1",
            cohort.id,
            lane.clock(),
            decision,
        )
    await gather.follow(lane.market, cohort.id, lane.clock())
    in_it = [one for one in buyers if (await lane.order(one.order)).order.stage == "committed"]
    assert len(in_it) == 4 != decision["members"]


async def test_one_person_under_two_accounts_enters_a_draw_once(lane: Lane) -> None:
    """The same telephone number is the same person, also at the same moment; who left may come again."""
    one = formats()["debut@1"]
    offer, chosen = await offered(lane, one)
    closes = lane.clock() + timedelta(days=2)
    terms = {"units": 5, "once": True}
    await gather.open_cohort(lane.market, offer, closes, terms, "owner", lane.clock())
    twins = [Buyer(lane, one, offer, chosen, 7) for _ in range(6)]
    for n, twin in enumerate(twins):
        twin.buyer = f"pty_twin{n}"
    told = await asyncio.gather(
        *(twin.places("sandbox", counter=False) for twin in twins), return_exceptions=True
    )
    assert [type(answer).__name__ for answer in told if answer is not None] == ["OncePerPerson"] * 5
    entered = next(twin for twin in twins if twin.order)
    await lane.tell(entered.order, "cancelled", "buyer", by=entered.buyer)
    await twins[0].places("sandbox", counter=False)
    assert twins[0].order
