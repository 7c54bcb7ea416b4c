"""What calls of the API read of orders."""

from __future__ import annotations

from datetime import date

from highstreet.kit.db import Row, Tx


async def orders_told(tx: Tx, order_ids: list[str]) -> dict[str, Row]:
    """Those of the orders that exist, by id; lines, legs and agreement as JSON text that is passed on as it is."""
    # The planner must not see how many are asked for: it would make a new plan each time, which costs thrice what the plan does.
    found = await tx.fetch(
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
           FROM orders."order" o WHERE o.id = ANY (ARRAY(SELECT unnest($1::text[])))""",
        order_ids,
    )
    return {r["id"]: r for r in found}


async def parties_of_order(tx: Tx, order_id: str) -> Row | None:
    """Whose order it is: seller_id and buyer_id; and its purchase_id."""
    return await tx.fetchrow(
        """SELECT seller_id, buyer_id, purchase_id FROM orders."order" WHERE id = $1""", order_id
    )


async def earns_of(tx: Tx, order_id: str, party_id: str) -> bool:
    """Whether a party earns of one of the order's lines: a host, a leader, the owner of the thing."""
    return bool(
        await tx.fetchval(
            """SELECT EXISTS (SELECT FROM orders.line l, jsonb_array_elements(l.cuts) c
                              WHERE l.order_id = $1 AND c ->> 'party' = $2)""",
            order_id,
            party_id,
        )
    )


async def collection_of(tx: Tx, purchase_id: str) -> Row | None:
    """The money last asked for a purchase."""
    return await tx.fetchrow(
        """SELECT key, provider, currency, amount, state, asked_at FROM ledger.collection
           WHERE purchase_id = $1 ORDER BY asked_at DESC LIMIT 1""",
        purchase_id,
    )


async def free_of(tx: Tx, variant_id: str, place_id: str) -> int | None:
    """How much of a variant can be promised at a place now; None where it is not counted."""
    found: int | None = await tx.fetchval(
        "SELECT total - held - sold FROM inventory.supply WHERE variant_id = $1 AND place_id = $2 AND period IS NULL",
        variant_id,
        place_id,
    )
    return found


async def licences_in_force(tx: Tx, party_id: str, day: date) -> set[str]:
    """The kinds of licence a party holds on a day, accepted by a reviewer."""
    found = await tx.fetch(
        "SELECT kind FROM parties.licence WHERE party_id = $1 AND state = 'accepted' AND $2 BETWEEN valid_from AND valid_to",
        party_id,
        day,
    )
    return {r["kind"] for r in found}


async def shelf_of(tx: Tx, seller_id: str, variant_id: str, place_id: str) -> bool:
    """Whether this seller may keep this variant at this place: the place is theirs, and they describe or offer the variant."""
    return bool(
        await tx.fetchval(
            """SELECT true FROM catalog.variant v JOIN catalog.item i ON i.id = v.item_id
               JOIN parties.place p ON p.id = $3 AND p.party_id = $1 AND p.closed_at IS NULL
               WHERE v.id = $2 AND (i.owner_id = $1 OR EXISTS (
                   SELECT FROM catalog.offer o WHERE o.variant_id = v.id AND o.seller_id = $1))""",
            seller_id,
            variant_id,
            place_id,
        )
    )


async def buyers_orders(tx: Tx, buyer_id: str, before: str | None, most: int) -> list[Row]:
    """A buyer's orders, newest first."""
    return await tx.fetch(
        """SELECT id, number, seller_id, format, stage, waits, currency, total, placed_at FROM orders."order"
           WHERE buyer_id = $1 AND ($2::text IS NULL OR id < $2) ORDER BY id DESC LIMIT $3""",
        buyer_id,
        before,
        most,
    )


async def sellers_orders(
    tx: Tx, seller_id: str, waits: str | None, before: str | None, most: int
) -> list[Row]:
    """A seller's orders, newest first; only those that wait for something, when it is named."""
    return await tx.fetch(
        """SELECT id, number, seller_id, format, stage, waits, currency, total, placed_at FROM orders."order"
           WHERE seller_id = $1 AND ($2::text IS NULL OR waits = $2) AND ($3::text IS NULL OR id < $3)
           ORDER BY id DESC LIMIT $4""",
        seller_id,
        waits,
        before,
        most,
    )


async def place_is_of(tx: Tx, place_id: str, party_id: str) -> bool:
    """Whether a place belongs to a party."""
    return bool(
        await tx.fetchval(
            "SELECT true FROM parties.place WHERE id = $1 AND party_id = $2", place_id, party_id
        )
    )
