"""Purchases: a basket paid at once, and the sealed contact of whoever bought it."""

from __future__ import annotations

from highstreet.kit.db import Tx


async def forget_buyer(tx: Tx, buyer_id: str) -> None:
    """No purchase of this buyer can tell any more who it was for; their basket goes. The orders stay."""
    await tx.execute(
        "UPDATE orders.purchase SET contact_key = NULL, contact = NULL WHERE buyer_id = $1", buyer_id
    )
    await tx.execute("DELETE FROM orders.basket WHERE buyer_id = $1", buyer_id)
