"""Tax moves: the calls to the provider that refunds of tax wish for, and what time brings: promises that pass, forms that lapse.

Run by the worker again and again. Dying anywhere between is no harm: the wish is a row, and the same key is asked again.
"""

from __future__ import annotations

from datetime import datetime

from highstreet import ledger, policy
from highstreet.kit.db import Tx
from highstreet.ledger import HoldsCards, MoveState
from highstreet.market import tax_refunds
from highstreet.market.desk import Market
from highstreet.market.errands import each

TaxMove = ledger.tax_refunds.TaxMove


async def ask(market: Market, now: datetime) -> int:
    """Make the calls that wait; how many were answered."""

    async def one(wanted: TaxMove) -> bool:
        state = await _asked(market, wanted)
        if state.outcome == "unknown":
            return False
        return await market.db.run(
            tax_refunds.answered, wanted.key, state.outcome == "paid", state.provider_ref, "declined", now
        )

    async def no(wanted: TaxMove, why: str) -> bool:
        return await market.db.run(tax_refunds.answered, wanted.key, False, "", why, now)

    claimed = await market.db.run(ledger.tax_refunds.claim, now)
    return await each(market, claimed, one, no)


async def _asked(market: Market, wanted: TaxMove) -> MoveState:
    provider = market.providers[wanted.provider]
    assert isinstance(provider, HoldsCards)
    payout = wanted.kind in ("advance", "payout")
    if wanted.tries > 1:
        if wanted.kind == "advance" or wanted.kind == "payout":
            state = await provider.query_payout(wanted.key)
        else:
            state = await provider.query_hold(wanted.kind, wanted.key)
        if state.seen:
            return state
    account = await _account(market, wanted) if payout or wanted.kind == "authorisation" else ""
    if payout:
        return await provider.payout(wanted.key, account, wanted.amount, wanted.currency)
    if wanted.kind == "authorisation":
        return await provider.authorise(wanted.key, account, wanted.amount, wanted.currency)
    act = provider.capture if wanted.kind == "capture" else provider.void
    return await act(wanted.key, wanted.of or "", wanted.amount, wanted.currency)


async def _account(market: Market, wanted: TaxMove) -> str:
    async with market.db.read() as tx:
        form = await policy.departures.of(tx, wanted.form_id)
    assert form.key is not None and wanted.account is not None
    return market.seal.open(form.id, form.key, wanted.account).decode()


async def keep(market: Market, now: datetime) -> int:
    """Take back what was paid ahead where the promised day has passed; let forms lapse; count again those whose goods went back."""
    today = now.astimezone(market.tz).date()
    async with market.db.read() as tx:
        overdue = await policy.advances.overdue(tx, today)
        late = await policy.departures.late(tx, today)
    done = 0
    for advance in overdue:

        async def back(tx: Tx, one: policy.advances.Advance = advance) -> bool:
            await policy.departures.of(tx, one.form_id, lock=True)
            return await tax_refunds.take_back(tx, one, "clock", "the promised day has passed", now)

        done += await market.db.run(back)
    for form_id in late:

        async def lapse(tx: Tx, form_id: str = form_id) -> bool:
            form = await tax_refunds.counted(market, tx, form_id, now)
            if form.state == "issued" and form.leave_by < today:
                await policy.departures.end(tx, form, "lapsed", "clock", "not left in time", now)
            return True

        done += await market.db.run(lapse)
    return done
