"""The laws of settled public money. Each is one query that lists what breaks it, as in `laws`."""

from __future__ import annotations

SETTLED: dict[str, str] = {
    "public money that went into orders is with the seller, held, or came back; and is settled once": """
        WITH out AS (
            SELECT a.party_id AS programme_id, t.order_id, sum(CASE WHEN t.from_id = a.id THEN t.amount ELSE -t.amount END) AS moved
            FROM ledger.account a JOIN ledger.transfer t ON a.id IN (t.from_id, t.to_id)
            WHERE a.kind = 'programme' AND t.purpose <> 'budget' GROUP BY 1, 2
        ), spent AS (
            SELECT programme_id, order_id, sum(spent) AS spent FROM policy.claim WHERE order_id IS NOT NULL GROUP BY 1, 2)
        SELECT o.programme_id || ' ' || coalesce(o.order_id, 'no order') AS case FROM out o LEFT JOIN spent s USING (programme_id, order_id)
        LEFT JOIN orders."order" x ON x.id = o.order_id
        WHERE o.moved < 0 OR x.id IS NULL OR (x.stage = 'undone' AND o.moved <> 0) OR (o.moved > 0 AND o.moved <> coalesce(s.spent, 0))
        UNION ALL
        SELECT settlement_id || '/' || n FROM (
            SELECT r.*, s.n AS turn, sum(CASE r.withheld WHEN '' THEN r.amount ELSE 0 END)
                   OVER (PARTITION BY r.programme_id, r.order_id ORDER BY s.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS so_far
            FROM policy.settlement_row r JOIN policy.settlement s ON s.id = r.settlement_id) r
        WHERE r.before <> coalesce(r.so_far, 0)""",
    "a settlement is what the ledger says of its orders, and each of its fen is named": """
        SELECT r.settlement_id || '/' || r.n AS case FROM policy.settlement_row r JOIN policy.settlement s ON s.id = r.settlement_id
        WHERE r.moved <> (SELECT coalesce(sum(CASE WHEN t.from_id = a.id THEN t.amount ELSE -t.amount END), 0)
                          FROM ledger.transfer t JOIN ledger.account a ON a.id IN (t.from_id, t.to_id)
                          WHERE t.order_id = r.order_id AND a.kind = 'programme' AND a.party_id = r.programme_id
                            AND t.at < s.until AND t.xid < s.below)
        UNION ALL
        SELECT s.id FROM policy.settlement s
        LEFT JOIN LATERAL (SELECT sum(amount) FILTER (WHERE withheld = '') AS amount, sum(amount) FILTER (WHERE withheld <> '') AS withheld
                           FROM policy.settlement_row r WHERE r.settlement_id = s.id) r ON true
        LEFT JOIN policy.settlement p ON p.programme_id = s.programme_id AND p.n = s.n - 1
        WHERE s.amount <> coalesce(r.amount, 0) OR s.withheld <> coalesce(r.withheld, 0)
           OR s.moved <> coalesce(p.moved, 0) + s.went_in - s.came_back OR s.before <> coalesce(p.before + p.amount, 0)
           OR (s.n > 1 AND p.until IS DISTINCT FROM s.since)""",
    "a claw-back is in the ledger, and takes no more than is still out": """
        SELECT c.id AS case FROM policy.clawback c
        WHERE c.taken <> (SELECT coalesce(sum(CASE WHEN f.kind = 'seller' THEN t.amount ELSE -t.amount END), 0)
                          FROM ledger.transfer t JOIN ledger.account f ON f.id = t.from_id
                          WHERE t.order_id = c.order_id AND t.about = c.id AND t.purpose = 'clawback')""",
}
