"""Subsidies for things: what a seller promised of its prices, one right for one person, and what is not used is given back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from highstreet import catalog, parties, policy
from highstreet.kit.errors import Refusal
from highstreet.market import programmes
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import quote
from highstreet.market.views import holdings, promised
from highstreet.orders import Entry
from tests.market.lane import Lane
from tests.market.test_redeeming import HE, SHE, claim, priced, stands

RULES = """
id = "kettles"
name = {{ en = "Old for new", zh = "以旧换新" }}
kind = "subsidy"
currency = "CNY"
[[rule]]
from = 2020-01-01
to = 2100-01-01
source = "a made programme of the tests, after 商办流通函〔2025〕469 号"
sellers = ["enrolled"]
on_return = "treasury"
quota = "used"
{more}
limits = [{{ per = "each", within = "year", count = 1 }}]
[[rule.schedule]]
kinds = ["tea", "kitchen"]
rate = "15%"
cap = "15.00"
"""


async def launch(lane: Lane, more: str = "", claims: int = 4) -> str:
    """A subsidy of fifteen percent for tea and bowls; its open round."""
    now, db = lane.clock(), lane.market.db
    window = {"opens_at": now.isoformat(), "closes_at": (now + timedelta(hours=1)).isoformat()}
    await db.run(policy.budgets.draft, "kettles", "pty_city", "CNY", HE, now)
    changes: dict[policy.ChangeKind, dict[str, object]] = {
        "rules": {"rules": RULES.format(more=more)},
        "budget": {"amount": claims * 1_500},
        "batch": {"claims": claims, "amount": 1_500, **window},
    }
    for change, body in changes.items():
        one = await db.run(policy.budgets.propose, "kettles", change, body, "as planned", HE, now)
        await db.run(programmes.decide, one.id, True, SHE, now)
    await db.run(policy.enrolments.enrol, "kettles", lane.made.sellers["tea"], frozenset(), HE, now)
    return (await db.run(policy.budgets.batches, "kettles"))[0].id


async def file(lane: Lane, prices: dict[str, int], seller: str = "tea") -> int:
    found = {lane.made.variants[name]: price for name, price in prices.items()}
    return await lane.market.db.run(
        policy.prices.file, "kettles", lane.made.sellers[seller], found, "pty_x", lane.clock()
    )


async def off(lane: Lane, holder: str, *names: str) -> int:
    """How much public money the basket gets."""
    asked = await priced(lane, dict.fromkeys(names, 1), holder)
    return sum(line.amount - line.paid for line in asked.lines.values())


async def test_a_price_is_filed_first_and_kept_for_seven_days(lane: Lane) -> None:
    await claim(lane, await launch(lane, "filed_price = true"), "pty_ada")
    assert await off(lane, "pty_ada", "tea/online") == 0, "nothing is filed"
    assert await file(lane, {"tea": 8800}) == 1
    assert await file(lane, {"tea": 8800}) == 0, "told twice"
    assert await off(lane, "pty_ada", "tea/online") == 1320
    with pytest.raises(policy.NotEnrolled):
        await file(lane, {"train": 100}, "toys")

    async def ask(price: int) -> None:
        tea, offer = lane.made.sellers["tea"], lane.made.offers["tea/online"]
        async with lane.market.db.transaction() as tx:
            await catalog.change_price(tx, tea, offer, price, now=lane.clock())

    async def lowest() -> int | None:
        async with lane.market.db.read() as tx:
            offer = lane.made.offers["tea/online"]
            return (await promised.lowest(tx, [offer], lane.clock())).get(offer)

    lane.clock.forward(timedelta(days=1))
    await ask(8000)
    lane.clock.forward(timedelta(hours=1))
    await file(lane, {"tea": 9900})
    await ask(9900)
    assert await lowest() == 8000
    lane.clock.forward(timedelta(days=6))
    assert await lowest() == 8000, "raised, then subsidised"
    lane.clock.forward(timedelta(days=2))
    assert await lowest() == 9900
    async with lane.market.db.read() as tx:
        filed = await policy.prices.filed(tx, ["kettles"], [lane.made.sellers["tea"]])
        assert [one.price for one in filed] == [9900]
        assert await tx.fetchval("SELECT count(*) FROM policy.filed_price") == 2, "both filings stay"


async def test_a_right_is_the_persons_under_every_account_and_what_is_not_used_is_given_back(lane: Lane) -> None:  # fmt: skip
    round_id = await launch(lane)
    ada, leaf = lane.made.people["buyer"], lane.made.people["clerk"]
    first, second = await claim(lane, round_id, ada, leaf)
    assert await off(lane, ada, "tea/online", "bowl/online") == 1500, "a claim pays no more than itself"
    bought = await lane.place((await priced(lane, {"tea/online": 1}, ada)).quote, buyer=ada)
    async with lane.market.db.read() as tx:
        known = (await parties.people.known_as(tx, [ada]))[ada]
        used = [r["key"] for r in await tx.fetch("SELECT key FROM policy.used_right ORDER BY key")]
    assert len(used) == 1 + len(known) == 2
    assert {key.split("/")[1] for key in used} == {ada, *known}

    # The same telephone or e-mail at another account: nothing more of this kind.
    async with lane.market.db.transaction() as tx:
        await tx.execute("DELETE FROM policy.used_right WHERE holder_id = $1 AND position($1 IN key) > 0", ada)  # fmt: skip
        await tx.execute("UPDATE policy.used_right SET holder_id = 'pty_other'")
    programme = policy.instruments.read(RULES.format(more=""))
    again = [policy.Asking("clm_again", ada, ("device:another",), "again")]
    await lane.market.db.run(policy.claims.take, round_id, again, 1, lane.clock())
    async with lane.market.db.read() as tx:
        has = await holdings.of(tx, ada, [], lane.clock())
    assert has is not None
    assert list(has.had.also) == known
    assert list(policy.claims.used(programme, ada, has.had, lane.clock(), lane.market.tz)) == [
        "each/year/tea"
    ]

    with pytest.raises(policy.ClaimInUse):
        await lane.market.db.run(policy.claims.give_back, first, ada, lane.clock())
    for _ in range(2):
        await lane.market.db.run(policy.claims.give_back, second, leaf, lane.clock())
    with pytest.raises(Refusal, match="no such voucher"):
        await lane.market.db.run(policy.claims.give_back, second, ada, lane.clock())
    assert (await stands(lane, "kettles"))["free"] == 1_500
    async with lane.market.db.read() as tx:
        assert await tx.fetchval("SELECT count(*) FROM policy.claimant WHERE claim_id = $1", second) == 0
    assert bought["orders"]


async def test_whoever_claims_receives(lane: Lane) -> None:
    ada = lane.made.people["buyer"]
    await claim(lane, await launch(lane, "same_person = true"), ada)
    asked = (await quote(lane.market, [Entry(lane.made.offers["tea/online"], 1)], lane.clock(), holder=ada)).quote  # fmt: skip
    placing = Placing(asked, Contact("Somebody Else"), "sandbox", ada, ada)
    with pytest.raises(Refusal, match="please name yourself"):
        await place(lane.market, placing, lane.clock(), None)
    mine = Placing(asked, Contact("Buyer"), "sandbox", ada, ada)
    assert (await place(lane.market, mine, lane.clock(), None))["orders"]
