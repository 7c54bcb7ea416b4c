"""Known-bad twins beside the market: each must fail the very judgement the market passes, or that judgement proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.market.lane import Lane
from tests.market.surgery import opened, signed_for
from tests.races.conftest import Crowd
from tests.races.outcomes import (
    card_spent_once,
    dispensed_as_often_as_it_says,
    exactly_these_sold,
    no_more_than_it_held,
    one_answer,
    one_ride,
    said,
)
from tests.races.test_races import charged_card, put_up_lock, refill, signed, unlockings

TRIES = 40  # hardly ever more than one is needed

pytestmark = pytest.mark.race


@pytest.mark.parametrize("twin", ["read_then_write", "check_inside"])
async def test_a_twin_that_looks_first_oversells(careless: tuple[Lane, Crowd], twin: str) -> None:
    lane, crowd = careless
    answers = list[dict[str, Any]]()
    for _ in range(TRIES):
        answers = await crowd.act([{"do": twin, "supply": lane.made.supplies["last"]}] * 24)
        if said(answers)["ok"] > 8:
            break
        total, held, _ = await lane.supply("last")
        await refill(lane, "last", held + 8 - total)
    assert said(answers)["ok"] > 8
    with pytest.raises(AssertionError):
        await exactly_these_sold(lane, "last", 8, answers)


async def test_a_twin_that_looks_for_the_key_first_places_the_order_twice(
    careless: tuple[Lane, Crowd],
) -> None:
    lane, crowd = careless
    asked = await signed(lane, {"jam/collect": 1})
    before, answers = 0, list[dict[str, Any]]()
    for n in range(TRIES):
        before = await lane.orders()
        answers = await crowd.act([{"do": "check_then_act", "quote": asked, "idempotency": f"key {n}"}] * 16)
        if await lane.orders() > before + 1:
            break
    with pytest.raises(AssertionError):
        await one_answer(lane, before, answers)


async def test_a_twin_that_writes_what_it_read_spends_a_wallet_twice(careless: tuple[Lane, Crowd]) -> None:
    lane, crowd = careless
    buyer = lane.made.people["buyer"]
    answers = list[dict[str, Any]]()
    for _ in range(TRIES):
        held = (await lane.money()).get("wallet", 0)
        await lane.fill_wallet(buyer, 10_000 - held)
        accounts = lane.market.accounts
        await accounts.know(["bank:"], "CNY")
        act = {"do": "spend_what_was_read", "amount": 2801, "shop": accounts.number("bank:", "CNY")}
        answers = await crowd.act([act | {"wallet": accounts.number(f"wallet:{buyer}", "CNY")}] * 16)
        if said(answers)["ok"] > 3:
            break
    with pytest.raises(AssertionError):
        await no_more_than_it_held(lane, 10_000, 2801, answers)
    assert said(answers)["ok"] > 3


async def test_a_twin_that_writes_what_it_read_dispenses_twice(careless: tuple[Lane, Crowd]) -> None:
    lane, crowd = careless
    here = await opened(lane)
    await here.writes()
    number, answers = "", list[dict[str, Any]]()
    for _ in range(TRIES):
        number = await signed_for(here, 3)
        answers = await crowd.act([{"do": "dispense_what_was_read", "prescription": number}] * 16)
        if said(answers)["ok"] > 3:
            break
    with pytest.raises(AssertionError):
        await dispensed_as_often_as_it_says(lane, number, answers)
    assert said(answers)["ok"] > 3


async def test_a_twin_that_writes_what_it_read_spends_a_card_twice(careless: tuple[Lane, Crowd]) -> None:
    lane, crowd = careless
    answers = list[dict[str, Any]]()
    accounts = lane.market.accounts
    await accounts.know(["bank:"], "CNY")
    for n in range(TRIES):
        card = await charged_card(lane, 4_545, 455, once=f"twin {n}")
        async with lane.market.db.transaction() as tx:
            await tx.execute(
                """UPDATE ledger.wallet w SET balance = CASE a.kind WHEN 'card' THEN 4545 ELSE 455 END FROM ledger.account a
                   WHERE a.id = w.account_id AND a.party_id = $1""",
                card,
            )
        act = {"do": "spend_a_card_that_was_read", "amount": 2801, "shop": accounts.number("bank:", "CNY")}
        answers = await crowd.act([act | {"card": card}] * 16)
        if said(answers)["ok"] > 1:
            break
    with pytest.raises(AssertionError):
        await card_spent_once(lane, 5_000, 2801, answers)
    assert said(answers)["ok"] > 1


async def test_a_twin_that_looks_at_the_door_first_gives_one_bicycle_to_two(
    careless: tuple[Lane, Crowd],
) -> None:
    lane, crowd = careless
    device, answers = "", list[dict[str, Any]]()
    for n in range(TRIES):
        device = await put_up_lock(lane, n)
        answers = await crowd.act(unlockings(device, "look_at_the_door"))
        if said(answers)["ok"] > 1:
            break
    with pytest.raises(AssertionError):
        await one_ride(lane, device, answers)
