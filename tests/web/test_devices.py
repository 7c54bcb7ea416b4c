"""Before a device, at its seller's desk and in the office: opening, what brings trouble, a key shown once, and a person who decides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from highstreet import parties
from highstreet.market import devices
from highstreet.web import merchant, operator
from tests.market.lane import Lane, copy_of, furnished, lane
from tests.market.yard import Stand, open_yard, put_up, soon
from tests.web.shop_browser import Browser
from tests.web.shop_world import app_of

__all__ = ["copy_of", "furnished", "lane"]


class Folk:
    """A buyer, the shop's owner and an officer, each with a browser."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.app = app_of(lane.market, *merchant.ROUTES, *operator.ROUTES)

    async def browser(self, person: str = "", lang: str = "en") -> Browser:
        one = Browser(self.app, lang)
        if person:
            async with self.lane.market.db.transaction() as tx:
                business = self.lane.made.sellers["grocer"] if person == "owner" else None
                token = await parties.sessions.open_session(
                    tx, self.lane.made.people[person], business, True, "test", self.lane.clock()
                )
            one.client.cookies.set("session", token)
        await one.get("/orders")
        return one

    def page(self, order: str) -> str:
        return f"/orders/{order}?key={self.lane.market.link_signer.short(order)}"


@pytest_asyncio.fixture
async def folk(lane: Lane) -> Folk:
    return Folk(lane)


@pytest_asyncio.fixture
async def cabinet(lane: Lane) -> AsyncIterator[Stand]:
    async with open_yard(lane) as yard:
        yield await put_up(lane, yard, "cabinet")


async def test_a_buyer_opens_waits_and_takes(lane: Lane, folk: Folk, cabinet: Stand) -> None:
    order = await cabinet.bought(2)
    buyer = await folk.browser()
    await buyer.get(folk.page(order))
    form = f"/orders/{order}/tell?{folk.page(order).partition('?')[2]}"
    await buyer.send(form, {})
    assert "Opening …" in buyer.text
    assert 'hx-trigger="every 1s"' in buyer.text
    assert 'value="opened"' not in buyer.text  # asked once is enough
    async with lane.market.db.read() as tx:
        key = await tx.fetchval("SELECT key FROM logistics.command WHERE order_id = $1", order)
    cabinet.device.planned["battery_empty"] = 1
    await devices.ask(lane.market, key)
    await buyer.get(folk.page(order))
    assert "Its battery is empty." in buyer.text
    await buyer.send(form, {})
    async with lane.market.db.read() as tx:
        key = await tx.fetchval("SELECT max(key) FROM logistics.command WHERE order_id = $1", order)
    await devices.ask(lane.market, key)
    await cabinet.heard()
    await buyer.get(folk.page(order))
    assert "close the door" in buyer.text
    bicycle = await put_up(lane, cabinet.yard, "lock")
    ride = await bicycle.bought(1, soon(lane, 0.1))
    await bicycle.opens(ride)
    await buyer.get(folk.page(ride))
    assert "close its lock" in buyer.text
    assert 'value="brought_back"' not in buyer.text


async def test_a_disputed_take_is_decided_in_the_office_with_the_evidence(
    lane: Lane, folk: Folk, cabinet: Stand
) -> None:
    order, silent = await cabinet.bought(2), await cabinet.bought(2)
    await cabinet.opens(order)
    cabinet.device.planned["again_other"] = 1
    await cabinet.take(line1=1)
    await lane.tell(order, "return_wanted", "buyer", lines={"1": 1}, reason="not_taken")
    await cabinet.opens(silent)
    cabinet.device.planned["never"] = 1
    await cabinet.take(line1=2)
    lane.clock.forward(timedelta(minutes=10))
    owner, officer = await folk.browser("owner", "zh"), await folk.browser("clerk")
    await owner.get("/merchant/devices")
    assert owner.status == 200
    assert "3 项待核实" in owner.text
    await officer.get("/operator/takes")
    assert officer.status == 200
    assert "It told the take again, with another content." in officer.text
    assert "says it was never taken" in officer.text
    assert "line 1: 1" in officer.text
    await officer.send(f"/operator/takes/{order}", {"fact": "returned", "reason": ""})
    assert officer.status == 422
    await officer.send(f"/operator/takes/{order}", {"fact": "returned", "reason": "the shelf was full"})
    assert (await lane.order(order)).order.waits == ""
    fields = {"line-1": "1", "reason": "the camera shows one"}
    await officer.send(f"/operator/takes/{silent}", fields)
    work = await lane.order(silent)
    assert (work.order.stage, work.lines[0].fulfilled) == ("done", 1)
    await officer.send(f"/operator/takes/reports/{cabinet.id}", {"reason": "a slip of the scale"})
    assert "Nothing to decide" in officer.text


async def test_a_seller_registers_a_device_sees_its_key_once_and_takes_it_out_of_use(
    lane: Lane, folk: Folk
) -> None:
    owner = await folk.browser("owner")
    await owner.get("/merchant/devices")
    assert "No device is registered yet" in owner.text
    fields = {"kind": "gate", "name": "North gate", "place": lane.made.places["grocer"]}
    await owner.send("/merchant/devices", fields)
    secret = owner.find(r"<code>(hsd_[^<]+)</code>")
    device = owner.find(r"<code>(dev_[^<]+)</code>")
    await owner.get("/merchant/devices")
    assert secret not in owner.text
    assert "not heard yet" in owner.text
    await owner.post(f"/merchant/devices/{device}", {"to": "renew"})
    assert owner.find(r"<code>(hsd_[^<]+)</code>") != secret
    for wrong in ({"place": lane.made.places["tea"]}, {"kind": "lock"}, {"kind": "cannon"}, {"name": ""}):
        await owner.get("/merchant/devices")
        await owner.send("/merchant/devices", fields | wrong)
        assert owner.status in (404, 422), (wrong, owner.status)
    await owner.post(f"/merchant/devices/{device}", {"to": "revoke"})
    assert "out of use" in owner.text
