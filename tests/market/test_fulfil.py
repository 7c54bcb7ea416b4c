"""Fulfilling: every format's way to its end, who may tell what and when, codes, and each deadline falling its way."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import pytest

from highstreet.kit.errors import KeyReused
from highstreet.logistics import CodeExpired, CodeWrong, Leg, TooManyTries, codes
from highstreet.market.format import Teller
from highstreet.market.fulfil import advance_order
from highstreet.market.units import Key
from highstreet.orders import NoSuchOrder, NotNow, NotThis, TooMany
from tests.market.lane import Lane

NOBODY = "ord_00000000000000000000"


async def stands(lane: Lane, order_id: str) -> tuple[str, str]:
    order = (await lane.order(order_id)).order
    return order.stage, order.waits


async def test_a_parcel(lane: Lane) -> None:
    (order_id,) = await lane.paid({"tea/online": 2, "bowl/online": 1})
    assert await lane.tell(order_id, "ready") == {"order": order_id, "stage": "committed", "waits": "prepare"}
    assert await lane.supply("tea") == (30, 2, 0)
    assert (await lane.tell(order_id, "shipped", carrier="SF", tracking="SF77"))["waits"] == "underway"
    assert await lane.supply("tea") == (30, 0, 2)
    assert (await lane.tell(order_id, "attempted"))["waits"] == "underway"
    assert (await lane.tell(order_id, "delivered"))["waits"] == "confirm"
    leg = (await lane.order(order_id)).legs[0]
    assert (leg.state, leg.carrier, leg.tracking) == ("done", "SF", "SF77")
    assert (await lane.later(order_id, days=6, hours=23)).order.stage == "committed"
    assert (await lane.later(order_id, hours=1)).order.stage == "done"
    # 5 % of 235 yuan are the platform's.
    assert await lane.money() == {"provider": -23500, "tea": 22325, "platform": 1175}


async def test_a_buyer_who_says_it_came_ends_the_waiting(lane: Lane) -> None:
    (order_id,) = await lane.paid({"tea/online": 1})
    await lane.tell(order_id, "shipped")
    assert (await lane.tell(order_id, "received", "buyer"))["stage"] == "done"
    # 5 % of the price; the delivery's 8 yuan are the seller's alone.
    assert await lane.money() == {"provider": -9600, "tea": 8360 + 800, "platform": 440}


async def test_from_nearby_by_courier(lane: Lane) -> None:
    (order_id,) = await lane.paid({"jam/instant": 2})
    for fact, role, waits in (
        ("accepted", "seller", "prepare"),
        ("ready", "seller", "courier"),
        ("picked_up", "courier", "underway"),
    ):
        assert (await lane.tell(order_id, fact, role))["waits"] == waits  # type: ignore[arg-type]
    with pytest.raises(NotThis):
        await lane.tell(order_id, "delivered", "courier", by="another courier")
    assert (await lane.tell(order_id, "delivered", "courier"))["stage"] == "done"


async def test_a_refused_order_gives_everything_back(lane: Lane) -> None:
    (order_id,) = await lane.paid({"jam/instant": 2})
    assert (await lane.tell(order_id, "refused"))["stage"] == "undone"
    assert await lane.refunds(order_id) == [5602 + 500]
    assert await lane.money() == {}
    assert await lane.supply("jam") == (40, 0, 0)


async def test_fetched_and_paid_in_cash(lane: Lane) -> None:
    order_id = (await lane.buy({"tea/collect": 1, "jam/collect": 1}, "cash"))["orders"][0]["id"]
    other = await lane.order(order_id)
    await lane.tell(order_id, "ready")
    assert await stands(lane, order_id) == ("committed", "pickup")
    assert (await lane.tell(order_id, "handed_over"))["stage"] == "done"
    paid = other.order.total
    assert (await lane.money())["till"] == -paid


async def test_at_the_counter(lane: Lane) -> None:
    sold = await lane.buy({"jam/counter": 3}, "cash")
    assert sold["orders"][0]["stage"] == "done"
    assert await lane.supply("jam") == (40, 0, 3)
    assert await lane.money() == {"till": -8403, "grocer": 8353, "platform": 50}


# --- not yours, not now, not there ---


NOT_YOURS: list[tuple[str, Teller]] = [
    ("shipped", "buyer"), ("delivered", "buyer"), ("received", "seller"), ("picked_up", "courier"), ("handed_over", "seller"),
    ("return_wanted", "seller"), ("cancelled", "courier"), ("refunded", "seller"), ("", "seller"), ("paid", "buyer"), ("late", "clock"),
]  # fmt: skip


async def test_what_is_not_yours_to_tell(lane: Lane) -> None:
    (order_id,) = await lane.paid({"tea/online": 1})
    before = await lane.order(order_id)
    for fact, role in NOT_YOURS:
        with pytest.raises(NotThis):
            await lane.tell(order_id, fact, role)
    assert (await lane.order(order_id)).order.version == before.order.version


async def test_what_is_not_possible_yet(lane: Lane) -> None:
    (order_id,) = await lane.paid({"tea/online": 1})
    before = await lane.order(order_id)
    for fact in ("delivered", "attempted", "returned", "return_refused"):
        with pytest.raises((NotNow, TooMany)):
            await lane.tell(order_id, fact)
    assert (await lane.order(order_id)).order.version == before.order.version


async def test_twice_is_too_often_for_every_step(lane: Lane) -> None:
    (order_id,) = await lane.paid({"tea/online": 1})
    for fact in ("ready", "shipped", "delivered"):
        await lane.tell(order_id, fact)
        with pytest.raises(NotNow):
            await lane.tell(order_id, fact)
    with pytest.raises(NotNow):
        await lane.tell(order_id, "cancelled")


async def test_an_order_that_is_not_there(lane: Lane) -> None:
    with pytest.raises(NoSuchOrder):
        await lane.tell(NOBODY, "shipped")
    with pytest.raises(NoSuchOrder):
        await advance_order(lane.market, NOBODY, lane.clock())


async def test_an_unpaid_order_is_not_sent(lane: Lane) -> None:
    placed = await lane.buy({"tea/online": 1})
    with pytest.raises(NotNow):
        await lane.tell(placed["orders"][0]["id"], "shipped")


async def test_a_fact_told_again_with_its_key_is_told_once(lane: Lane) -> None:
    (order_id,) = await lane.paid({"tea/online": 1})
    key = Key("seller", "k", "ready")
    first = await lane.tell(order_id, "ready", key=key)
    # The first telling may be the very reason why the second is refused; whoever serves it looks at the kept answer then.
    with contextlib.suppress(NotNow):
        assert await lane.tell(order_id, "ready", key=key) == first
    async with lane.market.db.read() as tx:
        assert (
            await tx.fetchval("SELECT answer FROM kit.answer WHERE scope = 'seller' AND key = 'k'") == first
        )
    with pytest.raises(KeyReused):
        await lane.tell(order_id, "shipped", key=Key("seller", "k", "shipped"))
    assert await stands(lane, order_id) == ("committed", "prepare")


# --- the code one fetches with ---


async def fetched_by(lane: Lane, leg: Leg, code: str) -> None:
    """As the desk does it: the try is counted first, then the code judged, then the goods handed over."""
    async with lane.market.db.transaction() as tx:
        tries = await codes.count_try(tx, leg.id)
    codes.check(lane.market.code_signer, leg.id, tries, leg.code_until, code, lane.clock())


async def waiting_leg(lane: Lane) -> tuple[str, Leg, str]:
    (order_id,) = await lane.paid({"jam/collect": 1})
    await lane.tell(order_id, "ready")
    leg = (await lane.order(order_id)).legs[0]
    return order_id, leg, codes.code_of(lane.market.code_signer, leg.id)


async def test_a_code_opens_once(lane: Lane) -> None:
    order_id, leg, code = await waiting_leg(lane)
    assert len(code) == 6
    await fetched_by(lane, leg, f"{code[:3]} {code[3:]}")
    await lane.tell(order_id, "handed_over")
    with pytest.raises(NotNow):
        await lane.tell(order_id, "handed_over")
    assert await stands(lane, order_id) == ("done", "")


async def test_a_wrong_code_can_be_tried_five_times(lane: Lane) -> None:
    _, leg, code = await waiting_leg(lane)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(CodeWrong) as no:
            await fetched_by(lane, leg, wrong)
        assert no.value.values["left"] == left
    for any_code in (wrong, code):
        with pytest.raises(TooManyTries):
            await fetched_by(lane, leg, any_code)
    async with lane.market.db.transaction() as tx:
        await codes.renew(tx, leg.id, lane.clock() + timedelta(days=1))
    await fetched_by(lane, leg, code)


async def test_what_is_no_code_is_wrong(lane: Lane) -> None:
    for code in ("", "0", "1234567890123", "٠١٢٣٤٥", "abcdef"):
        _, leg, _ = await waiting_leg(lane)
        with pytest.raises(CodeWrong):
            await fetched_by(lane, leg, code)


async def test_a_code_grows_old(lane: Lane) -> None:
    _, leg, code = await waiting_leg(lane)
    assert leg.code_until is not None
    lane.clock.set(leg.code_until + timedelta(seconds=1))
    with pytest.raises(CodeExpired):
        await fetched_by(lane, leg, code)


async def test_codes_of_two_orders_differ(lane: Lane) -> None:
    found = {(await waiting_leg(lane))[2] for _ in range(8)}
    assert len(found) == 8


# --- deadlines ---

# goods, what was told before, how long it waits, how it ends, what the buyer gets back, stock (total, held, sold)
FALLS = {
    "nobody paid": ("tea/online", None, timedelta(minutes=30), "undone", [], (30, 0, 0)),
    "the shop does not answer": ("jam/instant", [], timedelta(minutes=10), "undone", [3301], (40, 0, 0)),
    "the parcel is never packed": ("tea/online", [], timedelta(days=3), "undone", [9600], (30, 0, 0)),
    "the parcel never arrives": ("tea/online", ["shipped"], timedelta(days=15), "undone", [9600], (29, 0, 0)),
    "it is never fetched": ("jam/collect", ["ready"], timedelta(days=3), "undone", [2801], (40, 0, 0)),
    "no courier comes": ("jam/instant", ["accepted", "ready"], timedelta(hours=2), "undone", [3301], (40, 0, 0)),
    "the buyer says nothing": ("tea/online", ["shipped", "delivered"], timedelta(days=7), "done", [], (30, 0, 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", FALLS)
async def test_each_deadline_falls_its_way_and_not_before(lane: Lane, name: str) -> None:
    wanted, told, wait, stage, back, stock = FALLS[name]
    if told is None:
        order_id = (await lane.buy({wanted: 1}))["orders"][0]["id"]
    else:
        (order_id,) = await lane.paid({wanted: 1})
        for fact in told:
            await lane.tell(order_id, fact)
    early = await lane.later(order_id, seconds=wait.total_seconds() - 1)
    assert early.order.stage in ("placed", "committed")
    for _ in range(2):
        assert (await lane.later(order_id, seconds=1)).order.stage == stage
    assert await lane.refunds(order_id) == back
    assert await lane.supply(wanted.split("/")[0]) == stock


async def test_a_fact_told_again_with_its_key_is_answered_as_the_first_time(lane: Lane) -> None:
    [order] = await lane.paid({"tea/online": 1})
    key = Key("seller", "ship-once", "f")
    first = await lane.tell(order, "shipped", key=key, carrier="Post", tracking="1")
    again = await lane.tell(order, "shipped", key=key, carrier="Post", tracking="1")
    assert again == first
    with pytest.raises(KeyReused):
        await lane.tell(order, "shipped", key=Key("seller", "ship-once", "other"))


async def test_two_facts_told_at_once_about_one_order_are_told_one_after_the_other(lane: Lane) -> None:
    [order] = await lane.paid({"tea/online": 1})
    told = await asyncio.gather(
        lane.tell(order, "shipped"), lane.tell(order, "cancelled", role="buyer"), return_exceptions=True
    )
    assert sum(isinstance(one, dict) for one in told) == 1
    assert sum(isinstance(one, NotNow) for one in told) == 1
