"""What people who entered a draw spent before and after it, winners and losers alike; nobody is named outside of this process."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from highstreet.kit.db import Tx, row_or_none, rows, value
from highstreet.kit.ids import first_id


class Drawn(msgspec.Struct, frozen=True):
    """A round that was given by lot. until: what was won was valid until then."""

    id: str
    programme_id: str
    currency: str
    amount: int
    claims: int
    days: int
    drawn_at: datetime
    until: datetime
    entered: int


_DRAWN = """
    SELECT b.id, b.programme_id, p.currency::text AS currency, b.amount, b.claims, b.days, b.drawn_at,
           b.drawn_at + make_interval(days => b.days) AS until,
           (SELECT count(*) FROM policy.entry e WHERE e.batch_id = b.id) AS entered
    FROM policy.batch b JOIN policy.programme p ON p.id = b.programme_id"""


async def drawn_of(tx: Tx, programme_id: str) -> list[Drawn]:
    """A programme's rounds that were drawn, the latest first."""
    return await rows(
        tx,
        Drawn,
        _DRAWN + " WHERE b.programme_id = $1 AND b.drawn_at IS NOT NULL ORDER BY b.drawn_at DESC, b.id",
        programme_id,
    )


async def drawn(tx: Tx, batch_id: str) -> Drawn | None:
    """One of them, by its round."""
    return await row_or_none(tx, Drawn, _DRAWN + " WHERE b.id = $1 AND b.drawn_at IS NOT NULL", batch_id)


class Entrant(msgspec.Struct, frozen=True):
    """One who entered. Amounts in minor units, without what was cancelled or given back; zero who bought nothing.

    before, after, later: what sellers sold them in the validity's length before the draw, in it, and as long after it. own: of
    `after`, what they paid themselves; small: of `after`, at small sellers; public: what they used of what they won. elderly, rural: where
    an office found it true before the draw.
    """

    holder: str
    won: bool
    before: int
    after: int
    later: int
    own: int
    small: int
    public: int
    elderly: bool
    rural: bool


_ENTRANTS = """
    WITH large AS (
        SELECT o.seller_id FROM orders."order" o
        WHERE o.id >= $6 AND o.id < $7 AND o.stage IN ('committed', 'done') AND o.currency = $9
        GROUP BY 1 HAVING sum(o.total) > $8
    )
    SELECT e.holder_id AS holder, e.won, x.before, x.after, x.later, x.own, x.small,
           (SELECT coalesce(sum(c.spent), 0)::bigint FROM policy.claim c WHERE c.id = e.id AND c.state = 'taken') AS public,
           EXISTS (SELECT FROM policy.quality q WHERE q.person_id = e.holder_id AND q.quality = 'elderly' AND q.at <= $3) AS elderly,
           EXISTS (SELECT FROM policy.quality q WHERE q.person_id = e.holder_id AND q.quality = 'rural' AND q.at <= $3) AS rural
    FROM policy.entry e CROSS JOIN LATERAL (
        SELECT coalesce(sum(l.sold) FILTER (WHERE o.placed_at < $3), 0)::bigint AS before,
               coalesce(sum(l.sold) FILTER (WHERE o.placed_at >= $3 AND o.placed_at < $4), 0)::bigint AS after,
               coalesce(sum(l.sold) FILTER (WHERE o.placed_at >= $4), 0)::bigint AS later,
               coalesce(sum(l.own) FILTER (WHERE o.placed_at >= $3 AND o.placed_at < $4), 0)::bigint AS own,
               coalesce(sum(l.sold) FILTER (WHERE o.placed_at >= $3 AND o.placed_at < $4
                                              AND NOT EXISTS (SELECT FROM large WHERE large.seller_id = o.seller_id)), 0)::bigint AS small
        FROM orders."order" o CROSS JOIN LATERAL (
            SELECT sum(y.amount * (y.quantity - y.cancelled - y.returned) / y.quantity) AS sold,
                   sum(y.paid * (y.quantity - y.cancelled - y.returned) / y.quantity) AS own
            FROM orders.line y WHERE y.order_id = o.id
        ) l
        WHERE o.buyer_id = e.holder_id AND o.id >= $2 AND o.id < $5 AND o.stage IN ('committed', 'done') AND o.currency = $9
    ) x
    WHERE e.batch_id = $1 AND e.won IS NOT NULL ORDER BY e.id"""


async def entrants(tx: Tx, one: Drawn, small: int) -> list[Entrant]:
    """small: a seller that sold no more in the year before the draw is a small one."""
    length = timedelta(days=one.days)
    return await rows(
        tx,
        Entrant,
        _ENTRANTS,
        one.id,
        first_id("ord", one.drawn_at - length),
        one.drawn_at,
        one.until,
        first_id("ord", one.until + length),
        first_id("ord", one.drawn_at - timedelta(days=365)),
        first_id("ord", one.drawn_at),
        small,
        one.currency,
    )


async def shared(tx: Tx, batch_id: str) -> list[tuple[str, str]]:
    """Who of those who entered ever came with which telephone or device that another of them came with too: (holder, its keyed hash)."""
    found = await tx.fetch(
        """
        WITH who AS (
            SELECT e.holder_id, x.id FROM policy.entry e CROSS JOIN LATERAL (
                SELECT f.id FROM policy.entry f WHERE f.holder_id = e.holder_id
                UNION SELECT c.id FROM policy.claim c WHERE c.holder_id = e.holder_id
            ) x WHERE e.batch_id = $1
        ), told AS (
            SELECT DISTINCT w.holder_id, c.person FROM who w JOIN policy.claimant c ON c.claim_id = w.id
            WHERE NOT starts_with(c.person, 'party:')
        )
        SELECT t.holder_id, t.person FROM told t
        WHERE EXISTS (SELECT FROM told o WHERE o.person = t.person AND o.holder_id <> t.holder_id) ORDER BY 1, 2
        """,
        batch_id,
    )
    return [(row["holder_id"], row["person"]) for row in found]


async def helped_sales(tx: Tx, batch_id: str) -> int:
    """What sellers sold in the orders that a round's claims paid for, less what was cancelled or given back."""
    return await value(
        tx,
        int,
        """SELECT coalesce(sum(y.amount * (y.quantity - y.cancelled - y.returned) / y.quantity), 0)::bigint
           FROM orders.line y WHERE y.order_id IN (
               SELECT c.order_id FROM policy.claim c WHERE c.batch_id = $1 AND c.state = 'taken')""",
        batch_id,
    )
