"""Clawing back: public money of an order out of its seller's takings, as far as they reach; what is short is taken of what comes in next.

It goes to the treasury; where the rule says that what comes back is the budget's, the treasury gives it to the programme again in the same
transaction. What the order itself gave back, before or after, nobody gives back a second time.
"""

from __future__ import annotations

from datetime import datetime

from highstreet import ledger, parties, policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.money import plain
from highstreet.market.desk import Market
from highstreet.market.views import settling as views
from highstreet.policy import Clawback


async def open_case(
    tx: Tx, market: Market, programme_id: str, order_id: str, amount: int, reason: str, evidence: str, by: str, now: datetime
) -> Clawback:  # fmt: skip
    """Open a case on an order's public money; its seller is told and heard. Errors: NotFound, NothingToClawBack, AskedBefore, Malformed."""
    order = (await views.particulars(tx, programme_id, [order_id])).get(order_id)
    if order is None:
        raise NotFound("order")
    if amount <= 0:
        raise Malformed("amount", "must be above nothing", "金额须大于零")
    one = await policy.budgets.standing(tx, programme_id)
    await _check_left(tx, programme_id, order_id, amount, one.currency)
    rule = policy.instruments.read(one.rules or "").rule_on(order.placed_at, market.tz)
    goes_to = rule.on_return if rule else "treasury"
    made = await policy.clawbacks.open_case(
        tx, programme_id, order.seller_id, order_id, amount, reason, evidence, goes_to, by, now
    )
    await _tell(tx, made, "clawback_opened", now)
    return made


async def decide(tx: Tx, case_id: str, amount: int, decision: str, by: str, now: datetime) -> Clawback:
    """Another person's word; what it comes to is taken now, as far as the takings reach. Nothing (0) drops the case.

    Errors: NotFound, TwoPersons, CaseElsewhere, NothingToClawBack, Malformed.
    """
    one = await policy.clawbacks.case(tx, case_id)
    await ledger.payouts.turn(tx, one.seller_id)
    currency = (await policy.budgets.standing(tx, one.programme_id)).currency
    if amount and one.state == "open":
        await _check_left(tx, one.programme_id, one.order_id, amount, currency)
    decided = await policy.clawbacks.decide(tx, case_id, amount, decision, by, now)
    await collect(tx, one.seller_id, currency, now)
    await _tell(tx, decided, "clawback_decided", now)
    return await policy.clawbacks.case(tx, case_id)


async def hear(tx: Tx, case_id: str, upheld: bool, decision: str, by: str, now: datetime) -> Clawback:
    """A third person's word on an appeal; when it is overturned the seller has its money again.

    Errors: NotFound, TwoPersons, CaseElsewhere, Malformed.
    """
    await ledger.payouts.turn(tx, (await policy.clawbacks.case(tx, case_id)).seller_id)
    heard, back = await policy.clawbacks.hear(tx, case_id, upheld, decision, by, now)
    await _give_back(tx, heard, back, now)
    await _tell(tx, heard, "clawback_heard", now)
    return heard


async def open_for(tx: Tx, market: Market, alert_id: str, by: str, now: datetime) -> int:
    """A case on each order of an upheld alert of which public money is still out and none is under way; how many were opened.

    Errors: NotFound, Malformed for an alert that does not hold.
    """
    alert = await policy.alerts.read(tx, alert_id)
    if not alert.holds:
        raise Malformed("alert", "is not upheld", "该疑点未认定成立")
    opened = 0
    for seen in alert.evidence:
        cases = await policy.clawbacks.cases(tx, programme_id=alert.programme_id, order_id=seen.order)
        left = await views.out_of(tx, alert.programme_id, seen.order) - sum(one.owed for one in cases)
        amount = min(seen.amount, left)
        if amount > 0 and not any(one.state == "open" or one.evidence == alert_id for one in cases):
            await open_case(
                tx, market, alert.programme_id, seen.order, amount, alert.reason or "", alert_id, by, now
            )
            opened += 1
    return opened


