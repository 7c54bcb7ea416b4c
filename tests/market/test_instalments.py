"""Paying by instalments through the flows: terms before the yes, and a lender that pays, refuses, is late, mistaken or twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from highstreet import ledger
from highstreet.adapters.lender_sandbox import SandboxLender
from highstreet.kit.errors import Malformed, Refusal
from highstreet.ledger import Intent
from highstreet.market import errands, instalments
from highstreet.market.contacts import Contact
from highstreet.market.place import Placing, place
from highstreet.market.units import Key
from tests.market.lane import Lane
from tests.sandbox.lender import RunningLender, lender

FIVE = {"bowl/online": 6}  # 35,400 and free delivery: above the least a lender lends
BORN = "1990-06-15"
YES: dict[str, Any] = {"yes": True, "born": BORN, "lang": "zh"}


class Bank(msgspec.Struct):
    """The lane and the lender its market borrows from."""

    lane: Lane
    lender: RunningLender

    async def agree(self, months: int = 6, wanted: dict[str, int] | None = None, **more: Any) -> Placing:
        asked = await self.lane.quote(wanted or FIVE)
        market, now = self.lane.market, self.lane.clock()
        (sheet,) = [one for one in await instalments.sheets(market, "lender", asked) if one.months == months]
        agreed = instalments.agree(market, "lender", asked, sheet.text, now, **(YES | more))
        return Placing(asked, Contact("Lin Xiaohe", "13800000000"), "lender", "guest", loan=agreed)

    async def borrow(self, choice: str = "take", placing: Placing | None = None) -> dict[str, Any]:
        """Place, go to the lender and press a button; what was placed."""
        placing = placing or await self.agree()
        placed = await place(self.lane.market, placing, self.lane.clock(), None)
        assert await self.press(placed, choice) is not None
        return placed

    async def press(self, placed: dict[str, Any], choice: str) -> str:
        asked = placed["collection"]
        kept = await instalments.agreed_for(self.lane.market, placed["purchase"])
        assert kept is not None and kept.terms is not None and kept.collection_key == asked["key"]
        until = self.lane.clock() + timedelta(minutes=30)
        intent = Intent(asked["key"], asked["amount"], "CNY", until, kept.terms.text)
        return await self.lender.press(self.lender.client.pay_url(intent, "http://market.test/"), choice)

    async def hear(self, placed: dict[str, Any], least: int = 1) -> list[str]:
        """Every notice about it, told to us; what each was worth."""
        notices = await self.lender.notices(placed["collection"]["key"], least)
        return [(await errands.told(self.lane.market, one, self.lane.clock()))["result"] for one in notices]

    async def loan(self, placed: dict[str, Any]) -> instalments.Loan:
        kept = await instalments.agreed_for(self.lane.market, placed["purchase"])
        assert kept is not None
        found = await instalments.loan_of(self.lane.market, kept)
        assert found is not None
        return found


@pytest_asyncio.fixture
async def bank(lane: Lane) -> AsyncIterator[Bank]:
    async with lender(lane.clock) as one:
        lane.market.lenders = {"lender": one.client}
        lane.market.providers = {**lane.market.providers, "lender": one.client}
        yield Bank(lane, one)


def only(placed: dict[str, Any]) -> str:
    (order,) = placed["orders"]
    return order["id"]


async def test_the_lender_pays_the_whole_price_and_gets_back_what_goes_back(bank: Bank) -> None:
    placed = await bank.borrow()
    total, order_id = placed["total"], only(placed)
    assert await bank.hear(placed) == ["paid"] and await bank.hear(placed) == ["repeated"]
    assert (await bank.lane.order(order_id)).order.stage == "committed"
    assert await bank.lane.money() == {"provider": -total, "escrow": total}
    before = await bank.loan(placed)
    assert (before.state, before.amount, len(before.parts)) == ("running", total, 6)

    await bank.lane.tell(order_id, "cancelled", "buyer", lines={"1": 2})
    assert await errands.refunds(bank.lane.market, bank.lane.clock()) == 1
    (back,) = await bank.lane.refunds(order_id)
    after = await bank.loan(placed)
    assert after.amount == total - back and after.left < before.left
    await bank.lane.tell(order_id, "shipped", tracking="SF1")
    await bank.lane.tell(order_id, "delivered")
    await bank.lane.tell(order_id, "received", "buyer")
    money = await bank.lane.money()
    assert money["provider"] == back - total and money["tea"] + money["platform"] == total - back
    assert "escrow" not in money, "the seller has the whole price; nobody's debt is in our books"
    day = timedelta(days=1)
    now = bank.lane.clock()
    assert await errands.reconcile(bank.lane.market, now - day, now + day, "lender") == []


async def test_what_is_kept_of_a_yes(bank: Bank) -> None:
    placing = await bank.agree(months=12)
    assert placing.loan is not None
    sheet = placing.loan.sheet
    placed = await place(bank.lane.market, placing, bank.lane.clock(), None)
    kept = await instalments.agreed_for(bank.lane.market, placed["purchase"])
    assert (
        kept is not None and kept.terms == sheet and "年化利率" in kept.wording and "分 12 期" in kept.wording
    )
    async with bank.lane.market.db.transaction() as tx:
        row = await tx.fetchrow("SELECT * FROM ledger.loan_agreed")
        facts = await tx.fetch("SELECT kind, body FROM kit.fact WHERE subject = $1", placed["purchase"])
        assert row is not None and row["sheet_mark"] == sheet.mark and sheet.text.encode() not in row["sheet"]
        told = {"lender": "lender", "sheet": sheet.id, "mark": sheet.mark}
        assert [(one["kind"], one["body"]) for one in facts] == [("loan.agreed", told)]
        await tx.execute("UPDATE ledger.loan_agreed SET agreed_by = 'pty_ada'")
        await ledger.instalments.forget(tx, "pty_ada")
    kept = await instalments.agreed_for(bank.lane.market, placed["purchase"])
    assert kept is not None and kept.terms is None


async def test_a_lender_with_another_secret_does_not_undo_what_was_agreed(bank: Bank) -> None:
    placed = await place(bank.lane.market, await bank.agree(), bank.lane.clock(), None)
    bank.lane.market.lenders = {
        "lender": SandboxLender("http://127.0.0.1:9", ("a new secret of theirs",), "", "Qinghe", timeout=0.2)
    }
    kept = await instalments.agreed_for(bank.lane.market, placed["purchase"])
    assert kept is not None and kept.terms is None and "借款" in kept.wording
    with pytest.raises(instalments.LenderAway):
        await instalments.loan_of(bank.lane.market, kept)
    assert await instalments.lenders(bank.lane.market, await bank.lane.quote(FIVE)) == {}


async def test_without_a_yes_of_a_grown_up_to_true_terms_nothing_is_placed(bank: Bank) -> None:
    lane = bank.lane
    asked = await lane.quote(FIVE)
    text = (await instalments.sheets(lane.market, "lender", asked))[0].text
    other = (await instalments.sheets(lane.market, "lender", await lane.quote({"bowl/online": 7})))[0].text
    wrong: dict[str, Any] = {
        "loan_not_agreed": {"yes": False},
        "too_young_to_borrow": {"born": "2012-01-01"},
        "sheet_unknown": {"text": other},
    }
    for code, given in wrong.items():
        told: dict[str, Any] = {**YES, **given}
        offered: str = told.pop("text", text)
        with pytest.raises(Refusal) as refused:
            instalments.agree(lane.market, "lender", asked, offered, lane.clock(), **told)
        assert refused.value.code == code
    for born in ("", "yesterday", "19900615", "1990-13-01", "1990-6-15", "٢٠٠٠-٠١-٠١", "1" * 999):
        with pytest.raises(Malformed):
            instalments.agree(
                lane.market, "lender", asked, text, lane.clock(), yes=True, born=born, lang="en"
            )
    late = lane.clock() + timedelta(minutes=31)
    with pytest.raises(ledger.instalments.SheetExpired):
        instalments.agree(lane.market, "lender", asked, text, late, **YES)
    for placing in (Placing(asked, Contact(), "lender", "guest"),):
        with pytest.raises(ledger.NotAgreed):
            await place(lane.market, placing, lane.clock(), None)
    small = await lane.quote({"tea/online": 1})
    assert await instalments.lenders(lane.market, small) == {}
    with pytest.raises(ledger.NotLent):
        await instalments.sheets(lane.market, "lender", small)
    agreed = (await bank.agree()).loan
    with pytest.raises(ledger.NotLent):
        await place(
            lane.market, Placing(small, Contact(), "lender", "guest", loan=agreed), lane.clock(), None
        )
    assert await lane.orders() == 0


async def test_a_deposit_is_not_borrowed_for(bank: Bank) -> None:
    asked = await bank.lane.quote(FIVE)
    assert await instalments.lenders(bank.lane.market, asked) != {}
    (order,) = asked.orders
    for due in (msgspec.structs.replace(order.agreed.dues[0], purpose="deposit"),
                msgspec.structs.replace(order.agreed.dues[0], later=True)):  # fmt: skip
        agreed = msgspec.structs.replace(order.agreed, dues=[*order.agreed.dues, due])
        told = msgspec.structs.replace(asked, orders=[msgspec.structs.replace(order, agreed=agreed)])
        assert await instalments.lenders(bank.lane.market, told) == {}
        with pytest.raises(ledger.NotLent):
            await instalments.sheets(bank.lane.market, "lender", told)


async def test_the_same_click_twice_borrows_once(bank: Bank) -> None:
    placing, key = await bank.agree(), Key("guest POST /checkout", "k1", "same")
    first, second = [await place(bank.lane.market, placing, bank.lane.clock(), key) for _ in range(2)]
    assert first == second and await bank.lane.orders() == 1
    assert await bank.press(first, "take") == "paid"
    assert await bank.press(first, "take") != "paid"
    assert await bank.lender.movements(first["collection"]["key"]) == [first["total"]]


async def test_a_late_answer_lapses_and_the_money_goes_back(bank: Bank) -> None:
    placed = await bank.borrow("too_late")
    order_id, key, lane = only(placed), placed["collection"]["key"], bank.lane
    lane.clock.forward(timedelta(minutes=5))
    assert await errands.ask_collections(lane.market, lane.clock()) == 0, "still deciding: nothing lapses"
    assert (await lane.later(order_id, minutes=26)).order.stage == "undone"
    lane.clock.forward(timedelta(hours=2))
    assert await errands.ask_collections(lane.market, lane.clock()) == 0
    await bank.lender.decide(key, approve=True)
    # The notice is lost: asking finds it out.
    lane.clock.forward(timedelta(hours=2))
    assert await errands.ask_collections(lane.market, lane.clock()) == 1
    stands = await lane.order(order_id)
    assert stands.order.stage == "undone" and stands.has("paid_late") is not None
    assert await lane.refunds(order_id) == [placed["total"]]
    assert await errands.refunds(lane.market, lane.clock()) == 1
    assert (await bank.loan(placed)).state == "cancelled"
    assert await bank.hear(placed) == ["repeated"] and await lane.money() == {}


async def test_late_but_in_time_and_a_refusal(bank: Bank) -> None:
    placed = await bank.borrow("late")
    await bank.lender.decide(placed["collection"]["key"], approve=True)
    assert await bank.hear(placed) == ["paid"]
    assert (await bank.lane.order(only(placed))).order.stage == "committed"
    placed = await bank.borrow("no")
    assert await bank.hear(placed) == ["declined"] and await bank.hear(placed) == ["repeated"]
    assert (await bank.loan(placed)).state == "refused"
    assert (await bank.lane.later(only(placed), minutes=31)).order.stage == "undone"


async def test_lent_twice_wrong_or_by_somebody_else_is_for_a_person(bank: Bank) -> None:
    lane = bank.lane
    placed = await bank.borrow("lent_twice")
    assert sorted(await bank.hear(placed, 2)) == ["paid", "stray"]
    total, key = placed["total"], placed["collection"]["key"]
    assert await lane.strays() == [("paid_twice", total)]
    async with lane.market.db.transaction() as tx:
        (stray,) = await ledger.strays.waiting(tx)
        await ledger.strays.settle(tx, stray.id, "refunded", "operator", "lent twice", lane.clock())
    assert await errands.strays(lane.market, lane.clock()) == 1
    loan = await bank.loan(placed)
    assert (loan.state, loan.amount) == ("running", total), "the second loan went back, the first runs on"
    day, now = timedelta(days=1), lane.clock()
    assert await errands.reconcile(lane.market, now - day, now + day, "lender") == []

    placed = await bank.borrow("wrong_amount")
    assert await bank.hear(placed) == ["stray"]
    lane.clock.forward(timedelta(minutes=3))
    assert await errands.ask_collections(lane.market, lane.clock()) == 1, "asked, it says the right sum"
    assert (await lane.order(only(placed))).order.stage == "committed"
    assert await errands.strays(lane.market, lane.clock()) == 1, "the stray is matched"

    placed = await place(lane.market, await bank.agree(), lane.clock(), None)
    told = await lane.notice(placed["collection"]["key"], placed["total"])
    assert told == {"result": "stray", "reason": "unknown_key"}, "the card provider has no say in a loan"
    assert (await lane.order(only(placed))).order.waits == "payment"
    assert key != placed["collection"]["key"]


async def test_notices_in_any_order_and_a_refund_that_overtakes(bank: Bank) -> None:
    await bank.lender.faults(duplicate_notices=1, reorder_notices=1, hold_ms=20)
    placed = await bank.borrow()
    order_id, key = only(placed), placed["collection"]["key"]
    await bank.lender.notices(key, 2)
    assert (await bank.hear(placed, 2)).count("paid") == 1
    await bank.lane.tell(order_id, "cancelled", "buyer", lines={"1": 6})
    async with bank.lane.market.db.read() as tx:
        refund = await tx.fetchval("SELECT key FROM ledger.refund WHERE order_id = $1", order_id)
    assert await errands.refunds(bank.lane.market, bank.lane.clock()) == 1
    for notice in await bank.lender.notices(refund):
        assert await errands.told(bank.lane.market, notice, bank.lane.clock()) == {"result": "repeated"}
    assert (await bank.loan(placed)).state == "cancelled" and await bank.lane.money() == {}
