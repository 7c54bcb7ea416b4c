-- Recovery codes: what signs in instead of a second factor that is lost
-- depends: 20261122_20_rows_by_table

-- migrate: apply

CREATE TABLE parties.recovery (
    party_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    code bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (party_id, code)
);
COMMENT ON TABLE parties.recovery IS
    'The keyed hash of a code that signs in once instead of the second factor; ten a person, all of them replaced together.';

-- migrate: rollback
