"""What changes hands: offered, taken by one, given back; and what that does to codes, to money and to seats of a team."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from highstreet.kit.errors import NotFound
from highstreet.logistics import CodeOutdated, HandedOn, TicketUsed, entitlements
from highstreet.market import handing_on
from highstreet.market.handing_on import GiftGone, NotOneOfYours, NotToHandOn
from tests.market.fair import DAY, bought, offered, session
from tests.market.lane import Lane

AUNT, UNCLE = "pty_aunt", "pty_uncle"


async def tickets(
    lane: Lane, many: int = 2, terms: dict[str, int] | None = None
) -> tuple[str, str, list[str]]:
    """Tickets for the day after tomorrow: the order, its buyer, the tickets."""
    offer, variant = await offered(lane, "ticket", terms)
    slot = await session(lane, variant, 9, lane.clock() + 2 * DAY)
    buyer = lane.made.people["buyer"]
    order = await bought(lane, offer, many, {"slot": slot}, buyer=buyer)
    return order, buyer, [one.id for one in (await lane.order(order)).entitlements]


async def one_of(lane: Lane, order: str, which: str) -> entitlements.Entitlement:
    return next(one for one in (await lane.order(order)).entitlements if one.id == which)


async def test_a_gift_is_taken_by_one_and_the_old_code_is_dead(lane: Lane) -> None:
    order, buyer, (first, second) = await tickets(lane)
    market, now = lane.market, lane.clock()
    old = await one_of(lane, order, first)
    given = await handing_on.offer(market, first, buyer, "", now)
    # Until it is taken, nothing changed for who offered it.
    assert (await one_of(lane, order, first)).version == old.version
    with pytest.raises(NotFound):
        await handing_on.offer(market, first, AUNT, "", now)
    with pytest.raises(GiftGone):
        await handing_on.take(market, first, AUNT, "guessed", now)
    came = await asyncio.gather(
        *(handing_on.take(market, first, who, given["token"], now) for who in (AUNT, UNCLE)),
        return_exceptions=True,
    )
    assert [type(one) for one in came].count(GiftGone) == 1
    taken = await one_of(lane, order, first)
    assert (taken.holder_id in (AUNT, UNCLE), taken.version, taken.passed) == (True, 2, 1)
    # At the gate the old code is refused, whether it is asked or the order is told; the new one lets in.
    with pytest.raises(CodeOutdated):
        await lane.tell(order, "entered", "device", tickets=[old.named()])
    async with market.db.read() as tx:
        judged = await entitlements.judge_code(
            tx, market.code_signer, entitlements.code_of(market.code_signer, old.named()), None, now
        )
    assert judged.verdict == "outdated"
    # The buyer cannot take the money for what somebody else has; whoever has it gives it back first.
    with pytest.raises(HandedOn):
        await lane.tell(order, "cancelled", "buyer", reason="")
    await handing_on.give_back(market, first, str(taken.holder_id), now)
    assert (await one_of(lane, order, first)).holder_id == buyer
    await lane.tell(order, "cancelled", "buyer", reason="")
    assert await lane.refunds(order) == [4_000]
    with pytest.raises(NotToHandOn):
        await handing_on.offer(market, second, buyer, "", now)


async def test_scanned_while_it_changes_hands_one_of_both_happens(lane: Lane) -> None:
    order, buyer, (first, _second) = await tickets(lane)
    market, now = lane.market, lane.clock()
    held = await one_of(lane, order, first)
    given = await handing_on.offer(market, first, buyer, AUNT, now)
    with pytest.raises(GiftGone):  # it is meant for the aunt, whoever has the link
        await handing_on.take(market, first, UNCLE, given["token"], now)
    came = await asyncio.gather(
        handing_on.take(market, first, AUNT, "", now),
        lane.tell(order, "entered", "device", tickets=[held.named()]),
        return_exceptions=True,
    )
    after = await one_of(lane, order, first)
    if isinstance(came[0], Exception):
        assert (after.state, after.holder_id, after.version) == ("used", buyer, 1)
        assert isinstance(came[0], GiftGone | NotToHandOn)
    else:
        assert (after.state, after.holder_id, after.version) == ("valid", AUNT, 2)
        assert isinstance(came[1], CodeOutdated)
        await lane.tell(order, "entered", "device", tickets=[after.named()])
        with pytest.raises(TicketUsed):
            await lane.tell(order, "entered", "device", tickets=[after.named()])


async def test_not_taken_in_time_withdrawn_too_late_or_too_often_it_stays(lane: Lane) -> None:
    order, buyer, (first, second) = await tickets(lane, terms={"passes": 1, "pass_until_h": 3})
    market = lane.market
    given = await handing_on.offer(market, first, buyer, "", lane.clock())
    await handing_on.end_offer(market, first, buyer, "", lane.clock())
    with pytest.raises(GiftGone):
        await handing_on.take(market, first, AUNT, given["token"], lane.clock())
    given = await handing_on.offer(market, first, buyer, "", lane.clock())
    await handing_on.take(market, first, AUNT, given["token"], lane.clock())
    with pytest.raises(NotToHandOn):  # once, says the seller
        await handing_on.offer(market, first, AUNT, UNCLE, lane.clock())
    late = await handing_on.offer(market, second, buyer, "", lane.clock())
    lane.clock.forward(2 * DAY - timedelta(hours=3))
    with pytest.raises(GiftGone):
        await handing_on.take(market, second, AUNT, late["token"], lane.clock())
    assert (await one_of(lane, order, second)).holder_id == buyer
    with pytest.raises(NotToHandOn):
        await handing_on.offer(market, second, buyer, "", lane.clock())


async def test_called_off_after_handing_on_the_payer_is_paid_back_and_the_holder_is_told(lane: Lane) -> None:
    order, buyer, (first, _second) = await tickets(lane)
    given = await handing_on.offer(lane.market, first, buyer, "", lane.clock())
    await handing_on.take(lane.market, first, AUNT, given["token"], lane.clock())
    await lane.tell(order, "cancelled", "seller", reason="the singer is ill")
    assert await lane.refunds(order) == [4_000]
    work = await lane.order(order)
    assert work.told[-1].body["holders"] == [AUNT]
    assert {one.state for one in work.entitlements} == {"void"}


async def test_seats_of_a_team_go_to_its_people_and_never_to_more_than_were_bought(lane: Lane) -> None:
    offer, _ = await offered(lane, "digital", {"team_seats": 1})
    buyer = lane.made.people["buyer"]
    order = await bought(lane, offer, 2, buyer=buyer)
    first, second = (one.id for one in (await lane.order(order)).entitlements)
    market, now, team = lane.market, lane.clock(), {AUNT, UNCLE}
    await handing_on.assign(market, first, buyer, AUNT, team, now)
    came = await asyncio.gather(
        *(handing_on.assign(market, second, buyer, who, team, now) for who in (AUNT, UNCLE)),
        return_exceptions=True,
    )
    assert not any(isinstance(one, Exception) for one in came)  # one after the other: the last word counts
    with pytest.raises(NotOneOfYours):
        await handing_on.assign(market, second, buyer, "pty_stranger", team, now)
    with pytest.raises(NotFound):
        await handing_on.assign(market, second, AUNT, AUNT, team, now)
    await handing_on.assign(market, first, buyer, None, team, now)
    held = await one_of(lane, order, first)
    assert (held.holder_id, held.version) == (buyer, 3)
    with pytest.raises(HandedOn):
        await lane.tell(order, "return_wanted", "buyer")