async def undo(tx: Tx, alert_id: str, why: str, by: str, now: datetime) -> None:
    """An alert was overturned: nobody owes by it any more, and what was taken goes back."""
    for one in await policy.clawbacks.of_evidence(tx, alert_id):
        await ledger.payouts.turn(tx, one.seller_id)
        undone, back = await policy.clawbacks.undo(tx, one.id, why, by, now)
        await _give_back(tx, one, back, now)
        if undone.state != one.state:
            await _tell(tx, undone, "clawback_heard", now)


async def collect(tx: Tx, seller_id: str, currency: str, now: datetime) -> int:
    """Take what a seller still owes out of its takings, as far as they reach, the oldest case first. Minor units; again, nothing."""
    await ledger.payouts.turn(tx, seller_id)
    cases = await policy.clawbacks.short(tx, seller_id)
    if not cases:
        return 0
    left = whole = max(0, await ledger.payouts.owed(tx, seller_id, currency))
    for one in cases:
        part = min(left, one.owed - one.taken)
        if part <= 0:
            break
        left -= part
        await policy.clawbacks.took(tx, one.id, part)
        await ledger.grants.claw_back(tx, seller_id, part, currency, one.order_id, one.id, now)
        # A programme that is closed has no budget any more: what would be its own stays with the treasury.
        closed = (await policy.budgets.standing(tx, one.programme_id)).state == "closed"
        if one.goes_to == "budget" and not closed:
            await policy.budgets.give_up(tx, one.programme_id, -part)
            await ledger.grants.grant(tx, one.programme_id, part, currency, one.id, now)
    return whole - left


async def keep(market: Market, now: datetime) -> int:
    """Take what is still owed, and give back what an order gave back after all. How many cases moved; again, none."""
    async with market.db.read() as tx:
        owing = await policy.clawbacks.owing(tx)
        overtaken = await views.overtaken(tx)
    done = 0
    for case_id, may in overtaken:
        done += await market.db.run(_less, case_id, may, now)
    for seller_id in owing:
        done += await market.db.run(collect, seller_id, market.currency, now) > 0
    return done


async def _less(tx: Tx, case_id: str, may: int, now: datetime) -> int:
    one = await policy.clawbacks.case(tx, case_id)
    await ledger.payouts.turn(tx, one.seller_id)
    back = await policy.clawbacks.less(tx, case_id, may)
    await _give_back(tx, one, back, now)
    return 1


async def _give_back(tx: Tx, one: Clawback, amount: int, now: datetime) -> None:
    """From the treasury, which takes it out of the programme again as far as that is free; the seller never waits for that."""
    if amount <= 0:
        return
    standing = await policy.budgets.standing(tx, one.programme_id)
    if one.goes_to == "budget" and (part := min(standing.free, amount)) > 0:
        await policy.budgets.give_up(tx, one.programme_id, part)
        await ledger.grants.grant(tx, one.programme_id, -part, standing.currency, one.id, now)
    await ledger.grants.claw_back(tx, one.seller_id, -amount, standing.currency, one.order_id, one.id, now)


async def _check_left(tx: Tx, programme_id: str, order_id: str, amount: int, currency: str) -> None:
    """Errors: NothingToClawBack when less is out for the order than that, besides what other cases take."""
    cases = await policy.clawbacks.cases(tx, programme_id=programme_id, order_id=order_id)
    left = await views.out_of(tx, programme_id, order_id) - sum(one.owed for one in cases)
    if amount > left:
        raise policy.errors.NothingToClawBack(left=plain(max(left, 0), currency))


async def _tell(tx: Tx, one: Clawback, kind: str, now: datetime) -> None:
    body = {"case": one.id, "programme": one.programme_id}
    await parties.notices.tell_staff(tx, one.seller_id, kind, body, now, subject=one.id)
