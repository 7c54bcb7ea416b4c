"""Curated boxes as their curator and their subscriber see them: the next one of each rhythm, and what is in it."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.text import Words

LOCKS = timedelta(days=1)  # from then on the subscriber changes nothing more: it is ordered a day later


class Item(msgspec.Struct, frozen=True):
    """A thing in a box, or a spare that the subscriber may take instead."""

    offer_id: str
    quantity: int
    amount: int
    spare: bool
    title: Words
    picture: str | None


class Box(msgspec.Struct, frozen=True):
    """The next box of a rhythm: the period `n` it is for, ordered at `due_at`. `curator_id`: who fills it."""

    order_id: str
    number: int
    n: int
    buyer_id: str | None
    seller_id: str
    curator_id: str
    curator_bps: int
    title: Words
    currency: str
    budget: int
    show_days: int
    due_at: datetime
    spent: int
    shown_at: datetime | None
    skipped_at: datetime | None
    items: list[Item]

    @property
    def show_by(self) -> datetime:
        """The last moment to show it; what is not shown by then is not ordered."""
        return self.due_at - timedelta(days=self.show_days)

    @property
    def locks_at(self) -> datetime:
        return self.due_at - LOCKS

    @property
    def inside(self) -> list[Item]:
        return [one for one in self.items if not one.spare]

    @property
    def spares(self) -> list[Item]:
        return [one for one in self.items if one.spare]


_BOX = """SELECT o.id AS order_id, o.number, r.n::int AS n, o.buyer_id, o.seller_id, t.curator_id, t.curator_bps, l.title, o.currency,
    t.budget, t.show_days, o.committed_at + make_interval(days => t.days * (r.n::int + 1)) AS due_at,
    coalesce(b.spent, 0) AS spent, b.shown_at, b.skipped_at,
    coalesce((SELECT jsonb_agg(jsonb_build_object('offer_id', i.offer_id, 'quantity', i.quantity, 'amount', i.amount, 'spare', i.spare,
                  'title', f.title, 'picture', f.picture) ORDER BY i.at, i.offer_id)
              FROM market.box_item i JOIN catalog.offered f ON f.id = i.offer_id
              WHERE i.order_id = b.order_id AND i.n = b.n), '[]') AS items
FROM orders."order" o
JOIN logistics.leg g ON g.order_id = o.id AND g.kind = 'rhythm' AND g.state = 'planned'
JOIN orders.line l ON l.order_id = o.id AND l.position = 1
CROSS JOIN LATERAL (SELECT (o.agreed -> 'terms' ->> 'budget')::bigint AS budget, (o.agreed -> 'terms' ->> 'every_days')::int AS days,
    (o.agreed -> 'terms' ->> 'show_days')::int AS show_days, coalesce((o.agreed -> 'terms' ->> 'curator_bps')::int, 0) AS curator_bps,
    coalesce(nullif(o.agreed -> 'terms' ->> 'curator', ''), o.seller_id) AS curator_id) t
CROSS JOIN LATERAL (SELECT count(*) AS n FROM market.rhythm m WHERE m.order_id = o.id) r
LEFT JOIN market.box b ON b.order_id = o.id AND b.n = r.n
WHERE o.stage = 'committed' AND t.budget > 0"""


async def next_box(tx: Tx, order_id: str) -> Box | None:
    """The next box of a rhythm; None for one that is over, or orders the same thing each time."""
    found = await rows(tx, Box, _BOX + " AND o.id = $1", order_id)
    return found[0] if found else None


async def to_fill(tx: Tx, curator_id: str, most: int = 200) -> list[Box]:
    """The next boxes somebody fills, the first due first."""
    return await rows(
        tx,
        Box,
        f"SELECT * FROM ({_BOX}) x WHERE curator_id = $1 ORDER BY due_at, order_id LIMIT $2",
        curator_id,
        most,
    )


class Choosable(msgspec.Struct, frozen=True):
    """An offer that may go into a box: open, of the box's seller."""

    offer_id: str
    title: Words
    picture: str | None
    price: int
    format: str
    said: str


async def choosable(tx: Tx, seller_id: str, formats: list[str], most: int = 200) -> list[Choosable]:
    """The open offers of a seller in these formats; `said`: all it says of itself, to look for what somebody never wants."""
    return await rows(
        tx,
        Choosable,
        """SELECT DISTINCT ON (o.item_id) o.id AS offer_id, i.title, o.price, o.format,
                  (SELECT file FROM catalog.picture WHERE item_id = i.id ORDER BY position LIMIT 1) AS picture,
                  lower(concat_ws(' ', i.title::text, i.about::text, i.attributes::text, c.name::text)) AS said
           FROM catalog.offer o JOIN catalog.item i ON i.id = o.item_id AND i.retired_at IS NULL
           JOIN catalog.category c ON c.id = i.category_id
           WHERE o.seller_id = $1 AND o.state = 'open' AND o.format = ANY ($2) AND o.price > 0
             AND i.attributes ->> 'prescription' IS DISTINCT FROM 'needed'
           ORDER BY o.item_id, array_position($2, o.format), o.price LIMIT $3""",
        seller_id,
        formats,
        most,
    )
