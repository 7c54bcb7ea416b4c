"""Bad luck in the real market: two at the same lock, two at the same gate, the wrong driver, the last room, the last number."""

from __future__ import annotations

import asyncio

import pytest

from highstreet.formats.digital import DIGITAL
from highstreet.formats.errand import ERRAND
from highstreet.formats.rental import RENTAL
from highstreet.formats.ride import RIDE
from highstreet.formats.stay import STAY
from highstreet.formats.ticket import TICKET
from highstreet.inventory import NotFree, OutOfStock
from highstreet.kit.errors import Refusal
from highstreet.market.format import Format, Story
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.market.using import OverTheCap
from highstreet.orders import Entry, NotNow
from tests.market.lane import Lane, keeps_the_laws
from tests.market.test_formats import Buyer, live, offered


async def _bought(lane: Lane, one: Format, told: str = "provider:paid") -> Buyer:
    """A paid order of the format, with what else is told of it."""
    offer, chosen = await offered(lane, one)
    me = Buyer(lane, one, offer, chosen, 1)
    await me.places("sandbox", counter=False)
    await live(lane, one, Story("", told, "", 0, 0, 0), me, "")
    return me


@pytest.mark.parametrize(
    ("one", "fact", "hours"),
    [(RENTAL, "unlocked", 48), (STAY, "checked_in", 48), (TICKET, "entered", 49)],
    ids=lambda value: str(getattr(value, "name", value)),
)
async def test_of_two_devices_that_tell_the_same_at_once_one_is_refused(
    lane: Lane, one: Format, fact: str, hours: int
) -> None:
    me = await _bought(lane, one, f"provider:paid, clock:+{hours}h")
    told = await asyncio.gather(
        *(lane.tell(me.order, fact, "device", by="device") for _ in range(2)), return_exceptions=True
    )
    assert [type(answer) for answer in told if isinstance(answer, Refusal)] == [NotNow]
    work = await lane.order(me.order)
    assert [one_told.kind for one_told in work.told].count(fact) == 1
    await keeps_the_laws(lane.market.db)


async def test_only_the_driver_who_accepted_starts_the_ride(lane: Lane) -> None:
    me = await _bought(lane, RIDE, "provider:paid, courier:accepted")
    assert [leg.courier_id for leg in (await lane.order(me.order)).legs] == ["courier"]
    for fact in ("accepted", "started", "no_show"):
        with pytest.raises(NotNow):
            await lane.tell(me.order, fact, "courier", by="another")
    await lane.tell(me.order, "started", "courier", by="courier")
    with pytest.raises(NotNow):
        await lane.tell(me.order, "cancelled", "buyer", by=me.buyer)
    await lane.tell(me.order, "arrived", "courier", by="courier")
    assert (await lane.order(me.order)).order.stage == "done"


async def test_of_two_who_choose_the_same_room_one_gets_it(lane: Lane) -> None:
    offer, chosen = await offered(lane, STAY)
    entry = Entry(offer, 1, chosen)
    asked = [(await quote(lane.market, [entry], lane.clock())).quote for _ in range(2)]
    placings = [
        Placing(one, Contact("Lin Xiaohe", f"1380000000{n}"), "sandbox", "guest", None, "en", False)
        for n, one in enumerate(asked)
    ]
    got = await asyncio.gather(
        *(place(lane.market, one, lane.clock(), None) for one in placings), return_exceptions=True
    )
    assert [type(one) for one in got if isinstance(one, BaseException)] == [NotFree]
    with pytest.raises(NotFree):
        await quote(lane.market, [entry], lane.clock())


async def test_content_that_comes_in_a_number_runs_out(lane: Lane) -> None:
    offer, _chosen = await offered(lane, DIGITAL)

    async def buys(copies: int) -> None:
        asked = (await quote(lane.market, [Entry(offer, copies)], lane.clock())).quote
        contact = Contact("Lin Xiaohe", "13800000000")
        await place(
            lane.market,
            Placing(asked, contact, "sandbox", "guest", None, "en", False),
            lane.clock(),
            None,
        )

    await buys(30)
    with pytest.raises(OutOfStock):
        await buys(30)
    await buys(20)


async def test_more_than_the_cap_is_refused_and_nothing_has_moved(lane: Lane) -> None:
    me = await _bought(lane, ERRAND, "provider:paid, courier:accepted")
    before = await lane.money()
    with pytest.raises(OverTheCap):
        await lane.tell(me.order, "bought", "courier", by="courier", amount=20_001)
    assert await lane.money() == before
    assert (await lane.order(me.order)).order.waits == "buy"
