"""The seller's side of an order: one tap on the list, sending, handing over by code, cancelling a part, taking back; nothing of others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from highstreet.kit.ids import spoken
from highstreet.logistics import codes
from tests.web.merchant_desk import Clerk, Desk, open_desk

COLLECT, PARCEL, INSTANT = "BREAD-SOUR/collect", "TEA-BLACK/online", "BREAD-SOUR/instant"


@pytest_asyncio.fixture
async def desk(server_url: str, template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(server_url, template, tmp_path) as found:
        yield found


async def leg_of(desk: Desk, order_id: str) -> str:
    return str(
        await desk.value("SELECT id FROM logistics.leg WHERE order_id = $1 AND kind <> 'return'", order_id)
    )


async def state(desk: Desk, order_id: str) -> tuple[str, str]:
    found = await desk.order(order_id)
    return found["stage"], found["waits"]


async def test_one_tap_accepts_and_makes_ready_and_the_list_comes_back_in_place(desk: Desk) -> None:
    order_id = await desk.buy(INSTANT, 4)
    wu = await desk.sit("wu")
    number = spoken((await desk.order(order_id))["number"])
    assert number in await wu.get("/merchant")
    part = await wu.send(f"/merchant/orders/{order_id}/now", part=True, fact="accepted")
    assert f"{number} accepted." in part
    assert "<html" not in part
    assert await state(desk, order_id) == ("committed", "prepare")
    again = await wu.send(f"/merchant/orders/{order_id}/now", part=True, fact="accepted")
    assert "cannot be done at this point" in again
    await wu.send(f"/merchant/orders/{order_id}/now", fact="ready")
    assert wu.path == "/merchant"
    assert await state(desk, order_id) == ("committed", "courier")


async def test_refusing_gives_all_the_money_back(desk: Desk) -> None:
    order_id = await desk.buy(INSTANT, 4)
    wu = await desk.sit("wu")
    await wu.send(f"/merchant/orders/{order_id}/now", fact="refused")
    assert await state(desk, order_id) == ("undone", "")
    assert await desk.value("SELECT count(*) FROM ledger.refund WHERE order_id = $1", order_id) == 1


async def test_a_parcel_leaves_with_its_number_and_a_form_that_lacks_it_keeps_what_was_typed(
    desk: Desk,
) -> None:
    order_id = await desk.buy(PARCEL)
    shen = await desk.sit("shen", "tea")
    page = await shen.send(f"/merchant/orders/{order_id}/shipment", carrier="SF Express", tracking="")
    assert shen.status == 422
    assert 'value="SF Express"' in page
    assert "Please fill this in." in page
    await shen.send(f"/merchant/orders/{order_id}/shipment", carrier="SF Express", tracking="SF 1234-5678")
    assert (shen.status, await state(desk, order_id)) == (200, ("committed", "underway"))
    assert "SF 1234-5678" in shen.text
    await shen.send(f"/merchant/orders/{order_id}/facts", fact="delivered")
    assert await state(desk, order_id) == ("committed", "confirm")


async def test_a_code_hands_over_once_and_only_five_may_be_tried(desk: Desk) -> None:
    order_id = await desk.buy(COLLECT)
    wu = await desk.sit("wu")
    right = codes.code_of(desk.market.code_signer, await leg_of(desk, order_id))
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    page = await wu.send(f"/merchant/orders/{order_id}/handover", code=wrong)
    assert (wu.status, "That code is not right. 4 more tries." in page) == (422, True)
    for _ in range(4):
        await wu.send(f"/merchant/orders/{order_id}/handover", code=wrong)
    page = await wu.send(f"/merchant/orders/{order_id}/handover", code=right)
    assert "tried too often" in page
    assert await state(desk, order_id) == ("committed", "prepare")
    await wu.send(f"/merchant/orders/{order_id}/code")
    assert "can be tried again" in wu.text
    await wu.send(f"/merchant/orders/{order_id}/handover", code=f"https://town.test/c/{right}?x=1")
    assert (await state(desk, order_id))[0] in ("committed", "done")
    assert await desk.value("SELECT state FROM logistics.leg WHERE order_id = $1", order_id) == "done"
    page = await wu.send(f"/merchant/orders/{order_id}/handover", code=right)
    assert wu.status == 404


async def test_a_part_is_cancelled_once_however_often_the_form_is_sent(desk: Desk) -> None:
    order_id = await desk.buy(COLLECT, 3)
    wu = await desk.sit("wu")
    fields = {"cancel-1": "1", "reason": "one loaf burnt", "once": "key_abc"}
    for _ in range(2):
        await wu.send(f"/merchant/orders/{order_id}/cancellation", fields)
    assert await desk.value("SELECT cancelled FROM orders.line WHERE order_id = $1", order_id) == 1
    page = await wu.send(f"/merchant/orders/{order_id}/cancellation", {"cancel-1": "9", "reason": "all"})
    assert (wu.status, "from 0 to 2" in page or "at most 2" in page) == (422, True)
    page = await wu.send(f"/merchant/orders/{order_id}/cancellation", reason="nothing said")
    assert (wu.status, "Say how many" in page) == (422, True)


@pytest.mark.parametrize(("resale", "shelf"), [("yes", 0), ("no", -1)])
async def test_a_return_goes_to_the_shelf_or_is_written_off(desk: Desk, resale: str, shelf: int) -> None:
    sql = """SELECT total - sold FROM inventory.supply s JOIN catalog.offer o ON o.variant_id = s.variant_id AND o.place_id = s.place_id
             WHERE o.id = $1"""
    offer = desk.town.offers[COLLECT]
    before = await desk.value(sql, offer)
    order_id = await desk.buy(COLLECT, 2)
    await desk.tell(order_id, "handed_over")
    wu = await desk.sit("wu")
    assert "Take something back" in await wu.get(f"/merchant/orders/{order_id}")
    await wu.send(f"/merchant/orders/{order_id}/return", {"back-1": "1", "resale": resale, "once": "key_r"})
    assert wu.status == 200, wu.text
    assert await desk.value("SELECT returned FROM orders.line WHERE order_id = $1", order_id) == 1
    assert await desk.value(sql, offer) == before - 1 + shelf


async def test_the_buyers_contact_is_open_only_while_the_order_runs(desk: Desk) -> None:
    order_id = await desk.buy(COLLECT)
    wu = await desk.sit("wu")
    assert "13800138000" in await wu.get(f"/merchant/orders/{order_id}")
    assert "13800138000" in await wu.get(f"/merchant/orders/{order_id}/slip")
    await desk.tell(order_id, "cancelled")
    assert "13800138000" not in await wu.get(f"/merchant/orders/{order_id}")
    assert "13800138000" not in await wu.get(f"/merchant/orders/{order_id}/slip")


async def test_orders_are_found_by_number_by_goods_and_by_what_they_wait_for(desk: Desk) -> None:
    order_id = await desk.buy(COLLECT)
    wu = await desk.sit("wu")
    number = spoken((await desk.order(order_id))["number"])
    assert order_id in await wu.get(f"/merchant/orders?q={number.lower()}")
    assert order_id in await wu.get("/merchant/orders?q=sourdough")
    assert order_id not in await wu.get("/merchant/orders?q=100%25")
    assert order_id in await wu.get("/merchant/orders?tab=prepare")
    assert order_id not in await wu.get("/merchant/orders?tab=ended")
    assert order_id in await wu.get("/merchant/orders?tab=all")


PATHS = ["", "/slip"]
DEEDS = ["/now", "/facts", "/shipment", "/handover", "/code", "/cancellation", "/return"]


async def test_another_shops_order_is_not_there(desk: Desk) -> None:
    order_id = await desk.buy(COLLECT)
    shen = await desk.sit("shen", "tea")
    for path in PATHS:
        await shen.get(f"/merchant/orders/{order_id}{path}")
        assert shen.status == 404, path
    for deed in DEEDS:
        await shen.send(
            f"/merchant/orders/{order_id}{deed}",
            fact="ready",
            code="123456",
            carrier="x",
            tracking="y",
            reason="z",
        )
        assert shen.status == 404, deed
    assert await state(desk, order_id) == ("committed", "prepare")


async def test_a_clerk_serves_but_gives_no_money_back(desk: Desk) -> None:
    order_id = await desk.buy(COLLECT)
    await desk.tell(order_id, "handed_over")
    ding: Clerk = await desk.sit("ding", "bakery")
    assert "Take something back" not in await ding.get(f"/merchant/orders/{order_id}")
    await ding.send(f"/merchant/orders/{order_id}/return", {"back-1": "1"})
    assert ding.status == 403
    await ding.get("/merchant/takings")
    assert ding.status == 403
    await ding.send("/merchant/offers/new")
    assert ding.status == 403


async def test_what_is_late_falls_and_the_page_says_so_in_chinese(desk: Desk) -> None:
    order_id = await desk.buy(COLLECT)
    wu = await desk.sit("wu", lang="zh")
    page = await wu.get(f"/merchant/orders/{order_id}")
    assert "现在要做的" in page
    assert "买家取货码" in page
    due = await desk.value("SELECT due_at FROM orders.deadline WHERE order_id = $1", order_id)
    assert due - desk.market.clock() >= timedelta(hours=1)


async def test_a_parcel_nobody_takes_comes_back_and_is_taken_in(desk: Desk) -> None:
    order_id = await desk.buy(PARCEL)
    shen = await desk.sit("shen", "tea")
    page = f"/merchant/orders/{order_id}"
    await shen.get(page)
    await shen.send(f"{page}/shipment", carrier="SF", tracking="SF1234")
    text = ""
    for n in range(1, 4):
        text = await shen.send(f"{page}/facts", fact="attempted")
        assert f"{n} of 3" in text
    assert "it is coming back to you" in text and "It is back, on the shelf again" in text
    assert "Take something back" not in text
    await shen.send(f"{page}/return", resale="yes")
    assert await state(desk, order_id) == ("undone", "")
