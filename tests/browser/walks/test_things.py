"""Walks through the use of things and what is not bought new: a room, a bicycle, a file, a rhythm, second hand, old for new."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.browser.walks.lantern import Walk

pytestmark = [pytest.mark.browser, pytest.mark.walks, pytest.mark.timeout(300)]


async def test_stay(walk: Walk) -> None:
    here = walk.now.astimezone(walk.lantern.market.tz)
    await walk.be("luo")
    await walk.goes_to("WAY-ROOM/stay")
    await walk.page.fill("#f-c-from", here.strftime("%Y-%m-%d"))
    await walk.page.fill("#f-c-to", (here + timedelta(days=1)).strftime("%Y-%m-%d"))
    await walk.buys()
    await walk.looked_at("booked")
    await walk.until(await walk.starts())
    await walk.sees_order()
    await walk.tells("checked_in")
    await walk.looked_at("staying")
    await walk.passes(hours=20)
    await walk.sees_order()
    await walk.tells("checked_out")
    await walk.be("shen at inn")
    await walk.works_on_it()
    await walk.looked_at("desk")
    await walk.tells("inspected")
    await walk.be("luo")
    await walk.ends("shen at inn", earned=31160)


async def test_rental(walk: Walk) -> None:
    here = walk.now.astimezone(walk.lantern.market.tz) + timedelta(minutes=10)
    await walk.be("emma")
    await walk.goes_to("WAY-BIKE/rental")
    await walk.page.fill("#f-c-from", here.strftime("%Y-%m-%dT%H:%M"))
    await walk.page.fill("#f-c-to", (here + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"))
    await walk.buys()
    await walk.looked_at("kept")
    await walk.device_tells("unlocked")
    await walk.sees_order()
    await walk.looked_at("riding")
    await walk.passes(hours=1)
    await walk.device_tells("brought_back")
    await walk.be("zhao at boats")
    await walk.works_on_it()
    await walk.looked_at("desk")
    await walk.tells("inspected")
    await walk.be("emma")
    await walk.ends("zhao at boats")


async def test_digital(walk: Walk) -> None:
    await walk.be("xiaoyu")
    await walk.goes_to("WAY-STORY/digital")
    await walk.buys("wallet")
    await walk.looked_at("closed")
    await walk.tells("accessed")
    await walk.ends("xu", earned=1140)


async def test_subscription(walk: Walk) -> None:
    await walk.be("mei")
    await walk.goes_to("WAY-DAILY/subscription")
    await walk.buys("none")
    await walk.worker()
    await walk.sees_order()
    await walk.looked_at("rhythm")
    await walk.tells("stopped")
    await walk.ends("wu")


async def test_resale(walk: Walk) -> None:
    await walk.be("emma")
    await walk.goes_to("WAY-RADIO/resale")
    await walk.buys()
    await walk.sends_it("gang", "emma")
    await walk.ends("gang")


async def test_trade_in(walk: Walk) -> None:
    await walk.be("emma")
    await walk.goes_to("WAY-OLDPHONE/trade_in")
    for n in range(3):
        await walk.page.locator(f"fieldset.slots >> nth={n} >> input >> nth=0").check(force=True)
    await walk.buys("none")
    await walk.looked_at("asked")
    await walk.be("gang")
    await walk.works_on_it()
    await walk.looked_at("desk-hand-in")
    await walk.tells("handed_in")
    await walk.looked_at("desk-inspect")
    await walk.tells("inspected", amount="380")
    await walk.be("emma")
    await walk.sees_order()
    await walk.looked_at("offered")
    await walk.tells("agreed")
    await walk.be("gang")
    await walk.works_on_it()
    await walk.tells("wiped")
    await walk.be("emma")
    await walk.ends("gang", earned=-38000)
