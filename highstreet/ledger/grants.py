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
