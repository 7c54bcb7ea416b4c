"""Scenarios over the API: what is open, and what a quote of all its parts takes off."""

from __future__ import annotations

from datetime import timedelta

from highstreet import catalog
from highstreet.catalog import Wanted
from highstreet.kit.text import Words
from highstreet.market import scenarios
from tests.api.street import Street


async def test_a_scenario_is_listed_and_quoted_whole(street: Street) -> None:
    assert (await street.call("GET", "/api/scenarios")).json() == []
    now, baker = street.clock(), street.till.sellers["bakery"]
    bread, tea = (street.till.offers[name] for name in ("bread/collect", "tea/collect"))
    async with street.market.db.transaction() as tx:
        made = await catalog.describe_scenario(
            tx, curator_id=baker, name=Words("Breakfast", "早餐"), about=Words(), picture="bread", until=now + timedelta(days=9), now=now,
            parts=[Wanted(bread, 2, Words("first"), 1_000, baker), Wanted(tea, 1, Words("then"), 1_000, baker)],
        )  # fmt: skip
        await scenarios.open_scenario(tx, baker, made, baker, now)
    street.market.shelf._changed(None)
    (told,) = (await street.call("GET", "/api/scenarios")).json()
    assert (told["id"], told["whole"]) == (made, True)
    assert [(part["offer"], part["off_bps"], part["asks"]) for part in told["parts"]] == [
        (bread, 1_000, []),
        (tea, 1_000, []),
    ]
    quoted = await street.quote(("bread/collect", 2), ("tea/collect", 1))
    lines = [order["lines"][0] for order in quoted["orders"]]
    assert [(line["amount"], line["paid"]) for line in lines] == [(5_040, 5_040), (8_800, 7_920)]
    assert [line["adjustments"][0]["funder"] for line in lines] == ["seller", baker]
    assert (await street.quote(("bread/collect", 1), ("tea/collect", 1)))["total"] == 2_800 + 8_800
