"""What news needs to know of orders."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Row, Tx, rows


class AboutOrder(msgspec.Struct, frozen=True):
    """`away`: it is not bought at a counter; `reachable`: the buyer left a contact with the purchase.

    way: the kind of its first leg, if it has any; gone_ahead: what was decided for its cohort, if it was; by_lot: it was drawn for;
    kept: the seller has some of its money; price: what its lines cost the buyer now; owed: what is paid later; until: when its wait ends.
    """

    id: str
    number: int
    seller_id: str
    seller: str
    buyer_id: str | None
    lang: str
    waits: str
    away: bool
    reachable: bool
    way: str
    gone_ahead: bool | None
    by_lot: bool
    kept: bool
    currency: str
    price: int
    owed: int
    until: datetime | None


async def about_orders(tx: Tx, ids: list[str]) -> dict[str, AboutOrder]:
    """Those of the orders that exist, by id."""
    if not ids:
        return {}
    found = await rows(
        tx,
        AboutOrder,
        """SELECT o.id, o.number, o.seller_id, coalesce(b.name, '') AS seller, o.buyer_id, p.lang, o.waits,
                  o.stage = 'placed' OR o.cohort_id IS NOT NULL
                  OR EXISTS (SELECT FROM logistics.leg g WHERE g.order_id = o.id) AS away,
                  p.contact IS NOT NULL AS reachable,
                  coalesce((SELECT g.kind FROM logistics.leg g WHERE g.order_id = o.id AND g.kind <> 'return'
                            ORDER BY g.n LIMIT 1), '') AS way,
                  (c.decision ->> 'go')::boolean AS gone_ahead, coalesce(c.decision ? 'cutoff', false) AS by_lot,
                  EXISTS (SELECT FROM ledger.transfer t JOIN ledger.account a ON a.id = t.to_id
                          WHERE t.order_id = o.id AND a.kind = 'seller') AS kept,
                  o.currency::text AS currency,
                  (SELECT sum(l.paid) FROM orders.line l WHERE l.order_id = o.id)::bigint AS price,
                  coalesce((SELECT sum((d ->> 'amount')::bigint) FROM jsonb_array_elements(o.agreed -> 'dues') d
                            WHERE (d ->> 'later')::boolean), 0)::bigint AS owed,
                  (SELECT min(d.due_at) FROM orders.deadline d WHERE d.order_id = o.id AND d.kind = o.waits) AS until
           FROM orders."order" o JOIN orders.purchase p ON p.id = o.purchase_id JOIN parties.party b ON b.id = o.seller_id
           LEFT JOIN orders.cohort c ON c.id = o.cohort_id
           WHERE o.id = ANY ($1)""",
        ids,
    )
    return {one.id: one for one in found}


async def purchases_of(tx: Tx, order_ids: list[str]) -> list[str]:
    """The purchases these orders belong to."""
    found = await tx.fetch(
        """SELECT DISTINCT purchase_id FROM orders."order" WHERE id = ANY ($1)""", order_ids
    )
    return [r["purchase_id"] for r in found]


async def contact_of(tx: Tx, order_id: str) -> Row | None:
    """The sealed contact of an order's purchase (id, contact_key, contact), unless there is none or it was erased."""
    return await tx.fetchrow(
        """SELECT p.id, p.contact_key, p.contact FROM orders.purchase p JOIN orders."order" o ON o.purchase_id = p.id
           WHERE o.id = $1 AND p.contact IS NOT NULL AND p.contact_key IS NOT NULL""",
        order_id,
    )
