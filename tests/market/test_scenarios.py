"""A weekend in Lantern Ferry: five parts of four sellers in four formats, one payment; each part ends by its own rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from highstreet import catalog
from highstreet.catalog import ScenarioBroken, Wanted
from highstreet.kit.clock import FixedClock
from highstreet.kit.errors import NotFound
from highstreet.kit.text import Words
from highstreet.ledger import Notice
from highstreet.market import scenarios
from highstreet.market.fulfil import Telling, tell
from highstreet.market.pay import told_charge
from highstreet.market.place import Contact, Placing, SelfDealing, place
from highstreet.market.quote import Explained, quote
from highstreet.orders import Entry
from highstreet.town.ways import SCENARIOS
from tests.market.lane import keeps_the_laws
from tests.town import FIRST_LOOK, Ferry, lantern_ferry

PARTS = [offer for offer, _, _ in SCENARIOS[0][4]]


@pytest_asyncio.fixture
async def ferry(server_url: str, template: str) -> AsyncIterator[Ferry]:
    async with lantern_ferry(server_url, template, FixedClock(FIRST_LOOK)) as found:
        yield found
        await keeps_the_laws(found.market.db)


async def weekend(ferry: Ferry) -> list[Entry]:
    """The whole scenario as a family chooses it: the boat the evening after next, the room for that night, the bicycle for two hours."""
    market, offers = ferry.market, ferry.town.offers
    day = FIRST_LOOK.astimezone(market.tz).replace(hour=0) + timedelta(days=2)
    async with market.db.read() as tx:
        slot = await tx.fetchval(
            """SELECT s.id FROM inventory.supply s JOIN catalog.offer o ON o.variant_id = s.variant_id
               WHERE o.id = $1 AND lower(s.period) > $2 ORDER BY lower(s.period) LIMIT 1""",
            offers["WAY-BOAT/ticket"], day,
        )  # fmt: skip

    def period(first: datetime, last: datetime) -> dict[str, Any]:
        return {"period": {"from": first.isoformat(), "to": last.isoformat()}}

    chosen = {
        "WAY-BOAT/ticket": {"slot": slot},
        "WAY-BIKE/rental": period(day.replace(hour=14), day.replace(hour=16)),
        "WAY-ROOM/stay": period(day.replace(hour=14), (day + timedelta(days=1)).replace(hour=12)),
    }
    return [Entry(offers[name], many, chosen.get(name, {})) for name, many, _ in SCENARIOS[0][4]]


async def bought(ferry: Ferry, asked: Explained, buyer: str | None = None) -> dict[str, Any]:
    """Placed and paid at the provider."""
    market = ferry.market
    placing = Placing(asked.quote, Contact("Lin Xiaohe", "13800000000"), "sandbox", buyer or "guest", buyer)
    placed = await place(market, placing, market.clock(), None)
    owed = placed["collection"]
    notice = Notice(
        "sandbox", "n1", owed["key"], "charge.succeeded", owed["amount"], "CNY", "ref", market.clock()
    )
    assert await told_charge(market, notice, market.clock()) == {"result": "paid"}
    return placed


async def paid_by(ferry: Ferry, party: str) -> int:
    """What an account has given more than it got."""
    async with ferry.market.db.read() as tx:
        return int(
            await tx.fetchval(
                """SELECT coalesce(sum(CASE WHEN t.from_id = a.id THEN t.amount ELSE -t.amount END), 0)
                   FROM ledger.account a JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id) WHERE a.party_id = $1""",
                party,
            )
        )


async def test_four_sellers_are_paid_once_and_the_town_gives_its_part(ferry: Ferry) -> None:
    asked = await quote(ferry.market, await weekend(ferry), FIRST_LOOK)
    orders = asked.quote.orders
    assert [len({getattr(one, what) for one in orders}) for what in ("seller_id", "format")] == [4, 4]
    for line in asked.lines.values():
        off = sum(one.amount for one in line.adjustments if one.kind == "together")
        assert -off == (line.amount * 500 + 5_000) // 10_000 > 0
        assert [one.funder for one in line.adjustments if one.kind == "together"] == [
            ferry.town.sellers["city"]
        ]
        assert line.paid == line.amount + off
    town_gave = sum(line.amount - line.paid for line in asked.lines.values())
    placed = await bought(ferry, asked)
    assert len(placed["orders"]) == 5
    assert await paid_by(ferry, ferry.town.sellers["city"]) == town_gave


async def test_one_part_called_off_gives_back_to_each_what_each_paid_for_it(ferry: Ferry) -> None:
    asked = await quote(ferry.market, await weekend(ferry), FIRST_LOOK)
    placed = await bought(ferry, asked)
    gave = await paid_by(ferry, ferry.town.sellers["city"])
    noodles = asked.lines[ferry.town.offers["NOOD-FISH/collect"]]
    order = next(one["id"] for one in placed["orders"] if one["seller"] == ferry.town.sellers["noodles"])
    await tell(ferry.market, Telling(order, "cancelled", "buyer", "guest", {}), FIRST_LOOK, None)
    async with ferry.market.db.read() as tx:
        back = await tx.fetch("SELECT amount FROM ledger.refund WHERE order_id = $1", order)
        stages = await tx.fetch(
            'SELECT id, stage FROM orders."order" WHERE purchase_id = $1', placed["purchase"]
        )
    assert [one["amount"] for one in back] == [noodles.paid]
    assert await paid_by(ferry, ferry.town.sellers["city"]) == gave - (noodles.amount - noodles.paid)
    assert {one["stage"] for one in stages if one["id"] != order} == {"committed"}
    assert {one["stage"] for one in stages if one["id"] == order} == {"undone"}


async def test_without_one_part_there_is_nothing_off(ferry: Ferry) -> None:
    whole = await weekend(ferry)
    for left in range(len(whole)):
        asked = await quote(ferry.market, whole[:left] + whole[left + 1 :], FIRST_LOOK)
        kinds = {one.kind for line in asked.lines.values() for one in line.adjustments}
        assert "together" not in kinds
    fewer = [msgspec.structs.replace(one, quantity=1) if one.quantity == 3 else one for one in whole]
    asked = await quote(ferry.market, fewer, FIRST_LOOK)
    assert not any(one.kind == "together" for line in asked.lines.values() for one in line.adjustments)


async def test_the_owner_of_a_part_does_not_spend_the_towns_money_at_home(ferry: Ferry) -> None:
    asked = await quote(ferry.market, await weekend(ferry), FIRST_LOOK)
    with pytest.raises(SelfDealing):
        await bought(ferry, asked, ferry.town.people["zhao"])


async def test_closing_takes_the_reduction_away_and_a_closed_offer_breaks_it(ferry: Ferry) -> None:
    market, town = ferry.market, ferry.town
    async with market.db.read() as tx:
        (found,) = await catalog.scenarios(tx, FIRST_LOOK)
    assert [part.offer_id for part in found.parts] == [town.offers[name] for name in PARTS]
    async with market.db.transaction() as tx:
        with pytest.raises(NotFound):
            await scenarios.close_scenario(tx, town.sellers["inn"], found.id, town.people["he"], FIRST_LOOK)
    async with market.db.transaction() as tx:
        for _ in range(2):
            await scenarios.close_scenario(
                tx, town.sellers["city"], found.id, town.people["liang"], FIRST_LOOK
            )
    market.shelf._changed(None)
    asked = await quote(market, await weekend(ferry), FIRST_LOOK)
    assert not any(one.kind == "together" for line in asked.lines.values() for one in line.adjustments)
    async with market.db.transaction() as tx:
        await catalog.pause_offer(tx, town.sellers["inn"], town.offers["WAY-ROOM/stay"], now=FIRST_LOOK)
        parts = [Wanted(town.offers[name], 1, Words("then"), 1_000, town.sellers["city"]) for name in PARTS]
        again = await catalog.describe_scenario(
            tx, curator_id=town.sellers["city"], name=Words("Again"), about=Words(), picture="waves", parts=parts,
            until=FIRST_LOOK + timedelta(days=9), now=FIRST_LOOK,
        )  # fmt: skip
    with pytest.raises(ScenarioBroken):
        async with market.db.transaction() as tx:
            await scenarios.open_scenario(tx, town.sellers["city"], again, town.people["liang"], FIRST_LOOK)
