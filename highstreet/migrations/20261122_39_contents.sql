-- Contents: files and keys of what is opened, and how often they were downloaded
-- depends: 20261122_38_seats

-- migrate: apply

CREATE TABLE logistics.file (
    id text COLLATE "C" PRIMARY KEY,
    variant_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    size bigint NOT NULL CHECK (size > 0),
    by text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE logistics.file IS 'A file of a variant that is opened; it lies under its id in a folder nobody serves.';
CREATE INDEX file_variant ON logistics.file (variant_id, id);

CREATE TABLE logistics.licence_key (
    id text COLLATE "C" PRIMARY KEY,
    variant_id text COLLATE "C" NOT NULL,
    print bytea NOT NULL,
    key bytea NOT NULL,
    sealed bytea NOT NULL,
    entitlement_id text COLLATE "C" REFERENCES logistics.entitlement,
    CONSTRAINT one_key_each UNIQUE (entitlement_id),
    UNIQUE (variant_id, print)
);
COMMENT ON TABLE logistics.licence_key IS
    'A key from a seller''s list, sealed; whose it is. print is a keyed hash, so that a key listed twice is kept once.';
CREATE INDEX licence_key_free ON logistics.licence_key (variant_id, id) WHERE entitlement_id IS NULL;

CREATE TABLE logistics.download (
    entitlement_id text COLLATE "C" NOT NULL REFERENCES logistics.entitlement,
    version int NOT NULL,
    file_id text COLLATE "C" NOT NULL,
    times int NOT NULL CHECK (times > 0),
    PRIMARY KEY (entitlement_id, version, file_id)
);
COMMENT ON TABLE logistics.download IS 'How often who holds an entitlement (its version) downloaded a file.';

CREATE FUNCTION logistics.hand_out_keys(variants text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    r record;
BEGIN
    -- What came back unopened can be somebody else's.
    UPDATE logistics.licence_key k SET entitlement_id = NULL
    FROM logistics.entitlement e WHERE e.id = k.entitlement_id AND e.variant_id = ANY (variants) AND e.state = 'void' AND e.used_at IS NULL;
    -- One at a time for a variant: whoever comes second sees what the first one took, and who finds no key left waits for one.
    PERFORM pg_advisory_xact_lock(hashtextextended(v, 7)) FROM unnest(variants) v ORDER BY v;
    FOR r IN
        SELECT e.id, e.variant_id FROM logistics.entitlement e
        WHERE e.variant_id = ANY (variants) AND e.state <> 'void' AND e.what <> 'entry'
          AND NOT EXISTS (SELECT FROM logistics.licence_key k WHERE k.entitlement_id = e.id)
          AND EXISTS (SELECT FROM logistics.licence_key k WHERE k.variant_id = e.variant_id AND k.entitlement_id IS NULL)
        ORDER BY e.variant_id, e.id
    LOOP
        UPDATE logistics.licence_key k SET entitlement_id = r.id
        WHERE k.id = (SELECT f.id FROM logistics.licence_key f WHERE f.variant_id = r.variant_id AND f.entitlement_id IS NULL
                      ORDER BY f.id LIMIT 1 FOR UPDATE SKIP LOCKED);
    END LOOP;
END $$;
COMMENT ON FUNCTION logistics.hand_out_keys(text[]) IS
    'Gives each entitlement of these variants that waits for one a key of its own, the first that bought first; with none left, the rest wait.';

CREATE OR REPLACE FUNCTION logistics.write(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    variants text[];
BEGIN
    IF rows ?| '{leg,leg_move}' THEN
        PERFORM logistics.write_legs(rows);
    END IF;
    IF rows ?| '{entitlement,entitlement_move}' THEN
        PERFORM logistics.write_entitlements(rows);
        SELECT array_agg(DISTINCT x.variant_id) INTO variants
        FROM (SELECT e.variant_id FROM jsonb_to_recordset(rows -> 'entitlement') AS e (variant_id text, what text) WHERE e.what <> 'entry'
              UNION SELECT m.variant_id FROM jsonb_to_recordset(rows -> 'entitlement_move') AS m (variant_id text, what text, state text)
                    WHERE m.what <> 'entry' AND m.state = 'void') x
        WHERE EXISTS (SELECT FROM logistics.licence_key k WHERE k.variant_id = x.variant_id);
        IF variants IS NOT NULL THEN
            PERFORM logistics.hand_out_keys(variants);
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION logistics.write(jsonb) IS 'Writes what logistics owns for accepted units: legs, entitlements and their moves, and hands out keys.';

-- migrate: rollback
