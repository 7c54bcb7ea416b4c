"""Wallets: a person's own money in the market, never below zero. Paid from when an order is placed (market.place).

Money comes in by card (top_ups.py), or here: by transfer to the market's bank, or as goodwill.
"""

from __future__ import annotations

from datetime import datetime

from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed
from highstreet.ledger.accounts import PLATFORM
from highstreet.ledger.transfers import Transfer, move

BANK = "bank:"
SOURCES = {BANK: "top_up", PLATFORM: "goodwill"}


async def balance(tx: Tx, party_id: str, currency: str) -> int:
    """What is in somebody's wallet, in minor units."""
    found = await tx.fetchval(
        """SELECT w.balance FROM ledger.wallet w JOIN ledger.account a ON a.id = w.account_id
           WHERE a.kind = 'wallet' AND a.party_id = $1 AND a.currency = $2""",
        party_id,
        currency,
    )
    return int(found or 0)


async def fill(
    tx: Tx, party_id: str, amount: int, currency: str, source: str, about: str, by: str, now: datetime
) -> bool:
    """Put money into a wallet: from BANK (it arrived there), or PLATFORM (the market gives it). Minor units.

    `about` names the bank's transfer or the reason; the same one fills the wallet once: False the second time. Errors: Malformed.
    """
    if source not in SOURCES:
        raise Malformed("source", "from the bank, or from the market", "来源只能是银行或平台")
    if amount <= 0:
        raise Malformed("amount", "an amount is above zero", "金额必须大于零")
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('wallet ' || $1, 0))", party_id)
    told = f"{party_id} {about}"
    known = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM ledger.transfer t JOIN ledger.account a ON a.id = t.to_id
               WHERE a.kind = 'wallet' AND a.party_id = $1 AND t.about = $2)""",
        party_id,
        told,
    )
    if known:
        return False
    await move(tx, Transfer(SOURCES[source], source, f"wallet:{party_id}", amount, told), currency, now)
    await facts.tell(tx, "wallet.filled", party_id, by, now, {"amount": amount, "from": source.rstrip(":")})
    return True
