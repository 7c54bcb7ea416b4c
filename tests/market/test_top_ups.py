"""A top-up at the provider's, its notices told twice, lost or with another amount: the wallet is filled once."""

from __future__ import annotations

from datetime import timedelta

from highstreet import ledger
from highstreet.market import errands
from tests.market.lane import Lane
from tests.market.outside import Outside
from tests.market.outside import outside as outside
from tests.market.outside import running as running


async def ask(lane: Lane, once: str) -> str:
    """The provider outlives a lane, and the same form has the same key: each test has a form of its own."""
    buyer = lane.made.people["buyer"]
    return (
        await lane.market.db.run(ledger.top_ups.ask, buyer, 5000, "CNY", "sandbox", once, lane.clock())
    ).key


async def held(lane: Lane) -> int:
    async with lane.market.db.read() as tx:
        return await ledger.wallet.balance(tx, lane.made.people["buyer"], "CNY")


async def test_notices_told_twice_fill_once(lane: Lane, outside: Outside) -> None:
    key = await ask(lane, "twice")
    await outside.provider.plan(key, duplicate_notices=1)
    await outside.charge({"collection": {"key": key, "amount": 5000}})
    results = [
        (await errands.told(lane.market, notice, lane.clock()))["result"]
        for notice in await outside.notices(key, 2)
    ]
    assert results[0] == "paid" and set(results[1:]) == {"repeated"}
    assert await held(lane) == 5000


async def test_a_lost_notice_is_asked_for(lane: Lane, outside: Outside) -> None:
    key = await ask(lane, "lost")
    await outside.charge({"collection": {"key": key, "amount": 5000}})
    await outside.notices(key)
    assert await errands.ask_collections(lane.market, lane.clock()) == 0
    assert await errands.ask_collections(lane.market, lane.clock.forward(timedelta(minutes=3))) == 1
    assert await held(lane) == 5000


async def test_never_paid_it_lapses(lane: Lane, outside: Outside) -> None:
    key = await ask(lane, "never")
    assert await errands.ask_collections(lane.market, lane.clock.forward(timedelta(hours=2))) == 1
    async with lane.market.db.read() as tx:
        found = await ledger.top_ups.of(tx, lane.made.people["buyer"], key)
    assert found is not None and found.state == "lapsed"
    assert await held(lane) == 0


async def test_the_statement_agrees(lane: Lane, outside: Outside) -> None:
    since = lane.clock()
    key = await ask(lane, "statement")
    await outside.charge({"collection": {"key": key, "amount": 5000}})
    (notice,) = await outside.notices(key)
    await errands.told(lane.market, notice, notice.at)
    span = timedelta(days=400)
    found = await errands.reconcile(lane.market, since - span, notice.at + span)
    assert [one for one in found if one.key == key] == []
