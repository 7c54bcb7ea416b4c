"""Programmes: what an office decides about public money, with its transfers; and what time brings: draws, lapsed claims, ended rounds."""

from __future__ import annotations

import secrets
from datetime import datetime

from highstreet import ledger, policy
from highstreet.kit.db import Tx
from highstreet.market.desk import Market
from highstreet.market.views import public_money
from highstreet.policy import Change


async def decide(tx: Tx, change_id: str, accepted: bool, by: str, now: datetime, said: str = "") -> Change:
    """Another person's word on a change. A budget's money comes from the treasury, or goes back to it, in the same transaction;
    so does all that a closed programme has free.

    Errors: NotFound, TwoPersons, DecidedBefore, OverBudget, Malformed for a refusal that does not say why.
    """
    change = await policy.budgets.decide(tx, change_id, accepted, by, secrets.token_hex(16), now, said)
    if accepted and change.kind == "budget":
        one = await policy.budgets.standing(tx, change.programme_id)
        await ledger.grants.grant(tx, one.id, change.body["amount"], one.currency, change.id, now)
    elif accepted and change.kind == "close":
        await _give_back(tx, now)
    return change


async def _give_back(tx: Tx, now: datetime) -> int:
    """What closed programmes have free is the treasury's again."""
    found = await policy.budgets.unspent(tx, now)
    for programme_id, currency, amount in found:
        await ledger.grants.grant(tx, programme_id, -amount, currency, f"closed {now.isoformat()}", now)
    return len(found)


async def keep(market: Market, now: datetime) -> int:
    """Draw what is due, let lapse what nobody used, and give back what nobody claimed. How much happened; again, nothing."""
    async with market.db.read() as tx:
        due = await policy.draws.due(tx, now)
    done = 0
    for batch_id in due:
        done += await market.db.run(policy.draws.draw, batch_id, now)
    done += await market.db.run(policy.claims.lapse, now)
    done += await market.db.run(policy.codes.sweep, now)
    done += await market.db.run(_trim, now)
    done += await market.db.run(policy.budgets.roll, now)
    return done + await market.db.run(_give_back, now)


async def _trim(tx: Tx, now: datetime) -> int:
    """What ended orders left of their claims: free in the budget again, or back at the treasury where the rule says so."""
    trimmed = await policy.claims.trim(tx, await public_money.ended(tx), now)
    for programme_id, amount in trimmed:
        one = await policy.budgets.standing(tx, programme_id)
        rule = policy.instruments.read(one.rules or "").rules[-1]
        if rule.on_return == "treasury":
            await policy.budgets.give_up(tx, programme_id, amount)
            await ledger.grants.grant(
                tx, programme_id, -amount, one.currency, f"returned {now.isoformat()}", now
            )
    return len(trimmed)
