"""Orders of the formats with a time, a thing, a group: what they wait for in words, and every fact the seller tells as one act."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio

from highstreet import inventory
from highstreet.kit.clock import FixedClock
from highstreet.kit.ids import spoken
from highstreet.ledger import Notice
from highstreet.market import pay, place, quote
from highstreet.market.format import LEG_WAITS, Format
from highstreet.orders import Entry
from highstreet.web.merchant import steps
from highstreet.web.merchant.telling import ACTS, acts_now
from tests.town import FIRST_LOOK
from tests.web.merchant_desk import Clerk, Desk, open_desk
from tests.web.test_merchant_formats import offered, one_that
from tests.web.test_merchant_formats import variant_of as described


@pytest_asyncio.fixture
async def desk(server_url: str, template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(server_url, template, tmp_path) as found:
        found.market.clock = FixedClock(FIRST_LOOK)
        yield found


@pytest_asyncio.fixture
async def wu(desk: Desk) -> Clerk:
    return await desk.sit("wu")


async def bought(desk: Desk, offer: str, choice: dict[str, Any], method: str = "sandbox") -> str:
    """One order of an offer with what was chosen for it, paid; its identifier."""
    now = desk.market.clock()
    found = await quote.quote(desk.market, [Entry(offer, 1, choice)], now)
    contact = place.Contact(name="Grandma He", phone="13800138000", address="Well Street 9")
    made = await place.place(desk.market, place.Placing(found.quote, contact, method, "guest"), now, None)
    asked = made["collection"]
    if asked:
        told = Notice(
            "sandbox", "n", asked["key"], "charge.succeeded", asked["amount"], "CNY", "r-" + asked["key"], now
        )
        await pay.told_charge(desk.market, told, now)
    order_id: str = made["orders"][0]["id"]
    return order_id


async def variant_of(desk: Desk, offer: str) -> str:
    return str(await desk.value("SELECT variant_id FROM catalog.offer WHERE id = $1", offer))


async def state(desk: Desk, order_id: str) -> tuple[str, str]:
    found = await desk.order(order_id)
    return found["stage"], found["waits"]


def leave(desk: Desk, **later: Any) -> None:
    desk.market.clock = FixedClock(desk.market.clock() + timedelta(**later))


def of_leg(desk: Desk, *legs: str) -> Format:
    return next(
        f
        for f in desk.market.formats.values()
        if f.legs == legs and f.licence is None and f.decided == "alone"
    )


async def test_a_booked_time_is_on_todays_list_when_it_has_come_and_told_with_one_tap(
    desk: Desk, wu: Clerk
) -> None:
    one = next(
        f for f in desk.market.formats.values()
        if f.promise == "slot" and f.licence is None and {"seller"} <= set(f.facts.get("visited", ()))
    )  # fmt: skip
    offer = await offered(desk, wu, one, "VISIT")
    starts = FIRST_LOOK + timedelta(days=1)
    async with desk.market.db.transaction() as tx:
        slot = await inventory.slots.open_slot(
            tx,
            await variant_of(desk, offer),
            desk.town.places["bakery"],
            starts,
            starts + timedelta(hours=1),
            2,
            "x",
            FIRST_LOOK,
        )
    order_id = await bought(desk, offer, {"slot": slot})
    assert await state(desk, order_id) == ("committed", "visit")
    number = spoken((await desk.order(order_id))["number"])
    assert number not in await wu.get("/merchant")
    assert number in await wu.get("/merchant/orders?tab=booked")
    page = await wu.get(f"/merchant/orders/{order_id}")
    assert "It took place" in page
    assert "Nobody came" not in page  # not before its time
    assert "1 / 2" in await wu.get(f"/merchant/times?variant={await variant_of(desk, offer)}")
    leave(desk, days=1, hours=1)
    assert number in await wu.get("/merchant")
    assert "Nobody came" in await wu.get(f"/merchant/orders/{order_id}")
    part = await wu.send(f"/merchant/orders/{order_id}/now", part=True, fact="visited")
    assert f"{number} is noted." in part
    assert (await state(desk, order_id))[1] != "visit"
    again = await wu.send(f"/merchant/orders/{order_id}/facts", fact="visited")
    assert wu.status == 422
    assert "cannot be done at this point" in again
    shen = await desk.sit("shen", "tea")
    for path in (f"/merchant/orders/{order_id}/facts", f"/merchant/orders/{order_id}/now"):
        await shen.send(path, fact="visited")
        assert shen.status == 404


async def test_a_thing_goes_out_comes_back_and_its_damage_is_a_sum_of_the_deposit(
    desk: Desk, wu: Clerk
) -> None:
    one = of_leg(desk, "out", "back")
    offer = await offered(desk, wu, one, "BIKE")
    variant = await variant_of(desk, offer)
    await wu.send(
        "/merchant/things", {"variant": variant, "place": desk.town.places["bakery"], "tags": "Nr 1"}
    )
    starts = FIRST_LOOK + timedelta(hours=1)
    period = {"from": starts.isoformat(), "to": (starts + timedelta(hours=2)).isoformat()}
    order_id = await bought(desk, offer, {"period": period})
    assert await state(desk, order_id) == ("committed", "out")
    assert f"/merchant/orders/{order_id}" not in await wu.get("/merchant/things")
    leave(desk, hours=1, minutes=5)
    assert f"/merchant/orders/{order_id}" in await wu.get("/merchant/things")
    for fact, waits in (("unlocked", "back"), ("brought_back", "inspect")):
        page = await wu.get(f"/merchant/orders/{order_id}")
        assert ACTS[fact].button in page
        await wu.send(f"/merchant/orders/{order_id}/facts", fact=fact)
        assert (await state(desk, order_id))[1] == waits
    page = await wu.get(f"/merchant/orders/{order_id}")
    assert "Damage, if there is any" in page
    page = await wu.send(f"/merchant/orders/{order_id}/facts", fact="inspected", damage="-3")
    assert wu.status == 422
    await wu.send(f"/merchant/orders/{order_id}/facts", fact="inspected", damage="12.50")
    assert (await state(desk, order_id))[0] == "done"
    kept = """SELECT sum(t.amount) FROM ledger.transfer t JOIN ledger.account a ON a.id = t.to_id
              WHERE t.order_id = $1 AND t.purpose = 'deposit' AND a.kind = 'seller'"""
    assert await desk.value(kept, order_id) == 1250


async def test_what_is_told_is_drawn_in_both_languages(desk: Desk, wu: Clerk) -> None:
    one = one_that(desk, gathers="tiers", licence=None)
    # The goods are there before they are offered, so that no page needs to hear of them afterwards.
    variant = await described(wu, "GRP", "goods")
    at = desk.town.places["bakery"]
    await wu.send("/merchant/stock/receive", {"variant": variant, "place": at, "quantity": "9"})
    await wu.send(
        "/merchant/offers/new", {"variant": variant, "format": one.name, "place": at, "price": "100"}
    )
    offer = wu.path.rpartition("/")[2]
    await wu.send("/merchant/groups", {"offer": offer, "closes": "2026-11-25T18:00"})
    order_id = await bought(desk, offer, {})
    assert await state(desk, order_id) == ("placed", "closing")
    assert "waits for the group" in await wu.get(f"/merchant/orders/{order_id}")
    assert "1 has joined" in await wu.get("/merchant/groups")
    zh = await desk.sit("wu", lang="zh")
    assert "等待截团" in await zh.get("/merchant/orders?tab=group")
    cohort = await desk.value("SELECT id FROM orders.cohort WHERE offer_id = $1", offer)
    await wu.send(f"/merchant/groups/{cohort}/close")
    assert await state(desk, order_id) == ("committed", "prepare")


def test_every_wait_that_is_the_sellers_to_end_has_an_act() -> None:
    from highstreet import wiring

    drawn = {
        "ready",
        "shipped",
        "handed_over",
        "delivered",
        "attempted",
        "cancelled",
        "returned",
        "return_refused",
        "return_wanted",
        "found",  # told where the devices are
        "old_taken",  # told beside the proofs of subsidised things
    }
    for one in wiring.formats().values():
        may = steps.tellable(one)
        assert may - drawn <= set(ACTS), one.name
        waits = set(one.gate.waits).union(*(LEG_WAITS[leg].values() for leg in one.legs))
        for fact in may - drawn:
            assert any(fact in dict(acts_now(may, wait)) for wait in waits), (one.name, fact)
