"""What went into and out of one person's wallet."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.text import Words


class Move(msgspec.Struct, frozen=True):
    """Money in (positive) or out (negative) at one moment, for an order or not. `n`: to ask for those before it."""

    n: int
    at: datetime
    purpose: str
    amount: int
    order_id: str | None
    number: int | None
    seller: Words | None


async def moves(
    tx: Tx, party_id: str, currency: str, before: int | None = None, most: int = 30
) -> list[Move]:
    """The latest first; the parts one order moved at one moment (price, delivery) are one."""
    return await rows(
        tx,
        Move,
        """SELECT m.n, m.at, m.purpose, m.amount, m.order_id, o.number,
                  CASE WHEN p.id IS NULL THEN NULL ELSE jsonb_build_object('en', p.name) || coalesce(p.about -> 'name', '{}') END AS seller
           FROM (SELECT max(t.id) AS n, t.at, min(t.purpose) AS purpose, t.order_id,
                        sum(CASE WHEN t.to_id = a.id THEN t.amount ELSE -t.amount END)::bigint AS amount
                 FROM ledger.account a JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id)
                 WHERE a.kind = 'wallet' AND a.party_id = $1 AND a.currency = $2
                 GROUP BY t.at, t.order_id, t.to_id = a.id, CASE WHEN t.order_id IS NULL THEN t.id END) m
           LEFT JOIN orders."order" o ON o.id = m.order_id LEFT JOIN parties.party p ON p.id = o.seller_id
           WHERE $3::bigint IS NULL OR m.n < $3 ORDER BY m.n DESC LIMIT $4""",
        party_id,
        currency,
        before,
        most,
    )
