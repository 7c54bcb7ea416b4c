-- A whole order in one look: with its cohort and with what was paid later
-- depends: 20261122_22_rhythms

-- migrate: apply

CREATE OR REPLACE FUNCTION market.read(order_ids text[], purchase_ids text[], collection_keys text[]) RETURNS text LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN (WITH asked AS (
        SELECT c.* FROM ledger.collection c WHERE c.key = ANY (collection_keys)
    ), wanted AS (
        SELECT o.* FROM orders."order" o
        WHERE o.id = ANY (order_ids) OR o.purchase_id = ANY (purchase_ids || ARRAY(SELECT a.purchase_id FROM asked a))
    )
    SELECT json_build_object(
        'collections', (SELECT coalesce(json_agg(row_to_json(a)), '[]') FROM asked a),
        'works', (SELECT coalesce(json_agg(json_build_object(
            'order', row_to_json(o),
            'method', (SELECT p.method FROM orders.purchase p WHERE p.id = o.purchase_id),
            'collection', (SELECT c.key FROM ledger.collection c
                           WHERE c.purchase_id = o.purchase_id AND (c.order_id IS NULL OR c.order_id = o.id)
                           ORDER BY (c.state = 'paid') DESC, (c.order_id IS NULL) DESC, c.asked_at DESC LIMIT 1),
            'balance', (SELECT c.key FROM ledger.collection c
                        WHERE c.purchase_id = o.purchase_id AND c.order_id = o.id AND c.state = 'paid' LIMIT 1),
            'cohort', (SELECT row_to_json(h) FROM (SELECT c.id, c.format, c.offer_id, c.closes_at, c.terms, c.version, c.decided_at, c.decision
                                                   FROM orders.cohort c WHERE c.id = o.cohort_id) h),
            'lines', (SELECT json_agg(row_to_json(l) ORDER BY l.position) FROM orders.line l WHERE l.order_id = o.id),
            'holds', (SELECT coalesce(json_agg(row_to_json(h)), '[]') FROM inventory.hold h WHERE h.order_id = o.id),
            'legs', (SELECT coalesce(json_agg(row_to_json(g) ORDER BY g.n), '[]') FROM logistics.leg g WHERE g.order_id = o.id),
            'deadlines', (SELECT coalesce(json_object_agg(d.kind, d.due_at), '{}') FROM orders.deadline d WHERE d.order_id = o.id),
            'told', (SELECT coalesce(json_agg(json_build_object('kind', substr(f.kind, 7), 'by', f.by, 'at', f.at, 'body', f.body) ORDER BY f.id), '[]')
                     FROM kit.fact f WHERE f.subject = o.id AND f.kind LIKE 'order.%'),
            'flows', (SELECT coalesce(json_agg(json_build_object('purpose', t.purpose, 'amount', t.amount,
                          'source', s.kind || ':' || s.party_id, 'target', g.kind || ':' || g.party_id)), '[]')
                      FROM (SELECT purpose, from_id, to_id, sum(amount) AS amount FROM ledger.transfer WHERE order_id = o.id GROUP BY 1, 2, 3) t
                      JOIN ledger.account s ON s.id = t.from_id JOIN ledger.account g ON g.id = t.to_id)
        )), '[]') FROM wanted o))::text);
END $$;
COMMENT ON FUNCTION market.read(text[], text[], text[]) IS
    'Everything a decision may look at, for orders named directly, by purchase or by collection: one round trip, as JSON text, planned once a session.';

-- migrate: rollback
