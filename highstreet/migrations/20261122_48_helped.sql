-- People helped at a counter: told again by a telephone or identity number, kept as keyed hashes
-- depends: 20261122_47_found_news

-- migrate: apply

CREATE TABLE parties.known_by (
    kind text NOT NULL CHECK (kind IN ('phone', 'identity')),
    hash bytea NOT NULL,
    party_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    sealed bytea NOT NULL,
    agreed text NOT NULL CHECK (agreed <> ''),
    by text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (kind, hash)
);
COMMENT ON TABLE parties.known_by IS
    'What tells a person again who came to a counter instead of signing up: keyed hash, the number itself sealed for them, the words they agreed to, and the helper who asked.';
CREATE INDEX known_by_party ON parties.known_by (party_id);

CREATE TABLE policy.helped (
    claim_id text COLLATE "C" PRIMARY KEY,
    helper_id text COLLATE "C" NOT NULL,
    place_id text COLLATE "C",
    at timestamptz NOT NULL
);
COMMENT ON TABLE policy.helped IS 'Claims, and entries of draws, made for somebody at a counter, by whom, where and when: for audit and screening.';
CREATE INDEX helped_helper ON policy.helped (helper_id, at);

-- migrate: rollback
