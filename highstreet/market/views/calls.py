"""What calls of the API read of orders."""

from __future__ import annotations

from highstreet.kit.db import Row, Tx


async def order_told(tx: Tx, order_id: str) -> Row | None:
    """An order for whoever may see it; lines, legs and agreement as JSON text that is passed on as it is."""
    return await tx.fetchrow(
        """SELECT o.id, o.number, o.purchase_id, o.seller_id, o.buyer_id, o.place_id, o.format, o.stage, o.waits, o.currency, o.total,
                  o.agreed::text AS agreed, o.placed_at, o.committed_at, o.ended_at,
                  (SELECT min(d.due_at) FROM orders.deadline d WHERE d.order_id = o.id) AS until,
                  (SELECT json_agg(json_build_object('position', l.position, 'offer', l.offer_id, 'title', l.title, 'unit', l.unit,
                      'quantity', l.quantity, 'price', l.price, 'amount', l.amount, 'paid', l.paid, 'tax_bps', l.tax_bps,
                      'adjustments', l.adjustments, 'cancelled', l.cancelled, 'fulfilled', l.fulfilled, 'returned', l.returned)
                      ORDER BY l.position)::text FROM orders.line l WHERE l.order_id = o.id) AS lines,
                  (SELECT json_agg(json_build_object('kind', g.kind, 'state', g.state, 'from', g.window_from, 'to', g.window_to,
                      'carrier', g.carrier, 'tracking', g.tracking) ORDER BY g.n)::text
                      FROM logistics.leg g WHERE g.order_id = o.id) AS legs
           FROM orders."order" o WHERE o.id = $1""",
        order_id,
    )


async def parties_of_order(tx: Tx, order_id: str) -> Row | None:
    """Whose order it is: seller_id and buyer_id."""
    return await tx.fetchrow("""SELECT seller_id, buyer_id FROM orders."order" WHERE id = $1""", order_id)


async def collection_of(tx: Tx, purchase_id: str) -> Row | None:
    """The money last asked for a purchase."""
    return await tx.fetchrow(
        """SELECT key, provider, currency, amount, state, asked_at FROM ledger.collection
           WHERE purchase_id = $1 ORDER BY asked_at DESC LIMIT 1""",
        purchase_id,
    )
