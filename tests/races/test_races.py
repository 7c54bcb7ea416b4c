"""Several processes at once on one database: whoever is first, the outcome is exact and nobody meets a deadlock."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from highstreet import ledger
from highstreet.inventory import assets, stock
from highstreet.kit.text import Words
from highstreet.ledger.card_plans import Step
from highstreet.logistics import devices
from highstreet.market import quote as quotes
from highstreet.orders import Entry
from tests.market.lane import Lane, keeps_the_laws
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

LARGE = os.environ.get("HYPOTHESIS_PROFILE") == "large"
ROUNDS = 40 if LARGE else 4

pytestmark = [pytest.mark.race, pytest.mark.timeout(900 if LARGE else 120)]


async def signed(lane: Lane, wanted: dict[str, int]) -> str:
    entries = [Entry(lane.made.offers[name], steps) for name, steps in wanted.items()]
    return (await quotes.quote(lane.market, entries, lane.clock())).text


async def refill(lane: Lane, good: str, units: int) -> None:
    async with lane.market.db.transaction() as tx:
        await stock.change(tx, lane.made.supplies[good], "received", units, "race", lane.clock())


async def charged_card(lane: Lane, principal: int, bonus: int, once: str = "race") -> str:
    """The buyer's card of the grocer, paid; its id."""
    shop, buyer, now = lane.made.sellers["grocer"], lane.made.people["buyer"], lane.clock()
    plan = [Step(principal, bonus)]
    async with lane.market.db.transaction() as tx:
        await ledger.card_plans.offer(tx, shop, plan, Words("-"), "CNY", buyer, now)
        want = ledger.cards.Buying(shop, buyer, principal, "sandbox", once, 100_000)
        asked = await ledger.cards.ask(tx, want, now)
        told = ledger.Notice(
            "sandbox", "ntc", asked.key, "charge.succeeded", principal, "CNY", f"ref {once}", now
        )
        await ledger.cards.heard(tx, told, now)
        (card,) = await ledger.cards.mine(tx, buyer)
    return card.id


async def test_the_last_units(lane: Lane, crowd: Crowd) -> None:
    """8 units, 24 buyers, 4 processes."""
    asked = await signed(lane, {"last/online": 1})
    for n in range(ROUNDS):
        if n:
            await refill(lane, "last", 8)
        answers = await crowd.act([{"do": "buy", "quote": asked}] * 24)
        await exactly_these_sold(lane, "last", 8, answers)


async def test_baskets_in_opposite_order_meet_no_deadlock(lane: Lane, crowd: Crowd) -> None:
    """Baskets of several sellers in any order, stock carried to and fro between them meanwhile: everybody is served."""
    dice = random.Random(5)
    async with lane.market.db.transaction() as tx:
        kept = await stock.open_stock(tx, lane.made.variants["tea"], lane.made.places["toys"])
    for good in ("tea", "bowl", "train", "jam"):
        await refill(lane, good, 200 * ROUNDS)
    for _ in range(ROUNDS):
        acts: list[dict[str, Any]] = []
        for _ in range(20):
            names = ["tea/online", "bowl/online", "train/online", "jam/collect", "tea/collect"]
            dice.shuffle(names)
            acts.append(
                {"do": "buy", "quote": await signed(lane, {name: dice.randint(1, 3) for name in names})}
            )
            ends = [lane.made.supplies["tea"], kept]
            dice.shuffle(ends)
            acts.append({"do": "carry", "source": ends[0], "target": ends[1], "count": 1})
        answers = await crowd.act(acts)
        assert said(answers[::2]) == {"ok": 20}
        assert set(said(answers[1::2])) <= {"ok", "below_promised"}


async def test_the_same_key_from_every_process(lane: Lane, crowd: Crowd) -> None:
    asked = await signed(lane, {"jam/collect": 1})
    await refill(lane, "jam", ROUNDS)
    for n in range(ROUNDS):
        before = await lane.orders()
        answers = await crowd.act([{"do": "buy", "quote": asked, "idempotency": f"key {n}"}] * 16)
        await one_answer(lane, before, answers)
    mixed = [
        {"do": "buy", "quote": asked, "idempotency": "mixed", "fingerprint": str(n % 2)} for n in range(16)
    ]
    assert said(await crowd.act(mixed)) == {"ok": 8, "idempotency_key_reused": 8}


