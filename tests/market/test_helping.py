"""Claiming with a helper: one person by whatever number they say, nobody helps themselves, and who signs up later has it all."""

from __future__ import annotations

import asyncio

import pytest

from highstreet import parties, policy
from highstreet.kit.errors import Malformed, NotAllowed, NotFound, TooOften
from highstreet.market import helping, vouchers_shown
from highstreet.market.helping import Helped, Helper, WrongSlip
from highstreet.parties.helped import told
from highstreet.policy import ClaimedBefore
from highstreet.policy.errors import OwnCounter, VoucherCodeOver
from tests.market.lane import Lane
from tests.market.test_redeeming import grant, stands
from tests.market.test_vouchers_shown import rung, sell

PHONE, IDENTITY = "138 0013 8111", "11010519491231002x"


def at(lane: Lane, who: str = "pty_helper", shop: str | None = "tea") -> Helper:
    made = lane.made
    return Helper(who, made.sellers[shop], made.places[shop]) if shop else Helper(who)


async def meet(lane: Lane, helper: Helper, phone: str = "", identity: str = "") -> Helped:
    who = told(phone, identity)
    return await helping.meet(
        lane.market, helper, who, name="Grandma He", lang="zh", agreed="yes", now=lane.clock()
    )


async def account(lane: Lane, handle: str) -> str:
    """Somebody who signs up with this, and proves it theirs."""
    market = lane.market
    async with market.db.transaction() as tx:
        one = await parties.people.sign_up(
            tx, market.seal, handle=handle, password="river stones 17", name="He", lang="zh", now=lane.clock()
        )
        link = parties.people.confirmation_link(market.seal, market.link_signer, one, handle, lane.clock())
        await parties.people.confirm_handle(tx, market.link_signer, link=link, now=lane.clock())
    return one


async def test_helped_claimed_printed_spent_and_taken_over(lane: Lane) -> None:
    market, helper = lane.market, at(lane)
    round_id = await grant(lane)
    met = await asyncio.gather(*(meet(lane, helper, PHONE) for _ in range(3)))
    assert len({one.person_id for one in met}) == 1, "three counters at once meet one person"
    assert (await meet(lane, helper, PHONE, IDENTITY)).person_id == met[0].person_id
    who = await meet(lane, helper, "", IDENTITY.upper())
    assert who.person_id == met[0].person_id
    assert helping.here(market, helper, who.text, lane.clock()) == who
    with pytest.raises(NotFound):
        helping.here(market, at(lane, "pty_other"), who.text, lane.clock())

    done = await helping.claim(market, helper, who, round_id, "once", lane.clock())
    again = await helping.claim(market, helper, who, round_id, "once", lane.clock())
    assert done and again and done[0].id == again[0].id, "sent twice it is one claim, printed again"
    with pytest.raises(VoucherCodeOver):
        await rung(lane, done[1].digits)
    for other in (await meet(lane, at(lane, "pty_other"), PHONE), await meet(lane, helper, "", IDENTITY)):
        with pytest.raises(ClaimedBefore):
            await helping.claim(market, helper, other, round_id, "another", lane.clock())
    order_id = await sell(lane, await rung(lane, again[1].digits))
    assert (await lane.order(order_id)).order.buyer_id == who.person_id
    assert (await stands(lane))["spent"] == 1000

    # She signs up with her number, from another telephone's app; once it is proved hers, all of it is hers.
    mine = await account(lane, PHONE)
    async with market.db.transaction() as tx:
        assert await helping.take_over(tx, market, mine, lane.clock()) == 1
        assert await helping.take_over(tx, market, mine, lane.clock()) == 0
        assert [one.holder_id for one in await policy.claims.of(tx, mine)] == [mine]
        facts = await tx.fetch("SELECT kind, by FROM kit.fact WHERE subject = $1 ORDER BY id", done[0].id)
    assert ("claim.helped", "pty_helper") in {(row["kind"], row["by"]) for row in facts}
    with pytest.raises(ClaimedBefore):
        await market.claims.claim(round_id, mine, None, "mine", lane.clock())
    assert (await meet(lane, helper, "", IDENTITY)).person_id == mine


async def test_whom_nobody_may_help(lane: Lane) -> None:
    """Oneself; more than one helper can serve; at a shop that takes no part; who looks after their vouchers themselves."""
    market = lane.market
    round_id = await grant(lane)
    clerk = await account(lane, PHONE)
    with pytest.raises(OwnCounter):
        await meet(lane, at(lane, clerk), PHONE)
    async with market.db.transaction() as tx:
        await parties.helped.meet(
            tx, market.seal, told(PHONE, IDENTITY), name="", lang="zh", agreed="yes", by="x", now=lane.clock()
        )
    with pytest.raises(OwnCounter):
        await meet(lane, at(lane, clerk), "", IDENTITY)

    # She has an account: what she claimed herself is not printed by others, what was claimed with a helper is.
    helper = at(lane)
    hers = await market.claims.claim(round_id, clerk, None, "own", lane.clock())
    who = await meet(lane, helper, PHONE)
    with pytest.raises(WrongSlip):
        await helping.print_slip(market, helper, who, hers.claim, lane.clock())
    with pytest.raises(NotAllowed):
        await helping.claim(market, at(lane, shop="toys"), who, round_id, "k", lane.clock())
    stranger = await meet(lane, at(lane, shop=None), "13800138222")
    done = await helping.claim(market, at(lane, shop=None), stranger, round_id, "k", lane.clock())
    assert done
    with pytest.raises(NotFound):
        await helping.void_slip(market, at(lane, "pty_other"), done[0].id, lane.clock())
    await helping.void_slip(market, helper, done[0].id, lane.clock())
    with pytest.raises(VoucherCodeOver):
        await vouchers_shown.whose(market, done[1].text, "pty_clerk", lane.clock())

    for phone, identity in (("12", ""), ("", "110105194912310021"), ("", ""), ("a@example.com", "")):
        with pytest.raises(Malformed):
            told(phone, identity)
    with pytest.raises(TooOften):
        for _ in range(40):
            await meet(lane, helper, PHONE)
