"""Departure tax refund on the lane: forms, stamps, money, and refunds paid in the shop, with everything that goes wrong on the way.

Figures: trust-policy 8.3 (11 % less 2 % of goods at 13 % VAT, 8 % less 2 % at 9 %; 200 yuan a shop and day).
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from highstreet import policy
from highstreet.inventory import stock
from highstreet.ledger import Notice
from highstreet.market import errands, privacy, tax_moves, tax_refunds
from highstreet.policy import departure_errors as no
from tests.market.departing import EMMA, Departing, departing
from tests.market.lane import Lane

REFUND = 264_00 * 9 // 100  # 2904 less 528


async def test_from_the_shop_to_the_money(lane: Lane) -> None:
    here = await departing(lane)
    form = await here.form()
    assert (form.total, form.gross, form.amount) == (26_400, 2_904, REFUND)
    assert form.leave_by == date(2026, 11, 23) + timedelta(days=90)
    assert b"Reed" not in (form.told or b"") and (await here.again(form))[0].told == form.told
    assert policy.departures.opened(lane.market.seal, form) == msgspec.structs.replace(
        EMMA, passport="GB704122"
    )
    assert (await lane.market.db.run(policy.departures.of_number, f" {form.spoken.lower()} ")).id == form.id
    with pytest.raises(no.FormMovedOn):
        await here.pay(form)
    await here.stamp(form)
    with pytest.raises(no.FormMovedOn):
        await here.stamp(form, "Shanghai Hongqiao Airport")
    await here.pay(form)
    with pytest.raises(no.FormMovedOn):
        await here.pay(form)
    assert ((await here.again(form))[0].state, (await lane.money())["agency"]) == ("paid", 528), (
        "the fee is the agency's"
    )
    with pytest.raises(no.RefundedGoods):
        await lane.tell(
            (await lane.market.db.run(policy.departures.lines, form.id))[0].order_id,
            "returned",
            lines={"1": 1},
        )


async def test_the_least_amount_is_of_person_shop_and_day(lane: Lane) -> None:
    here = await departing(lane)
    small = await here.buy({"tea/counter": 1})
    with pytest.raises(no.NotRefundable, match=r"200\.00"):
        await here.issue(small)
    more = await here.buy({"tea/counter": 2})
    other = msgspec.structs.replace(EMMA, passport="X9912345")
    with pytest.raises(no.NotRefundable):
        await here.issue(small, who=other)
    form = await here.issue(small, more)
    assert (form.total, form.amount) == (26_400, REFUND)
    later = await here.issue(await here.buy({"tea/counter": 1}))
    assert later.amount == 792, "what was bought before on that day counts, once"
    with pytest.raises(no.OnAnotherForm):
        await here.issue(small)
    # Past midnight it is another day: 88 yuan alone, and never one form of two days.
    lane.clock.forward(timedelta(hours=15))
    tomorrow = await here.buy({"tea/counter": 1})
    with pytest.raises(no.NotRefundable):
        await here.issue(tomorrow)
    with pytest.raises(Exception, match="of one day"):
        await here.issue(tomorrow, small)


async def test_stay_leaving_and_shop_are_judged(lane: Lane) -> None:
    here = await departing(lane)
    order = await here.buy()
    for entered, why in ((date(2026, 5, 23), "183"), (date(2026, 11, 26), "later")):
        with pytest.raises(Exception, match=why):
            await here.issue(order, who=msgspec.structs.replace(EMMA, entered_on=entered))
    form = await here.issue(order, who=msgspec.structs.replace(EMMA, entered_on=date(2026, 5, 24)))
    assert form.leave_by == date(2026, 11, 23), "183 days after coming is before 90 days after buying"
    lane.clock.forward(timedelta(days=2))
    with pytest.raises(no.FormTooLate):
        await here.stamp(form)
    assert await here.work(1) == 1 and (await here.again(form))[0].state == "lapsed"
    again = await here.issue(order)
    assert again.id != form.id, "a lapsed form leaves its things to another"
    await lane.market.db.run(
        policy.enrolments.enrol, again.programme_id, here.shop, frozenset(), "pty_he", lane.clock()
    )
    with pytest.raises(no.NotRefundable, match="refund_shop"):
        await here.form()


async def test_goods_that_went_back_make_a_form_smaller_or_nothing(lane: Lane) -> None:
    here = await departing(lane)
    order = await here.buy({"tea/counter": 4})
    form = await here.issue(order)
    await lane.tell(order, "returned", lines={"1": 1})
    assert (await here.again(form))[0].stale and await here.work(1) == 1
    assert (await here.again(form))[0].amount == REFUND
    await lane.tell(order, "returned", lines={"1": 1})
    assert (await here.again(form))[0].amount == REFUND
    with pytest.raises(no.FormMovedOn):
        await here.stamp(form)  # nobody counted again before: the counter does, and it comes to nothing
    await here.work(1)
    assert (await here.again(form))[0].state == "undone"


async def test_cash_has_a_limit_and_transfers_are_asked(lane: Lane) -> None:
    here = await departing(lane)
    async with lane.market.db.transaction() as tx:
        await stock.change(tx, lane.made.supplies["tea"], "received", 9_000, "pty_clerk", lane.clock())
    forms = [await here.issue(await here.buy({"tea/counter": n})) for n in (2_600, 2_500, 30)]
    for form in forms:
        await here.stamp(form)
    with pytest.raises(no.CashTooMuch, match=r"20000\.00"):
        await here.pay(forms[0])
    await here.pay(forms[1])
    with pytest.raises(no.CashTooMuch):
        await here.pay(forms[2])  # together with what was paid in cash that day
    here.cards.trouble["payout"] = ["away", "lost"]
    await here.pay(forms[0], "transfer", "6222 0012 3456 7890")
    with pytest.raises(no.FormMovedOn):
        await here.pay(forms[0], "cash")
    await here.work(4)
    assert ((await here.again(forms[0]))[0].state, here.cards.moved("payout")) == ("paid", forms[0].amount)
    here.cards.trouble["payout"] = ["declined"]
    await here.pay(forms[2], "card", "tok_ok")
    await here.work()
    assert (await here.again(forms[2]))[0].state == "stamped"
    await here.pay(forms[2], "card", "tok_ok")
    await here.work()
    assert (await here.again(forms[2]))[0].way == "card"


async def promised(lane: Lane) -> tuple[Departing, tax_refunds.Form]:
    here = await departing(lane)
    form = await here.form()
    await here.advance(form)
    await here.work()
    assert (await here.again(form))[1] == "advanced" and here.cards.moved("payout") == REFUND
    return here, form


async def test_paid_in_the_shop_and_released_on_leaving(lane: Lane) -> None:
    here, form = await promised(lane)
    with pytest.raises(no.AdvanceRunning):
        await lane.market.db.run(tax_refunds.undo, form.id, "pty_clerk", lane.clock())
    line = (await lane.market.db.run(policy.departures.lines, form.id))[0]
    with pytest.raises(no.RefundedGoods):
        await lane.tell(line.order_id, "returned", lines={"1": 1})
    with pytest.raises(no.PromisedPort):
        await here.stamp(form, "Shanghai Hongqiao Airport")
    lane.clock.forward(timedelta(days=5))
    here.cards.trouble["void"] = ["lost", "away"]
    stamped = await here.stamp(form)
    assert (stamped.state, stamped.way) == ("paid", "advance")
    lane.clock.forward(timedelta(days=9))
    await here.work(5)
    assert (await here.again(form))[1] == "released"
    assert (here.cards.moved("void"), here.cards.moved("capture")) == (REFUND, 0)
    assert (await lane.money())["agency"] == 528


async def test_captured_once_when_the_promise_passes(lane: Lane) -> None:
    here, form = await promised(lane)
    async with lane.market.db.read() as tx:
        advance = await policy.advances.latest(tx, form.id)
    assert advance and (advance.leaves_on, advance.capture_by) == (date(2026, 11, 28), date(2026, 12, 2)), (
        "over a weekend"
    )
    assert "23.76" in advance.wording.en and "23.76" in advance.wording.zh
    lane.clock.forward(timedelta(days=5))
    assert await here.work(1) == 0, "the promised day itself is in time"
    lane.clock.forward(timedelta(days=1))
    # The first answer is lost, so it is asked again under the same key; the notice comes twice on top of it.
    here.cards.trouble["capture"] = ["lost"]
    await tax_moves.keep(lane.market, lane.clock())
    await tax_moves.ask(lane.market, lane.clock())
    key = next(k for what, k in here.cards.calls if what == "capture")
    notice = Notice("sandbox", "ntc", key, "capture.succeeded", REFUND, "CNY", "ref", lane.clock())
    wrong = msgspec.structs.replace(notice, amount=REFUND + 1)
    told = [(await errands.told(lane.market, one, lane.clock()))["result"] for one in (wrong, notice, notice)]
    assert told == ["repeated", "paid", "repeated"]
    await here.work()
    assert (here.cards.moved("capture"), (await here.again(form))[1]) == (REFUND, "captured")
    assert (await here.again(form))[0].state == "issued", (
        "whoever leaves later within 90 days goes the ordinary way"
    )
    await here.stamp(form)
    await here.pay(form)
    assert (await lane.money())["agency"] == 528


async def test_the_worker_dies_between_the_hold_and_the_money(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await departing(lane)
    form = await here.form()
    await here.advance(form)

    async def dies(*_: object) -> bool:
        raise RuntimeError("the worker is gone")

    with monkeypatch.context() as patched:
        patched.setattr(tax_refunds, "answered", dies)
        with pytest.raises(RuntimeError, match="gone"):
            await tax_moves.ask(lane.market, lane.clock())
    assert ((await here.again(form))[1], here.cards.moved("authorise")) == ("asked", REFUND), (
        "held, and nobody here knows"
    )
    assert await tax_moves.ask(lane.market, lane.clock()) == 0, "whoever had it may still live"
    lane.clock.forward(timedelta(minutes=1))
    await here.work(2)
    assert ((await here.again(form))[1], here.cards.moved("payout")) == ("advanced", REFUND)
    assert len({key for what, key in here.cards.calls if what == "authorise"}) == 1


@pytest.mark.parametrize(
    ("trouble", "state", "held"),
    [({"authorise": ["away", "declined"]}, "declined", 0), ({"payout": ["declined"]}, "called_off", REFUND)],
)
async def test_nothing_is_paid_ahead_without_a_hold(
    lane: Lane, trouble: dict[str, list[str]], state: str, held: int
) -> None:
    here = await departing(lane)
    form = await here.form()
    with pytest.raises(no.NotAgreedTo):
        await here.advance(form, agreed=False)
    with pytest.raises(no.NoAdvance, match="2026-12-21"):
        await here.advance(form, days=29)
    here.cards.trouble = trouble
    await here.advance(form)
    with pytest.raises(no.AdvanceRunning):
        await here.stamp(form)
    await here.work(4)
    assert ((await here.again(form))[1], here.cards.moved("void"), here.cards.moved("payout")) == (
        state,
        held,
        0,
    )
    await here.advance(form)
    await here.work()
    assert (await here.again(form))[1] == "advanced", "another card, once more"


async def test_refused_goods_and_a_hold_that_is_gone(lane: Lane) -> None:
    here, form = await promised(lane)
    here.cards.trouble["capture"] = ["expired"]
    refused = await lane.market.db.run(
        tax_refunds.refuse, form.id, "pty_customs", "the tea was drunk", lane.clock()
    )
    assert refused.state == "refused"
    await here.work()
    assert (await here.again(form))[1] == "expired"
    async with lane.market.db.read() as tx:
        assert [one.form_id for one in await policy.advances.need_a_person(tx, date(2026, 11, 24))] == [
            form.id
        ]


async def test_who_leaves_the_market_cannot_be_read_any_more(lane: Lane) -> None:
    here = await departing(lane)
    buyer, db, now = lane.made.people["buyer"], lane.market.db, lane.clock()
    await db.run(
        policy.departures.travellers.show_passport, lane.market.seal, buyer, EMMA, now.date(), buyer, now
    )
    wish = msgspec.structs.replace(here.wish(await here.buy()), traveller_id=buyer)
    form = await db.run(lambda tx: tax_refunds.issue(lane.market, tx, wish, now))
    told = await db.run(lambda tx: privacy.export(lane.market, tx, buyer))
    assert told["tax_refunds"]["passport"].name == "Emma Reed" and len(told["tax_refunds"]["forms"]) == 1
    await here.advance(form)
    with pytest.raises(no.AdvanceRunning):
        await db.run(privacy.erase, buyer, now)
    await here.work()
    await here.stamp(form)
    await here.work()
    await db.run(privacy.erase, buyer, now)
    gone = (await here.again(form))[0]
    assert (gone.state, gone.key, gone.told, gone.traveller_id) == ("paid", None, None, None)
    async with db.read() as tx:
        assert await policy.departures.travellers.passport_of(tx, lane.market.seal, buyer) is None
