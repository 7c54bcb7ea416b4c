-- Proofs of subsidised things: serial numbers that are subsidised once, evidence, and what must be there before goods leave
-- depends: 20261122_45_shelf_kinds

-- migrate: apply

CREATE TABLE policy.duty (
    order_id text COLLATE "C" NOT NULL,
    line int NOT NULL,
    programme_id text COLLATE "C" NOT NULL REFERENCES policy.programme,
    claim_id text COLLATE "C" NOT NULL REFERENCES policy.claim,
    serial boolean NOT NULL,
    imei boolean NOT NULL,
    old boolean NOT NULL,
    evidence text[] NOT NULL,
    hours int NOT NULL,
    keeps boolean NOT NULL,
    left_at timestamptz,
    handed_at timestamptz,
    old_at timestamptz,
    PRIMARY KEY (order_id, line, programme_id)
);
COMMENT ON TABLE policy.duty IS
    'What its seller shows of a subsidised line, as the rule said when it was placed. left_at, handed_at: when the goods left, and were handed over; old_at: when the old thing was taken. keeps: its serial stays used when the goods come back.';
CREATE INDEX duty_programme ON policy.duty (programme_id, handed_at);

CREATE TABLE policy.serial (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key bytea NOT NULL,
    kind text NOT NULL CHECK (kind IN ('serial', 'imei')),
    gtin text,
    order_id text COLLATE "C" NOT NULL,
    line int NOT NULL,
    wrapped bytea NOT NULL,
    content bytea NOT NULL,
    by text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    freed_at timestamptz,
    freed text CHECK (freed IN ('corrected', 'not_handed_over', 'returned')),
    CHECK ((freed_at IS NULL) = (freed IS NULL))
);
COMMENT ON TABLE policy.serial IS
    'Serial numbers of subsidised things, for ever and over all programmes: by keyed hash, the number itself sealed. freed: why another purchase may use it after all.';
CREATE UNIQUE INDEX serials_are_subsidised_once ON policy.serial (key) WHERE freed_at IS NULL;
CREATE UNIQUE INDEX one_serial_for_a_line ON policy.serial (order_id, line) WHERE freed_at IS NULL;
CREATE INDEX serial_order ON policy.serial (order_id);

CREATE TABLE policy.evidence (
    id text COLLATE "C" PRIMARY KEY,
    order_id text COLLATE "C" NOT NULL,
    line int NOT NULL,
    kind text NOT NULL CHECK (kind IN ('photo_new', 'photo_old', 'invoice')),
    sha256 bytea NOT NULL,
    media text NOT NULL,
    wrapped bytea,
    content bytea,
    by text COLLATE "C" NOT NULL,
    told_at timestamptz NOT NULL,
    CONSTRAINT evidence_is_told_once UNIQUE (order_id, line, kind, sha256)
);
COMMENT ON TABLE policy.evidence IS
    'What a seller showed of a subsidised line, sealed under a key of its own; of an erased buyer''s pictures only the hash is left.';
CREATE INDEX evidence_by ON policy.evidence (by, told_at);
CREATE INDEX evidence_hash ON policy.evidence (sha256);

