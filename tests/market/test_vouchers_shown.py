"""Vouchers at the till: a code names the holder, the sale takes the claim and the code in one unit, and bad luck changes nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from highstreet import policy
from highstreet.kit.errors import Refusal, TooOften
from highstreet.market import pay_codes, till, vouchers_shown
from highstreet.market.quote import quote
from highstreet.market.redeeming import ClaimGone
from highstreet.market.till import Clerk, Rung, Sale
from highstreet.orders import Entry
from highstreet.policy.errors import (
    OwnCounter,
    VoucherCodeOver,
    VoucherCodeWrong,
    VoucherNeedsMarket,
    VoucherOfAnother,
)
from tests.market.lane import Lane
from tests.market.test_redeeming import claim, grant, stands

ADA, EVE = "pty_ada", "pty_eve"


def clerk(lane: Lane, shop: str = "tea", who: str = "pty_clerk") -> Clerk:
    return Clerk(who, lane.made.sellers[shop], lane.made.places[shop])


async def rung(lane: Lane, shows: str, good: str = "tea", key: str = "sale-1", **more: Any) -> Sale:
    """A basket of one, priced for whoever the code names."""
    offer = lane.made.offers[f"{good}/counter"]
    shown = await vouchers_shown.whose(lane.market, shows, "pty_clerk", lane.clock())
    told = await quote(lane.market, [Entry(offer, 1)], lane.clock(), channel=till.CHANNEL, shown=shown)
    total: int = told.quote.total
    return Sale(key, lane.clock(), total, [Rung(offer, 1)], quote=told.text, **more)


async def sell(lane: Lane, sale: Sale, who: Clerk | None = None) -> str:
    placed = await till.sell(lane.market, who or clerk(lane), sale, lane.clock())
    order_id: str = placed["orders"][0]["id"]
    return order_id


async def test_a_code_on_the_phone_pays_one_sale_and_its_buyer_is_who_showed_it(lane: Lane) -> None:
    await claim(lane, await grant(lane), ADA)
    code = await vouchers_shown.show(lane.market, ADA, lane.clock())
    assert code.text == "V" + code.digits.replace(" ", "")
    sale = await rung(lane, code.digits)
    assert sale.total == 7800
    order_id = await sell(lane, sale)
    work = await lane.order(order_id)
    assert (work.order.buyer_id, work.order.stage, work.order.total) == (ADA, "done", 7800)
    assert await sell(lane, sale) == order_id, "told again it is the same sale"
    assert (await stands(lane))["spent"] == 1000
    with pytest.raises(VoucherCodeOver):
        await rung(lane, code.text)

    await lane.tell(order_id, "returned", "seller", lines={"1": 1}, reason="no_reason", resale=True)
    assert (await stands(lane))["spent"] == 0, "the programme has its money again"


async def test_what_cannot_be_used(lane: Lane) -> None:
    """Ended, replaced, made up, at a shop that takes no part, at one's own counter, paid by somebody else, told too late."""
    market = lane.market
    await claim(lane, await grant(lane), ADA)
    first = await vouchers_shown.show(market, ADA, lane.clock())
    second = await vouchers_shown.show(market, ADA, lane.clock())
    with pytest.raises(VoucherCodeOver):
        await rung(lane, first.digits)
    assert (await rung(lane, second.digits, "jam")).total == 2801, "that shop takes no part"
    sale = await rung(lane, second.digits)
    with pytest.raises(OwnCounter):
        await sell(lane, sale, clerk(lane, who=ADA))
    with pytest.raises(VoucherOfAnother):
        eves = pay_codes.pay_code(market, EVE, lane.clock())
        await sell(lane, await rung(lane, second.digits, key="sale-2", method="wallet", code=eves))
    lane.clock.forward(timedelta(minutes=31))
    with pytest.raises(VoucherNeedsMarket):
        await sell(lane, sale)
    with pytest.raises(VoucherCodeOver):
        await rung(lane, second.digits)
    for _ in range(9):
        with pytest.raises(VoucherCodeWrong):
            await vouchers_shown.whose(market, "V999 999 9999", "pty_clerk", lane.clock())
    with pytest.raises(VoucherCodeWrong):
        await vouchers_shown.whose(market, "sixty", "pty_clerk", lane.clock())
    with pytest.raises(TooOften):
        await vouchers_shown.whose(market, "V999 999 9999", "pty_clerk", lane.clock())
    assert (await stands(lane))["spent"] == 0


