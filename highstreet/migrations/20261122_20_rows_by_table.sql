-- The one writer of the order path takes the rows of all units together, by table: half as many statements to run, and none to plan anew
-- depends: 20261122_19_formats

-- migrate: apply

DROP FUNCTION IF EXISTS market.apply(jsonb, timestamptz);
DROP FUNCTION IF EXISTS orders.write(jsonb[], text[]), inventory.write(jsonb[], text[]), ledger.write(jsonb[], text[]),
    logistics.write(jsonb[], text[]), kit.write(jsonb[], text[]);

-- Each domain writes its own rows: lists by table name, of all accepted units together.

CREATE OR REPLACE FUNCTION orders.write(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF rows ? 'purchase' THEN
        INSERT INTO orders.purchase (id, buyer_id, currency, total, method, lang, contact_key, contact, at)
        SELECT r.id, r.buyer_id, r.currency, r.total, r.method, r.lang, decode(r.contact_key, 'base64'), decode(r.contact, 'base64'), r.at
        FROM jsonb_to_recordset(rows -> 'purchase')
            AS r (id text, buyer_id text, currency text, total bigint, method text, lang text, contact_key text, contact text, at timestamptz);
    END IF;
    IF rows ? 'order' THEN
        INSERT INTO orders."order" (id, number, purchase_id, seller_id, buyer_id, place_id, format, stage, waits, currency, total, agreed,
                                    cohort_id, placed_at, committed_at, ended_at)
        SELECT r.id, r.number, r.purchase_id, r.seller_id, r.buyer_id, r.place_id, r.format, r.stage, r.waits, r.currency, r.total, r.agreed,
               r.cohort_id, r.placed_at, r.committed_at, r.ended_at
        FROM jsonb_to_recordset(rows -> 'order')
            AS r (id text, number bigint, purchase_id text, seller_id text, buyer_id text, place_id text, format text, stage text, waits text,
                  currency text, total bigint, agreed jsonb, cohort_id text, placed_at timestamptz, committed_at timestamptz, ended_at timestamptz);
    END IF;
    IF rows ? 'order_move' THEN
        UPDATE orders."order" o
        SET version = o.version + 1, stage = r.stage, waits = r.waits,
            committed_at = coalesce(r.committed_at, o.committed_at), ended_at = coalesce(r.ended_at, o.ended_at)
        FROM jsonb_to_recordset(rows -> 'order_move')
            AS r (id text, stage text, waits text, committed_at timestamptz, ended_at timestamptz)
        WHERE o.id = r.id;
    END IF;
    IF rows ? 'line' THEN
        INSERT INTO orders.line (order_id, position, offer_id, variant_id, title, picture, unit, quantity, price, adjustments, amount, paid,
                                 tax_bps, no_return, cancelled, fulfilled, returned, choice, cuts)
        SELECT r.order_id, r.position, r.offer_id, r.variant_id, r.title, r.picture, r.unit, r.quantity, r.price, r.adjustments, r.amount, r.paid,
               r.tax_bps, r.no_return, r.cancelled, r.fulfilled, r.returned, r.choice, r.cuts
        FROM jsonb_to_recordset(rows -> 'line')
            AS r (order_id text, position int, offer_id text, variant_id text, title jsonb, picture text, unit text, quantity bigint, price bigint,
                  adjustments jsonb, amount bigint, paid bigint, tax_bps int, no_return text, cancelled bigint, fulfilled bigint, returned bigint,
                  choice jsonb, cuts jsonb);
    END IF;
    IF rows ? 'line_move' THEN
        UPDATE orders.line l
        SET cancelled = l.cancelled + r.cancelled, fulfilled = l.fulfilled + r.fulfilled, returned = l.returned + r.returned
        FROM jsonb_to_recordset(rows -> 'line_move')
            AS r (order_id text, position int, cancelled bigint, fulfilled bigint, returned bigint)
        WHERE l.order_id = r.order_id AND l.position = r.position;
    END IF;
    IF rows ? 'line_price' THEN
        UPDATE orders.line l SET amount = r.amount, paid = r.paid, adjustments = r.adjustments
        FROM jsonb_to_recordset(rows -> 'line_price')
            AS r (order_id text, position int, amount bigint, paid bigint, adjustments jsonb)
        WHERE l.order_id = r.order_id AND l.position = r.position;
    END IF;
    IF rows ? 'member' THEN
        INSERT INTO orders.member (cohort_id, person, order_id)
        SELECT r.cohort_id, r.person, r.order_id FROM jsonb_to_recordset(rows -> 'member') AS r (cohort_id text, person text, order_id text);
    END IF;
    IF rows ? 'left' THEN
        DELETE FROM orders.member m USING jsonb_to_recordset(rows -> 'left') AS r (order_id text) WHERE m.order_id = r.order_id;
    END IF;
    IF rows ? 'met' THEN
        DELETE FROM orders.deadline d
        USING jsonb_to_recordset(rows -> 'met') AS r (order_id text, kind text)
        WHERE d.order_id = r.order_id AND d.kind = r.kind;
    END IF;
    IF rows ? 'deadline' THEN
        INSERT INTO orders.deadline (order_id, kind, due_at)
        SELECT r.order_id, r.kind, r.due_at
        FROM jsonb_to_recordset(rows -> 'deadline') AS r (order_id text, kind text, due_at timestamptz)
        ON CONFLICT (order_id, kind) DO UPDATE SET due_at = excluded.due_at;
    END IF;
END $$;
COMMENT ON FUNCTION orders.write(jsonb) IS 'Writes purchases, orders, lines, deadlines and their moves for accepted units.';

CREATE OR REPLACE FUNCTION inventory.write(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted int;
    changed int;
BEGIN
    IF rows ? 'hold' THEN
        INSERT INTO inventory.hold (order_id, line, kind, target_id, quantity, used, period, expires_at)
        SELECT r.order_id, r.line, r.kind, r.target_id, r.quantity, r.used, r.period, r.expires_at
        FROM jsonb_to_recordset(rows -> 'hold')
            AS r (order_id text, line int, kind text, target_id bigint, quantity bigint, used bigint, period tstzrange, expires_at timestamptz);
    END IF;
    IF rows ? 'hold_move' THEN
        UPDATE inventory.hold h
        SET used = h.used + r.used, freed = h.freed + r.freed, back = h.back + r.back, expires_at = r.expires_at
        FROM jsonb_to_recordset(rows -> 'hold_move')
            AS r (order_id text, line int, target_id bigint, used bigint, freed bigint, back bigint, expires_at timestamptz)
        WHERE h.order_id = r.order_id AND h.line = r.line AND h.target_id = r.target_id;
    END IF;
    IF rows ? 'movement' THEN
        INSERT INTO inventory.movement (supply_id, kind, quantity, by, note, at)
        SELECT r.supply_id, r.kind, r.quantity, r.by, r.note, r.at
        FROM jsonb_to_recordset(rows -> 'movement')
            AS r (supply_id bigint, kind text, quantity bigint, by text, note text, at timestamptz);
    END IF;
    IF rows ? 'stock' THEN
        WITH delta AS (
            SELECT r.id, sum(r.held) AS held, sum(r.sold) AS sold, sum(r.total) AS total
            FROM jsonb_to_recordset(rows -> 'stock') AS r (id bigint, held bigint, sold bigint, total bigint)
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
COMMENT ON FUNCTION inventory.write(jsonb) IS 'Writes holds and moves supplies by one guarded UPDATE for accepted units.';

CREATE OR REPLACE FUNCTION ledger.write(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted int;
    changed int;
BEGIN
    IF rows ? 'collection' THEN
        INSERT INTO ledger.collection (key, purchase_id, order_id, provider, currency, amount, state, asked_at, settled_at)
        SELECT r.key, r.purchase_id, r.order_id, r.provider, r.currency, r.amount, r.state, r.asked_at, r.settled_at
        FROM jsonb_to_recordset(rows -> 'collection')
            AS r (key text, purchase_id text, order_id text, provider text, currency text, amount bigint, state text, asked_at timestamptz,
                  settled_at timestamptz);
    END IF;
    IF rows ? 'collection_move' THEN
        UPDATE ledger.collection c
        SET state = r.state, provider_ref = coalesce(r.provider_ref, c.provider_ref), settled_at = r.settled_at
        FROM jsonb_to_recordset(rows -> 'collection_move')
            AS r (key text, state text, provider_ref text, settled_at timestamptz)
        WHERE c.key = r.key;
    END IF;
    IF rows ? 'wallet' THEN
        WITH delta AS (
            SELECT r.id, sum(r.amount) AS amount
            FROM jsonb_to_recordset(rows -> 'wallet') AS r (id bigint, amount bigint) GROUP BY r.id
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
    IF rows ? 'transfer' THEN
        INSERT INTO ledger.transfer (at, order_id, purpose, from_id, to_id, amount, about)
        SELECT r.at, r.order_id, r.purpose, r.from_id, r.to_id, r.amount, r.about
        FROM jsonb_to_recordset(rows -> 'transfer')
            AS r (at timestamptz, order_id text, purpose text, from_id bigint, to_id bigint, amount bigint, about text);
    END IF;
    IF rows ? 'refund' THEN
        INSERT INTO ledger.refund (key, order_id, collection_key, provider, currency, amount, state, wanted_at, settled_at)
        SELECT r.key, r.order_id, r.collection_key, r.provider, r.currency, r.amount, r.state, r.wanted_at, r.settled_at
        FROM jsonb_to_recordset(rows -> 'refund')
            AS r (key text, order_id text, collection_key text, provider text, currency text, amount bigint, state text,
                  wanted_at timestamptz, settled_at timestamptz);
    END IF;
    IF rows ? 'stray' THEN
        INSERT INTO ledger.stray (id, provider, provider_ref, key, currency, amount, reason, at, due_at)
        SELECT r.id, r.provider, r.provider_ref, r.key, r.currency, r.amount, r.reason, r.at, r.due_at
        FROM jsonb_to_recordset(rows -> 'stray')
            AS r (id text, provider text, provider_ref text, key text, currency text, amount bigint, reason text, at timestamptz, due_at timestamptz)
        ON CONFLICT (provider, provider_ref, reason) DO NOTHING;
    END IF;
END $$;
COMMENT ON FUNCTION ledger.write(jsonb) IS 'Writes collections, transfers, refunds and strays, and moves wallets by one guarded UPDATE, for accepted units.';

CREATE OR REPLACE FUNCTION logistics.write(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF rows ? 'leg' THEN
        INSERT INTO logistics.leg (id, order_id, n, kind, state, place_id, window_from, window_to, code_until, ready_at, started_at, ended_at, proof)
        SELECT r.id, r.order_id, r.n, r.kind, r.state, r.place_id, r.window_from, r.window_to, r.code_until, r.ready_at, r.started_at, r.ended_at, r.proof
        FROM jsonb_to_recordset(rows -> 'leg')
            AS r (id text, order_id text, n int, kind text, state text, place_id text, window_from timestamptz, window_to timestamptz,
                  code_until timestamptz, ready_at timestamptz, started_at timestamptz, ended_at timestamptz, proof jsonb);
    END IF;
    IF rows ? 'leg_move' THEN
        UPDATE logistics.leg l
        SET state = r.state, ready_at = coalesce(r.ready_at, l.ready_at), started_at = coalesce(r.started_at, l.started_at),
            ended_at = coalesce(r.ended_at, l.ended_at), carrier = coalesce(r.carrier, l.carrier), tracking = coalesce(r.tracking, l.tracking),
            courier_id = coalesce(r.courier_id, l.courier_id), proof = coalesce(r.proof, l.proof), code_until = coalesce(r.code_until, l.code_until)
        FROM jsonb_to_recordset(rows -> 'leg_move')
            AS r (id text, state text, ready_at timestamptz, started_at timestamptz, ended_at timestamptz, carrier text, tracking text,
                  courier_id text, proof jsonb, code_until timestamptz)
        WHERE l.id = r.id;
    END IF;
END $$;
COMMENT ON FUNCTION logistics.write(jsonb) IS 'Writes legs and their moves for accepted units.';

CREATE OR REPLACE FUNCTION kit.write(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF rows ? 'fact' THEN
        INSERT INTO kit.fact (at, kind, subject, by, body)
        SELECT r.at, r.kind, r.subject, r.by, r.body
        FROM jsonb_to_recordset(rows -> 'fact') AS r (at timestamptz, kind text, subject text, by text, body jsonb);
    END IF;
END $$;
COMMENT ON FUNCTION kit.write(jsonb) IS 'Writes the facts of accepted units into the outbox.';

CREATE OR REPLACE FUNCTION market.without(rows jsonb, refused jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(t.name, t.kept), '{}')
    FROM (SELECT e.key AS name, (SELECT jsonb_agg(x) FROM jsonb_array_elements(e.value) x WHERE NOT refused ? (x ->> 'nth')) AS kept
          FROM jsonb_each(rows) e) t
    WHERE t.kept IS NOT NULL
$$;
COMMENT ON FUNCTION market.without(jsonb, jsonb) IS 'The rows of all units but those that have a verdict.';

-- Plans are made once per session, and so that they are good for any size of a table: every row is found by its index.
CREATE OR REPLACE FUNCTION market.apply(rows jsonb, at timestamptz) RETURNS jsonb LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    keys jsonb := rows -> 'key';
    claimed int[];
    verdicts jsonb := '{}';
    found bigint;
    supply_ids bigint[];
    free bigint[];
    wallet_ids bigint[];
    purse bigint[];
    fits boolean := true;
    short jsonb;
    left_over bigint;
    r record;
BEGIN
    -- Keys first and in order: a twin in another transaction waits here, before it holds anything.
    IF keys IS NOT NULL THEN
        INSERT INTO kit.answer (scope, key, fingerprint, answer, at)
        SELECT DISTINCT ON (k.scope, k.key) k.scope, k.key, k.fingerprint, k.answer, apply.at
        FROM jsonb_to_recordset(keys) AS k (nth int, scope text COLLATE "C", key text COLLATE "C", fingerprint text, answer jsonb)
        ORDER BY k.scope, k.key, k.nth
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS found = ROW_COUNT;
        IF found < jsonb_array_length(keys) THEN
            -- The claims that are ours are the ones this transaction wrote.
            SELECT coalesce(array_agg(f.nth), '{}') INTO claimed
            FROM (SELECT DISTINCT ON (k.scope, k.key) k.nth, k.scope, k.key
                  FROM jsonb_to_recordset(keys) AS k (nth int, scope text COLLATE "C", key text COLLATE "C") ORDER BY k.scope, k.key, k.nth) f
            JOIN kit.answer a ON a.scope = f.scope AND a.key = f.key AND a.xmin = pg_current_xact_id()::xid;
            SELECT jsonb_object_agg(k.nth, '{"verdict": "repeated"}'::jsonb) INTO verdicts
            FROM jsonb_to_recordset(keys) AS k (nth int) WHERE k.nth <> ALL (claimed);
        END IF;
    END IF;

    -- Orders and collections: who read an older state is told so and reads again.
    IF rows ? 'versions' THEN
        SELECT count(DISTINCT q.id) FILTER (WHERE q.stands = q.version) INTO found
        FROM (SELECT o.id, o.version AS stands, v.version FROM jsonb_to_recordset(rows -> 'versions') AS v (id text, version int)
              JOIN orders."order" o ON o.id = v.id ORDER BY o.id FOR NO KEY UPDATE OF o) q;
        IF found < jsonb_array_length(rows -> 'versions') THEN
            SELECT verdicts || coalesce(jsonb_object_agg(q.nth, '{"verdict": "stale"}'::jsonb), '{}') INTO verdicts
            FROM (SELECT v.nth, v.version, o.version AS stands, row_number() OVER (PARTITION BY v.id ORDER BY v.nth) AS turn
                  FROM jsonb_to_recordset(rows -> 'versions') AS v (nth int, id text, version int)
                  LEFT JOIN orders."order" o ON o.id = v.id WHERE NOT verdicts ? v.nth::text) q
            WHERE q.stands IS DISTINCT FROM q.version OR q.turn > 1;
        END IF;
    END IF;
    IF rows ? 'collections' THEN
        SELECT count(DISTINCT q.key) FILTER (WHERE q.stands = q.state) INTO found
        FROM (SELECT c.key, c.state AS stands, v.state FROM jsonb_to_recordset(rows -> 'collections') AS v (key text, state text)
              JOIN ledger.collection c ON c.key = v.key ORDER BY c.key FOR NO KEY UPDATE OF c) q;
        IF found < jsonb_array_length(rows -> 'collections') THEN
            SELECT verdicts || coalesce(jsonb_object_agg(q.nth, '{"verdict": "stale"}'::jsonb), '{}') INTO verdicts
            FROM (SELECT v.nth, v.state, c.state AS stands, row_number() OVER (PARTITION BY v.key ORDER BY v.nth) AS turn
                  FROM jsonb_to_recordset(rows -> 'collections') AS v (nth int, key text, state text)
                  LEFT JOIN ledger.collection c ON c.key = v.key WHERE NOT verdicts ? v.nth::text) q
            WHERE q.stands IS DISTINCT FROM q.state OR q.turn > 1;
        END IF;
    END IF;
    -- Cohorts: whoever joins, pays or leaves while one is being decided waits here, and then reads the decision.
    IF rows ? 'cohorts' THEN
        SELECT count(*) FILTER (WHERE q.stands = q.version) INTO found
        FROM (SELECT c.version AS stands, v.version FROM jsonb_to_recordset(rows -> 'cohorts') AS v (id text, version int)
              JOIN orders.cohort c ON c.id = v.id ORDER BY c.id FOR SHARE OF c) q;
        IF found < jsonb_array_length(rows -> 'cohorts') THEN
            SELECT verdicts || coalesce(jsonb_object_agg(v.nth, '{"verdict": "stale"}'::jsonb), '{}') INTO verdicts
            FROM jsonb_to_recordset(rows -> 'cohorts') AS v (nth int, id text, version int)
            LEFT JOIN orders.cohort c ON c.id = v.id
            WHERE c.version IS DISTINCT FROM v.version AND NOT verdicts ? v.nth::text;
        END IF;
    END IF;
    IF verdicts <> '{}' THEN
        rows := market.without(rows, verdicts);
    END IF;

    -- Wallets, then supplies, in ascending id. When everything fits together nobody needs to be judged alone.
    IF rows ? 'wallet' THEN
        SELECT array_agg(q.id), array_agg(q.balance), bool_and(q.need <= q.balance) AND sum(q.times) = jsonb_array_length(rows -> 'wallet')
        INTO wallet_ids, purse, fits
        FROM (SELECT w.account_id AS id, w.balance, d.need, d.times
              FROM (SELECT x.id, sum(greatest(-x.amount, 0)) AS need, count(*) AS times
                    FROM jsonb_to_recordset(rows -> 'wallet') AS x (id bigint, amount bigint) GROUP BY x.id) d
              JOIN ledger.wallet w ON w.account_id = d.id ORDER BY w.account_id FOR NO KEY UPDATE OF w) q;
    END IF;
    IF rows ? 'stock' THEN
        SELECT array_agg(q.id), array_agg(q.free), fits AND bool_and(q.need <= q.free) AND sum(q.times) = jsonb_array_length(rows -> 'stock')
        INTO supply_ids, free, fits
        FROM (SELECT s.id, s.total - s.held - s.sold AS free, d.need, d.times
              FROM (SELECT x.id, sum(greatest(x.held + x.sold - x.total, 0)) AS need, count(*) AS times
                    FROM jsonb_to_recordset(rows -> 'stock') AS x (id bigint, held bigint, sold bigint, total bigint) GROUP BY x.id) d
              JOIN inventory.supply s ON s.id = d.id ORDER BY s.id FOR NO KEY UPDATE OF s) q;
    END IF;
    IF rows ? 'asset' THEN
        PERFORM 1 FROM inventory.asset a
        WHERE a.id IN (SELECT x.id FROM jsonb_to_recordset(rows -> 'asset') AS x (id bigint))
        ORDER BY a.id FOR NO KEY UPDATE;
        fits := false;
    END IF;
    IF fits IS NOT TRUE THEN
        FOR r IN
            SELECT x.nth, array_agg(x.what) AS whats, array_agg(x.id) AS ids, array_agg(x.need) AS needs
            FROM (SELECT s.nth, 'stock' AS what, s.id, s.held + s.sold - s.total AS need
                  FROM jsonb_to_recordset(rows -> 'stock') AS s (nth int, id bigint, held bigint, sold bigint, total bigint)
                  UNION ALL SELECT w.nth, 'wallet', w.id, -w.amount FROM jsonb_to_recordset(rows -> 'wallet') AS w (nth int, id bigint, amount bigint)
                  UNION ALL SELECT a.nth, 'asset', a.id, 0 FROM jsonb_to_recordset(rows -> 'asset') AS a (nth int, id bigint)) x
            GROUP BY x.nth ORDER BY x.nth
        LOOP
            short := '[]';
            FOR k IN 1 .. cardinality(r.ids) LOOP
                CONTINUE WHEN r.needs[k] <= 0 OR r.whats[k] <> 'stock';
                left_over := coalesce(free[array_position(supply_ids, r.ids[k])], 0);
                IF r.needs[k] > left_over THEN
                    short := short || jsonb_build_object('supply', r.ids[k], 'left', greatest(left_over, 0));
                END IF;
            END LOOP;
            IF short <> '[]' THEN
                verdicts := verdicts || jsonb_build_object(r.nth, jsonb_build_object('verdict', 'out_of_stock', 'short', short));
                CONTINUE;
            END IF;
            FOR k IN 1 .. cardinality(r.ids) LOOP
                CONTINUE WHEN r.needs[k] <= 0 OR r.whats[k] <> 'wallet';
                IF r.needs[k] > coalesce(purse[array_position(wallet_ids, r.ids[k])], 0) THEN
                    verdicts := verdicts || jsonb_build_object(r.nth, '{"verdict": "wallet_short"}'::jsonb);
                    EXIT;
                END IF;
            END LOOP;
            CONTINUE WHEN verdicts ? r.nth::text;
            IF 'asset' = ANY (r.whats) THEN
                -- Free of what was promised before, and of what the units before this one take.
                SELECT jsonb_agg(x.id) INTO short
                FROM jsonb_to_recordset(rows -> 'asset') AS x (nth int, id bigint, period tstzrange)
                LEFT JOIN inventory.asset a ON a.id = x.id
                WHERE x.nth = r.nth AND (a.state IS DISTINCT FROM 'ready'
                    OR EXISTS (SELECT FROM inventory.hold h WHERE h.kind = 'asset' AND h.target_id = x.id AND h.freed = 0 AND h.period && x.period)
                    OR EXISTS (SELECT FROM jsonb_to_recordset(rows -> 'asset') AS e (nth int, id bigint, period tstzrange)
                               WHERE e.nth < r.nth AND e.id = x.id AND e.period && x.period AND NOT verdicts ? e.nth::text));
                IF short IS NOT NULL THEN
                    verdicts := verdicts || jsonb_build_object(r.nth, jsonb_build_object('verdict', 'not_free', 'assets', short));
                    CONTINUE;
                END IF;
            END IF;
            FOR k IN 1 .. cardinality(r.ids) LOOP
                IF r.whats[k] = 'stock' THEN
                    free[array_position(supply_ids, r.ids[k])] := free[array_position(supply_ids, r.ids[k])] - r.needs[k];
                ELSIF r.whats[k] = 'wallet' THEN
                    purse[array_position(wallet_ids, r.ids[k])] := purse[array_position(wallet_ids, r.ids[k])] - r.needs[k];
                END IF;
            END LOOP;
        END LOOP;
        rows := market.without(rows, verdicts);
    END IF;

    PERFORM orders.write(rows), ledger.write(rows), logistics.write(rows), kit.write(rows), inventory.write(rows);

    -- A refused unit gives its key back; a repeated one gets the first answer.
    IF verdicts <> '{}' AND keys IS NOT NULL THEN
        DELETE FROM kit.answer a USING jsonb_to_recordset(keys) AS k (nth int, scope text, key text)
        WHERE verdicts ? k.nth::text AND (claimed IS NULL OR k.nth = ANY (claimed)) AND a.scope = k.scope AND a.key = k.key;
        SELECT verdicts || coalesce(jsonb_object_agg(k.nth, CASE
                WHEN a.fingerprint IS NULL THEN '{"verdict": "stale"}'::jsonb
                WHEN a.fingerprint <> k.fingerprint THEN '{"verdict": "key_reused"}'::jsonb
                ELSE jsonb_build_object('verdict', 'repeated', 'answer', a.answer) END), '{}') INTO verdicts
        FROM jsonb_to_recordset(keys) AS k (nth int, scope text, key text, fingerprint text)
        LEFT JOIN kit.answer a ON a.scope = k.scope AND a.key = k.key
        WHERE verdicts -> k.nth::text ->> 'verdict' = 'repeated';
    END IF;
    RETURN nullif(verdicts, '{}');
END $$;
COMMENT ON FUNCTION market.apply(jsonb, timestamptz) IS
    'Judges units of change in order (keys, versions, collections, cohorts, wallets, supplies, assets) and writes those that hold, all in the caller''s transaction. rows: lists by table name, each row with the number nth of its unit. Answers a verdict by number for each unit that is not done: repeated, key_reused, stale, out_of_stock, wallet_short, not_free; nothing when all are.';

-- migrate: rollback
