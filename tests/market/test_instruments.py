"""Every format with two instruments of public money at once, in the real market; and the ways they meet money that comes later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from highstreet.market import gather, programmes
from highstreet.market.format import Format
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.orders import Entry
from tests.laws.histories import for_nothing, usual_way
from tests.market.lane import Lane
from tests.market.test_formats import ALL, Buyer, live, offered, usual_steps
from tests.market.test_redeeming import bought, claim, grant, stands

VOUCHER = 'of = "basket"\nleast = "20.00"\noff = "10.00"'
SUBSIDY = 'kinds = ["*"]\nrate = "15%"\ncap = "20.00"'
AIDED = [one for one in ALL if not for_nothing(one)]


class Aided(Buyer):
    """The same buyer, with claims on two programmes."""

    async def places(self, method: str, *, counter: bool) -> None:
        lane, channel = self.lane, "counter" if counter else "online"
        wanted = [Entry(self.offer, usual_steps(self.one, self.chosen), self.chosen)]
        asked = await quote(lane.market, wanted, lane.clock(), channel=channel, holder=self.buyer)
        placing = Placing(
            asked.quote, Contact("Lin Xiaohe", "13800000001"), method, "guest", self.buyer, "en", counter
        )
        placed = await place(lane.market, placing, lane.clock(), None)
        self.order, self.collection = placed["orders"][0]["id"], placed["collection"]


async def aided(lane: Lane, buyer: str) -> None:
    """Two claims that may stand beside each other, good at the grocer's."""
    for name, schedule, kind in (("tea", VOUCHER, "voucher"), ("renewal", SUBSIDY, "subsidy")):
        round_id = await grant(lane, name, schedule, kind=kind, amount=2_000, beside="true", seller="grocer")
        await claim(lane, round_id, buyer)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("one", AIDED, ids=lambda one: one.code)
async def test_two_instruments_pay_their_part_of_what_is_earned(lane: Lane, one: Format, number: int) -> None:
    offer, chosen = await offered(lane, one)
    await aided(lane, lane.made.people["buyer"])
    cohort = ""
    if one.decided == "cohort":
        closes = lane.clock() + timedelta(days=2)
        cohort = (
            await gather.open_cohort(lane.market, offer, closes, {"once": True}, "owner", lane.clock())
        ).id
    me = Aided(lane, one, offer, chosen, 1)
    story = one.stories[number]
    clerk = story.steps[0] == "clerk:cash"
    await me.places("cash" if clerk else usual_way(one), counter=one.in_person)
    agreed = (await lane.order(me.order)).order.agreed
    public = {share.funder: share.amount for share in agreed.shares if share.funder in ("tea", "renewal")}
    assert set(public) == {"tea", "renewal"}, "what is bought may be helped in any format"
    await live(lane, one, story, me, cohort)
    work = await lane.order(me.order)
    drawn = work.cohort is not None and "seed" in (work.cohort.decision or {})
    assert drawn or work.order.stage == story.stage
    for name, promised in public.items():
        found = await stands(lane, name)  # checks every law as well
        assert found["spent"] == found["allocated"] - found["books"]
        if work.order.stage == "undone":
            assert found["spent"] == 0
        else:
            assert 0 < found["spent"] <= promised
    if not drawn:
        # What the seller and the town earn does not depend on who pays; what is kept of somebody who did not come is the buyer's alone.
        earned = sum(
            f.amount if f.target == work.seller else -f.amount
            for f in work.flows
            if work.seller in (f.source, f.target)
        )
        assert earned == story.seller or (work.order.stage == "undone" and 0 <= earned <= story.seller)
    await programmes.keep(lane.market, lane.clock())
    await stands(lane, "tea")


async def test_cash_at_the_counter_pays_what_is_left_of_an_order_made_smaller(lane: Lane) -> None:
    """Ordered with a voucher from 150 yuan on, taken out of before anything was paid: the voucher is lost and the counter asks for more."""
    high = 'of = "basket"\nleast = "150.00"\noff = "50.00"'
    await claim(lane, await grant(lane, schedule=high, amount=5_000), "pty_ada")
    asked = await quote(
        lane.market, [Entry(lane.made.offers["tea/collect"], 2)], lane.clock(), holder="pty_ada"
    )
    placed = await lane.place(asked.quote, "cash", buyer="pty_ada")
    order_id = placed["orders"][0]["id"]
    assert (await lane.order(order_id)).order.total == 17_600 - 5_000
    await lane.tell(order_id, "cancelled", "buyer", lines={"1": 1})
    work = await lane.order(order_id)
    due = work.order.agreed.dues[0]
    assert work.owed(due) == 8_800
    assert [work.funded(share) for share in work.order.agreed.shares] == [0]
    await lane.tell(order_id, "ready")
    await lane.tell(order_id, "handed_over")
    work = await lane.order(order_id)
    assert work.moved("price", work.payer, "escrow:") == 8_800
    assert (await stands(lane))["books"] == 15_000


async def test_a_group_s_lower_price_is_everybody_s(lane: Lane) -> None:
    """A tenth off for a group is a tenth off for the public purse too."""
    one = next(each for each in ALL if each.name == "group_buy")
    offer, chosen = await offered(lane, one)
    buyer = lane.made.people["buyer"]
    await aided(lane, buyer)
    closes = lane.clock() + timedelta(days=2)
    cohort = (await gather.open_cohort(lane.market, offer, closes, {"once": True}, "owner", lane.clock())).id
    me = Aided(lane, one, offer, chosen, 1)
    await me.places("sandbox", counter=False)
    await me.pays()
    told: dict[str, Any] = {}
    other = Buyer(lane, one, offer, chosen, 101)
    other.buyer = "pty_other"
    await other.places("sandbox", counter=False)
    await other.pays()
    await gather.close_cohort(lane.market, cohort, "owner", lane.clock(), told)
    line = (await lane.order(me.order)).lines[0]
    assert line.amount == 9_000
    assert line.funded() == {"tea": 900, "renewal": 1_350 * 9 // 10}
    assert (await stands(lane))["spent"] == 900
    assert (await stands(lane, "renewal"))["spent"] == 1_215


async def test_nothing_is_taken_of_a_deposit(lane: Lane) -> None:
    """What is lent asks for a deposit; public money pays of the price alone."""
    one = next(each for each in ALL if each.name == "rental")
    offer, chosen = await offered(lane, one)
    buyer = lane.made.people["buyer"]
    await aided(lane, buyer)
    asked = await quote(
        lane.market, [Entry(offer, usual_steps(one, chosen), chosen)], lane.clock(), holder=buyer
    )
    agreed = asked.quote.orders[0].agreed
    assert agreed.due("deposit") > 0
    assert {share.purpose for share in agreed.shares} == {"price"}
    assert await bought(lane, {"tea/online": 1}, buyer)
