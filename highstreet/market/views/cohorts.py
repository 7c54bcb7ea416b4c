"""What pages and flows ask about cohorts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.orders import Member


class Gathering(msgspec.Struct, frozen=True):
    """A cohort as everybody may see it. joined: orders that paid and wait for it; steps: what they want together."""

    id: str
    format: str
    offer_id: str
    closes_at: datetime
    terms: dict[str, Any]
    decided_at: datetime | None
    decision: dict[str, Any] | None
    joined: int
    steps: int


_SEEN = """SELECT c.id, c.format, c.offer_id, c.closes_at, c.terms, c.decided_at, c.decision,
                  coalesce(m.joined, c.members, 0) AS joined, coalesce(m.steps, 0)::bigint AS steps
           FROM orders.cohort c
           LEFT JOIN LATERAL (SELECT count(DISTINCT o.id) AS joined, sum(l.quantity - l.cancelled) AS steps
                              FROM orders."order" o JOIN orders.line l ON l.order_id = o.id
                              WHERE o.cohort_id = c.id AND o.waits = 'closing' AND c.decided_at IS NULL
                              HAVING count(*) > 0) m ON true"""


async def members_waiting(tx: Tx, cohort_id: str, most: int) -> list[str]:
    """Orders that wait for a cohort that was decided."""
    found = await tx.fetch(
        """SELECT o.id FROM orders."order" o JOIN orders.cohort c ON c.id = o.cohort_id
           WHERE o.cohort_id = $1 AND o.waits = 'closing' AND c.decided_at IS NOT NULL ORDER BY o.id LIMIT $2""",
        cohort_id,
        most,
    )
    return [r["id"] for r in found]


async def left_behind(tx: Tx) -> list[str]:
    """Decided cohorts some of whose members still wait: a process died on the way."""
    found = await tx.fetch(
        """SELECT DISTINCT c.id FROM orders.cohort c JOIN orders."order" o ON o.cohort_id = c.id
           WHERE o.waits = 'closing' AND c.decided_at IS NOT NULL"""
    )
    return [r["id"] for r in found]


async def gathering(tx: Tx, cohort_id: str) -> Gathering | None:
    """One cohort."""
    return await row_or_none(tx, Gathering, _SEEN + " WHERE c.id = $1", cohort_id)


async def open_for(tx: Tx, offer_id: str, now: datetime) -> list[Gathering]:
    """The cohorts of an offer that can be joined, the next to close first."""
    return await rows(
        tx,
        Gathering,
        _SEEN + " WHERE c.offer_id = $1 AND c.decided_at IS NULL AND c.closes_at > $2 ORDER BY c.closes_at",
        offer_id,
        now,
    )


async def of_seller(tx: Tx, seller_id: str, most: int) -> list[Gathering]:
    """A seller's cohorts, undecided ones first, then the latest."""
    return await rows(
        tx,
        Gathering,
        _SEEN
        + """ JOIN catalog.offer f ON f.id = c.offer_id WHERE f.seller_id = $1
              ORDER BY c.decided_at DESC NULLS FIRST, c.closes_at LIMIT $2""",
        seller_id,
        most,
    )


async def seller_of(tx: Tx, cohort_id: str) -> str | None:
    """Whose offer a cohort gathers for."""
    found: str | None = await tx.fetchval(
        "SELECT o.seller_id FROM orders.cohort c JOIN catalog.offer o ON o.id = c.offer_id WHERE c.id = $1",
        cohort_id,
    )
    return found


async def entrants(tx: Tx, cohort_id: str, after: str, most: int) -> list[Member]:
    """Who was in when a cohort was decided, by order, with what they wanted then: what was cancelled before counts, nothing later does.

    With the seed anybody can decide it again and find the same.
    """
    return await rows(
        tx,
        Member,
        """SELECT m.id AS order_id, m.wanted AS quantity
           FROM (SELECT o.id, sum(l.quantity)::bigint - coalesce((
                     SELECT sum(n.value::bigint) FROM kit.fact f, jsonb_each_text(f.body -> 'lines') n
                     WHERE f.subject = o.id AND f.kind = 'order.cancelled' AND f.at < c.decided_at), 0)::bigint AS wanted
                 FROM orders.cohort c JOIN orders."order" o ON o.cohort_id = c.id JOIN orders.line l ON l.order_id = o.id
                 WHERE c.id = $1 AND c.decided_at IS NOT NULL AND o.id > $2
                   AND EXISTS (SELECT FROM kit.fact f WHERE f.subject = o.id AND f.kind = 'order.joined')
                 GROUP BY o.id, c.decided_at) m
           WHERE m.wanted > 0 ORDER BY m.id LIMIT $3""",
        cohort_id,
        after,
        most,
    )
