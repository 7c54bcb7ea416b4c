-- Codes that name a holder at a till: minutes on a phone, as long as its one claim on a printed slip
-- depends: 20261122_43_settlements

-- migrate: apply

CREATE TABLE policy.shown_code (
    id text COLLATE "C" PRIMARY KEY,
    holder_id text COLLATE "C" NOT NULL,
    claim_id text COLLATE "C" REFERENCES policy.claim,
    made_by text COLLATE "C" NOT NULL,
    place_id text COLLATE "C",
    made_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    used_at timestamptz,
    order_id text COLLATE "C",
    voided_at timestamptz,
    CHECK ((used_at IS NULL) = (order_id IS NULL))
);
COMMENT ON TABLE policy.shown_code IS
    'What a customer shows at a till so that public money pays its part. id: keyed hash of the digits, which stand nowhere. With a claim: a printed slip for that claim alone, good as long as it; without: shown on a phone for one sale. place_id: the counter whose helper printed it.';
CREATE INDEX shown_code_holder ON policy.shown_code (holder_id);
CREATE INDEX shown_code_helper ON policy.shown_code (made_by, made_at) WHERE claim_id IS NOT NULL;
CREATE UNIQUE INDEX slips_are_one_at_a_time ON policy.shown_code (claim_id) WHERE claim_id IS NOT NULL AND voided_at IS NULL;

CREATE FUNCTION policy.write_codes(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    changed int;
BEGIN
    IF rows ? 'code_used' THEN
        PERFORM 1 FROM policy.shown_code c
        WHERE c.id IN (SELECT r.id FROM jsonb_to_recordset(rows -> 'code_used') AS r (id text)) ORDER BY c.id FOR NO KEY UPDATE;
        -- A slip is good again when its order came to nothing: what may be had once is its claim.
        WITH moved AS (
            UPDATE policy.shown_code c SET used_at = r.at, order_id = r.order_id
            FROM jsonb_to_recordset(rows -> 'code_used') AS r (id text, order_id text, at timestamptz)
            WHERE c.id = r.id AND c.voided_at IS NULL AND (c.claim_id IS NOT NULL OR c.used_at IS NULL)
            RETURNING 1
        )
        SELECT count(*) INTO changed FROM moved;
        IF changed <> jsonb_array_length(rows -> 'code_used') THEN
            RAISE EXCEPTION 'a code was used before, or is void'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'codes_are_used_once';
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION policy.write_codes(jsonb) IS 'Uses up shown codes with the orders they pay for, by one guarded UPDATE.';

-- The one writer learns one word more, whatever it learned before.
DO $$
DECLARE
    writer text := pg_get_functiondef('market.apply(jsonb, timestamptz)'::regprocedure);
BEGIN
    IF position('PERFORM orders.write(rows),' IN writer) = 0 THEN
        RAISE EXCEPTION 'market.apply is not as this migration knows it';
    END IF;
    EXECUTE replace(writer, 'PERFORM orders.write(rows),', 'PERFORM orders.write(rows), policy.write_codes(rows),');
END $$;

-- migrate: rollback
