"""Every format's stories again, in the real market: its database, its judge of units, its cohorts, its clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from highstreet import catalog, inventory
from highstreet.kit.text import Words
from highstreet.market import gather
from highstreet.market.format import Format, Story
from highstreet.market.fulfil import advance_order
from highstreet.market.pay import pay_balance
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.orders import Entry
from highstreet.wiring import formats
from tests.laws.histories import TERMS, choice, for_nothing, steps, told_with, usual_way
from tests.market.lane import LICENCES, OPENED, Lane

ALL = sorted(formats().values(), key=lambda one: one.code)


def usual_steps(one: Format, chosen: dict[str, Any]) -> int:
    """How many steps are bought for 10000 together: as many as the choice stands for, four lessons, else one."""
    return steps(one, chosen) or (4 if "lessons" in one.legs else 1)


async def offered(lane: Lane, one: Format) -> tuple[str, dict[str, Any]]:
    """An offer of the format at the grocer's with all it needs, and what a buyer may choose of it."""
    made, now = lane.made, lane.clock()
    chosen = choice(one, now)
    price = 0 if for_nothing(one) else 10_000 // usual_steps(one, chosen)
    async with lane.market.db.transaction() as tx:
        item = await catalog.describe(
            tx, owner_id=made.sellers["grocer"], category_id="home.kitchen", sells=one.sells[0], title=Words("Thing", "东西"),
            now=OPENED, attributes={},
        )  # fmt: skip
        variant = (await catalog.read_item(tx, item)).variants[0].id
        shop = made.places["grocer"]
        supply = await inventory.stock.open_stock(tx, variant, shop)
        await inventory.stock.change(tx, supply, "received", 50, made.people["owner"], OPENED)
        if "slot" in chosen:
            starts, ends = now + timedelta(days=2), now + timedelta(days=4)
            chosen["slot"] = await inventory.slots.open_slot(tx, variant, shop, starts, ends, 9, "pty_x", now)
        if one.promise == "asset":
            await inventory.assets.register(tx, variant, shop, "No. 7")
        offer = await catalog.draft_offer(
            tx, seller_id=made.sellers["grocer"], variant_id=variant, place_id=shop, format=one.name, currency="CNY",
            price=price, now=OPENED, terms={**TERMS, "units": 50, "slots_of": variant, "of": made.offers["tea/online"], "every_days": 7},
        )  # fmt: skip
        await catalog.open_offer(
            tx, made.sellers["grocer"], offer, licences=LICENCES | {one.licence or ""}, now=OPENED
        )
    return offer, chosen


class Buyer:
    """Somebody who lives a story; `number` tells one from another."""

    def __init__(self, lane: Lane, one: Format, offer: str, chosen: dict[str, Any], number: int) -> None:
        self.lane, self.one, self.offer, self.chosen, self.number = lane, one, offer, chosen, number
        self.buyer = lane.made.people["buyer"]
        self.order = ""
        self.collection: dict[str, Any] | None = None

    async def places(self, method: str, *, counter: bool) -> None:
        lane = self.lane
        channel = "counter" if counter else "online"
        asked = await quote(
            lane.market,
            [Entry(self.offer, usual_steps(self.one, self.chosen), self.chosen)],
            lane.clock(),
            channel=channel,
        )
        contact = Contact("Lin Xiaohe", f"1380000{self.number:04}")
        placing = Placing(asked.quote, contact, method, "guest", self.buyer, "en", counter)
        placed = await place(lane.market, placing, lane.clock(), None)
        self.order, self.collection = placed["orders"][0]["id"], placed["collection"]

    async def pays(self) -> None:
        work = await self.lane.order(self.order)
        asked = self.collection
        if work.order.waits == "balance":
            told = await pay_balance(self.lane.market, self.order, work.method, self.buyer, self.lane.clock())
            asked = told["collection"]
        assert asked is not None
        again = [await self.lane.notice(asked["key"], asked["amount"], ref=asked["key"]) for _ in range(2)]
        assert [one["result"] for one in again] == ["paid", "repeated"]


async def live(lane: Lane, one: Format, story: Story, me: Buyer, cohort: str) -> None:
    """Tell the story, step by step."""
    for step in story.steps:
        action, *said = step.split()
        who, what = action.split(":", 1)
        body = told_with(said)
        if who == "clock":
            amount = int(what[1:-1])
            lane.clock.forward(timedelta(days=amount) if what[-1] == "d" else timedelta(hours=amount))
            await advance_order(lane.market, me.order, lane.clock())
        elif who == "provider":
            await me.pays()
        elif who == "cohort":
            for number in range(body.get("members", 0)):
                other = Buyer(lane, one, me.offer, me.chosen, 100 + number)
                other.buyer = f"pty_other{number}"
                await other.places("sandbox", counter=False)
                await other.pays()
            await gather.close_cohort(lane.market, cohort, "owner", lane.clock(), body)
        elif who != "clerk":
            by = {"buyer": me.buyer, "courier": "courier"}.get(who, who)
            await lane.tell(me.order, what, who, by=by, **body)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "story"),
    [(one, story) for one in ALL for story in one.stories],
    ids=lambda value: getattr(value, "name", ""),
)
async def test_a_story_ends_as_it_says(lane: Lane, one: Format, story: Story) -> None:
    offer, chosen = await offered(lane, one)
    cohort = ""
    if one.decided == "cohort":
        closes = lane.clock() + timedelta(days=2)
        cohort = (
            await gather.open_cohort(lane.market, offer, closes, {"once": True}, "owner", lane.clock())
        ).id
    me = Buyer(lane, one, offer, chosen, 1)
    clerk = story.steps[0] == "clerk:cash"
    await me.places("cash" if clerk else usual_way(one), counter=one.in_person)
    await live(lane, one, story, me, cohort)
    work = await lane.order(me.order)
    if work.cohort is not None and work.cohort.decision is not None and "seed" in work.cohort.decision:
        # The seed is drawn anew: who won is luck, that the books balance is not.
        assert work.order.stage in ("placed", "committed", "done", "undone")
        return
    assert work.order.stage == story.stage
    net: dict[str, int] = {}
    for flow in work.flows:
        net[flow.source] = net.get(flow.source, 0) - flow.amount
        net[flow.target] = net.get(flow.target, 0) + flow.amount
    told = (net.get(work.seller, 0), net.get("platform:", 0), net.get(work.payer, 0))
    assert told == (story.seller, story.platform, story.buyer)
