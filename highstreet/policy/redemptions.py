"""Redemptions: public money as it was spent, and what tells people together, kept only so that screening can look at them again.

Links are keyed hashes: nobody can read an address or a number out of them. They go when the person does, or after half a year.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.policy.bounds import bound
from highstreet.policy.screens import Link

KEPT = timedelta(days=183)
MOST = 20_000


class Redemption(msgspec.Struct, frozen=True):
    """Public money spent on an order; see `screens.Use`."""

    order_id: str
    claim_id: str
    programme_id: str
    person_id: str
    seller_id: str
    clerk_id: str | None
    schedule: int
    amount: int
    price: int
    at: datetime
    back_at: datetime | None = None


async def keep(tx: Tx, spent: Sequence[Redemption]) -> None:
    """Write them down; again, nothing."""
    for one in spent:
        await tx.execute(
            """INSERT INTO policy.redemption (order_id, claim_id, programme_id, person_id, seller_id, clerk_id, schedule, amount, price, at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING""",
            one.order_id, one.claim_id, one.programme_id, one.person_id, one.seller_id, one.clerk_id, one.schedule, one.amount, one.price,
            one.at,
        )  # fmt: skip


async def came_back(tx: Tx, orders: Iterable[str], now: datetime) -> None:
    """Something of these orders came back, or they came to nothing."""
    await tx.execute(
        """UPDATE policy.redemption SET back_at = $2, n = nextval('policy.redemption_n')
           WHERE order_id = ANY ($1) AND back_at IS NULL""",
        sorted(set(orders)),
        now,
    )


async def link(tx: Tx, links: Iterable[tuple[str, str, bytes]], now: datetime) -> None:
    """Person, kind and keyed hash of what tells them again."""
    for person, kind, mark in links:
        await tx.execute(
            """INSERT INTO policy.link (person_id, kind, mark, at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (person_id, kind, mark) DO UPDATE SET at = excluded.at""",
            person,
            kind,
            mark,
            now,
        )


async def waiting(tx: Tx) -> list[str]:
    """Programmes of which something changed since they were screened."""
    found = await tx.fetch(
        """SELECT DISTINCT r.programme_id FROM policy.redemption r LEFT JOIN policy.screened s ON s.programme_id = r.programme_id
           WHERE r.n > coalesce(s.n, 0) AND r.n > (SELECT coalesce(min(coalesce(d.n, 0)), 0) FROM policy.programme p
                                                   LEFT JOIN policy.screened d ON d.programme_id = p.id WHERE p.state <> 'draft')
           ORDER BY 1"""
    )
    return [row["programme_id"] for row in found]


async def take_up(tx: Tx, programme_id: str) -> int:
    """Screen a programme: nobody else does until this transaction ends. Up to which change, to be told `done`."""
    await tx.execute(
        "INSERT INTO policy.screened (programme_id) VALUES ($1) ON CONFLICT DO NOTHING", programme_id
    )
    await tx.execute("SELECT FROM policy.screened WHERE programme_id = $1 FOR UPDATE", programme_id)
    n: int = await tx.fetchval(
        "SELECT coalesce(max(n), 0) FROM policy.redemption WHERE programme_id = $1", programme_id
    )
    return n


async def done(tx: Tx, programme_id: str, n: int, now: datetime) -> None:
    """It was screened up to this change."""
    await tx.execute(
        "UPDATE policy.screened SET n = greatest(n, $2), at = $3 WHERE programme_id = $1",
        programme_id,
        n,
        now,
    )


async def of(tx: Tx, programme_id: str, now: datetime) -> list[Redemption]:
    """What was spent of a programme within the window screening looks at, in the order of time; the latest of very many."""
    found = await rows(
        tx,
        Redemption,
        """SELECT order_id, claim_id, programme_id, person_id, seller_id, clerk_id, schedule, amount, price, at, back_at
           FROM policy.redemption WHERE programme_id = $1 AND at > $2 ORDER BY at DESC, order_id LIMIT $3""",
        programme_id,
        now - timedelta(days=bound("window_days")),
        MOST,
    )
    return found[::-1]


async def links(tx: Tx, people: Sequence[str]) -> list[Link]:
    """What was kept of these people."""
    return await rows(
        tx,
        Link,
        "SELECT person_id AS person, kind, encode(mark, 'hex') AS mark FROM policy.link WHERE person_id = ANY ($1) ORDER BY 1, 2, 3",
        list(people),
    )


async def forget_old(tx: Tx, now: datetime) -> None:
    """Links nobody needs any more."""
    await tx.execute("DELETE FROM policy.link WHERE at < $1", now - KEPT)
