-- The one writer of the order path: judges units of change one by one, writes those that hold
-- depends: 20261122_08_logistics

-- migrate: apply

CREATE SCHEMA market;

-- Each domain writes its own rows. units: the accepted ones, each an object of row lists by table name.

CREATE FUNCTION orders.write(units jsonb[], kinds text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF 'purchase' = ANY (kinds) THEN
        INSERT INTO orders.purchase (id, buyer_id, currency, total, method, lang, contact_key, contact, at)
        SELECT r.id, r.buyer_id, r.currency, r.total, r.method, r.lang, decode(r.contact_key, 'base64'), decode(r.contact, 'base64'), r.at
        FROM unnest(units) u, jsonb_to_recordset(u -> 'purchase')
            AS r (id text, buyer_id text, currency text, total bigint, method text, lang text, contact_key text, contact text, at timestamptz);
    END IF;
    IF 'order' = ANY (kinds) THEN
        INSERT INTO orders."order" (id, number, purchase_id, seller_id, buyer_id, place_id, format, stage, waits, currency, total, agreed,
                                    cohort_id, placed_at, committed_at, ended_at)
        SELECT r.id, r.number, r.purchase_id, r.seller_id, r.buyer_id, r.place_id, r.format, r.stage, r.waits, r.currency, r.total, r.agreed,
               r.cohort_id, r.placed_at, r.committed_at, r.ended_at
        FROM unnest(units) u, jsonb_to_recordset(u -> 'order')
            AS r (id text, number bigint, purchase_id text, seller_id text, buyer_id text, place_id text, format text, stage text, waits text,
                  currency text, total bigint, agreed jsonb, cohort_id text, placed_at timestamptz, committed_at timestamptz, ended_at timestamptz);
    END IF;
    IF 'order_move' = ANY (kinds) THEN
        UPDATE orders."order" o
        SET version = o.version + 1, stage = r.stage, waits = r.waits,
            committed_at = coalesce(r.committed_at, o.committed_at), ended_at = coalesce(r.ended_at, o.ended_at)
        FROM unnest(units) u, jsonb_to_recordset(u -> 'order_move')
            AS r (id text, stage text, waits text, committed_at timestamptz, ended_at timestamptz)
        WHERE o.id = r.id;
    END IF;
    IF 'line' = ANY (kinds) THEN
        INSERT INTO orders.line (order_id, position, offer_id, variant_id, title, picture, unit, quantity, price, adjustments, amount, paid,
                                 tax_bps, no_return, cancelled, fulfilled, returned)
        SELECT r.order_id, r.position, r.offer_id, r.variant_id, r.title, r.picture, r.unit, r.quantity, r.price, r.adjustments, r.amount, r.paid,
               r.tax_bps, r.no_return, r.cancelled, r.fulfilled, r.returned
        FROM unnest(units) u, jsonb_to_recordset(u -> 'line')
            AS r (order_id text, position int, offer_id text, variant_id text, title jsonb, picture text, unit text, quantity bigint, price bigint,
                  adjustments jsonb, amount bigint, paid bigint, tax_bps int, no_return text, cancelled bigint, fulfilled bigint, returned bigint);
    END IF;
    IF 'line_move' = ANY (kinds) THEN
        UPDATE orders.line l
        SET cancelled = l.cancelled + r.cancelled, fulfilled = l.fulfilled + r.fulfilled, returned = l.returned + r.returned
        FROM unnest(units) u, jsonb_to_recordset(u -> 'line_move')
            AS r (order_id text, position int, cancelled bigint, fulfilled bigint, returned bigint)
        WHERE l.order_id = r.order_id AND l.position = r.position;
    END IF;
    IF 'met' = ANY (kinds) THEN
        DELETE FROM orders.deadline d
        USING unnest(units) u, jsonb_to_recordset(u -> 'met') AS r (order_id text, kind text)
        WHERE d.order_id = r.order_id AND d.kind = r.kind;
    END IF;
    IF 'deadline' = ANY (kinds) THEN
        INSERT INTO orders.deadline (order_id, kind, due_at)
        SELECT r.order_id, r.kind, r.due_at
        FROM unnest(units) u, jsonb_to_recordset(u -> 'deadline') AS r (order_id text, kind text, due_at timestamptz)
        ON CONFLICT (order_id, kind) DO UPDATE SET due_at = excluded.due_at;
    END IF;
END $$;
COMMENT ON FUNCTION orders.write(jsonb[], text[]) IS 'Writes purchases, orders, lines, deadlines and their moves for accepted units.';

CREATE FUNCTION inventory.write(units jsonb[], kinds text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted int;
    changed int;
BEGIN
    IF 'hold' = ANY (kinds) THEN
        INSERT INTO inventory.hold (order_id, line, kind, target_id, quantity, used, period, expires_at)
        SELECT r.order_id, r.line, r.kind, r.target_id, r.quantity, r.used, r.period, r.expires_at
        FROM unnest(units) u, jsonb_to_recordset(u -> 'hold')
            AS r (order_id text, line int, kind text, target_id bigint, quantity bigint, used bigint, period tstzrange, expires_at timestamptz);
    END IF;
    IF 'hold_move' = ANY (kinds) THEN
        UPDATE inventory.hold h
        SET used = h.used + r.used, freed = h.freed + r.freed, back = h.back + r.back, expires_at = r.expires_at
        FROM unnest(units) u, jsonb_to_recordset(u -> 'hold_move')
            AS r (order_id text, line int, target_id bigint, used bigint, freed bigint, back bigint, expires_at timestamptz)
        WHERE h.order_id = r.order_id AND h.line = r.line AND h.target_id = r.target_id;
    END IF;
    IF 'movement' = ANY (kinds) THEN
        INSERT INTO inventory.movement (supply_id, kind, quantity, by, note, at)
        SELECT r.supply_id, r.kind, r.quantity, r.by, r.note, r.at
        FROM unnest(units) u, jsonb_to_recordset(u -> 'movement')
            AS r (supply_id bigint, kind text, quantity bigint, by text, note text, at timestamptz);
    END IF;
    IF 'stock' = ANY (kinds) THEN
        WITH delta AS (
            SELECT r.id, sum(r.held) AS held, sum(r.sold) AS sold, sum(r.total) AS total
            FROM unnest(units) u, jsonb_to_recordset(u -> 'stock') AS r (id bigint, held bigint, sold bigint, total bigint)
            GROUP BY r.id
        ), moved AS (
            UPDATE inventory.supply s
            SET held = s.held + d.held, sold = s.sold + d.sold, total = s.total + d.total
            FROM delta d
            WHERE s.id = d.id AND s.held + d.held + s.sold + d.sold <= s.total + d.total
            RETURNING s.id
        )
        SELECT (SELECT count(*) FROM delta), (SELECT count(*) FROM moved) INTO wanted, changed;
        IF wanted <> changed THEN
            RAISE EXCEPTION 'a supply would be oversold' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION inventory.write(jsonb[], text[]) IS 'Writes holds and moves supplies by one guarded UPDATE for accepted units.';

CREATE FUNCTION ledger.write(units jsonb[], kinds text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted int;
    changed int;
BEGIN
    IF 'collection' = ANY (kinds) THEN
        INSERT INTO ledger.collection (key, purchase_id, provider, currency, amount, state, asked_at, settled_at)
        SELECT r.key, r.purchase_id, r.provider, r.currency, r.amount, r.state, r.asked_at, r.settled_at
        FROM unnest(units) u, jsonb_to_recordset(u -> 'collection')
            AS r (key text, purchase_id text, provider text, currency text, amount bigint, state text, asked_at timestamptz, settled_at timestamptz);
    END IF;
    IF 'collection_move' = ANY (kinds) THEN
        UPDATE ledger.collection c
        SET state = r.state, provider_ref = coalesce(r.provider_ref, c.provider_ref), settled_at = r.settled_at
        FROM unnest(units) u, jsonb_to_recordset(u -> 'collection_move')
            AS r (key text, state text, provider_ref text, settled_at timestamptz)
        WHERE c.key = r.key;
    END IF;
    IF 'wallet' = ANY (kinds) THEN
        WITH delta AS (
            SELECT r.id, sum(r.amount) AS amount
            FROM unnest(units) u, jsonb_to_recordset(u -> 'wallet') AS r (id bigint, amount bigint) GROUP BY r.id
        ), moved AS (
            UPDATE ledger.wallet w SET balance = w.balance + d.amount
            FROM delta d WHERE w.account_id = d.id AND w.balance + d.amount >= 0
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM delta), (SELECT count(*) FROM moved) INTO wanted, changed;
        IF wanted <> changed THEN
            RAISE EXCEPTION 'a wallet would be overdrawn' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF 'transfer' = ANY (kinds) THEN
        INSERT INTO ledger.transfer (at, order_id, purpose, from_id, to_id, amount, about)
        SELECT r.at, r.order_id, r.purpose, r.from_id, r.to_id, r.amount, r.about
        FROM unnest(units) u, jsonb_to_recordset(u -> 'transfer')
            AS r (at timestamptz, order_id text, purpose text, from_id bigint, to_id bigint, amount bigint, about text);
    END IF;
    IF 'refund' = ANY (kinds) THEN
        INSERT INTO ledger.refund (key, order_id, collection_key, provider, currency, amount, state, wanted_at, settled_at)
        SELECT r.key, r.order_id, r.collection_key, r.provider, r.currency, r.amount, r.state, r.wanted_at, r.settled_at
        FROM unnest(units) u, jsonb_to_recordset(u -> 'refund')
            AS r (key text, order_id text, collection_key text, provider text, currency text, amount bigint, state text,
                  wanted_at timestamptz, settled_at timestamptz);
    END IF;
    IF 'stray' = ANY (kinds) THEN
        INSERT INTO ledger.stray (id, provider, provider_ref, key, currency, amount, reason, at, due_at)
        SELECT r.id, r.provider, r.provider_ref, r.key, r.currency, r.amount, r.reason, r.at, r.due_at
        FROM unnest(units) u, jsonb_to_recordset(u -> 'stray')
            AS r (id text, provider text, provider_ref text, key text, currency text, amount bigint, reason text, at timestamptz, due_at timestamptz)
        ON CONFLICT (provider, provider_ref, reason) DO NOTHING;
    END IF;
END $$;
COMMENT ON FUNCTION ledger.write(jsonb[], text[]) IS 'Writes collections, transfers, refunds and strays, and moves wallets by one guarded UPDATE, for accepted units.';

CREATE FUNCTION logistics.write(units jsonb[], kinds text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF 'leg' = ANY (kinds) THEN
        INSERT INTO logistics.leg (id, order_id, n, kind, state, place_id, window_from, window_to, code_until, ready_at, started_at, ended_at, proof)
        SELECT r.id, r.order_id, r.n, r.kind, r.state, r.place_id, r.window_from, r.window_to, r.code_until, r.ready_at, r.started_at, r.ended_at, r.proof
        FROM unnest(units) u, jsonb_to_recordset(u -> 'leg')
            AS r (id text, order_id text, n int, kind text, state text, place_id text, window_from timestamptz, window_to timestamptz,
                  code_until timestamptz, ready_at timestamptz, started_at timestamptz, ended_at timestamptz, proof jsonb);
    END IF;
    IF 'leg_move' = ANY (kinds) THEN
        UPDATE logistics.leg l
        SET state = r.state, ready_at = coalesce(r.ready_at, l.ready_at), started_at = coalesce(r.started_at, l.started_at),
            ended_at = coalesce(r.ended_at, l.ended_at), carrier = coalesce(r.carrier, l.carrier), tracking = coalesce(r.tracking, l.tracking),
            courier_id = coalesce(r.courier_id, l.courier_id), proof = coalesce(r.proof, l.proof), code_until = coalesce(r.code_until, l.code_until)
        FROM unnest(units) u, jsonb_to_recordset(u -> 'leg_move')
            AS r (id text, state text, ready_at timestamptz, started_at timestamptz, ended_at timestamptz, carrier text, tracking text,
                  courier_id text, proof jsonb, code_until timestamptz)
        WHERE l.id = r.id;
    END IF;
END $$;
COMMENT ON FUNCTION logistics.write(jsonb[], text[]) IS 'Writes legs and their moves for accepted units.';

CREATE FUNCTION kit.write(units jsonb[], kinds text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF 'fact' = ANY (kinds) THEN
        INSERT INTO kit.fact (at, kind, subject, by, body)
        SELECT r.at, r.kind, r.subject, r.by, r.body
        FROM unnest(units) u, jsonb_to_recordset(u -> 'fact') AS r (at timestamptz, kind text, subject text, by text, body jsonb);
    END IF;
END $$;
COMMENT ON FUNCTION kit.write(jsonb[], text[]) IS 'Writes the facts of accepted units into the outbox.';

CREATE FUNCTION market.apply(units jsonb, at timestamptz) RETURNS jsonb[] LANGUAGE plpgsql AS $$
DECLARE
    size int := jsonb_array_length(units);
    verdict jsonb[] := array_fill(NULL::jsonb, ARRAY[size]);
    claimed int[];
    kinds text[];
    ids text[];
    supply_ids bigint[];
    free bigint[];
    wallet_ids bigint[];
    purse bigint[];
    fits boolean := true;
    short jsonb;
    live jsonb[];
    unit jsonb;
    r record;
BEGIN
    SELECT array_agg(DISTINCT k) INTO kinds FROM jsonb_array_elements(units) u, jsonb_object_keys(u) k;

    -- Keys first and in order: a twin in another transaction waits here, before it holds anything.
    IF 'key' = ANY (kinds) THEN
        WITH wanted AS (
            SELECT DISTINCT ON (u -> 'key' ->> 'scope', u -> 'key' ->> 'key')
                u -> 'key' ->> 'scope' AS scope, u -> 'key' ->> 'key' AS key, u -> 'key' ->> 'fingerprint' AS fingerprint, u -> 'answer' AS answer, n
            FROM jsonb_array_elements(units) WITH ORDINALITY AS t (u, n) WHERE u ? 'key'
            ORDER BY 1, 2, n
        ), claim AS (
            INSERT INTO kit.answer (scope, key, fingerprint, answer, at)
            SELECT w.scope, w.key, w.fingerprint, w.answer, apply.at FROM wanted w ORDER BY 1, 2
            ON CONFLICT DO NOTHING
            RETURNING scope, key
        )
        SELECT coalesce(array_agg(w.n), '{}') INTO claimed FROM wanted w JOIN claim USING (scope, key);
        FOR i IN 1 .. size LOOP
            IF units -> (i - 1) ? 'key' AND NOT i = ANY (claimed) THEN
                verdict[i] := '{"verdict": "repeated"}';
            END IF;
        END LOOP;
    END IF;

    -- Orders and collections: who read an older state is told so and reads again.
    IF 'versions' = ANY (kinds) THEN
        SELECT array_agg(DISTINCT k) INTO ids FROM jsonb_array_elements(units) u, jsonb_object_keys(u -> 'versions') k;
        PERFORM 1 FROM orders."order" o WHERE o.id = ANY (ids) ORDER BY o.id FOR UPDATE;
        FOR r IN
            SELECT t.n, v.key, v.value, o.version, row_number() OVER (PARTITION BY v.key ORDER BY t.n) AS turn
            FROM jsonb_array_elements(units) WITH ORDINALITY AS t (u, n)
            CROSS JOIN LATERAL jsonb_each_text(t.u -> 'versions') v
            LEFT JOIN orders."order" o ON o.id = v.key
            WHERE verdict[t.n] IS NULL
        LOOP
            IF r.version IS DISTINCT FROM r.value::int OR r.turn > 1 THEN
                verdict[r.n] := jsonb_build_object('verdict', 'stale', 'order', r.key);
            END IF;
        END LOOP;
    END IF;
    IF 'collections' = ANY (kinds) THEN
        SELECT array_agg(DISTINCT k) INTO ids FROM jsonb_array_elements(units) u, jsonb_object_keys(u -> 'collections') k;
        PERFORM 1 FROM ledger.collection c WHERE c.key = ANY (ids) ORDER BY c.key FOR UPDATE;
        FOR r IN
            SELECT t.n, v.key, v.value, c.state, row_number() OVER (PARTITION BY v.key ORDER BY t.n) AS turn
            FROM jsonb_array_elements(units) WITH ORDINALITY AS t (u, n)
            CROSS JOIN LATERAL jsonb_each_text(t.u -> 'collections') v
            LEFT JOIN ledger.collection c ON c.key = v.key
            WHERE verdict[t.n] IS NULL
        LOOP
            IF r.state IS DISTINCT FROM r.value OR r.turn > 1 THEN
                verdict[r.n] := jsonb_build_object('verdict', 'stale', 'collection', r.key);
            END IF;
        END LOOP;
    END IF;

    -- Wallets, then supplies, in ascending id. When everything fits together nobody needs to be judged alone.
    IF 'wallet' = ANY (kinds) THEN
        SELECT array_agg(DISTINCT x.id ORDER BY x.id) INTO wallet_ids
        FROM jsonb_array_elements(units) u, jsonb_to_recordset(u -> 'wallet') AS x (id bigint);
        PERFORM 1 FROM ledger.wallet w WHERE w.account_id = ANY (wallet_ids) ORDER BY w.account_id FOR UPDATE;
        SELECT array_agg(coalesce(w.balance, 0) ORDER BY i.id) INTO purse
        FROM unnest(wallet_ids) AS i (id) LEFT JOIN ledger.wallet w ON w.account_id = i.id;
        fits := false;
    END IF;
    IF 'stock' = ANY (kinds) THEN
        SELECT array_agg(DISTINCT x.id ORDER BY x.id) INTO supply_ids
        FROM jsonb_array_elements(units) u, jsonb_to_recordset(u -> 'stock') AS x (id bigint);
        PERFORM 1 FROM inventory.supply s WHERE s.id = ANY (supply_ids) ORDER BY s.id FOR NO KEY UPDATE;
        SELECT array_agg(coalesce(s.total - s.held - s.sold, -1) ORDER BY i.id) INTO free
        FROM unnest(supply_ids) AS i (id) LEFT JOIN inventory.supply s ON s.id = i.id;
        IF fits THEN
            SELECT bool_and(d.need <= f.free) INTO fits
            FROM (SELECT x.id, sum(greatest(x.held + x.sold - x.total, 0)) AS need
                  FROM jsonb_array_elements(units) WITH ORDINALITY AS t (u, n), jsonb_to_recordset(t.u -> 'stock') AS x (id bigint, held bigint, sold bigint, total bigint)
                  WHERE verdict[t.n] IS NULL GROUP BY x.id) d
            JOIN unnest(supply_ids, free) AS f (id, free) ON f.id = d.id;
        END IF;
    END IF;
    IF 'asset' = ANY (kinds) THEN
        PERFORM 1 FROM inventory.asset a
        WHERE a.id IN (SELECT x.id FROM jsonb_array_elements(units) u, jsonb_to_recordset(u -> 'asset') AS x (id bigint))
        ORDER BY a.id FOR NO KEY UPDATE;
        fits := false;
    END IF;
    IF fits IS NOT TRUE THEN
        FOR i IN 1 .. size LOOP
            CONTINUE WHEN verdict[i] IS NOT NULL;
            unit := units -> (i - 1);
            SELECT jsonb_agg(jsonb_build_object('supply', x.id, 'left', greatest(free[array_position(supply_ids, x.id)], 0))) INTO short
            FROM jsonb_to_recordset(unit -> 'stock') AS x (id bigint, held bigint, sold bigint, total bigint)
            WHERE x.held + x.sold - x.total > 0 AND x.held + x.sold - x.total > free[array_position(supply_ids, x.id)];
            IF short IS NOT NULL THEN
                verdict[i] := jsonb_build_object('verdict', 'out_of_stock', 'short', short);
                CONTINUE;
            END IF;
            SELECT jsonb_agg(x.id) INTO short FROM jsonb_to_recordset(unit -> 'wallet') AS x (id bigint, amount bigint)
            WHERE purse[array_position(wallet_ids, x.id)] + x.amount < 0;
            IF short IS NOT NULL THEN
                verdict[i] := '{"verdict": "wallet_short"}';
                CONTINUE;
            END IF;
            SELECT jsonb_agg(x.id) INTO short
            FROM jsonb_to_recordset(unit -> 'asset') AS x (id bigint, period tstzrange)
            LEFT JOIN inventory.asset a ON a.id = x.id
            WHERE a.state IS DISTINCT FROM 'ready' OR EXISTS (
                SELECT FROM inventory.hold h WHERE h.kind = 'asset' AND h.target_id = x.id AND h.freed = 0 AND h.period && x.period);
            IF short IS NOT NULL THEN
                verdict[i] := jsonb_build_object('verdict', 'not_free', 'assets', short);
                CONTINUE;
            END IF;
            FOR r IN SELECT * FROM jsonb_to_recordset(unit -> 'stock') AS x (id bigint, held bigint, sold bigint, total bigint) LOOP
                free[array_position(supply_ids, r.id)] := free[array_position(supply_ids, r.id)] - (r.held + r.sold - r.total);
            END LOOP;
            FOR r IN SELECT * FROM jsonb_to_recordset(unit -> 'wallet') AS x (id bigint, amount bigint) LOOP
                purse[array_position(wallet_ids, r.id)] := purse[array_position(wallet_ids, r.id)] + r.amount;
            END LOOP;
        END LOOP;
    END IF;

    SELECT coalesce(array_agg(t.u ORDER BY t.n), '{}') INTO live
    FROM jsonb_array_elements(units) WITH ORDINALITY AS t (u, n) WHERE verdict[t.n] IS NULL;
    IF cardinality(live) > 0 THEN
        PERFORM orders.write(live, kinds), ledger.write(live, kinds), logistics.write(live, kinds), kit.write(live, kinds),
                inventory.write(live, kinds);
    END IF;

    -- A refused unit gives its key back; a repeated one gets the first answer.
    IF 'key' = ANY (kinds) THEN
        DELETE FROM kit.answer a USING jsonb_array_elements(units) WITH ORDINALITY AS t (u, n)
        WHERE t.n = ANY (claimed) AND verdict[t.n] IS NOT NULL AND a.scope = t.u -> 'key' ->> 'scope' AND a.key = t.u -> 'key' ->> 'key';
        FOR r IN
            SELECT t.n, t.u -> 'key' ->> 'fingerprint' AS fingerprint, a.fingerprint AS first, a.answer
            FROM jsonb_array_elements(units) WITH ORDINALITY AS t (u, n)
            LEFT JOIN kit.answer a ON a.scope = t.u -> 'key' ->> 'scope' AND a.key = t.u -> 'key' ->> 'key'
            WHERE verdict[t.n] ->> 'verdict' = 'repeated'
        LOOP
            verdict[r.n] := CASE
                WHEN r.first IS NULL THEN '{"verdict": "stale"}'::jsonb
                WHEN r.first <> r.fingerprint THEN '{"verdict": "key_reused"}'::jsonb
                ELSE jsonb_build_object('verdict', 'repeated', 'answer', r.answer) END;
        END LOOP;
    END IF;
    RETURN array_replace(verdict, NULL, '{"verdict": "done"}'::jsonb);
END $$;
COMMENT ON FUNCTION market.apply(jsonb, timestamptz) IS
    'Judges units of change in order (keys, versions, collections, wallets, supplies, assets) and writes those that hold, all in the caller''s transaction. Answers one verdict per unit: done, repeated, key_reused, stale, out_of_stock, wallet_short, not_free.';

CREATE FUNCTION market.read(order_ids text[], purchase_ids text[], collection_keys text[]) RETURNS text LANGUAGE sql STABLE AS $$
    WITH asked AS (
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
            'collection', (SELECT c.key FROM ledger.collection c WHERE c.purchase_id = o.purchase_id ORDER BY (c.state = 'paid') DESC, c.asked_at DESC LIMIT 1),
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
        )), '[]') FROM wanted o))::text
$$;
COMMENT ON FUNCTION market.read(text[], text[], text[]) IS
    'Everything a decision may look at, for orders named directly, by purchase or by collection: one round trip, as JSON text.';

-- migrate: rollback