async def test_a_wallet_is_not_spent_twice(lane: Lane, crowd: Crowd) -> None:
    buyer = lane.made.people["buyer"]
    await lane.fill_wallet(buyer, 10_000)
    asked = await signed(lane, {"jam/collect": 1})
    answers = await crowd.act([{"do": "buy", "quote": asked, "method": "wallet", "buyer": buyer}] * 16)
    await no_more_than_it_held(lane, 10_000, 2801, answers)


async def test_a_card_is_not_spent_twice(lane: Lane, crowd: Crowd) -> None:
    """The last 50 yuan, a tenth of them bonus, at two tills and from a phone at once; odd sums, so that the shares are rounded."""
    buyer = lane.made.people["buyer"]
    card = await charged_card(lane, 4_545, 455)
    asked = await signed(lane, {"jam/collect": 1})
    act = {"do": "buy", "quote": asked, "method": f"card:{card}", "buyer": buyer}
    await card_spent_once(lane, 5_000, 2801, await crowd.act([act] * 16))
    both = await charged_card(lane, 5_455, 1_944, once="again")
    assert both == card
    answers = await crowd.act([act] * 15 + [{"do": "give_back", "card": card}])
    # Bought or given back: whatever was bought before, the rest goes back to the last minor unit, and nothing is bought after.
    money = await lane.money()
    assert answers[-1].keys() == {"ok"} and "card" not in money and "bonus" not in money
    assert set(said(answers[:-1])) <= {"ok", "card_short"} and said(answers)["ok"] <= 4
    await keeps_the_laws(lane.market.db)


async def test_paid_or_expired_but_never_both(lane: Lane, crowd: Crowd) -> None:
    """The clock and the provider speak at the same moment; the buyer has either the order or the money back."""
    await refill(lane, "jam", 8 * ROUNDS)
    for n in range(ROUNDS):
        placed = [await lane.buy({"jam/collect": 1}) for _ in range(8)]
        late = (lane.clock() + timedelta(minutes=31)).isoformat()
        acts: list[dict[str, Any]] = []
        for one in placed:
            asked = one["collection"]
            in_time = lane.clock().isoformat()
            acts.append({"do": "late", "order": one["orders"][0]["id"], "now": late})
            told = {"do": "notice", "key": asked["key"], "amount": asked["amount"], "now": in_time}
            acts += [told, told]
        random.Random(n).shuffle(acts)
        assert said(await crowd.act(acts)) == {"ok": len(acts)}
        for one in placed:
            work = await lane.order(one["orders"][0]["id"])
            back = await lane.refunds(work.order.id)
            assert (work.order.stage, back) in (("committed", []), ("undone", [one["total"]]))
    assert await lane.strays() == []


async def test_cancelled_or_sent_but_never_both(lane: Lane, crowd: Crowd) -> None:
    await refill(lane, "jam", 4 * ROUNDS)
    await refill(lane, "tea", 4 * ROUNDS)
    for _ in range(ROUNDS):
        orders = [(await lane.paid({"jam/collect": 1, "tea/online": 1}))[1] for _ in range(4)]
        acts = [
            {"do": "fact", "order": order, "fact": fact, "role": role}
            for order in orders
            for fact, role in (
                ("cancelled", "buyer"),
                ("shipped", "seller"),
                ("cancelled", "seller"),
                ("shipped", "seller"),
            )
        ]
        answers = await crowd.act(acts)
        for n, order in enumerate(orders):
            work = await lane.order(order)
            assert said(answers[4 * n : 4 * n + 4]) == {"ok": 1, "not_now": 3}
            sent = work.legs[0].state == "underway"
            assert (work.order.stage, await lane.refunds(order)) == (
                ("committed", []) if sent else ("undone", [work.order.total])
            )
            if sent:
                await lane.tell(order, "delivered")