CREATE FUNCTION policy.write_proofs(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted int;
    changed int;
BEGIN
    IF rows ? 'duty' THEN
        INSERT INTO policy.duty (order_id, line, programme_id, claim_id, serial, imei, old, evidence, hours, keeps)
        SELECT r.order_id, r.line, r.programme_id, r.claim_id, r.serial, r.imei, r.old,
               ARRAY(SELECT jsonb_array_elements_text(r.evidence)), r.hours, r.keeps
        FROM jsonb_to_recordset(rows -> 'duty') AS r (order_id text, line int, programme_id text, claim_id text, serial boolean, imei boolean,
             old boolean, evidence jsonb, hours int, keeps boolean)
        ON CONFLICT DO NOTHING;
    END IF;
    IF rows ? 'serial' THEN
        -- A mistake is mended by who made it, within the hour, while the goods are still on their way.
        UPDATE policy.serial s SET freed_at = r.at, freed = 'corrected'
        FROM jsonb_to_recordset(rows -> 'serial') AS r (key text, order_id text, line int, instead boolean, by text, at timestamptz)
        WHERE r.instead AND s.order_id = r.order_id AND s.line = r.line AND s.freed_at IS NULL AND s.key <> decode(r.key, 'base64')
          AND s.by = r.by AND s.at > r.at - interval '1 hour';
        WITH told AS MATERIALIZED (
            SELECT r.*, decode(r.key, 'base64') AS hash FROM jsonb_to_recordset(rows -> 'serial')
                AS r (key text, kind text, gtin text, order_id text, line int, wrapped text, content text, by text, at timestamptz)
            WHERE EXISTS (SELECT FROM policy.duty d WHERE d.order_id = r.order_id AND d.line = r.line AND d.serial)
        ), put AS (
            INSERT INTO policy.serial (key, kind, gtin, order_id, line, wrapped, content, by, at)
            SELECT t.hash, t.kind, t.gtin, t.order_id, t.line, decode(t.wrapped, 'base64'), decode(t.content, 'base64'), t.by, t.at
            FROM told t
            -- Told again it is as it was.
            WHERE NOT EXISTS (SELECT FROM policy.serial s WHERE s.order_id = t.order_id AND s.line = t.line AND s.key = t.hash AND s.freed_at IS NULL)
            ORDER BY t.hash
        )
        SELECT jsonb_array_length(rows -> 'serial'), (SELECT count(*) FROM told) INTO wanted, changed;
        IF wanted <> changed THEN
            RAISE EXCEPTION 'nobody asks for the serial number of this line'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'serials_are_asked_for';
        END IF;
    END IF;
    IF rows ? 'goods_leave' THEN
        IF EXISTS (
            SELECT FROM jsonb_to_recordset(rows -> 'goods_leave') AS r (order_id text, line int)
            JOIN policy.duty d ON d.order_id = r.order_id AND d.line = r.line
            WHERE d.serial AND NOT EXISTS (
                SELECT FROM policy.serial s WHERE s.order_id = d.order_id AND s.line = d.line AND s.freed_at IS NULL)
        ) THEN
            RAISE EXCEPTION 'goods leave without their serial number' USING ERRCODE = 'check_violation', CONSTRAINT = 'serials_come_first';
        END IF;
    END IF;
    IF rows ? 'duty_moves' THEN
        UPDATE policy.duty d SET left_at = coalesce(d.left_at, r.left_at), handed_at = coalesce(d.handed_at, r.handed_at),
            old_at = coalesce(d.old_at, r.old_at)
        FROM jsonb_to_recordset(rows -> 'duty_moves')
            AS r (order_id text, line int, left_at timestamptz, handed_at timestamptz, old_at timestamptz)
        WHERE d.order_id = r.order_id AND d.line = r.line;
    END IF;
    IF rows ? 'goods_back' THEN
        UPDATE policy.serial s SET freed_at = r.at, freed = CASE WHEN d.handed THEN 'returned' ELSE 'not_handed_over' END
        FROM jsonb_to_recordset(rows -> 'goods_back') AS r (order_id text, line int, at timestamptz),
             LATERAL (SELECT bool_or(x.handed_at IS NOT NULL) AS handed, bool_or(x.keeps) AS keeps FROM policy.duty x
                      WHERE x.order_id = r.order_id AND x.line = r.line) d
        WHERE s.order_id = r.order_id AND s.line = r.line AND s.freed_at IS NULL AND NOT (d.handed AND d.keeps);
    END IF;
END $$;
COMMENT ON FUNCTION policy.write_proofs(jsonb) IS
    'What accepted units tell of subsidised things: what is owed for them, their serial numbers, that they leave, arrive and come back. Goods do not leave before their serial number is told.';

DO $$
DECLARE
    writer text := pg_get_functiondef('market.apply(jsonb, timestamptz)'::regprocedure);
BEGIN
    IF position('policy.write(rows),' IN writer) = 0 THEN
        RAISE EXCEPTION 'market.apply is not as this migration knows it';
    END IF;
    EXECUTE replace(writer, 'policy.write(rows),', 'policy.write(rows), policy.write_proofs(rows),');
END $$;

-- migrate: rollback
