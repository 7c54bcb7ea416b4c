"""Devices with bad luck: the real device server, everything that can go wrong with a lock or a cabinet, and where the money is then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from highstreet import logistics
from highstreet.inventory import NotFree
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.jobs import Again
from highstreet.logistics import DeviceBusy, LockTells
from highstreet.market import devices, reports
from highstreet.market.fulfil import Telling
from highstreet.market.views import devices as views
from highstreet.orders import NotNow
from highstreet.sandbox.devices import Yard
from tests.market.lane import Lane
from tests.market.yard import Stand, open_yard, put_up, soon

PRICE = 10_000


@pytest_asyncio.fixture
async def yard(lane: Lane) -> AsyncIterator[Yard]:
    async with open_yard(lane) as opened:
        yield opened


@pytest_asyncio.fixture
async def cabinet(lane: Lane, yard: Yard) -> Stand:
    return await put_up(lane, yard, "cabinet")


@pytest_asyncio.fixture
async def bicycle(lane: Lane, yard: Yard) -> Stand:
    return await put_up(lane, yard, "lock")


async def paid_for(lane: Lane, order_id: str) -> int:
    """What the buyer has paid in the end, or so far."""
    work = await lane.order(order_id)
    paid = sum(flow.amount for flow in work.flows if flow.source == work.payer)
    return paid - sum(flow.amount for flow in work.flows if flow.target == work.payer)


async def waiting(lane: Lane) -> list[tuple[str, str]]:
    async with lane.market.db.read() as tx:
        return [
            (one.kind, one.why) for one in await views.waiting(tx, lane.made.sellers["grocer"], lane.clock())
        ]


async def test_open_take_close_and_the_next_may_come(lane: Lane, cabinet: Stand) -> None:
    order, other = await cabinet.bought(3), await cabinet.bought(1)
    command = await cabinet.press(order)
    again = await asyncio.gather(*(cabinet.press(order, by) for by in ("guest", "his wife")))
    assert {one.key for one in again} == {command.key}  # two phones, one command
    with pytest.raises(DeviceBusy):
        await cabinet.press(other)
    await asyncio.gather(*(devices.ask(lane.market, command.key) for _ in range(2)))
    await cabinet.heard()
    assert (await lane.order(order)).order.waits == "take"
    with pytest.raises(NotNow):
        await cabinet.press(order)
    await cabinet.take(line1=2)
    assert (await lane.order(order)).order.stage == "done"
    assert await paid_for(lane, order) == 2 * PRICE
    assert await cabinet.state(command) == ("over", "")
    assert (await cabinet.opens(other)).key != command.key


async def test_a_take_told_twice_never_or_with_another_content(lane: Lane, cabinet: Stand) -> None:
    for mishap, outcome in (("twice", ("known", "")), ("again_other", ("case", "taken_again"))):
        order = await cabinet.bought(3)
        await cabinet.opens(order)
        cabinet.device.planned[mishap] = 1
        await cabinet.take(line1=1)
        assert await paid_for(lane, order) == PRICE
        told = await cabinet.outcomes(order)
        assert [one[1:] for one in told if one[0] == "taken"] == sorted([("told", ""), outcome])
    (case,) = await waiting(lane)
    assert case == ("report", "taken_again")
    async with lane.market.db.transaction() as tx:
        found = (await views.waiting(tx, None, lane.clock()))[0]
        assert found.report_id is not None
        with pytest.raises(Malformed):
            await logistics.reports.settle(tx, cabinet.id, found.report_id, "pty_x", "", lane.clock())
        await logistics.reports.settle(
            tx, cabinet.id, found.report_id, "pty_x", "scale slipped", lane.clock()
        )
    order = await cabinet.bought(3)
    await cabinet.opens(order)
    cabinet.device.planned["never"] = 1
    await cabinet.take(line1=3)
    assert (await lane.order(order)).order.waits == "take"
    assert await waiting(lane) == []
    lane.clock.forward(timedelta(minutes=6))
    assert await waiting(lane) == [("silent", "")]
    await lane.later(order, days=1)
    assert (await lane.order(order)).order.stage == "undone"
    assert await paid_for(lane, order) == 0


async def test_a_backlog_in_any_order_is_told_once_by_the_devices_clock(lane: Lane, cabinet: Stand) -> None:
    order = await cabinet.bought(3)
    cabinet.device.planned["mute"] = 1
    command = await cabinet.press(order)
    cabinet.device.planned["lost_answer"] = 1
    with pytest.raises(Again):
        await devices.ask(lane.market, command.key)
    cabinet.device.online = False
    with pytest.raises(Again):
        await devices.ask(lane.market, command.key)
    took = lane.clock()
    await cabinet.take(line1=1)
    assert (await lane.order(order)).order.waits == "open"
    lane.clock.forward(timedelta(seconds=50))
    cabinet.device.online = True
    cabinet.yard.send([*cabinet.device.send_on()] * 2)
    await cabinet.heard()
    work = await lane.order(order)
    assert [told.kind for told in work.told][-4:] == ["committed", "opened", "taken", "done"]
    assert [told.at for told in work.told if told.kind == "taken"] == [took]
    assert await paid_for(lane, order) == PRICE


async def test_a_silent_cabinet_is_for_a_person_and_for_what_it_tells_late(
    lane: Lane, cabinet: Stand
) -> None:
    order = await cabinet.bought(3)
    cabinet.device.planned["silent"] = 9
    command = await cabinet.press(order)
    with pytest.raises(Again):
        await devices.ask(lane.market, command.key)
    assert await devices.pass_over(lane.market, lane.clock()) == 0
    lane.clock.forward(devices.ANSWERS_WITHIN)
    assert await devices.pass_over(lane.market, lane.clock()) == 1
    assert await devices.pass_over(lane.market, lane.clock()) == 0
    assert (await lane.order(order)).order.waits == "take"
    assert await cabinet.state(command) == ("unanswered", "silent")
    told = {"id": "t-1", "kind": "taken", "command": command.key, "lines": {"1": 5}}
    for _ in range(2):
        assert (await cabinet.tells(told)).json() == {"outcome": "case"}
    assert (
        await paid_for(lane, order) == 3 * PRICE
    )  # never more than was set aside; the two beyond are for a person
    assert await waiting(lane) == [("report", "beyond")]


async def test_a_lock_without_strength_or_voice_lets_nobody_pay(lane: Lane, bicycle: Stand) -> None:
    order = await bicycle.bought(1, soon(lane, 0.1))
    bicycle.device.planned["battery_empty"] = 1
    command = await bicycle.opens(order)
    assert await bicycle.state(command) == ("refused", "battery_empty")
    assert (await lane.order(order)).order.waits == "out"
    bicycle.device.planned["lost_answer"] = 1
    bicycle.device.planned["mute"] = 1
    command = await bicycle.press(order)
    with pytest.raises(Again):
        await devices.ask(lane.market, command.key)
    lane.clock.forward(devices.ANSWERS_WITHIN)
    await devices.pass_over(lane.market, lane.clock())
    assert (await lane.order(order)).order.stage == "undone"
    assert await paid_for(lane, order) == 0
    # It had opened all the same: it is asked to lock, and a person hears of it.
    told = {"id": "o-1", "kind": "opened", "command": command.key}
    assert (await bicycle.tells(told)).json() == {"outcome": "case"}
    await devices.ask(lane.market, f"{command.key}-lock")
    assert bicycle.device.door == "locked"
    assert await waiting(lane) == [("report", "not_now")]


async def test_one_bicycle_one_ride_and_only_its_lock_says_that_it_is_back(
    lane: Lane, bicycle: Stand
) -> None:
    first, second = await bicycle.bought(1, soon(lane, 0.1)), await bicycle.bought(1, soon(lane, 2.1))
    lane.clock.forward(timedelta(hours=2))
    asked = await asyncio.gather(bicycle.press(first), bicycle.press(second), return_exceptions=True)
    assert sorted(isinstance(one, DeviceBusy) for one in asked) == [False, True]
    rides, waits = (first, second) if isinstance(asked[1], DeviceBusy) else (second, first)
    bicycle.device.planned["denies"] = 1
    command = await bicycle.press(rides)
    await devices.ask(lane.market, command.key)
    assert await bicycle.state(command) == ("refused", "jammed")
    # It opened although it said no: bringing it back tells so, and the ride is paid.
    with pytest.raises(LockTells):
        await devices.by_device(lane.market, Telling(rides, "brought_back", "buyer", "guest"), lane.clock())
    await bicycle.bring_back(31.3, 120.58)
    assert (await lane.order(rides)).order.waits == "inspect"
    assert await bicycle.outcomes(rides) == [("locked", "told", "")]
    await bicycle.opens(waits)
    assert (await lane.order(waits)).order.waits == "back"


async def test_what_never_comes_back_is_missing_until_it_is_found(lane: Lane, bicycle: Stand) -> None:
    order = await bicycle.bought(1, soon(lane, 0.1))
    await bicycle.opens(order)
    await lane.later(order, days=4)
    await bicycle.heard()
    assert (await lane.order(order)).order.stage == "done"
    assert await waiting(lane) == [("lost", "")]
    with pytest.raises(NotFree):
        await bicycle.bought(1, soon(lane, 1))
    with pytest.raises(Malformed):
        await lane.tell(order, "found", amount=5001)
    before = await paid_for(lane, order)
    await lane.tell(order, "found", amount=4000)
    await bicycle.heard()
    assert await paid_for(lane, order) == before - 4000
    assert await waiting(lane) == []
    with pytest.raises(NotNow):
        await lane.tell(order, "found", amount=1000)


async def test_brought_back_elsewhere_costs_what_was_agreed(lane: Lane, bicycle: Stand) -> None:
    async with lane.market.db.transaction() as tx:
        await tx.execute(
            "UPDATE catalog.offer SET terms = terms || '{\"zone_m\": 500, \"zone_fee\": 900}' WHERE id = $1", bicycle.offer
        )  # fmt: skip
    for where, fee in ((31.302, 0), (31.31, 900)):
        order = await bicycle.bought(1, soon(lane, 0.1))
        await bicycle.opens(order)
        await bicycle.bring_back(where, 120.58)
        told = (await lane.order(order)).has("brought_back")
        assert told is not None
        assert set(told.body) == {"away_m"}  # how far, not where
        await lane.tell(order, "inspected", damage=0)
        work = await lane.order(order)
        assert work.moved("deposit", "escrow:", work.seller) == fee
        lane.clock.forward(timedelta(hours=3))


async def test_who_may_tell_and_of_what(lane: Lane, yard: Yard, cabinet: Stand) -> None:
    order = await cabinet.bought(2)
    cabinet.device.planned["wrong_signature"] = 1  # and then again, signed right
    command = await cabinet.opens(order)
    assert (await lane.order(order)).order.waits == "take"
    taken = {"id": "x-1", "kind": "taken", "command": command.key, "lines": {"1": 2}}
    bicycle = await put_up(lane, yard, "lock")
    assert (await cabinet.tells(taken, key=bicycle.device.key)).status_code == 401
    assert (await bicycle.tells(taken)).json() == {"outcome": "case"}  # not an order that stands at it
    for nonsense in ({"lines": {"1": -1}}, {"lines": {"0": 1}}, {"kind": "exploded"}, {"lat": 91}):
        assert (await cabinet.tells(taken | nonsense | {"id": "n-1"})).status_code == 422
    assert (await lane.order(order)).order.waits == "take"
    async with lane.market.db.transaction() as tx:
        seller, now = lane.made.sellers["grocer"], lane.clock()
        with pytest.raises(NotFound):
            await logistics.devices.revoke(tx, lane.made.sellers["tea"], cabinet.id, now)
        with pytest.raises(logistics.DeviceThere):
            await logistics.devices.register(
                tx, seller, lane.made.places["grocer"], "cabinet", "Another", None, now
            )
        assert await logistics.devices.renew_key(tx, seller, cabinet.id, now) == 2
    assert (await cabinet.tells(taken)).status_code == 401
    # What was heard and not yet told when the process died is told by the next.
    told = logistics.devices.Report("late-1", "taken", lane.clock(), command.key, {"1": 1})
    async with lane.market.db.transaction() as tx:
        await logistics.reports.keep(tx, cabinet.id, told, order, lane.clock())
    lane.clock.forward(timedelta(seconds=11))
    assert await reports.take_up(lane.market, lane.clock()) == 1
    assert await paid_for(lane, order) == PRICE
    async with lane.market.db.transaction() as tx:
        await logistics.devices.revoke(tx, seller, cabinet.id, lane.clock())
    assert (await cabinet.tells(taken)).status_code == 404
