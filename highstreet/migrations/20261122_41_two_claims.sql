-- Two claims of one programme in one order: what is given back is taken of the later one first
-- depends: 20261122_40_consents

-- migrate: apply

DO $$
DECLARE
    writer text := pg_get_functiondef('policy.write(jsonb)'::regprocedure);
    old text := 'UPDATE policy.claim c SET spent = r.spent
        FROM jsonb_to_recordset(rows -> ''claim_spent'') AS r (order_id text, programme_id text, spent bigint)
        WHERE c.order_id = r.order_id AND c.programme_id = r.programme_id;';
BEGIN
    IF position(old IN writer) = 0 THEN
        RAISE EXCEPTION 'policy.write is not as this migration knows it';
    END IF;
    EXECUTE replace(writer, old, '
        WITH sums AS (
            SELECT c.id, r.spent, c.spent AS had,
                   coalesce(sum(c.spent) OVER (PARTITION BY c.order_id, c.programme_id ORDER BY c.id
                                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
            FROM jsonb_to_recordset(rows -> ''claim_spent'') AS r (order_id text, programme_id text, spent bigint)
            JOIN policy.claim c ON c.order_id = r.order_id AND c.programme_id = r.programme_id
        )
        UPDATE policy.claim c SET spent = least(s.had, greatest(0, s.spent - s.before)) FROM sums s WHERE c.id = s.id;');
END $$;

-- migrate: rollback
