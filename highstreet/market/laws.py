"""The laws: what is true of the town at any moment, checked by reading everything. Each law is one query that lists what breaks it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from highstreet.kit.db import Tx
from highstreet.market.laws_of_settlement import SETTLED


class Law(msgspec.Struct, frozen=True):
    """A law and whether it holds; `broken` shows up to five cases that break it."""

    law: str
    ok: bool
    broken: list[str] = []


LAWS: dict[str, str] = {
    "a transfer stays within one currency": """
        SELECT t.id::text AS case FROM ledger.transfer t
        JOIN ledger.account s ON s.id = t.from_id JOIN ledger.account g ON g.id = t.to_id WHERE s.currency <> g.currency""",
    "the whole ledger sums to zero": """
        SELECT currency || ' ' || sum(balance) AS case FROM (
            SELECT a.currency, (SELECT coalesce(sum(amount), 0) FROM ledger.transfer WHERE to_id = a.id)
                 - (SELECT coalesce(sum(amount), 0) FROM ledger.transfer WHERE from_id = a.id) AS balance FROM ledger.account a) b
        GROUP BY currency HAVING sum(balance) <> 0""",
    "escrow is never below zero, and empty per purpose when an order has ended": """
        SELECT o.id || ' ' || t.purpose || ' ' || sum(CASE WHEN g.kind = 'escrow' THEN t.amount ELSE -t.amount END) AS case
        FROM ledger.transfer t JOIN orders."order" o ON o.id = t.order_id
        JOIN ledger.account s ON s.id = t.from_id JOIN ledger.account g ON g.id = t.to_id
        WHERE s.kind = 'escrow' OR g.kind = 'escrow'
        GROUP BY o.id, t.purpose
        HAVING sum(CASE WHEN g.kind = 'escrow' THEN t.amount ELSE -t.amount END) < 0
            OR (o.stage IN ('done', 'undone') AND sum(CASE WHEN g.kind = 'escrow' THEN t.amount ELSE -t.amount END) <> 0)""",
    "a wallet holds what was transferred to it": """
        SELECT w.account_id || ' ' || w.balance AS case FROM ledger.wallet w
        WHERE w.balance < 0 OR w.balance <> (SELECT coalesce(sum(amount), 0) FROM ledger.transfer WHERE to_id = w.account_id)
                        - (SELECT coalesce(sum(amount), 0) FROM ledger.transfer WHERE from_id = w.account_id)""",
    "a paid collection is in the ledger once, to the last minor unit": """
        SELECT c.key AS case FROM ledger.collection c
        -- Joined, not asked for each: no index leads from a key to its transfers.
        LEFT JOIN (SELECT t.about, t.amount, t.order_id, t.purpose, o.purchase_id FROM ledger.transfer t
                   JOIN ledger.account s ON s.id = t.from_id LEFT JOIN orders."order" o ON o.id = t.order_id
                   WHERE s.kind = 'provider') t
            ON t.about = c.key AND (t.purchase_id = c.purchase_id
                                    OR c.party_id IS NOT NULL AND t.order_id IS NULL AND t.purpose IN ('top_up', 'card'))
        GROUP BY c.key HAVING coalesce(sum(t.amount), 0) <> CASE WHEN c.state = 'paid' THEN c.amount ELSE 0 END""",
    "a refund is in the ledger once, and no order gets back more than was paid": """
        SELECT r.key AS case FROM ledger.refund r WHERE r.order_id IS NOT NULL
            AND r.amount <> coalesce((SELECT sum(amount) FROM ledger.transfer WHERE order_id = r.order_id AND about = r.key), 0)
        UNION ALL
        SELECT r.key FROM ledger.refund r
        WHERE r.card_id IS NOT NULL
            AND r.amount <> coalesce((SELECT sum(t.amount) FROM ledger.transfer t JOIN ledger.account s ON s.id = t.from_id
                                  WHERE s.kind = 'card' AND s.party_id = r.card_id AND t.purpose = 'card_refund' AND t.about = r.key), 0)
        UNION ALL
        SELECT t.order_id FROM ledger.transfer t JOIN ledger.account s ON s.id = t.from_id JOIN ledger.account g ON g.id = t.to_id
        WHERE t.order_id IS NOT NULL AND ((s.kind = 'escrow' AND g.kind IN ('provider', 'till', 'wallet', 'card', 'bonus'))
                                       OR (g.kind = 'escrow' AND s.kind IN ('provider', 'till', 'wallet', 'card', 'bonus')))
        GROUP BY t.order_id, t.purpose HAVING sum(CASE WHEN g.kind = 'escrow' THEN t.amount ELSE -t.amount END) < 0
            -- What the buyer never owed is not given back but paid, by the seller: for something old.
            AND EXISTS (SELECT FROM orders."order" o, jsonb_array_elements(o.agreed -> 'dues') d
                        WHERE o.id = t.order_id AND d ->> 'purpose' = t.purpose)""",
    "principal bought is on cards, used or given back, per seller": """
        WITH bought AS (
            SELECT c.seller_id, sum(l.principal) AS amount FROM ledger.card_load l JOIN ledger.card c ON c.id = l.card_id
            JOIN ledger.collection k ON k.key = l.key WHERE k.state = 'paid' GROUP BY 1
        ), held AS (
            SELECT c.seller_id, sum(w.balance) AS amount FROM ledger.card c JOIN ledger.account a ON a.kind = 'card' AND a.party_id = c.id
            JOIN ledger.wallet w ON w.account_id = a.id GROUP BY 1
        ), used AS (
            SELECT o.seller_id, sum(CASE WHEN s.kind = 'card' THEN t.amount ELSE -t.amount END) AS amount
            FROM ledger.account a JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id) JOIN orders."order" o ON o.id = t.order_id
            JOIN ledger.account s ON s.id = t.from_id WHERE a.kind = 'card' GROUP BY 1
        ), back AS (
            SELECT c.seller_id, sum(l.refunded) AS amount FROM ledger.card_load l JOIN ledger.card c ON c.id = l.card_id GROUP BY 1)
        SELECT p.seller_id AS case FROM ledger.card_plan p LEFT JOIN bought USING (seller_id) LEFT JOIN held USING (seller_id)
        LEFT JOIN used USING (seller_id) LEFT JOIN back USING (seller_id)
        WHERE coalesce(bought.amount, 0) <> coalesce(held.amount, 0) + coalesce(used.amount, 0) + coalesce(back.amount, 0)""",
    "a card's payment is given back once, by refunds of that payment": """
        SELECT l.key AS case FROM ledger.card_load l
        WHERE l.refunded <> coalesce((SELECT sum(r.amount) FROM ledger.refund r
                                      WHERE r.collection_key = l.key AND (r.why IS NULL OR r.why NOT LIKE 'again by %')), 0)""",
    "the bonus of a card is its seller's own money: given, used at the same seller, or taken back": """
        SELECT a.id::text AS case FROM ledger.account a JOIN ledger.card c ON c.id = a.party_id
        JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id) JOIN ledger.account s ON s.id = t.from_id
        JOIN ledger.account g ON g.id = t.to_id LEFT JOIN orders."order" o ON o.id = t.order_id
        WHERE a.kind = 'bonus' AND CASE WHEN t.order_id IS NULL
            THEN (CASE WHEN s.id = a.id THEN g.kind || g.party_id ELSE s.kind || s.party_id END) <> 'seller' || c.seller_id
            ELSE o.seller_id <> c.seller_id OR t.purpose NOT IN ('price', 'delivery') END""",
    "nothing is oversold": "SELECT id::text AS case FROM inventory.supply WHERE sold + held > total OR sold < 0 OR held < 0",
    "a supply is the sum of its movements": """
        SELECT s.id::text AS case FROM inventory.supply s
        LEFT JOIN (SELECT supply_id, sum(quantity) AS quantity FROM inventory.movement GROUP BY 1) m ON m.supply_id = s.id
        WHERE s.total <> coalesce(m.quantity, 0)""",
    "held and sold are explained by holds": """
        SELECT s.id::text AS case FROM inventory.supply s
        LEFT JOIN (SELECT target_id, sum(quantity - used - freed) AS held, sum(used - back) AS sold
                   FROM inventory.hold WHERE kind = 'supply' GROUP BY 1) h ON h.target_id = s.id
        WHERE s.held <> coalesce(h.held, 0) OR s.sold <> coalesce(h.sold, 0)""",
    "a seat that is taken fills room that is held": """
        SELECT s.order_id AS case FROM (SELECT order_id, supply_id, count(*) AS seats FROM inventory.seat GROUP BY 1, 2) s
        LEFT JOIN inventory.hold h ON h.order_id = s.order_id AND h.target_id = s.supply_id AND h.kind = 'supply'
        WHERE s.seats <> coalesce(h.quantity - h.freed - h.back, 0)""",
    "what ended holds nothing": """
        SELECT h.order_id AS case FROM inventory.hold h JOIN orders."order" o ON o.id = h.order_id
        WHERE o.stage IN ('done', 'undone') AND h.quantity > h.used + h.freed""",
    "a line's quantities add up": """
        SELECT order_id || '/' || position AS case FROM orders.line
        WHERE cancelled + fulfilled > quantity OR returned > fulfilled""",
    "no more is entitled to than is kept of a line": """
        SELECT e.order_id || '/' || e.line AS case FROM logistics.entitlement e
        JOIN orders.line l ON l.order_id = e.order_id AND l.position = e.line
        WHERE e.state <> 'void' GROUP BY e.order_id, e.line, l.quantity, l.cancelled, l.returned
        HAVING count(*) > l.quantity - l.cancelled - l.returned""",
    "a number of an edition is given once, or waits to be given again": """
        SELECT d.variant_id AS case FROM logistics.edition d
        LEFT JOIN (SELECT variant_id, array_agg(edition_no) AS numbers FROM logistics.entitlement
                   WHERE edition_no IS NOT NULL AND state <> 'void' GROUP BY 1) e USING (variant_id)
        WHERE (SELECT array_agg(n ORDER BY n) FROM unnest(d.freed || coalesce(e.numbers, '{}')) n)
              IS DISTINCT FROM (SELECT array_agg(n) FROM generate_series(1, d.given) n)""",
    "an order's total is what its lines and its agreement say": """
        SELECT o.id AS case FROM orders."order" o
        WHERE o.total <> (SELECT sum((d ->> 'amount')::bigint) FROM jsonb_array_elements(o.agreed -> 'dues') d)
           OR (SELECT coalesce(sum((d ->> 'amount')::bigint), 0) FROM jsonb_array_elements(o.agreed -> 'dues') d
               WHERE d ->> 'purpose' = 'price')
              <> (SELECT coalesce(sum(l.paid - (SELECT coalesce(sum((a ->> 'amount')::bigint), 0) FROM jsonb_array_elements(l.adjustments) a
                                                WHERE a ->> 'kind' IN ('decided', 'withdrawn'))), 0)
                  FROM orders.line l WHERE l.order_id = o.id)""",
    "members of one cohort pay the same for the same": """
        SELECT o.cohort_id AS case FROM orders."order" o JOIN orders.line l ON l.order_id = o.id
        WHERE o.cohort_id IS NOT NULL AND o.stage IN ('committed', 'done') AND l.amount > 0
        GROUP BY o.cohort_id, l.offer_id, l.choice, l.quantity HAVING count(DISTINCT l.amount) > 1""",
    "public money is free, unclaimed or claimed, and all of it came from the treasury": """
        SELECT p.id || ' ' || p.allocated AS case FROM policy.programme p
        WHERE p.allocated <> p.free
                + (SELECT coalesce(sum(s.unclaimed), 0) FROM policy.slice s JOIN policy.batch b ON b.id = s.batch_id
                   WHERE b.programme_id = p.id)
                + (SELECT coalesce(sum(c.amount), 0) FROM policy.claim c WHERE c.programme_id = p.id AND c.state <> 'lapsed')
           OR p.allocated <> (SELECT coalesce(sum(CASE WHEN g.kind = 'programme' THEN t.amount ELSE -t.amount END), 0)
                              FROM ledger.transfer t JOIN ledger.account f ON f.id = t.from_id JOIN ledger.account g ON g.id = t.to_id
                              WHERE t.purpose = 'budget' AND p.id IN (CASE f.kind WHEN 'programme' THEN f.party_id END,
                                                                      CASE g.kind WHEN 'programme' THEN g.party_id END))""",
    "public money pays its part of what is kept, and nothing of what came to nothing": """
        WITH net AS (
            SELECT t.order_id, a.party_id AS programme_id, sum(CASE WHEN t.from_id = a.id THEN t.amount ELSE -t.amount END) AS amount
            FROM ledger.account a JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id)
            WHERE a.kind = 'programme' AND t.order_id IS NOT NULL GROUP BY 1, 2
        ), parts AS (
            SELECT l.order_id, a ->> 'funder' AS programme_id, -sum((a ->> 'amount')::bigint)::bigint
                       * (l.quantity - l.cancelled - l.returned) / l.quantity AS amount
            FROM orders.line l, jsonb_array_elements(l.adjustments) a
            WHERE l.order_id IN (SELECT order_id FROM net) GROUP BY l.order_id, l.position, 2
        )
        SELECT n.order_id || ' ' || n.programme_id AS case FROM net n JOIN orders."order" o ON o.id = n.order_id
        WHERE n.amount < 0 OR n.amount > CASE WHEN o.stage = 'undone' THEN 0 ELSE
            (SELECT coalesce(sum(p.amount), 0) FROM parts p WHERE p.order_id = n.order_id AND p.programme_id = n.programme_id) END""",
    **SETTLED,
    "nobody has more of a round than one person may": """
        SELECT c.batch_id || ' ' || c.person AS case FROM policy.claimant c JOIN policy.batch b ON b.id = c.batch_id WHERE c.n > b.most""",
    "a refund of tax is paid once, and its tax claimed once the traveller has it and the goods left": """
        SELECT f.id AS case FROM policy.refund_form f
        LEFT JOIN (SELECT about, sum(CASE purpose WHEN 'tax_refund' THEN amount WHEN 'tax_refund_back' THEN -amount ELSE 0 END) AS out,
                          sum(amount) FILTER (WHERE purpose = 'tax_refund_claim') AS claimed,
                          sum(amount) FILTER (WHERE purpose = 'tax_refund_fee') AS fee
                   FROM ledger.transfer WHERE purpose LIKE 'tax_refund%' GROUP BY 1) t ON t.about = f.id
        WHERE coalesce(t.out, 0) <> CASE WHEN f.state = 'paid' OR EXISTS (
                  SELECT FROM policy.advance_refund a WHERE a.form_id = f.id AND a.advanced_at IS NOT NULL AND a.state <> 'captured')
              THEN f.amount ELSE 0 END
           OR coalesce(t.claimed, 0) <> CASE f.state WHEN 'paid' THEN f.gross ELSE 0 END
           OR coalesce(t.fee, 0) <> CASE f.state WHEN 'paid' THEN f.gross - f.amount ELSE 0 END""",
    "a hold for a refund paid ahead is captured or released, never both": """
        SELECT a.id AS case FROM policy.advance_refund a
        LEFT JOIN (SELECT of, count(*) FILTER (WHERE kind = 'capture') AS captured, count(*) AS ended
                   FROM ledger.tax_move WHERE of IS NOT NULL AND state = 'done' GROUP BY 1) m ON m.of = a.authorisation
        WHERE coalesce(m.ended, 0) > 1 OR (a.state = 'captured') <> (coalesce(m.captured, 0) = 1)""",
    "whoever waits has a deadline": """
        SELECT o.id AS case FROM orders."order" o
        WHERE o.waits <> '' AND NOT EXISTS (SELECT FROM orders.deadline d WHERE d.order_id = o.id AND d.kind = o.waits)
        UNION ALL SELECT order_id FROM orders.deadline d
        WHERE NOT EXISTS (SELECT FROM orders."order" o WHERE o.id = d.order_id AND o.waits = d.kind)""",
    "every order was told to the outbox": """
        SELECT o.id AS case FROM orders."order" o
        WHERE NOT EXISTS (SELECT FROM kit.fact f WHERE f.subject = o.id AND f.kind = 'order.placed')
           OR (o.stage IN ('done', 'undone')
               AND NOT EXISTS (SELECT FROM kit.fact f WHERE f.subject = o.id AND f.kind = 'order.' || o.stage))""",
    "sales counted from facts alone are the sales of the orders": """
        SELECT f.total || ' told, ' || o.total || ' placed' AS case
        FROM (SELECT coalesce(sum((body ->> 'total')::bigint), 0) AS total FROM kit.fact WHERE kind = 'order.placed') f,
             (SELECT coalesce(sum(total), 0) AS total FROM orders."order") o WHERE f.total <> o.total""",
    "a folded balance is the sum of its transfers so far": """
        WITH so_far AS (
            SELECT t.from_id, t.to_id, t.amount FROM ledger.transfer t
            JOIN kit.reader r ON r.name = 'ledger.fold' AND (t.xid, t.id) <= (r.xid, r.id)),
        sums AS (
            SELECT account_id, sum(signed) AS amount FROM (
                SELECT to_id AS account_id, amount AS signed FROM so_far UNION ALL SELECT from_id, -amount FROM so_far) m GROUP BY 1)
        SELECT account_id::text AS case FROM ledger.balance b FULL JOIN sums s USING (account_id)
        WHERE coalesce(b.amount, 0) <> coalesce(s.amount, 0)""",
    "every kept answer is of an order that exists": """
        SELECT a.scope || ' ' || a.key AS case FROM kit.answer a, jsonb_array_elements(a.answer -> 'orders') o
        WHERE jsonb_typeof(a.answer -> 'orders') = 'array' AND NOT EXISTS (SELECT FROM orders."order" x WHERE x.id = o ->> 'id')""",
}


async def check(tx: Tx, heard: Callable[[Law], Awaitable[None]] | None = None) -> list[Law]:
    """Check every law. Run it in one snapshot (`db.read(snapshot=True)`): a town at work changes between two queries.

    `heard` is told each law as soon as it is checked.
    """
    # Reading a whole town takes longer than a page may.
    await tx.execute("SET statement_timeout = 0")
    found: list[Law] = []
    try:
        for name, sql in LAWS.items():
            cases = [str(r["case"]) for r in await tx.fetch(sql + " LIMIT 5")]
            found.append(Law(name, not cases, cases))
            if heard is not None:
                await heard(found[-1])
    finally:
        await tx.execute("SET statement_timeout = '15s'")
    return found
