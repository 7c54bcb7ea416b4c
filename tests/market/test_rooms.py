"""Live rooms: a drop is for sale while it is open, not past its units, and pays that room's host; the chat obeys the host."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from highstreet import catalog, parties
from highstreet.catalog import OfferClosed, RoomOver, chat, rooms
from highstreet.catalog.errors import DropElsewhere, Muted, RoomQuiet
from highstreet.catalog.rooms import NewRoom, Room
from highstreet.inventory import OutOfStock
from highstreet.kit.errors import Malformed, NotAllowed, NotFound, TooOften
from highstreet.kit.text import Words
from highstreet.market import openings, privacy
from highstreet.market import rooms as flows
from highstreet.market.place import DropOver, SelfDealing
from highstreet.market.rooms import NotForRooms
from highstreet.market.views import rooms as views
from tests.market.lane import LICENCES, Lane

HOUR = timedelta(hours=1)


class Stage(msgspec.Struct):
    """Two rooms of the tea house with a host each, and a bowl of which there are twenty, sold live."""

    lane: Lane
    room: str
    other: str
    hosts: tuple[str, str]

    async def run(self, flow: Any, *given: Any, market: bool = False) -> Any:
        async with self.lane.market.db.transaction() as tx:
            first = (self.lane.market, tx) if market else (tx,)
            made = await flow(*first, *given, self.lane.clock())
        self.lane.market.shelf._changed(None)  # the news of it, without waiting for the listener
        return made

    async def drop(self, room: str, units: int) -> str:
        return await self.run(
            flows.add_drop, room, self.lane.made.offers["bowl/live"], units, None, market=True
        )

    async def opened(self, room: str, units: int) -> str:
        drop = await self.drop(room, units)
        await self.run(flows.start, room, "by")
        await self.run(flows.open_drop, room, drop, "by", market=True)
        return drop

    async def read(self, room: str) -> Room:
        async with self.lane.market.db.read() as tx:
            return await rooms.read(tx, room)

    async def left(self, room: str) -> list[tuple[str, int, int, int]]:
        async with self.lane.market.db.read() as tx:
            return [(one.state, one.left, one.held, one.taken) for one in await views.drops(tx, room)]

    async def say(self, who: str, text: str, once: str = "") -> chat.Said:
        seal, now = self.lane.market.seal, self.lane.clock()
        async with self.lane.market.db.transaction() as tx:
            return await chat.say(tx, seal, self.room, self.lane.made.people[who], text, once or text, now)

    async def heard(self, all_of_it: bool = False) -> list[tuple[str, str, str]]:
        async with self.lane.market.db.read() as tx:
            found = await chat.heard(tx, self.lane.market.seal, self.room, all_of_it=all_of_it)
        return [(one.text, one.state, one.why) for one in found]


@pytest_asyncio.fixture
async def stage(lane: Lane) -> AsyncIterator[Stage]:
    made, now = lane.made, lane.clock()
    async with lane.market.db.transaction() as tx:
        offer = made.offers["bowl/live"] = await catalog.draft_offer(
            tx, seller_id=made.sellers["tea"], variant_id=made.variants["bowl"], place_id=made.places["tea"], format="live",
            currency="CNY", price=5000, now=now, terms={"cuts": [{"role": "host", "party": made.people["clerk"], "bps": 900}]},
        )  # fmt: skip
        await catalog.open_offer(tx, made.sellers["tea"], offer, licences=LICENCES, now=now)
        hosts = made.people["clerk"], made.sellers["toys"]
        planned = [
            await flows.plan(
                tx, made.sellers["tea"],
                NewRoom(Words("Bowls"), "Host", now, now + 3 * HOUR, host_id=host, host_bps=bps, words=("fake",)), "by", now,
            )
            for host, bps in zip(hosts, (1000, 700), strict=True)
        ]  # fmt: skip
    yield Stage(lane, planned[0], planned[1], hosts)


async def test_a_drop_sells_its_units_while_it_is_open_and_the_last_goes_to_the_next_when_its_time_is_over(
    stage: Stage,
):
    lane = stage.lane
    drop = await stage.drop(stage.room, 2)
    with pytest.raises(OfferClosed):
        await lane.buy({"bowl/live": 1})
    with pytest.raises(openings.ShownLive):
        await stage.run(
            openings.open_offer, lane.made.sellers["tea"], lane.made.offers["bowl/live"], market=True
        )
    with pytest.raises(Malformed):
        await stage.run(flows.open_drop, stage.room, drop, "by", market=True)
    await stage.run(flows.start, stage.room, "by")
    for _ in range(2):
        await stage.run(flows.open_drop, stage.room, drop, "by", market=True)
    assert (await stage.read(stage.room)).shown_drop == drop
    first = await lane.buy({"bowl/live": 1})
    await lane.pay(first)
    second = await lane.buy({"bowl/live": 1})
    assert await stage.left(stage.room) == [("open", 0, 1, 1)]
    with pytest.raises(OutOfStock):
        await lane.buy({"bowl/live": 1})
    assert (await lane.later(second["orders"][0]["id"], seconds=121)).order.stage == "undone"
    third = await lane.buy({"bowl/live": 1})
    assert await lane.pay(third) == {"result": "paid"}
    assert await stage.left(stage.room) == [("open", 0, 0, 2)]
    assert await lane.supply("bowl") == (20, 2, 0), "the stock itself holds as many"
    async with lane.market.db.read() as tx:
        brought = (await views.brought(tx, stage.room))[drop]
        assert (brought.orders, brought.units, brought.paid, brought.lapsed, brought.commission) == (
            2,
            2,
            10_000,
            1,
            1_000,
        )
        assert [one.stage for one in await views.came_in(tx, stage.room)] == [
            "committed",
            "undone",
            "committed",
        ]


async def test_an_order_carries_the_host_of_its_room_and_a_quote_of_another_room_buys_nothing(stage: Stage):
    lane = stage.lane
    drop = await stage.opened(stage.room, 5)
    elsewhere = await stage.drop(stage.other, 5)
    await stage.run(flows.start, stage.other, "by")
    with pytest.raises(DropElsewhere):
        await stage.run(flows.open_drop, stage.other, elsewhere, "by", market=True)
    bought = await lane.order((await lane.buy({"bowl/live": 1}))["orders"][0]["id"])
    assert [(cut.role, cut.party, cut.bps) for cut in bought.lines[0].cuts] == [
        ("host", stage.hosts[0], 1000)
    ]
    with pytest.raises(SelfDealing):
        await lane.buy({"bowl/live": 1}, "sandbox", stage.hosts[0])
    asked = await lane.quote({"bowl/live": 1})
    await stage.run(flows.close_drop, stage.room, drop, "by")
    with pytest.raises(DropOver):
        await lane.place(asked)
    await stage.run(flows.open_drop, stage.other, elsewhere, "by", market=True)
    with pytest.raises(DropOver):
        await lane.place(asked)
    bought = await lane.order((await lane.buy({"bowl/live": 1}))["orders"][0]["id"])
    assert [(cut.party, cut.bps) for cut in bought.lines[0].cuts] == [(stage.hosts[1], 700)]
    with pytest.raises(SelfDealing):
        await stage.run(
            flows.plan, lane.made.sellers["tea"],
            NewRoom(Words("Own"), "Own", lane.clock(), lane.clock() + HOUR, host_id=lane.made.people["owner"], host_bps=1), "by",
        )  # fmt: skip


async def test_the_end_leaves_what_is_held_to_whoever_holds_it_and_sells_nothing_more(stage: Stage):
    lane = stage.lane
    drop = await stage.opened(stage.room, 3)
    placed = await lane.buy({"bowl/live": 2})
    for _ in range(2):
        await stage.run(flows.end, stage.room, "by")
    with pytest.raises(OfferClosed):
        await lane.buy({"bowl/live": 1})
    assert await lane.pay(placed) == {"result": "paid"}
    assert await stage.left(stage.room) == [("closed", 0, 0, 2)]
    for flow in (flows.start, flows.pause):
        with pytest.raises(RoomOver):
            await stage.run(flow, stage.room, "by")
    with pytest.raises(RoomOver):
        await lane.market.db.run(flows.show_drop, stage.room, drop)
    with pytest.raises(RoomOver):
        await stage.drop(stage.room, 1)
    with pytest.raises(NotFound):
        await stage.run(flows.close_drop, stage.other, drop, "by")


async def test_a_shop_that_takes_its_offer_away_holds_up_no_session(stage: Stage):
    lane = stage.lane
    drop = await stage.opened(stage.room, 3)
    seller, offer = lane.made.sellers["tea"], lane.made.offers["bowl/live"]
    async with lane.market.db.transaction() as tx:
        await catalog.pause_offer(tx, seller, offer, now=lane.clock())
    with pytest.raises(openings.ShownLive):
        await stage.run(openings.open_offer, seller, offer, market=True)
    await stage.run(flows.open_drop, stage.room, drop, "by", market=True)
    await lane.buy({"bowl/live": 1})
    async with lane.market.db.transaction() as tx:
        await catalog.close_offer(tx, seller, offer, now=lane.clock())
    lane.clock.forward(3 * HOUR)
    assert await flows.follow_clock(lane.market, lane.clock()) == 2
    assert (await stage.read(stage.room)).drop(drop).state == "closed"


async def test_the_clock_opens_what_was_announced_and_ends_what_is_over(stage: Stage):
    lane, market = stage.lane, stage.lane.market
    at = lane.clock() + HOUR
    drop = await stage.run(flows.add_drop, stage.room, lane.made.offers["bowl/live"], 1, at, market=True)
    await stage.run(flows.start, stage.room, "by")
    assert await flows.follow_clock(market, lane.clock()) == 0
    lane.clock.forward(HOUR)
    assert [await flows.follow_clock(market, lane.clock()) for _ in range(2)] == [1, 0]
    assert (await stage.read(stage.room)).drop(drop).state == "open"
    lane.clock.forward(2 * HOUR)
    assert [await flows.follow_clock(market, lane.clock()) for _ in range(2)] == [2, 0]
    assert [(await stage.read(one)).state for one in (stage.room, stage.other)] == ["ended", "ended"]
    with pytest.raises(OfferClosed):
        await lane.buy({"bowl/live": 1})


async def test_only_the_host_and_who_sells_for_the_shop_run_a_room_and_only_with_what_is_sold_live(
    stage: Stage,
):
    made, room = stage.lane.made, await stage.read(stage.room)
    other = await stage.read(stage.other)
    roles = {
        "owner": [parties.Role(made.sellers["tea"], "owner")],
        "rival": [parties.Role(made.sellers["toys"], "owner")],
    }
    flows.must_run(roles["owner"], room)
    flows.must_run(roles["rival"], other)  # the toy maker's people host that one
    with pytest.raises(NotAllowed):
        flows.must_run(roles["rival"], room)
    with pytest.raises(NotForRooms):
        await stage.run(flows.add_drop, stage.room, made.offers["bowl/online"], 1, None, market=True)
    with pytest.raises(NotFound):
        await stage.run(flows.add_drop, stage.room, made.offers["train/online"], 1, None, market=True)


async def test_the_chat_holds_removes_mutes_and_forgets(stage: Stage):
    lane, db = stage.lane, stage.lane.market.db
    owner, buyer = lane.made.people["owner"], lane.made.people["buyer"]
    with pytest.raises(RoomQuiet):
        await stage.say("buyer", "Too early")
    await stage.run(flows.start, stage.room, "by")
    script = "<script>alert(1)</script>"
    first = await stage.say("buyer", script)
    assert (await stage.say("buyer", script)).id == first.id, "sent twice, said once"
    held = await stage.say("buyer", "cheaper at www.elsewhere.example")
    await stage.say("owner", "a fake, surely")
    assert await stage.heard() == [(script, "shown", "")]
    assert [one[1:] for one in await stage.heard(True)] == [("shown", ""), ("held", "link"), ("held", "word")]
    for good in (True, False):
        async with db.transaction() as tx:
            await chat.judge(tx, stage.room, held.id, good, owner, lane.clock())
        assert len(await stage.heard()) == (2 if good else 1)
    async with db.transaction() as tx:
        await chat.mute(tx, stage.room, buyer, True, owner, lane.clock())
        with pytest.raises(NotFound):
            await chat.mute(tx, stage.room, lane.made.sellers["tea"], True, owner, lane.clock())
    with pytest.raises(Muted):
        await stage.say("buyer", "from another tab", "other tab")
    async with db.transaction() as tx:
        await rooms.set_chat(tx, await rooms.held(tx, stage.room), True, ["fake"])
    assert (await stage.say("owner", "good morning")).why == "review"
    with pytest.raises(Malformed):
        await stage.say("owner", "x" * 121)
    async with db.transaction() as tx:
        told = await privacy.export(lane.market, tx, buyer)
        assert [one["text"] for one in told["said"]] == [script, "cheaper at www.elsewhere.example"]
        await privacy.erase(tx, buyer, lane.clock())
    assert [one[:2] for one in await stage.heard(True)][:2] == [("", "shown"), ("", "removed")]
    async with db.read() as tx:
        facts = await tx.fetch(
            "SELECT kind, by, body::text AS body FROM kit.fact WHERE subject = $1 ORDER BY id", stage.room
        )
    assert [r["kind"] for r in facts][2:] == ["room.message_shown", "room.message_removed", "room.muted"]
    assert {r["by"] for r in facts[2:]} == {owner} and "elsewhere" not in str([r["body"] for r in facts])


async def test_a_flood_is_refused_and_what_is_old_goes_after_three_years(stage: Stage):
    lane, db, seal = stage.lane, stage.lane.market.db, stage.lane.market.seal
    await stage.run(flows.start, stage.room, "by")

    async def tries(who: str, times: int) -> int:
        done = 0
        for _ in range(times):
            try:
                await db.run(chat.may_try, seal, stage.room, who, lane.clock())
                done += 1
            except TooOften:
                pass
        return done

    assert await tries("one", 8) == 5
    assert sum([await tries(f"p{n}", 5) for n in range(14)]) == 60 - 5
    await stage.say("buyer", "hello")
    await stage.run(flows.end, stage.room, "by")
    async with db.transaction() as tx:
        assert await chat.forget_old(tx, lane.clock() + timedelta(days=3 * 365)) == 0
        assert await chat.forget_old(tx, lane.clock() + timedelta(days=3 * 366 + 1)) == 1
