"""Nobody at the door: told up to three times, then the goods go back, and the money once the shop has them or the time is up."""

from __future__ import annotations

import pytest

from highstreet.kit.readers import Fact
from highstreet.market import news
from highstreet.orders import NotNow, NotThis, TooMany
from tests.market.lane import Lane


async def sent(lane: Lane) -> str:
    (order_id,) = await lane.paid({"tea/online": 2})
    await lane.tell(order_id, "shipped", tracking="SF1")
    return order_id


async def tried(lane: Lane, order_id: str, times: int) -> None:
    for _ in range(times):
        assert (await lane.tell(order_id, "attempted", reason="nobody_home"))["waits"] == "underway"


@pytest.mark.parametrize(("resale", "supply"), [(True, (30, 0, 0)), (False, (28, 0, 0))])
async def test_after_the_third_it_goes_back(lane: Lane, resale: bool, supply: tuple[int, int, int]) -> None:
    order_id = await sent(lane)
    await tried(lane, order_id, 2)
    with pytest.raises((NotNow, TooMany)):
        await lane.tell(order_id, "returned", resale=resale)
    await tried(lane, order_id, 1)
    for fact in ("attempted", "cancelled"):
        with pytest.raises(NotNow):
            await lane.tell(order_id, fact)
    assert (await lane.tell(order_id, "returned", resale=resale))["stage"] == "undone"
    assert await lane.supply("tea") == supply
    assert await lane.money() == {}
    assert await lane.refunds(order_id) == [17_600]
    with pytest.raises((NotNow, TooMany)):
        await lane.tell(order_id, "returned")


async def test_handed_over_after_all(lane: Lane) -> None:
    order_id = await sent(lane)
    await tried(lane, order_id, 3)
    assert (await lane.tell(order_id, "delivered"))["waits"] == "confirm"


async def test_what_never_comes_back_is_lost_and_the_buyer_has_the_money(lane: Lane) -> None:
    order_id = await sent(lane)
    await tried(lane, order_id, 3)
    assert (await lane.later(order_id, days=14)).order.stage == "committed"
    assert (await lane.later(order_id, days=2)).order.stage == "undone"
    assert await lane.money() == {}
    assert await lane.supply("tea") == (28, 0, 0)


async def test_a_courier_may_tell_it_again_without_setting_out_again(lane: Lane) -> None:
    (order_id,) = await lane.paid({"jam/instant": 2})
    await lane.tell(order_id, "accepted")
    await lane.tell(order_id, "ready")
    await lane.tell(order_id, "picked_up", "courier")
    await lane.tell(order_id, "attempted", "courier")
    with pytest.raises(NotThis):
        await lane.tell(order_id, "attempted", "courier", by="another courier")
    await lane.tell(order_id, "picked_up", "courier")
    await lane.tell(order_id, "attempted", "courier")
    await lane.tell(order_id, "attempted", "courier")
    for fact in ("picked_up", "attempted"):
        with pytest.raises(NotNow):
            await lane.tell(order_id, fact, "courier")
    assert (await lane.tell(order_id, "returned"))["stage"] == "undone"
    assert await lane.supply("jam") == (40, 0, 0)


async def test_buyer_and_seller_are_told_that_it_goes_back(lane: Lane) -> None:
    buyer = lane.made.people["buyer"]
    placed = await lane.buy({"tea/online": 2}, buyer=buyer)
    await lane.pay(placed)
    order_id = placed["orders"][0]["id"]
    await lane.tell(order_id, "shipped", tracking="SF1")
    await tried(lane, order_id, 3)
    async with lane.market.db.transaction() as tx:
        found = await tx.fetch(
            "SELECT xid::text::bigint AS xid, id, at, kind, subject, by, body FROM kit.fact WHERE subject = $1 AND kind = $2 ORDER BY id",
            order_id, "order.attempted",
        )  # fmt: skip
        facts = [Fact(**{name: one[name] for name in Fact.__struct_fields__}) for one in found]
        await news.tell_parties(tx, facts, lane.clock(), lane.market.tz)
        told = await tx.fetch(
            "SELECT party_id, kind FROM parties.notice WHERE subject = $1 ORDER BY id", order_id
        )
    # The same news twice, unread, is one notice.
    assert [one["kind"] for one in told if one["party_id"] == buyer] == [
        "order.attempted",
        "order.going_back",
    ]
    assert [one["kind"] for one in told if one["party_id"] == lane.made.people["owner"]] == [
        "order.coming_back"
    ]
