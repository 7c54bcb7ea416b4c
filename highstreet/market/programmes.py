"""Programmes: what an office decides about public money, with its transfers; and what time brings: draws, lapsed claims, ended rounds."""

from __future__ import annotations

import secrets
from datetime import datetime

from highstreet import ledger, policy
from highstreet.kit.db import Tx
from highstreet.market.desk import Market
from highstreet.policy import Change


async def decide(tx: Tx, change_id: str, accepted: bool, by: str, now: datetime) -> Change:
    """Another person's word on a change. A budget's money comes from the treasury, or goes back to it, in the same transaction.

    Errors: NotFound, TwoPersons, DecidedBefore, OverBudget.
    """
    change = await policy.budgets.decide(tx, change_id, accepted, by, secrets.token_hex(16), now)
    if accepted and change.kind == "budget":
        one = await policy.budgets.standing(tx, change.programme_id)
        await ledger.grants.grant(tx, one.id, change.body["amount"], one.currency, change.id, now)
    return change


async def keep(market: Market, now: datetime) -> int:
    """Draw what is due, let lapse what nobody used, and give back what nobody claimed. How much happened; again, nothing."""
    async with market.db.read() as tx:
        due = await policy.draws.due(tx, now)
    done = 0
    for batch_id in due:
        done += await market.db.run(policy.draws.draw, batch_id, now)
    done += await market.db.run(policy.claims.lapse, now)
    return done + await market.db.run(policy.budgets.roll, now)