async def test_a_slip_is_good_for_its_claim_and_printed_again_ends_the_one_that_was_lost(lane: Lane) -> None:
    market = lane.market
    mine, _ = await claim(lane, await grant(lane), ADA, EVE)
    lost = await vouchers_shown.print_slip(market, mine, "pty_helper", None, lane.clock())
    found = await rung(lane, lost.digits, key="sale-thief")
    slip = await vouchers_shown.print_slip(market, mine, "pty_helper", None, lane.clock())
    with pytest.raises(ClaimGone):
        await sell(lane, found)
    with pytest.raises(VoucherCodeOver):
        await rung(lane, lost.digits)

    # The customer does not pay after all: voucher and slip are as they were.
    phone = await rung(lane, slip.digits, key="sale-phone", method="sandbox")
    order_id = await sell(lane, phone)
    with pytest.raises(VoucherCodeOver):
        await rung(lane, slip.digits)
    await lane.tell(order_id, "cancelled", "seller", reason="not_paid")
    order_id = await sell(lane, await rung(lane, slip.digits, key="sale-cash"))
    assert (await stands(lane))["spent"] == 1000

    # Sent back after it would have lapsed: the money is the programme's, the voucher does not come to life.
    lane.clock.forward(timedelta(days=8))
    await lane.tell(order_id, "returned", "seller", lines={"1": 1}, reason="faulty", resale=False)
    await market.db.run(policy.claims.lapse, lane.clock())
    assert (await stands(lane))["spent"] == 0
    with pytest.raises(VoucherCodeOver):
        await rung(lane, slip.digits)


async def _at_both(lane: Lane, sales: list[Sale]) -> list[str]:
    """The same code at two tills at once: what each said."""
    one, other = clerk(lane, who="pty_one"), clerk(lane, who="pty_other")
    done = await asyncio.gather(
        *(sell(lane, sale, who) for sale, who in zip(sales, (one, other), strict=True)),
        return_exceptions=True,
    )
    return sorted(
        "sold" if isinstance(each, str) else type(each).__name__
        for each in done
        if isinstance(each, str | Refusal)
    )


@pytest.mark.race
async def test_a_code_shown_at_two_tills_at_once_pays_at_one(lane: Lane) -> None:
    """With two vouchers of the same holder, so that no claim but the code alone decides. The twin without the guard sells twice."""
    holders = [ADA]
    await claim(lane, await grant(lane, "tea"), *holders)
    await claim(lane, await grant(lane, "more"), *holders)
    async with lane.market.db.read() as tx:
        guarded = await tx.fetchval("SELECT pg_get_functiondef('policy.write_codes(jsonb)'::regprocedure)")

    async def priced_for(claims: list[str]) -> list[Sale]:
        """Each till saw another of the two vouchers under the same code."""
        code = await vouchers_shown.show(lane.market, ADA, lane.clock())
        shown = await vouchers_shown.whose(lane.market, code.digits, "pty_clerk", lane.clock())
        offer = lane.made.offers["tea/counter"]
        sales: list[Sale] = []
        for n, one in enumerate(claims):
            only = policy.codes.Shown(shown.id, ADA, one, shown.until, good=True)
            told = await quote(lane.market, [Entry(offer, 1)], lane.clock(), channel=till.CHANNEL, shown=only)
            sales.append(
                Sale(f"{code.digits} {n}", lane.clock(), told.quote.total, [Rung(offer, 1)], quote=told.text)
            )
        return sales

    async with lane.market.db.read() as tx:
        claims = [one.id for one in await policy.claims.usable(tx, ADA, lane.clock())]
    assert await _at_both(lane, await priced_for(claims)) == ["ClaimGone", "sold"]

    await claim(lane, await grant(lane, "third"), *holders)
    async with lane.market.db.transaction() as tx:
        await tx.execute(guarded.replace("OR c.used_at IS NULL", "OR true"))
        claims = [one.id for one in await policy.claims.usable(tx, ADA, lane.clock())]
    assert await _at_both(lane, await priced_for(claims)) == ["sold", "sold"], (
        "a judgement that cannot fail proves nothing"
    )
