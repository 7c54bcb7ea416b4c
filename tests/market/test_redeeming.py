"""Public money in an order: claimed, spent, given back; the books and the budget say the same after each step."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from highstreet import policy
from highstreet.market import laws, programmes
from highstreet.market.quote import Explained, quote
from highstreet.market.redeeming import ClaimGone
from highstreet.orders import Entry
from highstreet.policy import Asking
from tests.market.lane import Lane

HE, SHE = "pty_officer_he", "pty_officer_she"
RULES = """
id = "{name}"
name = {{ en = "Tea vouchers", zh = "茶券" }}
kind = "{kind}"
currency = "CNY"
[[rule]]
from = 2020-01-01
to = 2100-01-01
source = "a made programme of the tests"
sellers = ["enrolled"]
beside = {beside}
per_order = {per_order}
on_return = "{back}"
quota = "{quota}"
[[rule.schedule]]
{schedule}
"""
OFF = 'of = "basket"\nleast = "50.00"\noff = "10.00"'


async def grant(
    lane: Lane, name: str = "tea", schedule: str = OFF, *, kind: str = "voucher", claims: int = 3, amount: int = 1_000,
    beside: str = "false", back: str = "budget", quota: str = "free", enrol: bool = True, per_order: int = 1, seller: str = "tea",
) -> str:  # fmt: skip
    """A running programme with one open round, the lane's seller taking part; the round's id."""
    now, db = lane.clock(), lane.market.db
    rules = RULES.format(
        name=name, kind=kind, schedule=schedule, beside=beside, back=back, quota=quota, per_order=per_order
    )
    window = {"opens_at": now.isoformat(), "closes_at": (now + timedelta(hours=1)).isoformat()}
    await db.run(policy.budgets.draft, name, "pty_city", "CNY", HE, now)
    changes: dict[policy.ChangeKind, dict[str, object]] = {
        "rules": {"rules": rules},
        "budget": {"amount": claims * amount},
        "batch": {"claims": claims, "amount": amount, **window},
    }
    for change, body in changes.items():
        one = await db.run(policy.budgets.propose, name, change, body, "as planned", HE, now)
        await db.run(programmes.decide, one.id, True, SHE, now)
    if enrol:
        await db.run(policy.enrolments.enrol, name, lane.made.sellers[seller], frozenset({"food"}), HE, now)
    return (await db.run(policy.budgets.batches, name))[0].id


async def claim(lane: Lane, batch_id: str, *holders: str) -> list[str]:
    """One each."""
    askings = [Asking(f"clm_{batch_id}_{one}", one, (f"party:{one}",), one) for one in holders]
    found = await lane.market.db.run(policy.claims.take, batch_id, askings, 1, lane.clock())
    assert [verdict for verdict, _ in found] == ["done"] * len(holders)
    return [one.id for one in askings]


async def priced(lane: Lane, wanted: dict[str, int], holder: str | None) -> Explained:
    entries = [Entry(lane.made.offers[name], steps) for name, steps in wanted.items()]
    return await quote(lane.market, entries, lane.clock(), holder=holder)


async def price(lane: Lane, wanted: dict[str, int], holder: str | None) -> int:
    """What the buyer would pay for the goods."""
    return sum(line.paid for line in (await priced(lane, wanted, holder)).lines.values())


async def bought(lane: Lane, wanted: dict[str, int], holder: str) -> str:
    """Priced, placed and paid; the order's id."""
    asked = await priced(lane, wanted, holder)
    placed = await lane.place(asked.quote, buyer=holder)
    assert await lane.pay(placed) == {"result": "paid"}
    return placed["orders"][0]["id"]


async def stands(lane: Lane, name: str = "tea") -> dict[str, int]:
    """Where a programme's money is by the budget, and what its account holds by the books."""
    async with lane.market.db.read(snapshot=True) as tx:
        found = await tx.fetchrow(
            """SELECT p.allocated, p.free, (SELECT sum(spent) FROM policy.claim WHERE programme_id = p.id)::bigint AS spent,
                      (SELECT coalesce(sum(CASE WHEN t.to_id = a.id THEN t.amount ELSE -t.amount END), 0)::bigint
                       FROM ledger.account a JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id)
                       WHERE a.kind = 'programme' AND a.party_id = p.id) AS books
               FROM policy.programme p WHERE p.id = $1""",
            name,
        )
        assert [law for law in await laws.check(tx) if not law.ok] == []
    assert found is not None
    return dict(found)


