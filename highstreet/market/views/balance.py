"""What the page of a balance shows: the money asked for what was to be paid later."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, row_or_none


class AskedLater(msgspec.Struct, frozen=True):
    """Money asked of a provider for the later part of an order."""

    key: str
    provider: str
    currency: str
    amount: int
    state: str
    asked_at: datetime


async def asked_later(tx: Tx, order_id: str) -> AskedLater | None:
    """The latest that was asked for an order's later part; None before."""
    return await row_or_none(
        tx,
        AskedLater,
        """SELECT key, provider, currency, amount, state, asked_at FROM ledger.collection
           WHERE purchase_id = (SELECT purchase_id FROM orders."order" WHERE id = $1) AND order_id = $1
           ORDER BY asked_at DESC, key DESC LIMIT 1""",
        order_id,
    )
