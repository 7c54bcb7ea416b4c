"""Before a lock or a cabinet: what it is doing for an order, why it did not open, and what bringing it back elsewhere costs."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from highstreet import logistics
from highstreet.kit.geo import Point, metres
from highstreet.kit.text import Words
from highstreet.logistics import Command, Device
from highstreet.market import devices
from highstreet.market.desk import Market
from highstreet.web.frame import Visitor
from highstreet.web.shop.follow import Followed

# Why it did not open, as the device says it; then what to do.
WHY: dict[str, Words] = {
    "battery_empty": Words("Its battery is empty.", "设备电量耗尽。"),
    "busy": Words("It was open already.", "设备已处于打开状态。"),
    "jammed": Words(
        "It says that it is jammed. Look whether it is open.", "设备提示卡住，请看一下是否已打开。"
    ),
    "silent": Words("It did not answer in time.", "设备未在规定时间内响应。"),
}
ELSE = Words("It did not open.", "设备未能打开。")
_LOW = 15
_SHOWN_FOR = timedelta(minutes=10)


class AtDevice(msgspec.Struct, frozen=True):
    """`opening`: it was asked and has not answered. `why`: it was asked and did not open. `away_m`: beyond the zone, by so much."""

    device: Device
    command: Command | None
    opening: bool
    why: str
    zone_m: int
    zone_fee: int
    away_m: int
    rehearsal: str

    @property
    def weak(self) -> bool:
        return self.device.battery is not None and self.device.battery <= _LOW


async def at_device(market: Market, visitor: Visitor, found: Followed) -> AtDevice | None:
    """The device the order is about, while the order is under way; None where there is none."""
    order = found.work.order
    if market.devices is None or order.waits not in ("open", "take", "out", "back", "inspect"):
        return None
    async with market.db.read() as tx:
        device = await devices.device_of(tx, found.work)
        command = await logistics.commands.latest(tx, order.id) if device is not None else None
    if device is None:
        return None
    now = visitor.now
    failed = command is not None and command.state in ("refused", "unanswered")
    fresh = command is not None and now - command.wanted_at < _SHOWN_FOR
    why = WHY.get(command.reason, ELSE).say(visitor.lang) if command is not None and failed and fresh else ""
    zone, away = order.agreed.number("zone_m"), 0
    if zone and device.lat is not None and device.lon is not None:
        away = metres(Point(found.sides.lat, found.sides.lon), Point(device.lat, device.lon))
    if order.waits == "inspect" and away <= zone:
        return None
    return AtDevice(
        device=device,
        command=command,
        opening=command is not None and command.waits and order.waits in ("open", "out"),
        why=why if order.waits in ("open", "out") else "",
        zone_m=zone,
        zone_fee=order.agreed.number("zone_fee"),
        away_m=away if away > zone else 0,
        rehearsal=market.devices.seen_at(device.id) if market.demo else "",
    )


def told_by_itself(fact: str, at: AtDevice) -> bool:
    """What no button is for: bringing back what has a lock, and opening what is opening."""
    return fact == "brought_back" or (at.opening and fact in devices.OPENING)
