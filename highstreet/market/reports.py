"""Reports: what devices tell by themselves, kept first and then told to the order it is about, once, whatever order it comes in.

A device tells of orders that stand at it and of no other. What does not fit, a take told twice with two contents, more than was set
aside, a door open for nobody, is a case: kept with its evidence until a person has looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from highstreet import logistics
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.geo import Point, metres
from highstreet.logistics import Command, Device, Report
from highstreet.market import devices
from highstreet.market.desk import Market
from highstreet.market.fulfil import Telling, tell
from highstreet.market.units import Key
from highstreet.market.views.devices import point_of
from highstreet.market.views.shop import order_of
from highstreet.market.work import Work

Heard = logistics.reports.Heard
Outcome = logistics.reports.Outcome


async def hear(market: Market, device: Device, told: Report, now: datetime) -> Outcome:
    """Keep what a device tells and tell the order; told again, it is answered the same way."""

    async def keep(tx: Tx) -> Heard:
        command = await logistics.commands.command(tx, told.command) if told.command else None
        mine = command is not None and command.device_id == device.id
        order_id = command.order_id if command is not None and mine else ""
        await logistics.devices.heard(tx, device.id, told, now)
        return await logistics.reports.keep(tx, device.id, told, order_id, now)

    kept = await market.db.run(keep)
    if kept.outcome != "heard":
        return kept.outcome
    return await judge(market, device, kept, now)


async def judge(market: Market, device: Device, kept: Heard, now: datetime) -> Outcome:
    """What becomes of a report that was kept. Doing it again comes to the same."""
    outcome, why = await _judged(market, device, kept, now)
    await market.db.run(logistics.reports.judged, kept, outcome, why)
    return outcome


async def _judged(market: Market, device: Device, kept: Heard, now: datetime) -> tuple[Outcome, str]:
    if kept.kind == "state":
        return "known", ""
    if kept.kind == "entered":
        return await _scanned(market, device, kept, now)
    async with market.db.read() as tx:
        command = await logistics.commands.command(tx, kept.command)
        work = await order_of(tx, kept.order_id) if kept.order_id else None
    if command is None or work is None:
        return ("case", "no_order") if kept.kind != "closed" else ("known", "")
    at = _when(work, kept, now)
    if kept.kind in ("opened", "taken", "locked"):
        # Whatever is taken or brought back was opened before, also where that is told later or never.
        no = await devices.opened(market, command, at, still=kept.kind == "opened")
        if no is not None:
            return "case", no.code
    if kept.kind in ("opened", "closed"):
        return "told" if kept.kind == "opened" else "known", ""
    return await _tell(market, device, kept, command, at)


async def _tell(
    market: Market, device: Device, kept: Heard, command: Command, at: datetime
) -> tuple[Outcome, str]:
    fact = {"taken": "taken", "locked": "brought_back"}[kept.kind]
    body = await _body(market, device, kept.told)
    telling = Telling(command.order_id, fact, "device", device.id, body)
    try:
        await tell(market, telling, at, Key(f"device {device.id}", kept.id, fact))
    except Refusal as no:
        async with market.db.read() as tx:
            work = await order_of(tx, command.order_id)
        return _again(work, fact, body, no)
    async with market.db.read() as tx:
        work = await order_of(tx, command.order_id)
    told = work.has(fact) if work is not None else None
    return ("case", "beyond") if told is not None and told.body.get("beyond") else ("told", "")


_WHY: Mapping[str, str] = {"used": "ticket_used", "outdated": "code_outdated", "void": "code_outdated"}


async def _scanned(market: Market, device: Device, kept: Heard, now: datetime) -> tuple[Outcome, str]:
    """A gate let somebody in, perhaps without network: the first in time is the one who went in, whichever gate was heard first."""
    at = min(kept.at, now)
    async with market.db.read() as tx:
        judged = await logistics.entitlements.judge_code(
            tx, market.code_signer, kept.told.code, device.place_id, at
        )
    if judged.found is None:
        return "case", "no_order"
    await market.db.run(logistics.reports.about, kept, judged.found.order_id)
    kept = msgspec.structs.replace(kept, order_id=judged.found.order_id)
    named = f"{judged.found.id}.{judged.found.version}"
    if judged.verdict == "used" and await market.db.run(logistics.reports.overtaken, kept, f"{named}."):
        return "told", ""
    body = {"tickets": [named]}
    telling = Telling(judged.found.order_id, "entered", "device", device.id, body)
    key = Key(f"device {device.id}", f"{kept.id} entered", named)
    if judged.verdict not in ("good", "used"):
        return "case", _WHY.get(judged.verdict, judged.verdict)
    try:
        # Also of a ticket that is used: the same report told again is answered as it was the first time.
        await tell(market, telling, at, key)
    except Refusal:
        return "case", "ticket_used"
    return "told", ""


def _again(work: Work | None, fact: str, body: dict[str, Any], no: Refusal) -> tuple[Outcome, str]:
    """What was refused: the same once more says nothing new; another content does not fit."""
    told = work.has(fact) if work is not None else None
    if told is None:
        return "case", no.code
    if fact == "taken" and told.body.get("lines") != body["lines"]:
        return "case", "taken_again"
    return "known", ""


def _when(work: Work, kept: Heard, now: datetime) -> datetime:
    """When it happened by the device's clock, as far as that can be: after the order was placed, and not to come."""
    started = [leg.started_at or leg.ended_at for leg in work.legs]
    floor = max((at for at in started if at), default=work.order.committed_at or work.order.placed_at)
    return min(max(kept.at, floor), now)


async def _body(market: Market, device: Device, told: Report) -> dict[str, Any]:
    if told.kind == "taken":
        return {"lines": {position: count for position, count in told.lines.items() if count}}
    if told.lat is None or told.lon is None:
        return {}
    # How far away it stands is all the order needs to know; where exactly stays with the device.
    async with market.db.read() as tx:
        place = await point_of(tx, device.place_id)
    return {"away_m": metres(place, Point(told.lat, told.lon))}


async def take_up(market: Market, now: datetime) -> int:
    """Reports whose telling was interrupted. How many."""
    async with market.db.read() as tx:
        left = await logistics.reports.left_over(tx, now)
    for kept in left:
        try:
            async with market.db.read() as tx:
                device = await logistics.devices.device(tx, kept.device_id)
        except NotFound:
            await market.db.run(logistics.reports.judged, kept, "case", "revoked")
            continue
        await judge(market, device, kept, now)
    return len(left)
