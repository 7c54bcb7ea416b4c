-- Online visits: records sealed to patient and practitioner, prescriptions that are used up by the order they are sold in
-- depends: 20261122_29_rooms

-- migrate: apply

ALTER TABLE parties.licence ADD COLUMN holder_id text COLLATE "C" REFERENCES parties.party;
COMMENT ON COLUMN parties.licence.holder_id IS
    'The person a qualification belongs to (practitioner, pharmacist), who works at the party that shows it; empty for the party''s own.';
CREATE INDEX licence_holder ON parties.licence (holder_id) WHERE holder_id IS NOT NULL;

CREATE TABLE parties.visit (
    order_id text COLLATE "C" PRIMARY KEY,
    clinic_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    patient_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    practitioner_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    at timestamptz NOT NULL,
    CHECK (patient_id <> practitioner_id)
);
COMMENT ON TABLE parties.visit IS 'Who held an online visit: the first practitioner to write its record; nobody else writes in it.';
CREATE INDEX visit_patient ON parties.visit (patient_id);

CREATE TABLE parties.record (
    id text COLLATE "C" PRIMARY KEY,
    order_id text COLLATE "C" NOT NULL REFERENCES parties.visit,
    patient_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    practitioner_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    key bytea NOT NULL,
    content bytea NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE parties.record IS
    'What a practitioner wrote at a visit, sealed under a key of its own that is sealed under the patient''s: it goes with the patient''s key. Append only: a correction is another record.';
CREATE INDEX record_order ON parties.record (order_id);
CREATE INDEX record_patient ON parties.record (patient_id);

CREATE TABLE parties.prescription (
    number text COLLATE "C" PRIMARY KEY,
    order_id text COLLATE "C" NOT NULL REFERENCES parties.visit,
    clinic_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    patient_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    practitioner_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    key bytea NOT NULL,
    content bytea NOT NULL,
    issued_at timestamptz NOT NULL,
    valid_to timestamptz NOT NULL,
    CHECK (valid_to > issued_at)
);
COMMENT ON TABLE parties.prescription IS
    'A prescription signed at a visit. content: all it says, its dates and amounts too, sealed as a record is; what it says beside that must agree with it.';
CREATE INDEX prescription_patient ON parties.prescription (patient_id);
CREATE INDEX prescription_order ON parties.prescription (order_id);

CREATE TABLE parties.prescribed (
    prescription text COLLATE "C" NOT NULL REFERENCES parties.prescription,
    position smallint NOT NULL CHECK (position > 0),
    drug bytea NOT NULL,
    quantity int NOT NULL CHECK (quantity > 0),
    uses int NOT NULL CHECK (uses > 0),
    uses_left int NOT NULL,
    PRIMARY KEY (prescription, position),
    CONSTRAINT never_used_too_often CHECK (uses_left BETWEEN 0 AND uses)
);
COMMENT ON TABLE parties.prescribed IS
    'A medicine of a prescription: the keyed hash of its active substance, at most how many packs each time, how many times, and how many are left.';

CREATE TABLE parties.showing (
    prescription text COLLATE "C" NOT NULL REFERENCES parties.prescription,
    pharmacy_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    at timestamptz NOT NULL,
    looked_by text COLLATE "C" REFERENCES parties.party,
    looked_at timestamptz,
    accepted boolean,
    reason text,
    PRIMARY KEY (prescription, pharmacy_id),
    CHECK ((accepted IS NULL) = (looked_at IS NULL) AND (accepted IS NULL) = (looked_by IS NULL)),
    CHECK ((accepted IS NOT DISTINCT FROM false) = (reason IS NOT NULL))
);
COMMENT ON TABLE parties.showing IS 'A patient showed a prescription to a pharmacy, and what its pharmacist said: nothing is sold before a yes.';
CREATE INDEX showing_waits ON parties.showing (pharmacy_id, at) WHERE accepted IS NULL;

CREATE TABLE parties.dispensing (
    order_id text COLLATE "C" NOT NULL,
    line int NOT NULL,
    prescription text COLLATE "C" NOT NULL,
    position smallint NOT NULL,
    at timestamptz NOT NULL,
    back_at timestamptz,
    PRIMARY KEY (order_id, line),
    FOREIGN KEY (prescription, position) REFERENCES parties.prescribed
);
COMMENT ON TABLE parties.dispensing IS
    'A use of a prescription by an order line; back_at: the line came to nothing before anything left the pharmacy, and the use was given back.';
CREATE INDEX dispensing_prescription ON parties.dispensing (prescription);

CREATE TABLE parties.opening (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    paper text COLLATE "C" NOT NULL,
    patient_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    by text COLLATE "C" NOT NULL REFERENCES parties.party,
    as_what text NOT NULL CHECK (as_what IN ('patient', 'practitioner', 'pharmacist')),
    at timestamptz NOT NULL
);
COMMENT ON TABLE parties.opening IS 'Somebody opened a record or a prescription: each time, for the patient to see. Append only.';
CREATE INDEX opening_patient ON parties.opening (patient_id, at);

CREATE FUNCTION parties.write(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted int;
    changed int;
BEGIN
    IF rows ? 'prescription' THEN
        INSERT INTO parties.prescription (number, order_id, clinic_id, patient_id, practitioner_id, key, content, issued_at, valid_to)
        SELECT r.number, r.order_id, r.clinic_id, r.patient_id, r.practitioner_id, decode(r.key, 'base64'), decode(r.content, 'base64'),
               r.issued_at, r.valid_to
        FROM jsonb_to_recordset(rows -> 'prescription')
            AS r (number text, order_id text, clinic_id text, patient_id text, practitioner_id text, key text, content text,
                  issued_at timestamptz, valid_to timestamptz);
        INSERT INTO parties.prescribed (prescription, position, drug, quantity, uses, uses_left)
        SELECT r.prescription, r.position, decode(r.drug, 'base64'), r.quantity, r.uses, r.uses
        FROM jsonb_to_recordset(rows -> 'prescribed') AS r (prescription text, position smallint, drug text, quantity int, uses int);
    END IF;
    IF rows ? 'dispensed' THEN
        -- In order, so that two who use the same two prescriptions wait for each other only one way.
        PERFORM 1 FROM parties.prescribed i
        WHERE (i.prescription, i.position) IN (SELECT r.prescription, r.position FROM jsonb_to_recordset(rows -> 'dispensed')
                                               AS r (prescription text COLLATE "C", position smallint))
        ORDER BY i.prescription, i.position FOR NO KEY UPDATE;
        WITH use AS (
            SELECT r.prescription, r.position, r.patient_id, r.pharmacy_id, max(r.at) AS at, count(*) AS times
            FROM jsonb_to_recordset(rows -> 'dispensed')
                AS r (prescription text COLLATE "C", position smallint, patient_id text COLLATE "C", pharmacy_id text COLLATE "C", at timestamptz)
            GROUP BY 1, 2, 3, 4
        ), moved AS (
            UPDATE parties.prescribed i SET uses_left = i.uses_left - u.times
            FROM use u JOIN parties.prescription p ON p.number = u.prescription
            WHERE i.prescription = u.prescription AND i.position = u.position AND i.uses_left >= u.times
              AND p.patient_id = u.patient_id AND p.valid_to > u.at
              AND EXISTS (SELECT FROM parties.showing s WHERE s.prescription = p.number AND s.pharmacy_id = u.pharmacy_id AND s.accepted)
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM use), (SELECT count(*) FROM moved) INTO wanted, changed;
        IF wanted <> changed THEN
            RAISE EXCEPTION 'a prescription would be used too often' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_used_too_often';
        END IF;
        INSERT INTO parties.dispensing (order_id, line, prescription, position, at)
        SELECT r.order_id, r.line, r.prescription, r.position, r.at
        FROM jsonb_to_recordset(rows -> 'dispensed') AS r (order_id text, line int, prescription text, position smallint, at timestamptz);
    END IF;
    IF rows ? 'undispensed' THEN
        WITH back AS (
            UPDATE parties.dispensing d SET back_at = r.at
            FROM jsonb_to_recordset(rows -> 'undispensed') AS r (order_id text COLLATE "C", line int, at timestamptz)
            WHERE d.order_id = r.order_id AND d.line = r.line AND d.back_at IS NULL
            RETURNING d.prescription, d.position
        )
        UPDATE parties.prescribed i SET uses_left = i.uses_left + b.times
        FROM (SELECT prescription, position, count(*) AS times FROM back GROUP BY 1, 2) b
        WHERE i.prescription = b.prescription AND i.position = b.position;
    END IF;
END $$;
COMMENT ON FUNCTION parties.write(jsonb) IS
    'Writes prescriptions for accepted units, and uses them up, or gives uses back, by one guarded UPDATE.';

-- The one writer learns of another domain, and the shelf of another column. Their text is long and changes in one word only.
DO $$
DECLARE
    writer text := pg_get_functiondef('market.apply(jsonb, timestamptz)'::regprocedure);
    shelf text := pg_get_functiondef('market.for_sale(text[], text, date)'::regprocedure);
BEGIN
    IF position('PERFORM orders.write(rows),' IN writer) = 0 OR position('i.sells, v.unit,' IN shelf) = 0 THEN
        RAISE EXCEPTION 'market.apply or market.for_sale is not as this migration knows it';
    END IF;
    EXECUTE replace(writer, 'PERFORM orders.write(rows),', 'PERFORM orders.write(rows), parties.write(rows),');
    EXECUTE replace(shelf, 'i.sells, v.unit,',
        'i.sells, v.unit, CASE WHEN i.attributes ->> ''prescription'' = ''needed'' '
        'THEN coalesce(nullif(i.attributes ->> ''substance'', ''''), i.id) END AS rx,');
END $$;

-- migrate: rollback
