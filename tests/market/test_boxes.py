"""Curated boxes: a budget nobody exceeds, days to look at it, and an ordinary purchase; or nothing, and nobody charged."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from highstreet import catalog
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.kit.text import Words
from highstreet.market import boxes, rhythms
from highstreet.market.boxes import NeverWanted, OverBudget, TooLateToShow
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.market.views.boxes import Box, next_box, to_fill
from highstreet.market.views.rhythms import periods
from highstreet.orders import Entry, NotNow
from tests.market.lane import OPENED, Lane

BUDGET = 20_000


async def subscribed(lane: Lane, **terms: Any) -> str:
    """A box of the tea house every two weeks, filled by the toy maker for a tenth; the order's id."""
    made = lane.made
    async with lane.market.db.transaction() as tx:
        item = await catalog.describe(
            tx, owner_id=made.sellers["tea"], category_id="home.kitchen", sells="goods", title=Words("A box for quiet evenings", "静夜盒"),
            now=OPENED, attributes={},
        )  # fmt: skip
        variant = (await catalog.read_item(tx, item)).variants[0].id
        cuts = [{"role": "curator", "party": made.sellers["toys"], "bps": 1_000}]
        offer = await catalog.draft_offer(
            tx, seller_id=made.sellers["tea"], variant_id=variant, place_id=made.places["tea"], format="subscription", currency="CNY",
            price=0, now=OPENED, terms={"every_days": 14, "budget": BUDGET, "cuts": cuts, **terms},
        )  # fmt: skip
        await catalog.open_offer(tx, made.sellers["tea"], offer, licences=set(), now=OPENED)
    buyer = made.people["buyer"]
    await lane.fill_wallet(buyer, 100_000)
    asked = (await quote(lane.market, [Entry(offer, 1)], lane.clock())).quote
    placed = await place(
        lane.market,
        Placing(asked, Contact("Lin Xiaohe", "13800000000", address="Mill Lane 3"), "wallet", buyer, buyer),
        lane.clock(),
        None,
    )
    order: str = placed["orders"][0]["id"]
    return order


async def no(expected: type[Refusal], doing: Any) -> None:
    with pytest.raises(expected):
        await doing


async def box_of(lane: Lane, order: str) -> Box:
    async with lane.market.db.read() as tx:
        found = await next_box(tx, order)
    assert found is not None
    return found


