"""Grants: public money that an office gives a programme, and takes back. What a programme then pays is in its orders' transfers."""

from __future__ import annotations

from datetime import datetime

from highstreet.kit.db import Tx
from highstreet.ledger.transfers import Transfer, move

TREASURY = "bank:treasury"


async def grant(tx: Tx, programme_id: str, amount: int, currency: str, about: str, now: datetime) -> None:
    """From the treasury to a programme, or back when the amount is below zero. Minor units; about: the decision's id."""
    account = f"programme:{programme_id}"
    source, target = (TREASURY, account) if amount > 0 else (account, TREASURY)
    await move(tx, Transfer("budget", source, target, abs(amount), about), currency, now)


async def claw_back(
    tx: Tx, seller_id: str, amount: int, currency: str, order_id: str, about: str, now: datetime
) -> None:
    """Public money of an order out of its seller's takings to the treasury; or back to the seller when the amount is below zero.

    Whoever calls has the seller's turn (`payouts.turn`) and saw that so much is owed. about: the case's id.
    """
    account = f"seller:{seller_id}"
    source, target = (account, TREASURY) if amount > 0 else (TREASURY, account)
    await move(tx, Transfer("clawback", source, target, abs(amount), about), currency, now, order_id)
