"""Baskets: what somebody means to buy. Nothing is set aside by a basket."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import msgspec

from highstreet.kit.db import Tx

MOST_LINES = 100
_KEPT = timedelta(days=30)


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One wish: so many steps of an offer, with what its format asks to be chosen (a slot, a period, options ...)."""

    offer: str
    quantity: int
    choice: dict[str, Any] = {}


def basket_of(cookie: str) -> str:
    """The basket's id for a browser's basket cookie: the database never sees the cookie itself."""
    return hashlib.sha256(cookie.encode()).hexdigest()[:40]


async def read(tx: Tx, basket_id: str) -> list[Entry]:
    """The entries of a basket; an unknown one is empty."""
    found = await tx.fetchval("SELECT lines FROM orders.basket WHERE id = $1", basket_id)
    return msgspec.convert(found or [], list[Entry])


async def write(tx: Tx, basket_id: str, entries: list[Entry], buyer_id: str | None, now: datetime) -> None:
    """Keep these entries as the basket."""
    await tx.execute(
        """INSERT INTO orders.basket (id, buyer_id, lines, changed_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (id) DO UPDATE SET lines = excluded.lines, changed_at = excluded.changed_at""",
        basket_id,
        buyer_id,
        [msgspec.to_builtins(entry) for entry in entries],
        now,
    )


def put(entries: list[Entry], offer: str, quantity: int, choice: dict[str, Any] | None = None) -> list[Entry]:
    """The entries with this offer at this quantity; zero takes it out. Without a choice the one made before stays."""
    others = [entry for entry in entries if entry.offer != offer]
    if quantity <= 0:
        return others
    if len(others) == len(entries):
        return [*entries, Entry(offer, quantity, choice or {})][-MOST_LINES:]
    return [
        Entry(offer, quantity, entry.choice if choice is None else choice) if entry.offer == offer else entry
        for entry in entries
    ]


async def adopt(tx: Tx, basket_id: str, buyer_id: str, now: datetime) -> None:
    """After signing in: the browser's entries join the buyer's own basket, so that it follows to every device."""
    own_id = basket_of(buyer_id)
    merged = await read(tx, own_id)
    for entry in await read(tx, basket_id):
        merged = put(merged, entry.offer, entry.quantity, entry.choice)
    await write(tx, own_id, merged, buyer_id, now)
    await tx.execute("DELETE FROM orders.basket WHERE id = $1 AND id <> $2", basket_id, own_id)


async def forget_old(tx: Tx, now: datetime) -> None:
    """Baskets nobody touched for a month go."""
    await tx.execute("DELETE FROM orders.basket WHERE changed_at < $1", now - _KEPT)