async def test_a_box_is_filled_shown_changed_and_ordered(lane: Lane) -> None:
    market, made, order = lane.market, lane.made, await subscribed(lane)
    curator, buyer, offers = made.sellers["toys"], made.people["buyer"], made.offers
    tea, bowl, plant = (offers[f"{name}/online"] for name in ("tea", "bowl", "plant"))

    async def put(offer: str, many: int = 1, by: str = curator, spare: bool = False) -> None:
        await boxes.put_in(market, order, by, offer, many, lane.clock(), spare=spare)

    async def act(doing: Any, *about: Any) -> None:
        async with market.db.transaction() as tx:
            await doing(tx, order, buyer, *about, lane.clock())

    await rhythms.go_on(market, lane.clock())
    async with market.db.read() as tx:
        assert await periods(tx, order) == []  # the first box is for the end of the first two weeks
        assert [one.order_id for one in await to_fill(tx, curator)] == [order]
    async with market.db.transaction() as tx:
        await boxes.wish(market, tx, order, buyer, ["Plant", " "])
        await no(Malformed, boxes.wish(market, tx, order, buyer, ["x" * 31]))
        assert b"lant" not in await tx.fetchval("SELECT content FROM market.box_wish")
    await no(NeverWanted, put(plant))
    await no(NotFound, put(tea, by=made.sellers["tea"]))
    await no(NotFound, put(offers["train/online"]))  # another seller's
    # Two at once: together they never come above the budget.
    more = await asyncio.gather(put(tea), put(bowl, 2), return_exceptions=True)
    assert sorted(type(one).__name__ for one in more) == ["NoneType", "OverBudget"]
    async with market.db.transaction() as tx:
        for one in (tea, bowl):
            await boxes.take_out(tx, order, curator, one)
    await put(tea)
    await no(Malformed, put(tea))
    await no(OverBudget, put(bowl, 2))
    assert (await box_of(lane, order)).spent == 8_800
    await no(NotNow, act(boxes.decline, tea))
    await put(bowl, spare=True)
    await boxes.show(market, order, curator, lane.clock())
    await no(NotNow, put(bowl))
    await act(boxes.swap, tea, bowl)
    shown = await box_of(lane, order)
    assert (shown.spent, [one.offer_id for one in shown.inside], [one.offer_id for one in shown.spares]) == (
        5_900,
        [bowl],
        [tea],
    )

    lane.clock.forward(timedelta(days=13, hours=1))
    await no(NotNow, act(boxes.decline, bowl))  # it is ordered tomorrow
    lane.clock.forward(timedelta(days=1))
    for _ in range(2):
        await rhythms.go_on(market, lane.clock())
    async with market.db.read() as tx:
        (came,) = await periods(tx, order)
        line = await tx.fetchrow(
            """SELECT l.offer_id, l.cuts FROM orders.line l JOIN orders."order" o ON o.id = l.order_id WHERE o.purchase_id = $1""",
            came.purchase_id,
        )
    assert line is not None and (line["offer_id"], line["cuts"]) == (
        bowl,
        [{"role": "curator", "party": curator, "bps": 1_000}],
    )


async def test_what_is_shown_too_late_or_left_out_is_not_ordered(lane: Lane) -> None:
    market, order = lane.market, await subscribed(lane)
    curator, buyer, tea = lane.made.sellers["toys"], lane.made.people["buyer"], lane.made.offers["tea/online"]
    async with market.db.transaction() as tx:
        await boxes.wish(market, tx, order, buyer, ["plant"])
    held = (await lane.money())["wallet"]
    await boxes.put_in(market, order, curator, tea, 1, lane.clock())
    lane.clock.forward(timedelta(days=12))
    with pytest.raises(TooLateToShow):
        await boxes.show(market, order, curator, lane.clock())
    lane.clock.forward(timedelta(days=2))
    await rhythms.go_on(market, lane.clock())
    await boxes.put_in(market, order, curator, tea, 1, lane.clock())
    await boxes.show(market, order, curator, lane.clock())
    async with market.db.transaction() as tx:
        await boxes.skip(tx, order, buyer, lane.clock())
    lane.clock.forward(timedelta(days=14))
    await rhythms.go_on(market, lane.clock())
    async with market.db.read() as tx:
        assert [one.refused for one in await periods(tx, order)] == ["box_skipped", "box_not_filled"]
    assert (await lane.money())["wallet"] == held
    await lane.tell(order, "stopped", "buyer")
    async with market.db.transaction() as tx:
        await boxes.forget(tx, buyer)
        assert await boxes.wishes(market, tx, order) == []


async def test_a_box_that_became_dearer_than_its_budget_is_left_out(lane: Lane) -> None:
    order = await subscribed(lane, budget=10_000)
    curator, tea = lane.made.sellers["toys"], lane.made.offers["tea/online"]
    await boxes.put_in(lane.market, order, curator, tea, 1, lane.clock())
    await boxes.show(lane.market, order, curator, lane.clock())
    async with lane.market.db.transaction() as tx:
        await catalog.change_price(tx, lane.made.sellers["tea"], tea, 12_000, now=lane.clock())
    lane.market.shelf._changed(None)
    lane.clock.forward(timedelta(days=14))
    await rhythms.go_on(lane.market, lane.clock())
    async with lane.market.db.read() as tx:
        assert [one.refused for one in await periods(tx, order)] == ["over_budget"]
    assert (await lane.money())["wallet"] == 100_000
