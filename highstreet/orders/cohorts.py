"""Cohorts: orders that are decided together, once: a group, a draw, a receipt of goods, a production run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from highstreet.kit.db import Tx, row_or_none, rows


class Cohort(msgspec.Struct):
    """What its members' orders wait for together. The decision is written once and holds for all of them.

    terms: what was announced when it opened (price steps, least members, units, the fingerprint of the draw's seed ...).
    version rises when it is decided: whoever joins, pays or leaves at that very moment does so before or after, never half.
    """

    id: str
    format: str
    offer_id: str
    closes_at: datetime
    terms: dict[str, Any] = {}
    version: int = 1
    decided_at: datetime | None = None
    decision: dict[str, Any] | None = None


class Member(msgspec.Struct, frozen=True, array_like=True):
    """An order that had paid and was waiting when its cohort closed. quantity: steps it wants."""

    order_id: str
    quantity: int


class Closing(msgspec.Struct, frozen=True):
    """What a cohort is decided from. seed: the draw's, told to nobody before. told: what whoever closed it said (the goods arrived)."""

    cohort: Cohort
    members: list[Member]
    at: datetime
    seed: str = ""
    told: dict[str, Any] = {}

    @property
    def wanted(self) -> int:
        """Steps wanted by all members."""
        return sum(member.quantity for member in self.members)


_COLUMNS = "id, format, offer_id, closes_at, terms, version, decided_at, decision"


async def gather(tx: Tx, cohort: Cohort, seed: str, now: datetime) -> None:
    """Open a cohort. seed: of its draw, kept until it closes; the terms carry its fingerprint."""
    await tx.execute(
        """INSERT INTO orders.cohort (id, format, offer_id, closes_at, terms, seed, opened_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        cohort.id,
        cohort.format,
        cohort.offer_id,
        cohort.closes_at,
        cohort.terms,
        seed,
        now,
    )


async def joinable(tx: Tx, offer_id: str, now: datetime, cohort_id: str | None = None) -> Cohort | None:
    """The cohort of an offer that can be joined: the one named, else the one that closes first."""
    return await row_or_none(
        tx,
        Cohort,
        f"""SELECT {_COLUMNS} FROM orders.cohort
            WHERE offer_id = $1 AND decided_at IS NULL AND closes_at > $2 AND ($3::text IS NULL OR id = $3)
            ORDER BY closes_at LIMIT 1""",
        offer_id,
        now,
        cohort_id,
    )


async def read(tx: Tx, cohort_id: str) -> Cohort | None:
    """A cohort as it stands."""
    return await row_or_none(tx, Cohort, f"SELECT {_COLUMNS} FROM orders.cohort WHERE id = $1", cohort_id)


async def due(tx: Tx, now: datetime, most: int) -> list[str]:
    """Cohorts whose time has come and which nobody decided."""
    found = await tx.fetch(
        "SELECT id FROM orders.cohort WHERE decided_at IS NULL AND closes_at <= $1 ORDER BY closes_at LIMIT $2",
        now,
        most,
    )
    return [r["id"] for r in found]


async def close(
    tx: Tx, cohort_id: str, decide: Callable[[Closing], dict[str, Any]], told: dict[str, Any], now: datetime
) -> Cohort | None:
    """Decide a cohort, once: whoever joins, pays or leaves at this moment is in before the row is locked, or finds it decided.

    The cohort with its decision; None when it was decided before or there is none.
    """
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS}, seed FROM orders.cohort WHERE id = $1 AND decided_at IS NULL FOR UPDATE",
        cohort_id,
    )
    if row is None:
        return None
    cohort = msgspec.convert({name: row[name] for name in Cohort.__struct_fields__}, Cohort)
    members = await rows(
        tx,
        Member,
        """SELECT o.id AS order_id, sum(l.quantity - l.cancelled)::bigint AS quantity
           FROM orders."order" o JOIN orders.line l ON l.order_id = o.id
           WHERE o.cohort_id = $1 AND o.stage = 'placed' AND o.waits = 'closing' GROUP BY o.id ORDER BY o.id""",
        cohort_id,
    )
    decision = decide(Closing(cohort, members, now, row["seed"], told))
    cohort.decided_at, cohort.decision, cohort.version = now, decision, cohort.version + 1
    await tx.execute(
        """UPDATE orders.cohort SET decided_at = $2, decision = $3, version = version + 1, members = $4 WHERE id = $1""",
        cohort_id,
        now,
        decision,
        len(members),
    )
    return cohort
