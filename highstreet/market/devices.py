"""Devices: a lock or a cabinet opens for an order. What is wanted is written and committed, a job asks the device under the same key, and
its answer comes back as a fact. A device that does not answer in its time has its fact too: `unanswered`, and the order goes its way.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from highstreet import inventory, logistics
from highstreet.kit import jobs
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.ids import new_id
from highstreet.kit.jobs import Again
from highstreet.kit.readers import Fact
from highstreet.logistics import Command, Device, DeviceAway, LockTells
from highstreet.market import using
from highstreet.market.desk import Market
from highstreet.market.fulfil import Telling, tell
from highstreet.market.units import Key
from highstreet.market.views.devices import installed
from highstreet.market.views.shop import order_of
from highstreet.market.work import Work
from highstreet.orders import NoSuchOrder, NotNow

ASK = "device"  # the job's name; its payload: {command}
ANSWERS_WITHIN = timedelta(seconds=60)
OPENING = {
    "opened": "cabinet",
    "unlocked": "out",
}  # the fact that a device opened, and the kind of leg it is told of
_ENDED = ("order.taken", "order.brought_back", "order.done", "order.undone")

Asked = logistics.devices.Asked

_log = logging.getLogger(__name__)


async def device_of(tx: Tx, work: Work) -> Device | None:
    """The lock on what the order lends, or the cabinet it is taken from; None where nothing of the kind stands."""
    kinds = {leg.kind for leg in work.legs}
    if not kinds & {"cabinet", "out"}:
        return None
    assets = [hold.target_id for hold in work.holds if hold.kind == "asset"]
    kind = "cabinet" if "cabinet" in kinds else "lock"
    return await logistics.devices.standing_at(tx, kind, work.order.place_id, assets)


async def by_device(market: Market, telling: Telling, now: datetime) -> Command | None:
    """Whether a device stands where a buyer tells what only it can know: then it is asked to open, and None says that none is there.

    Errors: LockTells for what it tells by itself; DeviceBusy, NotNow.
    """
    if telling.role != "buyer" or telling.fact not in (*OPENING, "brought_back"):
        return None
    async with market.db.read() as tx:
        work = await order_of(tx, telling.order_id)
        device = await device_of(tx, work) if work is not None else None
    if work is None or device is None:
        return None
    if telling.fact == "brought_back":
        raise LockTells
    return await unlock(market, work, device, telling.by, now)


async def unlock(market: Market, work: Work, device: Device, by: str, now: datetime) -> Command:
    """Want a device opened for an order that may use it now. Asked twice, from two phones or by two people: one command.

    Errors: NotNow; DeviceBusy when another order has it.
    """
    leg = work.leg("planned")
    if leg is None or work.order.stage != "committed" or leg.kind not in OPENING.values():
        raise NotNow
    using.check_time(leg, "buyer", now)
    key, until = new_id("cmd", now), now + ANSWERS_WITHIN

    async def want(tx: Tx) -> Command:
        made = await logistics.commands.want(
            tx, key, device.id, work.order.id, leg.id, "unlock", by, until, now
        )
        if made.key == key:
            await jobs.enqueue(tx, ASK, {"command": key}, once=key)
        return made

    return await market.db.run(want)


async def ask(market: Market, key: str) -> None:
    """Carry out a command: the job. Errors: Again while the device does not answer and there is time."""
    now = market.clock()
    command = await market.db.run(logistics.commands.claim, key, now)
    if command is None or market.devices is None:
        return
    async with market.db.read() as tx:
        work = await order_of(tx, command.order_id)
        try:
            device = await logistics.devices.device(tx, command.device_id)
        except NotFound:
            device = None
    leg = work.leg("planned") if work is not None else None
    if device is None or (command.kind == "unlock" and (leg is None or leg.id != command.leg_id)):
        await market.db.run(logistics.commands.answered, key, "refused", "no_longer_wanted", now)
        return
    secret = logistics.devices.secret_of(market.device_signer, device.id, device.key_no)
    try:
        answer = await market.devices.query(device.id, secret, key) if command.tries > 1 else None
        if answer is None or answer.outcome == "unseen":
            answer = await market.devices.ask(device.id, secret, _asked(command, work))
    except DeviceAway as e:
        _log.info("device %s is away: %s", device.id, e)
        raise Again from e
    if answer.outcome == "pending":
        return
    if answer.outcome == "refused":
        await market.db.run(logistics.commands.answered, key, "refused", answer.reason, market.clock())
        return
    await opened(market, command, market.clock())


def _asked(command: Command, work: Work | None) -> Asked:
    lines = work.lines if work is not None and command.kind == "unlock" else []
    return Asked(
        command.key,
        command.kind,
        {str(line.position): line.open for line in lines},
        {str(line.position): line.title.get("zh") or line.title.get("en", "") for line in lines},
        command.until,
    )


async def opened(market: Market, command: Command, at: datetime, *, still: bool = True) -> Refusal | None:
    """It opened: the order hears it, once. The refusal, when the order wants it no more: if it is still open, it is to lock again."""
    if command.kind == "lock":
        await market.db.run(logistics.commands.answered, command.key, "over", "", at)
        return None
    async with market.db.read() as tx:
        work = await order_of(tx, command.order_id)
    leg = next((one for one in work.legs if one.id == command.leg_id), None) if work is not None else None
    if leg is None:
        return NoSuchOrder()
    fact = next(fact for fact, kind in OPENING.items() if kind == leg.kind)
    telling = Telling(command.order_id, fact, "device", command.device_id)
    refused = None
    try:
        await tell(market, telling, at, Key(f"device {command.device_id}", f"{command.key} {fact}", fact))
    except Refusal as no:
        refused = no
    told = leg.state != "planned" and work is not None and work.order.stage in ("committed", "done")
    if refused is None or told:
        await market.db.run(logistics.commands.answered, command.key, "opened", "", at)
        return None
    if still:
        await market.db.run(_lock_again, command, at)
    return refused


async def _lock_again(tx: Tx, command: Command, now: datetime) -> None:
    """Opened for nobody: nobody pays for it, so it must not stay open."""
    key = f"{command.key}-lock"
    if await logistics.commands.command(tx, key) is None:
        until = now + timedelta(hours=1)
        await logistics.commands.want(
            tx, key, command.device_id, command.order_id, command.leg_id, "lock", "clock", until, now
        )
        await jobs.enqueue(tx, ASK, {"command": key}, once=key)


async def pass_over(market: Market, now: datetime) -> int:
    """Commands whose time has passed: the order hears that the device is silent, and goes the way that has. How many."""
    async with market.db.read() as tx:
        late = await logistics.commands.lapsed(tx, now)
    for command in late:
        if command.kind == "unlock":
            telling = Telling(command.order_id, "unanswered", "device", command.device_id)
            key = Key(f"device {command.device_id}", f"{command.key} unanswered", "unanswered")
            try:
                await tell(market, telling, now, key)
            except Refusal as no:
                _log.info("nobody waits for command %s: %s", command.key, no.code)
        await market.db.run(logistics.commands.answered, command.key, "unanswered", "silent", now)
    return len(late)


async def hear_orders(market: Market, tx: Tx, facts: Sequence[Fact], now: datetime) -> None:
    """What orders are told frees their devices; what was lent and never came back is missing, until it is found."""
    for fact in facts:
        if fact.kind in _ENDED:
            await logistics.commands.over(tx, fact.subject, now)
        elif (
            fact.kind == "order.late"
            and fact.body.get("waits") == "back"
            and await _may_be_lost(market, tx, fact)
        ):
            await inventory.assets.lose(tx, fact.subject)
        elif fact.kind == "order.found":
            await inventory.assets.find(tx, fact.subject)


async def _may_be_lost(market: Market, tx: Tx, fact: Fact) -> bool:
    work = await order_of(tx, fact.subject)
    return work is not None and "found" in market.format(work.order.format).facts


async def to_put_up(market: Market, tx: Tx) -> list[dict[str, Any]]:
    """Every device in use, with its key and where it stands: for whoever puts up devices that pretend."""
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "name": one.name,
            "key": logistics.devices.secret_of(market.device_signer, one.id, one.key_no),
            "lat": one.lat,
            "lon": one.lon,
            "public": market.code_signer.public if one.kind == "gate" else "",
        }
        for one in await installed(tx)
    ]