async def test_money_goes_back_once(lane: Lane, crowd: Crowd) -> None:
    """Two clerks take the same parcel in, a buyer cancels on two screens, one step at a time from everywhere."""
    await refill(lane, "jam", 8 * ROUNDS)
    for _ in range(ROUNDS):
        back = await lane.delivered({"tea/online": 2})
        whole = (await lane.paid({"jam/collect": 2}))[0]
        parts = (await lane.paid({"jam/collect": 6}))[0]
        acts = [
            {"do": "fact", "order": back, "fact": "returned", "role": "seller", "body": {"lines": {"1": 2}}}
        ] * 8
        acts += [{"do": "fact", "order": whole, "fact": "cancelled", "role": "buyer"}] * 8
        acts += [
            {"do": "fact", "order": parts, "fact": "cancelled", "role": "buyer", "body": {"lines": {"1": 1}}}
        ] * 8
        answers = await crowd.act(acts)
        assert said(answers[:8]) == {"ok": 1, "too_many": 7}
        assert said(answers[8:16]) == {"ok": 1, "not_now": 7}
        assert said(answers[16:]) == {"ok": 6, "not_now": 2}
        assert await lane.refunds(back) == [17600]
        assert await lane.refunds(whole) == [5602]
        assert await lane.refunds(parts) == [2801] * 6


async def test_a_notice_heard_by_every_process_pays_once(lane: Lane, crowd: Crowd) -> None:
    placed = await lane.buy({"tea/online": 1, "jam/collect": 1})
    asked = placed["collection"]
    acts = [
        {
            "do": "notice",
            "key": asked["key"],
            "amount": asked["amount"],
            "now": lane.clock().isoformat(),
            "ref": ref,
        }
        for ref in ("card",) * 12 + ("another card",) * 4
    ]
    answers = await crowd.act(acts)
    assert said(answers) == {"ok": 16}
    assert sum(one["ok"]["result"] == "paid" for one in answers) == 1
    assert await lane.strays() == [("paid_twice", asked["amount"])]
    assert (await lane.money())["escrow"] == placed["total"]


async def test_one_thing_is_never_lent_to_two_at_a_time(lane: Lane, crowd: Crowd) -> None:
    async with lane.market.db.transaction() as tx:
        asset = await assets.register(tx, lane.made.variants["bowl"], lane.made.places["tea"], "camera 1")
    start = lane.clock()
    for n in range(ROUNDS):
        day = start + timedelta(days=n)
        spans = [
            (day + timedelta(hours=hour % 12), day + timedelta(hours=hour % 12 + 4)) for hour in range(24)
        ]
        acts = [
            {
                "do": "borrow",
                "asset": asset,
                "name": f"{n}-{i}",
                "period": f"[{a.isoformat()},{b.isoformat()})",
            }
            for i, (a, b) in enumerate(spans)
        ]
        answers = await crowd.act(acts)
        assert set(said(answers)) == {"ok", "not_free"}
        took = sorted(span for span, one in zip(spans, answers, strict=True) if "ok" in one)
        assert all(one[1] <= other[0] for one, other in pairwise(took))


async def test_a_prescription_is_used_as_often_as_it_says(lane: Lane, crowd: Crowd) -> None:
    """The patient on sixteen screens, three times on the prescription."""
    here = await opened(lane)
    await here.writes()
    number = await signed_for(here, 3)
    asked = (await here.asks(number)).text
    answers = await crowd.act([{"do": "buy", "quote": asked, "buyer": here.patient}] * 16)
    await dispensed_as_often_as_it_says(lane, number, answers)


async def put_up_lock(lane: Lane, number: int) -> str:
    """A bicycle with a lock."""
    made, now = lane.made, lane.clock()
    async with lane.market.db.transaction() as tx:
        thing = await assets.register(tx, made.variants["tea"], made.places["tea"], f"Bicycle {number}")
        return await devices.register(tx, made.sellers["tea"], made.places["tea"], "lock", "Lock", thing, now)


def unlockings(device: str, act: str = "unlock") -> list[dict[str, Any]]:
    """Sixteen orders, each from a phone of its own."""
    return [{"do": act, "device": device, "order": f"ord_{n}", "key": f"{device} {n}"} for n in range(16)]


async def test_one_bicycle_and_everybody_before_it(lane: Lane, crowd: Crowd) -> None:
    for n in range(ROUNDS):
        device = await put_up_lock(lane, n)
        await one_ride(lane, device, await crowd.act(unlockings(device)))
