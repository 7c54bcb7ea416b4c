"""What the city watches of a programme: its rounds burning down, what was claimed, redeemed and lapsed, where and at whom."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, rows

COLUMNS = 48  # of a burn-down


class Round(msgspec.Struct, frozen=True):
    """A round and what became of it: how many were claimed, redeemed and lapsed, in minor units what is unclaimed and was spent.

    burn: how many were claimed in each of `COLUMNS` equal parts of the time it is open.
    """

    id: str
    schedule: int
    amount: int
    claims: int
    way: str
    opens_at: datetime
    closes_at: datetime
    days: int
    most: int
    drawn_at: datetime | None
    rolled_at: datetime | None
    unclaimed: int
    entered: int
    claimed: int
    redeemed: int
    lapsed: int
    spent: int
    burn: list[int]


async def rounds(tx: Tx, programme_id: str, now: datetime) -> list[Round]:
    """The newest first."""
    return await rows(
        tx,
        Round,
        """
        WITH mine AS MATERIALIZED (
            SELECT c.batch_id, c.state, c.spent,
                   width_bucket(extract(epoch FROM c.claimed_at), extract(epoch FROM b.opens_at),
                                extract(epoch FROM b.closes_at), $3) AS part
            FROM policy.claim c JOIN policy.batch b ON b.id = c.batch_id WHERE c.programme_id = $1
        ), parts AS (
            SELECT batch_id, least(greatest(part, 1), $3) AS part, count(*)::int AS n FROM mine GROUP BY 1, 2
        ), sums AS (
            SELECT batch_id, count(*)::int AS claimed, count(*) FILTER (WHERE state = 'taken')::int AS redeemed,
                   count(*) FILTER (WHERE state = 'lapsed')::int AS lapsed, sum(spent)::bigint AS spent FROM mine GROUP BY 1
        )
        SELECT b.id, b.schedule, b.amount, b.claims, b.way, b.opens_at, b.closes_at, b.days, b.most, b.drawn_at, b.rolled_at,
               (SELECT coalesce(sum(s.unclaimed), 0)::bigint FROM policy.slice s WHERE s.batch_id = b.id) AS unclaimed,
               (SELECT count(*)::int FROM policy.entry e WHERE e.batch_id = b.id) AS entered,
               coalesce(x.claimed, 0) AS claimed, coalesce(x.redeemed, 0) AS redeemed, coalesce(x.lapsed, 0) AS lapsed,
               coalesce(x.spent, 0)::bigint AS spent,
               ARRAY(SELECT coalesce(p.n, 0) FROM generate_series(1, $3) g LEFT JOIN parts p ON p.batch_id = b.id AND p.part = g
                     ORDER BY g) AS burn
        FROM policy.batch b LEFT JOIN sums x ON x.batch_id = b.id
        WHERE b.programme_id = $1 ORDER BY (b.opens_at <= $2 AND b.closes_at > $2) DESC, b.opens_at DESC, b.id""",
        programme_id,
        now,
        COLUMNS,
    )
