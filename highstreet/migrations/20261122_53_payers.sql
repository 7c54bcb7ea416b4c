-- The same payment account is the same person: what it paid of a round for one holder it cannot pay for another
-- depends: 20261122_52_lines

-- migrate: apply

CREATE FUNCTION policy.write_payers(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF rows ? 'claim_payer' THEN
        -- Whoever pays at the same time is waited for here, and seen below.
        INSERT INTO policy.claimant (batch_id, person, n, claim_id)
        SELECT c.batch_id, 'payer:' || r.payer, 1, c.id
        FROM jsonb_to_recordset(rows -> 'claim_payer') AS r (order_id text, payer text)
        JOIN policy.claim c ON c.order_id = r.order_id AND c.state = 'taken'
        JOIN policy.batch b ON b.id = c.batch_id AND b.most = 1
        ORDER BY 1, 2 ON CONFLICT DO NOTHING;
        IF EXISTS (
            SELECT FROM jsonb_to_recordset(rows -> 'claim_payer') AS r (order_id text, payer text)
            JOIN policy.claim c ON c.order_id = r.order_id AND c.state = 'taken'
            JOIN policy.batch b ON b.id = c.batch_id AND b.most = 1
            JOIN policy.claimant x ON x.batch_id = c.batch_id AND x.person = 'payer:' || r.payer
            JOIN policy.claim o ON o.id = x.claim_id
            WHERE o.holder_id <> c.holder_id
        ) THEN
            RAISE EXCEPTION 'this payment account paid for somebody else''s claim of the same round'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payers_are_one_person';
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION policy.write_payers(jsonb) IS
    'Writes down by which payment account (keyed hash) claims of rounds for one per person were paid; refuses one that paid for another holder.';

DO $$
DECLARE
    writer text := pg_get_functiondef('market.apply(jsonb, timestamptz)'::regprocedure);
BEGIN
    IF position('policy.write_codes(rows),' IN writer) = 0 THEN
        RAISE EXCEPTION 'market.apply is not as this migration knows it';
    END IF;
    -- After the claims are as this unit leaves them.
    EXECUTE replace(writer, 'policy.write_codes(rows),', 'policy.write_codes(rows), policy.write_payers(rows),');
END $$;

-- migrate: rollback
