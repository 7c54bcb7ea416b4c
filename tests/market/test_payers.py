"""The same payment account is the same person: what it paid for one holder of a round it does not pay for another."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from highstreet.ledger import Notice
from highstreet.market.pay import told_charge
from tests.market.lane import Lane
from tests.market.test_redeeming import claim, grant, priced, stands


async def bought(lane: Lane, *holders: str) -> list[dict[str, Any]]:
    return [
        await lane.place((await priced(lane, {"tea/online": 1}, one)).quote, buyer=one) for one in holders
    ]


async def pay(lane: Lane, placed: dict[str, Any], payer: str) -> dict[str, Any]:
    asked = placed["collection"]
    told = Notice(
        "sandbox", "ntc", asked["key"], "charge.succeeded", asked["amount"], "CNY", asked["key"], lane.clock(), payer
    )  # fmt: skip
    return await told_charge(lane.market, told, lane.clock())


async def stages(lane: Lane, placed: list[dict[str, Any]]) -> list[str]:
    return sorted([(await lane.order(one["orders"][0]["id"])).order.stage for one in placed])


@pytest.mark.race
async def test_one_account_pays_for_one_holder_of_a_round(lane: Lane) -> None:
    """Two at once: one order stands, the other comes to nothing with its money; the twin without a guard lets both stand."""
    people = [f"pty_{n}" for n in range(4)]
    await claim(lane, await grant(lane, claims=4), *people)
    two = await bought(lane, *people[:2])
    told = await asyncio.gather(*(pay(lane, one, "one card") for one in two))
    assert told == [{"result": "paid"}] * 2, "the provider is believed, whatever becomes of the order"
    assert await stages(lane, two) == ["committed", "undone"]
    (undone,) = [one["orders"][0]["id"] for one in two if (await stages(lane, [one])) == ["undone"]]
    assert await lane.refunds(undone) == [8600], "what was paid for it goes back"
    assert [await pay(lane, one, "one card") for one in two] == [{"result": "repeated"}] * 2
    assert (await stands(lane))["spent"] == 1000

    silent = await bought(lane, people[2])
    await pay(lane, silent[0], "")
    assert await stages(lane, silent) == ["committed"], "a provider that does not say counts for nothing"
    async with lane.market.db.transaction() as tx:
        guarded = await tx.fetchval("SELECT pg_get_functiondef('policy.write_payers(jsonb)'::regprocedure)")
        await tx.execute(guarded.replace("o.holder_id <> c.holder_id", "false"))
    naive = await bought(lane, people[3])
    await pay(lane, naive[0], "one card")
    assert await stages(lane, naive) == ["committed"], "a judgement that cannot fail proves nothing"