async def test_a_voucher_pays_its_part_and_the_seller_earns_the_whole_price(lane: Lane) -> None:
    round_id = await grant(lane)
    await claim(lane, round_id, "pty_ada")
    asked = await priced(lane, {"tea/online": 1}, "pty_ada")
    (line,) = asked.lines.values()
    assert (line.amount, line.paid) == (8800, 7800)
    assert [(a.kind, a.amount, a.funder) for a in line.adjustments] == [("voucher", -1000, "tea")]
    assert sum(step.amount for step in line.steps) == 7800
    assert await price(lane, {"tea/online": 1}, None) == 8800
    assert await price(lane, {"plant/online": 1}, "pty_ada") == 3600, "below the least amount"
    assert await price(lane, {"train/online": 1}, "pty_ada") == 12801, "a seller that takes no part"

    before = await lane.money()
    order_id = await bought(lane, {"tea/online": 1}, "pty_ada")
    assert await stands(lane) == {"allocated": 3000, "free": 0, "spent": 1000, "books": 2000}
    assert await price(lane, {"tea/online": 1}, "pty_ada") == 8800, "spent is spent"
    await lane.tell(order_id, "shipped", tracking="SF1")
    await lane.tell(order_id, "received", "buyer")
    after = await lane.money()
    assert after["tea"] - before.get("tea", 0) == 8800 * 95 // 100 + 800, "delivery is the seller's"
    assert (await stands(lane))["books"] == 2000


async def test_public_money_is_not_for_ones_own_shop(lane: Lane) -> None:
    owner = lane.made.people["owner"]
    await claim(lane, await grant(lane), owner, "pty_ada")
    assert await price(lane, {"tea/online": 1}, owner) == 8800
    assert await price(lane, {"tea/online": 1}, "pty_ada") == 7800


async def test_what_is_called_off_leaves_the_voucher_as_it_was(lane: Lane) -> None:
    await claim(lane, await grant(lane), "pty_ada")
    order_id = await bought(lane, {"tea/online": 1}, "pty_ada")
    await lane.tell(order_id, "cancelled", "buyer", lines={"1": 1})
    assert await lane.refunds(order_id) == [8600]
    assert await stands(lane) == {"allocated": 3000, "free": 0, "spent": 0, "books": 3000}
    assert await price(lane, {"tea/online": 1}, "pty_ada") == 7800


async def test_an_order_nobody_pays_gives_its_voucher_back(lane: Lane) -> None:
    await claim(lane, await grant(lane), "pty_ada")
    asked = await priced(lane, {"tea/online": 1}, "pty_ada")
    placed = await lane.place(asked.quote, buyer="pty_ada")
    assert (await stands(lane))["books"] == 3000
    await lane.later(placed["orders"][0]["id"], hours=2)
    assert await price(lane, {"tea/online": 1}, "pty_ada") == 7800
    assert (await stands(lane))["spent"] == 0


async def test_a_part_sent_back_takes_its_part_of_the_voucher_rounded_for_the_public_purse(
    lane: Lane,
) -> None:
    await claim(lane, await grant(lane), "pty_ada")
    order_id = await bought(lane, {"tea/online": 3}, "pty_ada")
    await lane.tell(order_id, "shipped", tracking="SF1")
    await lane.tell(order_id, "delivered")
    await lane.tell(order_id, "return_wanted", "buyer", lines={"1": 1}, reason="damaged")
    await lane.tell(order_id, "returned")
    assert (await stands(lane))["spent"] == 1000 - 334, "a third of ten yuan, and never less"
    await lane.tell(order_id, "received", "buyer")
    assert await programmes.keep(lane.market, lane.clock()) == 1
    assert await programmes.keep(lane.market, lane.clock()) == 0
    assert await stands(lane) == {"allocated": 3000, "free": 334, "spent": 666, "books": 2334}


async def test_taking_things_out_is_judged_by_the_least_amount_again(lane: Lane) -> None:
    """What the buyer takes out below the least amount costs the voucher; what the shop cannot send only its part."""
    high = 'of = "basket"\nleast = "200.00"\noff = "50.00"'
    await claim(lane, await grant(lane, schedule=high, amount=5_000), "pty_ada", "pty_leaf")
    mine = await bought(lane, {"tea/online": 3}, "pty_ada")
    await lane.tell(mine, "cancelled", "buyer", lines={"1": 1})
    # 264 - 50 was paid; two cost 176 without the voucher, so that 38 of the 214 come back.
    assert await lane.refunds(mine) == [3800]
    assert (await stands(lane))["spent"] == 0
    assert (await lane.order(mine)).lines[0].paid == 26400
    theirs = await bought(lane, {"tea/online": 3}, "pty_leaf")
    await lane.tell(theirs, "cancelled", "seller", lines={"1": 1})
    assert (await stands(lane))["spent"] == 5000 - 1667
    await lane.tell(mine, "shipped", tracking="SF1")
    await lane.tell(mine, "received", "buyer")
    assert await programmes.keep(lane.market, lane.clock()) == 1
    assert (await stands(lane))["free"] == 5000


async def test_what_goes_back_is_all_that_a_lost_voucher_can_take(lane: Lane) -> None:
    """Nobody pays more for less: a little taken out brings nothing back, and the rest of the voucher stays."""
    high = 'of = "basket"\nleast = "120.00"\noff = "60.00"'
    await claim(lane, await grant(lane, schedule=high, amount=6_000), "pty_ada")
    order_id = await bought(lane, {"tea/online": 1, "plant/online": 1}, "pty_ada")
    await lane.tell(order_id, "cancelled", "buyer", lines={"2": 1})
    assert await lane.refunds(order_id) == []
    assert (await stands(lane))["spent"] == 6000 - 3600


