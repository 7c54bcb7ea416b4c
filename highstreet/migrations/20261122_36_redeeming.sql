-- Claims on public money are taken by orders: in the one writer, by one guarded statement
-- depends: 20261122_35_room_orders

-- migrate: apply

CREATE TABLE policy.enrolment (
    programme_id text COLLATE "C" NOT NULL REFERENCES policy.programme,
    seller_id text COLLATE "C" NOT NULL,
    qualities text[] NOT NULL,
    by text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (programme_id, seller_id)
);
COMMENT ON TABLE policy.enrolment IS 'A seller takes part in a programme, with what its office found true of it.';

CREATE TABLE policy.quality (
    person_id text COLLATE "C" NOT NULL,
    quality text NOT NULL,
    until timestamptz NOT NULL,
    by text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (person_id, quality)
);
COMMENT ON TABLE policy.quality IS 'What an office found true of a person, until a day: verified, visitor, a need that was looked at. Never more than the rule asks.';

CREATE TABLE policy.used_right (
    key text COLLATE "C" CONSTRAINT rights_are_used_once PRIMARY KEY,
    holder_id text COLLATE "C" NOT NULL,
    claim_id text COLLATE "C" NOT NULL REFERENCES policy.claim,
    order_id text COLLATE "C" NOT NULL
);
COMMENT ON TABLE policy.used_right IS 'What may be had only once within a span, named for ever: programme/person/each/year/2026-01-01/fridge.';
CREATE INDEX used_right_holder ON policy.used_right (holder_id);
CREATE INDEX used_right_order ON policy.used_right (order_id);

ALTER TABLE policy.claim ADD COLUMN taken_at timestamptz, ADD COLUMN keeps boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN policy.claim.keeps IS 'Whether the right stays used when what was paid with it is given back.';

CREATE FUNCTION policy.write(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted int;
    changed int;
BEGIN
    IF rows ? 'claim_taken' THEN
        -- In order, so that two who spend the same two claims wait for each other only one way.
        PERFORM 1 FROM policy.claim c
        WHERE c.id IN (SELECT r.id FROM jsonb_to_recordset(rows -> 'claim_taken') AS r (id text)) ORDER BY c.id FOR NO KEY UPDATE;
        WITH moved AS (
            UPDATE policy.claim c SET state = 'taken', order_id = r.order_id, spent = r.spent, taken_at = r.at, keeps = r.keeps
            FROM jsonb_to_recordset(rows -> 'claim_taken')
                AS r (id text, order_id text, holder text, spent bigint, keeps boolean, at timestamptz)
            WHERE c.id = r.id AND c.state = 'open' AND c.holder_id = r.holder AND c.valid_until > r.at AND r.spent <= c.amount
            RETURNING 1
        )
        SELECT jsonb_array_length(rows -> 'claim_taken'), (SELECT count(*) FROM moved) INTO wanted, changed;
        IF wanted <> changed THEN
            RAISE EXCEPTION 'a claim was taken before, lapsed, or is somebody else''s'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'claims_are_taken_once';
        END IF;
        INSERT INTO policy.used_right (key, holder_id, claim_id, order_id)
        SELECT k.key, r.holder, r.id, r.order_id
        FROM jsonb_to_recordset(rows -> 'claim_taken') AS r (id text, order_id text, holder text, rights jsonb),
             jsonb_array_elements_text(r.rights) AS k (key) ORDER BY k.key;
    END IF;
    IF rows ? 'claim_spent' THEN
        UPDATE policy.claim c SET spent = r.spent
        FROM jsonb_to_recordset(rows -> 'claim_spent') AS r (order_id text, programme_id text, spent bigint)
        WHERE c.order_id = r.order_id AND c.programme_id = r.programme_id;
    END IF;
    IF rows ? 'claim_back' THEN
        WITH back AS (
            UPDATE policy.claim c
            SET state = CASE WHEN c.keeps AND r.paid THEN 'lapsed' ELSE 'open' END, order_id = NULL, spent = 0, taken_at = NULL
            FROM jsonb_to_recordset(rows -> 'claim_back') AS r (order_id text, paid boolean)
            WHERE c.order_id = r.order_id
            RETURNING c.id, c.programme_id, c.amount, c.state
        ), freed AS (
            DELETE FROM policy.used_right u USING back WHERE u.claim_id = back.id AND back.state = 'open'
        )
        UPDATE policy.programme p SET free = p.free + b.amount
        FROM (SELECT programme_id, sum(amount)::bigint AS amount FROM back WHERE state = 'lapsed' GROUP BY 1 ORDER BY 1) b
        WHERE p.id = b.programme_id;
    END IF;
END $$;
COMMENT ON FUNCTION policy.write(jsonb) IS
    'Takes claims for accepted units by one guarded UPDATE, with the rights they use up; follows what their orders give back.';

-- The one writer learns of another domain. Its text is long and changes in one word only.
DO $$
DECLARE
    writer text := pg_get_functiondef('market.apply(jsonb, timestamptz)'::regprocedure);
BEGIN
    IF position('PERFORM orders.write(rows),' IN writer) = 0 THEN
        RAISE EXCEPTION 'market.apply is not as this migration knows it';
    END IF;
    EXECUTE replace(writer, 'PERFORM orders.write(rows),', 'PERFORM orders.write(rows), policy.write(rows),');
END $$;

-- migrate: rollback
