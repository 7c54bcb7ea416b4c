"""What the market knows of one person."""

from __future__ import annotations

from highstreet.kit.db import Row, Tx


async def orders_of(tx: Tx, person_id: str) -> list[Row]:
    """A person's orders with seller, lines and sealed contact, the latest first."""
    return await tx.fetch(
        """SELECT o.number, o.placed_at, b.name AS seller_name, o.stage, o.currency, o.total, o.purchase_id, p.contact_key, p.contact,
                  (SELECT a.wording FROM ledger.loan_agreed a WHERE a.purchase_id = o.purchase_id) AS loan,
                  (SELECT jsonb_agg(jsonb_build_object('title', l.title, 'quantity', l.quantity, 'paid', l.paid) ORDER BY l.position)
                   FROM orders.line l WHERE l.order_id = o.id) AS lines
           FROM orders."order" o JOIN orders.purchase p ON p.id = o.purchase_id JOIN parties.party b ON b.id = o.seller_id
           WHERE o.buyer_id = $1 ORDER BY o.id DESC""",
        person_id,
    )


async def order_ids_of(tx: Tx, person_id: str) -> list[str]:
    """The ids of all orders a person ever placed."""
    found = await tx.fetch('SELECT id FROM orders."order" WHERE buyer_id = $1', person_id)
    return [r["id"] for r in found]


async def running_of(tx: Tx, person_id: str) -> int:
    """How many of a person's orders have not ended, or wait for a return."""
    count: int = await tx.fetchval(
        """SELECT count(*) FROM orders."order" WHERE buyer_id = $1 AND (stage IN ('placed', 'committed') OR waits <> '')""",
        person_id,
    )
    return count
