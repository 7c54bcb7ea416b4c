"""What orders with a rhythm have placed so far, and whose turn it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from highstreet.kit.db import Tx, rows


class Turn(msgspec.Struct, frozen=True):
    """An order whose next period has begun. choice: for the ordinary offer, as agreed. `budget`: of a curated box, or 0."""

    order_id: str
    n: int
    buyer_id: str | None
    of: str
    budget: int
    quantity: int
    choice: dict[str, Any]
    purchase_id: str
    method: str
    lang: str
    contact_key: bytes | None
    contact: bytes | None


class Period(msgspec.Struct, frozen=True):
    """What one period placed, or why it did not."""

    n: int
    at: datetime
    purchase_id: str | None
    refused: str | None


async def turns(tx: Tx, now: datetime, most: int) -> list[Turn]:
    """Whose turn it is, the longest due first."""
    return await rows(
        tx,
        Turn,
        """SELECT o.id AS order_id, r.n::int AS n, o.buyer_id, coalesce(o.agreed -> 'terms' ->> 'of', '') AS of,
                  e.budget, l.quantity, l.choice,
                  o.purchase_id, p.method, p.lang, p.contact_key, p.contact
           FROM logistics.leg g
           JOIN orders."order" o ON o.id = g.order_id AND o.stage = 'committed'
           JOIN orders.purchase p ON p.id = o.purchase_id
           JOIN orders.line l ON l.order_id = o.id AND l.position = 1
           CROSS JOIN LATERAL (SELECT count(*) AS n FROM market.rhythm r WHERE r.order_id = o.id) r
           CROSS JOIN LATERAL (SELECT (o.agreed -> 'terms' ->> 'every_days')::int AS days,
                                     coalesce((o.agreed -> 'terms' ->> 'budget')::int, 0) AS budget) e
           CROSS JOIN LATERAL (SELECT o.committed_at + make_interval(days => e.days * (r.n::int + (e.budget > 0)::int)) AS at) due
           WHERE g.kind = 'rhythm' AND g.state = 'planned' AND due.at <= $1
           ORDER BY due.at LIMIT $2""",
        now,
        most,
    )


async def periods(tx: Tx, order_id: str) -> list[Period]:
    """What an order's rhythm has placed, the latest first."""
    return await rows(
        tx,
        Period,
        "SELECT n, at, purchase_id, refused FROM market.rhythm WHERE order_id = $1 ORDER BY n DESC LIMIT 100",
        order_id,
    )
