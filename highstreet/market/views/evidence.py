"""What is still missing of subsidised things: for the seller while there is time, for whoever settles when there is none."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, rows
from highstreet.kit.text import Words


class Missing(msgspec.Struct, frozen=True):
    """A line of an order with what was not shown of it. `kinds`: of its rule's evidence, and "old" for an old thing nobody took.

    until: by when it was to be told. spent: what the claim pays of the order, in minor units.
    """

    order_id: str
    number: int
    line: int
    programme_id: str
    claim_id: str
    seller_id: str
    title: Words
    kinds: list[str]
    spent: int
    until: datetime | None


_MISSING = """
SELECT q.* FROM (
    SELECT d.order_id, o.number, d.line, d.programme_id, d.claim_id, o.seller_id, l.title, c.spent,
           d.handed_at + make_interval(hours => d.hours) AS until,
           array_remove(ARRAY(SELECT k FROM unnest(d.evidence) k WHERE k = 'serial' AND NOT EXISTS (
                                  SELECT FROM policy.serial s WHERE s.order_id = d.order_id AND s.line = d.line AND s.freed_at IS NULL)
                              OR k = 'delivery' AND d.handed_at IS NULL
                              OR k NOT IN ('serial', 'delivery') AND NOT EXISTS (
                                  SELECT FROM policy.evidence e WHERE e.order_id = d.order_id AND e.line = d.line AND e.kind = k))
                        || CASE WHEN d.old AND d.old_at IS NULL THEN 'old' END, NULL) AS kinds
    FROM policy.duty d JOIN orders."order" o ON o.id = d.order_id JOIN policy.claim c ON c.id = d.claim_id
    JOIN orders.line l ON l.order_id = d.order_id AND l.position = d.line
    WHERE o.stage <> 'undone' AND l.cancelled + l.returned < l.quantity AND c.spent > 0 AND {which}
) q WHERE cardinality(q.kinds) > 0 ORDER BY q.until NULLS LAST, q.order_id, q.line LIMIT {most}"""


async def missing(tx: Tx, programme: str, now: datetime, most: int = 500) -> list[Missing]:
    """Subsidised lines whose time to show something is over: what is missing stays missing. The longest ago first."""
    which = "d.programme_id = $1 AND d.handed_at + make_interval(hours => d.hours) < $2"
    return await rows(tx, Missing, _MISSING.format(which=which, most=most), programme, now)


async def to_show(tx: Tx, seller_id: str, now: datetime, most: int = 100) -> list[Missing]:
    """What a seller still has to show, and can: what is due first coming first."""
    which = """o.seller_id = $1 AND o.stage IN ('placed', 'committed', 'done') AND o.waits <> 'payment'
               AND (d.handed_at IS NULL OR d.handed_at + make_interval(hours => d.hours) >= $2)"""
    return await rows(tx, Missing, _MISSING.format(which=which, most=most), seller_id, now)
