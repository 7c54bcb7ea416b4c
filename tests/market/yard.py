"""The lane with devices: the real device server and the market's own API, each called in process, one clock for all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx
import msgspec

from highstreet import app, logistics
from highstreet.adapters.devices_sandbox import SandboxDevices
from highstreet.formats.rental import RENTAL
from highstreet.formats.unattended import UNATTENDED
from highstreet.kit import readers
from highstreet.kit.text import Words
from highstreet.logistics import Command
from highstreet.market import devices
from highstreet.market.fulfil import Telling
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.orders import Entry
from highstreet.sandbox.device import Device
from highstreet.sandbox.devices import Install, Yard, create_app
from tests.market.lane import Lane
from tests.market.test_formats import offered

_numbers = count(41)


class Stand:
    """A device that stands on the lane, with the offer it serves."""

    def __init__(self, lane: Lane, yard: Yard, offer: str, device_id: str) -> None:
        self.lane, self.yard, self.offer, self.id = lane, yard, offer, device_id

    @property
    def device(self) -> Device:
        return self.yard.devices[self.id]

    async def bought(self, quantity: int = 2, period: tuple[datetime, datetime] | None = None) -> str:
        """An order for it, paid; its id."""
        lane = self.lane
        chosen = {"period": {"from": period[0].isoformat(), "to": period[1].isoformat()}} if period else {}
        asked = await quote(lane.market, [Entry(self.offer, quantity, chosen)], lane.clock())
        contact = Contact("Lin Xiaohe", f"138000000{next(_numbers)}")
        placing = Placing(asked.quote, contact, "sandbox", "guest", None, "en", False)
        placed = await place(lane.market, placing, lane.clock(), None)
        asked_for = placed["collection"]
        await lane.notice(asked_for["key"], asked_for["amount"], ref=asked_for["key"])
        return placed["orders"][0]["id"]

    async def press(self, order_id: str, by: str = "guest") -> Command:
        """The buyer presses the button."""
        fact = "opened" if self.device.kind == "cabinet" else "unlocked"
        made = await devices.by_device(
            self.lane.market, Telling(order_id, fact, "buyer", by), self.lane.clock()
        )
        assert made is not None
        return made

    async def opens(self, order_id: str) -> Command:
        """Pressed, asked by the job, and everything told has arrived."""
        command = await self.press(order_id)
        await devices.ask(self.lane.market, command.key)
        await self.heard()
        return command

    async def heard(self) -> None:
        """What devices told has arrived, and what orders told has been read."""
        await self.yard.quiet()
        market = self.lane.market
        while True:
            async with market.db.transaction() as tx:
                facts = await readers.read(tx, "free devices")
                await devices.hear_orders(market, tx, facts, self.lane.clock())
            if not facts:
                return

    async def take(self, **lines: int) -> None:
        """Somebody takes so many (`line1=2`) and closes the door."""
        taken = {name.removeprefix("line"): count for name, count in lines.items()}
        for tell in self.device.take(taken, self.lane.clock()):
            self.yard.send([tell])
            await self.yard.quiet()
        await self.heard()

    async def bring_back(self, lat: float, lon: float) -> None:
        self.yard.send(self.device.bring_back(lat, lon, self.lane.clock()))
        await self.heard()

    async def outcomes(self, order_id: str) -> list[tuple[str, str, str]]:
        """What became of each report about an order: kind, outcome, why."""
        async with self.lane.market.db.read() as tx:
            found = await logistics.reports.of_order(tx, order_id)
        return sorted((one.kind, one.outcome, one.why) for one in found)

    async def state(self, command: Command) -> tuple[str, str]:
        async with self.lane.market.db.read() as tx:
            found = await logistics.commands.command(tx, command.key)
        assert found is not None
        return found.state, found.reason

    async def tells(self, body: dict[str, Any], key: str | None = None, device: str = "") -> httpx.Response:
        """A report sent by hand, signed with a key."""
        from highstreet.sandbox.devices import _signed

        content = msgspec.json.encode({"at": self.lane.clock()} | body)
        stamp = int(self.lane.clock().timestamp())
        signed = _signed((key or self.device.key).encode(), str(body["id"]), stamp, content)
        path = f"http://market.example/api/devices/{device or self.id}/reports"
        return await self.yard.http.post(path, content=content, headers=signed)


@asynccontextmanager
async def open_yard(lane: Lane) -> AsyncIterator[Yard]:
    """The device server over the lane's market, seeded, nothing going wrong."""
    api = app.build(areas=())
    api.state.update({"market": lane.market, "town": Words("Lane", "巷"), "url": "http://market.example"})
    server = create_app("http://market.example", [])
    yard = Yard("http://market.example", seed=7, clock=lane.clock, first_wait=0.001)
    server.state.update({"yard": yard})
    await yard.http.aclose()
    to_market: Any = api
    to_devices: Any = server
    yard.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=to_market))
    locks = SandboxDevices(
        "http://devices.example", lane.clock, transport=httpx.ASGITransport(app=to_devices)
    )
    lane.market.devices = locks
    yield yard
    await locks.close()
    await yard.close()


async def put_up(lane: Lane, yard: Yard, kind: str) -> Stand:
    """A cabinet at the grocer's, or the lock of a bicycle there, registered and put up."""
    offer, _ = await offered(lane, UNATTENDED if kind == "cabinet" else RENTAL)
    made, now = lane.made, lane.clock()
    async with lane.market.db.transaction() as tx:
        asset = None
        if kind == "lock":
            asset = await tx.fetchval("SELECT id FROM inventory.asset WHERE tag = 'No. 7'")
        device = await logistics.devices.register(
            tx, made.sellers["grocer"], made.places["grocer"], kind, f"{kind} 7", asset, now
        )
    secret = logistics.devices.secret_of(lane.market.device_signer, device, 1)
    yard.install(Install(device, kind, f"{kind} 7", secret, 31.3, 120.58))  # type: ignore[arg-type]
    return Stand(lane, yard, offer, device)


def soon(lane: Lane, hours: float, length: float = 2) -> tuple[datetime, datetime]:
    """A time that begins in so many hours."""
    starts = lane.clock() + timedelta(hours=hours)
    return starts, starts + timedelta(hours=length)
