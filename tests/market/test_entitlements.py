"""What people are entitled to: one code each, numbers of an edition, what a gate is told, and what going back does to it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from highstreet.logistics import CodeOutdated, TicketUsed, entitlements
from highstreet.market.quote import quote
from highstreet.orders import Entry, NotNow, NotReturnable
from tests.market.fair import DAY, bought, offered, session
from tests.market.lane import Lane


async def verdict(lane: Lane, code: str, place: str | None = None) -> str:
    async with lane.market.db.read() as tx:
        judged = await entitlements.judge_code(tx, lane.market.code_signer, code, place, lane.clock())
    return judged.verdict


async def test_every_ticket_goes_in_once_and_the_last_one_ends_the_visit(lane: Lane) -> None:
    offer, variant = await offered(lane, "ticket")
    starts = lane.clock() + 2 * DAY
    slot = await session(lane, variant, 5, starts)
    order = await bought(lane, offer, 2, {"slot": slot}, buyer=lane.made.people["buyer"])
    first, second = (await lane.order(order)).entitlements
    signer = lane.market.code_signer
    code = entitlements.code_of(signer, first.named())
    assert (first.what, first.holder_id, first.until) == (
        "entry",
        lane.made.people["buyer"],
        starts + timedelta(hours=2),
    )
    assert [await verdict(lane, text) for text in (code, code[:-1] + "_", "hello", f"{first.id}.2.{code[-22:]}")] == [
        "early", "unknown", "unknown", "unknown",
    ]  # fmt: skip
    lane.clock.forward(starts - lane.clock() - timedelta(minutes=30))
    assert await verdict(lane, f"https://town.example/t/{code}") == "good"
    assert await verdict(lane, code, lane.made.places["tea"]) == "elsewhere"
    async with lane.market.db.read() as tx:
        carried = await entitlements.for_gate(
            tx, lane.made.places["grocer"], lane.clock() - DAY, lane.clock() + DAY
        )
    assert [one.id for one in carried] == [first.id, second.id]
    told = await lane.tell(order, "entered", "device", tickets=[first.named()])
    assert (told["stage"], told["waits"]) == ("committed", "visit")
    assert await verdict(lane, code) == "used"
    with pytest.raises(TicketUsed):
        await lane.tell(order, "entered", "device", tickets=[first.named()])
    with pytest.raises(CodeOutdated):
        await lane.tell(order, "entered", "device", tickets=[f"{second.id}.7"])
    with pytest.raises(NotNow):  # half of the party is in
        await lane.tell(order, "cancelled", "buyer", reason="")
    told = await lane.tell(order, "entered", "seller")
    work = await lane.order(order)
    assert told["stage"] == "done"
    assert work.lines[0].fulfilled == 2
    lane.clock.forward(4 * DAY)
    assert await verdict(lane, entitlements.code_of(signer, second.named())) == "used"


async def test_what_comes_to_nothing_lets_nobody_in(lane: Lane) -> None:
    offer, variant = await offered(lane, "ticket")
    slot = await session(lane, variant, 5, lane.clock() + 2 * DAY)
    order = await bought(lane, offer, 2, {"slot": slot})
    codes = [
        entitlements.code_of(lane.market.code_signer, one.named())
        for one in (await lane.order(order)).entitlements
    ]
    await lane.tell(order, "cancelled", "seller", reason="the hall is closed")
    assert [await verdict(lane, code) for code in codes] == ["void", "void"]
    assert (await lane.refunds(order)) == [4_000]


async def test_numbers_of_an_edition_are_given_once_and_come_back_from_what_is_undone(lane: Lane) -> None:
    offer, _variant = await offered(lane, "digital", {"edition": 3}, stock=5)

    async def numbers(order: str) -> list[tuple[int | None, str]]:
        return [(one.edition_no, one.state) for one in (await lane.order(order)).entitlements]

    first, second = await bought(lane, offer, 1), await bought(lane, offer, 2)
    assert await numbers(first) == [(1, "valid")]
    assert await numbers(second) == [(2, "valid"), (3, "valid")]
    # More were received than there are numbers: who pays for the fourth gets the money back, and a number is never made up.
    fourth = await bought(lane, offer, 1)
    work = await lane.order(fourth)
    assert (work.order.stage, work.entitlements, await lane.refunds(fourth)) == ("undone", [], [2_000])
    # One unopened copy goes back: its number is given to the next.
    await lane.tell(second, "return_wanted", "buyer", lines={"1": 1})
    await lane.tell(second, "returned", "seller")
    assert sorted(await numbers(second)) == [(2, "valid"), (3, "void")]
    assert await numbers(await bought(lane, offer, 1)) == [(3, "valid")]
    # What was opened stays, with its number.
    await lane.tell(first, "accessed", "buyer", lines={"1": 1})
    assert await numbers(first) == [(1, "used")]
    with pytest.raises(NotReturnable):
        await lane.tell(first, "return_wanted", "buyer", lines={"1": 1})


async def test_what_entitles_somebody_is_an_order_of_its_own(lane: Lane) -> None:
    book, _ = await offered(lane, "digital")
    print_, _ = await offered(lane, "digital", {"edition": 2}, stock=2)
    asked = (await quote(lane.market, [Entry(book, 1), Entry(print_, 2)], lane.clock())).quote
    placed = await lane.place(asked)
    await lane.pay(placed)
    orders = [await lane.order(one["id"]) for one in placed["orders"]]
    assert [[(one.what, one.edition_no) for one in work.entitlements] for work in orders] == [
        [("content", None)],
        [("collectible", 1), ("collectible", 2)],
    ]
