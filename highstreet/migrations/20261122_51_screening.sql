-- Screening: what public money was spent on, what tells people together, questions about it, decisions and appeals
-- depends: 20261122_50_drafts

-- migrate: apply

CREATE SEQUENCE policy.redemption_n;
CREATE TABLE policy.redemption (
    order_id text COLLATE "C" NOT NULL,
    claim_id text COLLATE "C" NOT NULL,
    n bigint NOT NULL DEFAULT nextval('policy.redemption_n'),
    programme_id text COLLATE "C" NOT NULL,
    person_id text COLLATE "C" NOT NULL,
    seller_id text COLLATE "C" NOT NULL,
    clerk_id text COLLATE "C",
    schedule int NOT NULL,
    amount bigint NOT NULL,
    price bigint NOT NULL,
    at timestamptz NOT NULL,
    back_at timestamptz,
    PRIMARY KEY (order_id, claim_id)
);
COMMENT ON TABLE policy.redemption IS
    'Public money spent on an order, as screening reads it: made from facts, may be made again. n: rises with every change. back_at: something of it came back.';
CREATE INDEX redemption_programme ON policy.redemption (programme_id, at);
CREATE INDEX redemption_new ON policy.redemption (n);

CREATE TABLE policy.link (
    person_id text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('account', 'device', 'phone', 'address', 'drop')),
    mark bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (person_id, kind, mark)
);
COMMENT ON TABLE policy.link IS
    'What tells people together who spent public money: keyed hashes of device, phone, address, account, place and day of delivery. Only to find rings; goes when the person does, or after half a year.';
CREATE INDEX link_at ON policy.link (at);

CREATE TABLE policy.screened (
    programme_id text COLLATE "C" PRIMARY KEY REFERENCES policy.programme,
    n bigint NOT NULL DEFAULT 0,
    at timestamptz
);
COMMENT ON TABLE policy.screened IS 'How far a programme was screened: up to which change of its redemptions, and when.';

CREATE TABLE policy.alert (
    id text COLLATE "C" PRIMARY KEY,
    pattern text NOT NULL CHECK (pattern IN ('ring', 'self', 'raise', 'split', 'burst', 'cycle')),
    programme_id text COLLATE "C" NOT NULL REFERENCES policy.programme,
    kind text NOT NULL CHECK (kind IN ('ring', 'seller', 'person')),
    subject_id text COLLATE "C" NOT NULL,
    people text[] COLLATE "C" NOT NULL,
    sellers text[] COLLATE "C" NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    score int NOT NULL CHECK (score BETWEEN 0 AND 100),
    parts jsonb NOT NULL,
    evidence jsonb NOT NULL,
    edges jsonb NOT NULL DEFAULT '[]',
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'upheld', 'dismissed')),
    due_at timestamptz NOT NULL,
    decided_by text COLLATE "C",
    decided_at timestamptz,
    reason text,
    appeal_until timestamptz,
    appeal text CHECK (appeal <> ''),
    appealed_by text COLLATE "C",
    appealed_at timestamptz,
    appeal_due_at timestamptz,
    appeal_decided_by text COLLATE "C",
    appeal_decided_at timestamptz,
    appeal_reason text,
    outcome text CHECK (outcome IN ('stood', 'overturned')),
    CONSTRAINT decided_with_a_reason CHECK ((state = 'open') = (decided_by IS NULL) AND (decided_by IS NULL) = (reason IS NULL)),
    CONSTRAINT another_officer CHECK (appeal_decided_by <> decided_by),
    CONSTRAINT appeal_has_a_deadline CHECK ((appealed_at IS NULL) = (appeal_due_at IS NULL) AND (appealed_at IS NULL) = (appeal IS NULL)),
    CONSTRAINT only_upheld_is_appealed CHECK (appealed_at IS NULL OR state = 'upheld'),
    CHECK ((outcome IS NULL) = (appeal_decided_by IS NULL) AND (outcome IS NULL OR appealed_at IS NOT NULL))
);
COMMENT ON TABLE policy.alert IS
    'A question whether public money was taken duly: a pattern, of whom, with its evidence. Does nothing by itself: a person decides, the accused may appeal, another person decides that. What nobody decides in time falls in favour of the accused.';
CREATE UNIQUE INDEX one_open_alert ON policy.alert (programme_id, pattern, subject_id) WHERE state = 'open';
CREATE INDEX alert_people ON policy.alert USING gin (people);
CREATE INDEX alert_sellers ON policy.alert USING gin (sellers);
CREATE INDEX alert_state ON policy.alert (state, due_at);

CREATE TABLE policy.bar (
    programme_id text COLLATE "C" NOT NULL REFERENCES policy.programme,
    party_id text COLLATE "C" NOT NULL,
    alert_id text COLLATE "C" NOT NULL REFERENCES policy.alert,
    until timestamptz NOT NULL,
    PRIMARY KEY (programme_id, party_id, alert_id)
);
CREATE INDEX bar_party ON policy.bar (party_id);
COMMENT ON TABLE policy.bar IS 'Who may not take part in a programme until a day, because an alert was upheld; gone when that is overturned.';

-- migrate: rollback
