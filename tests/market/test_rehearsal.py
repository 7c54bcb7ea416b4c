"""A drafted programme over past orders: what it would have cost and whom it would have reached. Nothing is written."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from highstreet import policy
from highstreet.kit.db import Database
from highstreet.kit.errors import Malformed
from highstreet.market.rehearsal import rehearse
from tests.market.lane import OPENED, Lane
from tests.market.test_redeeming import claim, grant, priced

DRAFT = """
id = "lanterns"
name = { en = "Lantern weeks", zh = "灯会消费券" }
kind = "voucher"
currency = "CNY"
[[rule]]
from = 2027-02-01
to = 2027-03-01
source = "a draft of the tests"
sellers = ["enrolled"]
limits = [{ per = "person", within = "batch", count = 1 }]
[[rule.schedule]]
of = "basket"
least = "50.00"
off = "10.00"
[[rule.schedule]]
of = "basket"
least = "100.00"
off = "30.00"
"""
SINCE, UNTIL = OPENED, OPENED + timedelta(days=20)


async def _state(db: Database) -> dict[str, str]:
    """Every table, as one short text each."""
    async with db.read(snapshot=True) as tx:
        tables = await tx.fetch(
            """SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
               WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"""
        )
        asking = " UNION ALL ".join(
            f"SELECT '{t['name']}', md5(coalesce(string_agg(x::text, '|' ORDER BY x::text), '')) FROM {t['name']} x"
            for t in tables
        )
        return {row[0]: row[1] for row in await tx.fetch(asking)}


async def _bought(lane: Lane, buyer: str | None, **wanted: int) -> str:
    asked = await lane.quote({f"{good}/online": n for good, n in wanted.items()})
    placed = await lane.place(asked, buyer=buyer)
    assert await lane.pay(placed) == {"result": "paid"}
    return placed["orders"][0]["id"]


async def test_a_draft_of_next_year_is_judged_over_the_orders_of_this_one(lane: Lane) -> None:
    day = timedelta(days=1)
    await _bought(lane, "pty_ada", tea=1)  # 88.00: 10 off
    await _bought(lane, "pty_bo", tea=1, bowl=1)  # 147.00: 30 off
    await _bought(lane, "pty_bo", train=1)  # again in the same round
    await _bought(lane, None, tea=2)  # without an account
    await _bought(lane, "pty_cy", plant=1)  # 36.00: below the threshold
    lane.clock.forward(8 * day)
    await _bought(lane, "pty_bo", train=1)  # the next round: 30 off
    await _bought(lane, "pty_di", train=1)  # 30 off
    undone = await _bought(lane, "pty_el", train=1)
    await lane.tell(undone, "cancelled", "buyer")
    lane.clock.forward(20 * day)
    await _bought(lane, "pty_ada", tea=1)  # after the span
    office = [("pty_bo", "elderly")]
    for person, quality in office:
        until = lane.clock() + 300 * day
        await lane.market.db.run(policy.enrolments.qualify, person, quality, until, "pty_off", lane.clock())

    before = await _state(lane.market.db)
    found = await rehearse(lane.market, DRAFT, SINCE, UNTIL, budget=1_000_000)
    assert await _state(lane.market.db) == before, "nothing is written"
    assert len(before) > 50

    assert (found.looked, found.orders, found.people) == (7, 4, 3)
    assert found.cost == 1000 + 3000 + 3000 + 3000
    assert found.sales == 8800 + 14700 + 12801 + 12801
    assert found.leverage == round(found.sales / found.cost, 3)
    assert {(one.code, one.orders) for one in found.refused} == {("had", 1), ("guest", 1), ("threshold", 1)}
    assert [(one.name.en, one.cost, one.orders, one.people) for one in found.sellers] == [
        ("Lao Chen's Toys", 6000, 2, 2), ("Willow Tea House", 4000, 2, 2),
    ]  # fmt: skip
    assert found.gainers == found.sellers
    assert {one.id: one.cost for one in found.categories} == {
        "food.tea": 1000 + 1796,
        "home.kitchen": 6000 + 1204,
    }
    assert [(one.id, one.cost) for one in found.sizes] == [("small", 10_000)]
    assert found.absent == ("elderly", "rural"), "one elderly person is too few to be told of"
    assert (found.buyers, found.assumed, found.lacking) == ((), ("enrolled",), ())
    # Its dates lie in the next year: the first day of the rules is the first of the span.
    assert found.shifted == (SINCE.date() - date(2027, 2, 1)).days
    assert "did not know" in found.notes[0].en
    assert "未作出反应" in found.notes[0].zh


async def test_the_money_runs_out_in_order_and_qualities_that_nobody_has_are_told(lane: Lane) -> None:
    began = lane.clock()
    for buyer in ("pty_ada", "pty_bo", "pty_cy"):
        await _bought(lane, buyer, train=1)
        lane.clock.forward(timedelta(hours=1))
    found = await rehearse(lane.market, DRAFT, SINCE, UNTIL, budget=6_500)
    assert (found.cost, found.orders) == (6_000, 2)
    assert found.exhausted_at == began + timedelta(hours=2)
    assert [(one.code, one.orders) for one in found.refused] == [("budget", 1)]

    food = DRAFT.replace('["enrolled"]', '["enrolled", "organic"]')
    found = await rehearse(lane.market, food, SINCE, UNTIL)
    assert (found.cost, found.lacking, found.refused[0].code) == (0, ("organic",), "seller")
    # Before its rules begin, and after they end, there is nothing.
    found = await rehearse(lane.market, DRAFT, SINCE, UNTIL, as_of=date(2027, 2, 20))
    assert found.cost == 9_000
    found = await rehearse(lane.market, DRAFT, SINCE, UNTIL, as_of=date(2027, 3, 1))
    assert (found.cost, found.refused[0].code) == (0, "not_in_force")
    with pytest.raises(Malformed):
        await rehearse(lane.market, DRAFT, UNTIL, SINCE)
    foreign = await rehearse(lane.market, DRAFT.replace("CNY", "GBP"), SINCE, UNTIL)
    assert (foreign.cost, foreign.refused[0].code) == (0, "currency")


async def test_what_the_programme_itself_paid_is_undone_and_other_public_money_stays(lane: Lane) -> None:
    await claim(lane, await grant(lane), "pty_ada")
    asked = await priced(lane, {"tea/online": 1}, "pty_ada")
    placed = await lane.place(asked.quote, buyer="pty_ada")
    assert await lane.pay(placed) == {"result": "paid"}
    itself = DRAFT.replace("lanterns", "tea").replace('"10.00"', '"20.00"')
    found = await rehearse(lane.market, itself, SINCE, UNTIL)
    assert (found.cost, found.sales) == (2_000, 8_800)
    other = await rehearse(lane.market, DRAFT, SINCE, UNTIL)
    assert [(one.code, one.orders) for one in other.refused] == [("kind", 1)], "paid by other public money"
    beside = await rehearse(lane.market, DRAFT.replace("sellers =", "beside = true\nsellers ="), SINCE, UNTIL)
    assert beside.cost == 1_000