async def test_two_vouchers_of_one_programme_in_one_order_come_back_one_after_the_other(lane: Lane) -> None:
    round_id = await grant(lane, per_order=2, beside="true")
    await claim(lane, round_id, "pty_ada")
    again = [Asking("clm_again", "pty_ada", ("device:other",), "again")]
    assert (await lane.market.db.run(policy.claims.take, round_id, again, 1, lane.clock()))[0][0] == "done"
    order_id = await bought(lane, {"tea/online": 2}, "pty_ada")
    assert (await stands(lane))["spent"] == 2000
    await lane.tell(order_id, "shipped", tracking="SF1")
    await lane.tell(order_id, "delivered")
    await lane.tell(order_id, "return_wanted", "buyer", lines={"1": 1}, reason="damaged")
    await lane.tell(order_id, "returned")
    assert (await stands(lane))["spent"] == 1000


async def test_a_subsidy_that_is_given_back_goes_to_the_treasury_and_its_right_stays_used(lane: Lane) -> None:
    limits = 'kinds = ["tea"]\nrate = "15%"\ncap = "20.00"'
    await claim(
        lane,
        await grant(lane, "sub", limits, kind="subsidy", amount=2_000, back="treasury", quota="used"),
        "pty_ada",
    )
    early = await bought(lane, {"tea/online": 1}, "pty_ada")
    await lane.tell(early, "cancelled", "buyer", lines={"1": 1})
    assert await price(lane, {"tea/online": 1}, "pty_ada") == 8800 - 1320, "called off before it was sent"
    order_id = await bought(lane, {"tea/online": 1}, "pty_ada")
    assert (await stands(lane, "sub"))["spent"] == 1320
    await lane.tell(order_id, "shipped", tracking="SF1")
    await lane.tell(order_id, "delivered")
    await lane.tell(order_id, "return_wanted", "buyer", lines={"1": 1}, reason="no_reason")
    await lane.tell(order_id, "returned")
    await lane.later(order_id, days=30)
    await programmes.keep(lane.market, lane.clock())
    assert await price(lane, {"tea/online": 1}, "pty_ada") == 8800
    found = await stands(lane, "sub")
    assert found["spent"] == 0
    assert found["books"] == found["allocated"]


async def test_two_orders_at_once_spend_one_voucher_once(lane: Lane) -> None:
    await claim(lane, await grant(lane), "pty_ada", "pty_leaf")
    asked = [await priced(lane, {"tea/online": 1}, who) for who in ("pty_ada", "pty_ada", "pty_leaf")]
    said = await asyncio.gather(
        *(lane.place(one.quote, buyer=one.quote.holder) for one in asked), return_exceptions=True
    )
    assert sum(isinstance(one, ClaimGone) for one in said) == 1
    assert sum(isinstance(one, dict) for one in said) == 2
    assert (await stands(lane))["spent"] == 2000
    with pytest.raises(ClaimGone):
        await lane.place(asked[2].quote, buyer="pty_ada")


async def test_a_voucher_that_lapses_before_the_order_is_placed_is_gone(lane: Lane) -> None:
    await claim(lane, await grant(lane), "pty_ada")
    lane.clock.forward(timedelta(days=7, minutes=-10))
    asked = await priced(lane, {"tea/online": 1}, "pty_ada")
    assert sum(line.paid for line in asked.lines.values()) == 7800
    lane.clock.forward(timedelta(minutes=15))
    with pytest.raises(ClaimGone):
        await lane.place(asked.quote, buyer="pty_ada")


async def test_the_best_legal_combination_is_found(lane: Lane) -> None:
    """Two vouchers that may not stand beside each other go to two orders; the dearer one where it is worth more."""
    await claim(
        lane,
        await grant(lane, "small", 'of = "basket"\nleast = "20.00"\noff = "5.00"', amount=500),
        "pty_ada",
    )
    await claim(lane, await grant(lane, "large", 'of = "basket"\nleast = "80.00"\noff = "10.00"'), "pty_ada")
    assert await price(lane, {"tea/online": 1}, "pty_ada") == 7800
    assert await price(lane, {"plant/online": 1}, "pty_ada") == 3100
    both = {"tea/online": 1, "tea/collect": 1}
    assert await price(lane, both, "pty_ada") == 2 * 8800 - 1500
    spends = [len(order.spends) for order in (await priced(lane, both, "pty_ada")).quote.orders]
    assert spends == [1, 1]


async def test_two_programmes_that_allow_it_pay_for_one_thing(lane: Lane) -> None:
    for name in ("one", "two"):
        await claim(lane, await grant(lane, name, beside="true"), "pty_ada")
    order_id = await bought(lane, {"tea/online": 1}, "pty_ada")
    work = await lane.order(order_id)
    assert work.lines[0].paid == 6800
    await lane.tell(order_id, "cancelled", "buyer", lines={"1": 1})
    assert [(await stands(lane, name))["spent"] for name in ("one", "two")] == [0, 0]
