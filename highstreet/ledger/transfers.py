"""Transfers: money moving from one account to another for a purpose. Balanced by construction: what leaves one arrives at the other."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx
from highstreet.ledger.accounts import ESCROW, GUARDED, numbers
from highstreet.ledger.errors import WalletShort


class Transfer(msgspec.Struct, frozen=True):
    """amount > 0 in the order's currency; source and target are account names (`kind:party`)."""

    purpose: str
    source: str
    target: str
    amount: int
    about: str | None = None


class Flow(msgspec.Struct):
    """What an order has moved so far between two accounts for one purpose."""

    purpose: str
    source: str
    target: str
    amount: int


def escrow_of(flows: list[Flow]) -> dict[str, int]:
    """What escrow holds for an order, by purpose."""
    held: dict[str, int] = {}
    for flow in flows:
        if flow.target == ESCROW:
            held[flow.purpose] = held.get(flow.purpose, 0) + flow.amount
        elif flow.source == ESCROW:
            held[flow.purpose] = held.get(flow.purpose, 0) - flow.amount
    return held


async def move(
    tx: Tx,
    transfer: Transfer,
    currency: str,
    now: datetime,
    order_id: str | None = None,
) -> None:
    """Write one transfer outside the order path, with the guarded balance of a wallet it touches. Errors: WalletShort."""
    known = await numbers(tx, [transfer.source, transfer.target], currency)
    for name, signed in ((transfer.source, -transfer.amount), (transfer.target, transfer.amount)):
        if name.split(":", 1)[0] not in GUARDED:
            continue
        done = await tx.execute(
            "UPDATE ledger.wallet SET balance = balance + $2 WHERE account_id = $1 AND balance + $2 >= 0",
            known[name],
            signed,
        )
        if done == "UPDATE 0":
            raise WalletShort
    await tx.execute(
        """INSERT INTO ledger.transfer (at, order_id, purpose, from_id, to_id, amount, about)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        now,
        order_id,
        transfer.purpose,
        known[transfer.source],
        known[transfer.target],
        transfer.amount,
        transfer.about,
    )
