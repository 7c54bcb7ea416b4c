-- Entitlements: what somebody may enter, open, keep or use; numbered editions
-- depends: 20261122_26_scenarios

-- migrate: apply

CREATE TABLE logistics.edition (
    variant_id text COLLATE "C" PRIMARY KEY,
    size int NOT NULL CHECK (size > 0),
    given int NOT NULL DEFAULT 0,
    last int,
    freed int[] NOT NULL DEFAULT '{}',
    CONSTRAINT never_above_the_edition CHECK (given BETWEEN 0 AND size)
);
COMMENT ON TABLE logistics.edition IS
    'How many numbers of a numbered edition were given, and which of them came back and are given next. Its size is fixed by the first sale.';

CREATE TABLE logistics.entitlement (
    id text COLLATE "C" PRIMARY KEY,
    order_id text COLLATE "C" NOT NULL,
    line int NOT NULL,
    n int NOT NULL CHECK (n > 0),
    what text COLLATE "C" NOT NULL CHECK (what IN ('entry', 'content', 'software', 'collectible')),
    variant_id text COLLATE "C" NOT NULL,
    place_id text COLLATE "C" NOT NULL,
    holder_id text COLLATE "C",
    state text COLLATE "C" NOT NULL DEFAULT 'valid' CHECK (state IN ('valid', 'used', 'void')),
    version int NOT NULL DEFAULT 1,
    passed int NOT NULL DEFAULT 0,
    edition_of int NOT NULL DEFAULT 0,
    edition_no int CHECK (edition_no BETWEEN 1 AND edition_of),
    seat text NOT NULL DEFAULT '',
    since timestamptz,
    until timestamptz,
    offers int NOT NULL DEFAULT 0,
    offered_until timestamptz,
    offered_to text NOT NULL DEFAULT '',
    used_at timestamptz,
    UNIQUE (order_id, line, n)
) WITH (fillfactor = 80);
COMMENT ON TABLE logistics.entitlement IS
    'What one step of an order''s line entitles its holder to. A code is bound to id and version; version rises when it changes hands. offered_to is an account, a keyed hash of a handle, or empty for whoever has the link.';
CREATE INDEX entitlement_holder ON logistics.entitlement (holder_id, id) WHERE holder_id IS NOT NULL;
CREATE INDEX entitlement_gate ON logistics.entitlement (place_id, since) WHERE what = 'entry';
CREATE INDEX entitlement_offered ON logistics.entitlement (offered_to) WHERE offered_to <> '';
CREATE UNIQUE INDEX numbered_once ON logistics.entitlement (variant_id, edition_no) WHERE edition_no IS NOT NULL AND state <> 'void';

CREATE FUNCTION logistics.write_entitlements(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    r record;
    number int;
BEGIN
    PERFORM 1 FROM logistics.edition e
    WHERE e.variant_id IN (SELECT x.variant_id FROM jsonb_to_recordset(rows -> 'entitlement') AS x (variant_id text)
                           UNION SELECT x.variant_id FROM jsonb_to_recordset(rows -> 'entitlement_move') AS x (variant_id text))
    ORDER BY e.variant_id FOR UPDATE;
    FOR r IN
        WITH moved AS (
            UPDATE logistics.entitlement e
            SET state = x.state, version = x.version, passed = x.passed, holder_id = x.holder_id, offers = x.offers,
                offered_until = x.offered_until, offered_to = x.offered_to, used_at = x.used_at
            FROM jsonb_to_recordset(rows -> 'entitlement_move')
                AS x (id text, state text, version int, passed int, holder_id text, offers int, offered_until timestamptz, offered_to text,
                      used_at timestamptz)
            WHERE e.id = x.id AND e.state <> 'void'
            RETURNING e.variant_id, e.edition_no, e.state
        ) SELECT m.variant_id, array_agg(m.edition_no ORDER BY m.edition_no) AS numbers FROM moved m
          WHERE m.state = 'void' AND m.edition_no IS NOT NULL GROUP BY 1 ORDER BY 1
    LOOP
        UPDATE logistics.edition e SET freed = e.freed || r.numbers WHERE e.variant_id = r.variant_id;
    END LOOP;
    FOR r IN
        SELECT x.* FROM jsonb_to_recordset(rows -> 'entitlement')
            AS x (id text, order_id text, line int, n int, what text, variant_id text, place_id text, holder_id text, state text, version int,
                  edition_of int, seat text, since timestamptz, until timestamptz, used_at timestamptz)
        ORDER BY x.variant_id, x.id
    LOOP
        number := NULL;
        IF r.edition_of > 0 THEN
            INSERT INTO logistics.edition (variant_id, size) VALUES (r.variant_id, r.edition_of) ON CONFLICT DO NOTHING;
            -- What came back is given first; then the next. Guarded: nobody gets a number above the edition.
            UPDATE logistics.edition e
            SET last = coalesce(e.freed[1], e.given + 1), given = e.given + CASE WHEN e.freed = '{}' THEN 1 ELSE 0 END, freed = e.freed[2:]
            WHERE e.variant_id = r.variant_id AND (e.freed <> '{}' OR e.given < e.size)
            RETURNING e.last, e.size INTO number, r.edition_of;
            IF number IS NULL THEN
                RAISE EXCEPTION 'the edition is gone' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_above_the_edition';
            END IF;
        END IF;
        INSERT INTO logistics.entitlement (id, order_id, line, n, what, variant_id, place_id, holder_id, state, version, edition_of, edition_no,
                                           seat, since, until, used_at)
        VALUES (r.id, r.order_id, r.line, r.n, r.what, r.variant_id, r.place_id, r.holder_id, r.state, r.version, r.edition_of, number,
                r.seat, r.since, r.until, r.used_at);
    END LOOP;
END $$;
COMMENT ON FUNCTION logistics.write_entitlements(jsonb) IS
    'Writes entitlements and their moves for accepted units; gives numbers of editions by one guarded UPDATE each, and takes those back whose entitlement is void.';

ALTER FUNCTION logistics.write(jsonb) RENAME TO write_legs;
CREATE FUNCTION logistics.write(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF rows ?| '{leg,leg_move}' THEN
        PERFORM logistics.write_legs(rows);
    END IF;
    IF rows ?| '{entitlement,entitlement_move}' THEN
        PERFORM logistics.write_entitlements(rows);
    END IF;
END $$;
COMMENT ON FUNCTION logistics.write(jsonb) IS 'Writes what logistics owns for accepted units: legs, entitlements and their moves.';

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
            'entitlements', (SELECT coalesce(json_agg(row_to_json(e) ORDER BY e.line, e.n), '[]') FROM logistics.entitlement e WHERE e.order_id = o.id),
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
