-- Public money is settled, audited and clawed back; sellers ask to take part
-- depends: 20261122_42_promised_prices

-- migrate: apply

CREATE TABLE policy.application (
    id text COLLATE "C" PRIMARY KEY,
    programme_id text COLLATE "C" NOT NULL REFERENCES policy.programme,
    seller_id text COLLATE "C" NOT NULL,
    statements text[] NOT NULL,
    papers text[] NOT NULL,
    state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'enrolled', 'refused', 'withdrawn')),
    asked_by text COLLATE "C" NOT NULL,
    asked_at timestamptz NOT NULL,
    decided_by text COLLATE "C",
    decided_at timestamptz,
    reason text NOT NULL DEFAULT '',
    CHECK ((state = 'asked') = (decided_at IS NULL) AND (state <> 'refused' OR reason <> ''))
);
COMMENT ON TABLE policy.application IS
    'A seller asks to take part in a programme. statements: what it stated; papers: the licences it points at. Decided once.';
CREATE UNIQUE INDEX one_open_application ON policy.application (programme_id, seller_id) WHERE state = 'asked';
CREATE INDEX application_seller ON policy.application (seller_id, asked_at);

ALTER TABLE policy.enrolment ADD COLUMN ends_at timestamptz, ADD COLUMN ended_why text;
COMMENT ON COLUMN policy.enrolment.ends_at IS 'From then on the seller takes no part; what was paid before stays as it was judged.';

CREATE TABLE policy.settlement_seed (
    programme_id text COLLATE "C" NOT NULL REFERENCES policy.programme,
    n int NOT NULL CHECK (n > 0),
    seed text NOT NULL,
    seed_sha256 text NOT NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (programme_id, n)
);
COMMENT ON TABLE policy.settlement_seed IS
    'What draws the audit sample of a programme''s nth settlement. Its SHA-256 is told while the period runs, the seed itself with the settlement.';

CREATE TABLE policy.settlement (
    id text COLLATE "C" PRIMARY KEY,
    programme_id text COLLATE "C" NOT NULL REFERENCES policy.programme,
    n int NOT NULL CHECK (n > 0),
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    below xid8 NOT NULL,
    currency char(3) NOT NULL,
    went_in bigint NOT NULL,
    came_back bigint NOT NULL,
    moved bigint NOT NULL,
    before bigint NOT NULL,
    amount bigint NOT NULL,
    held bigint NOT NULL,
    withheld bigint NOT NULL,
    difference bigint NOT NULL,
    clawed bigint NOT NULL,
    unexplained jsonb NOT NULL,
    files jsonb NOT NULL,
    state text NOT NULL DEFAULT 'drawn' CHECK (state IN ('drawn', 'checked', 'accepted')),
    drawn_by text COLLATE "C" NOT NULL,
    drawn_at timestamptz NOT NULL,
    checked_by text COLLATE "C",
    checked_at timestamptz,
    note text NOT NULL DEFAULT '',
    accepted_by text COLLATE "C",
    accepted_at timestamptz,
    reference text NOT NULL DEFAULT '',
    CONSTRAINT settlements_follow_each_other UNIQUE (programme_id, n),
    CONSTRAINT second_person_checks CHECK (checked_by <> drawn_by),
    CONSTRAINT every_fen_is_named CHECK (moved = before + amount + held + withheld + difference),
    CHECK (since < until),
    CHECK ((state = 'drawn') = (checked_by IS NULL) AND (state = 'accepted') = (accepted_by IS NOT NULL))
);
COMMENT ON TABLE policy.settlement IS
    'What became the sellers'' of a programme''s money up to a moment. went_in, came_back: by the ledger, in this period; moved: all that was out at its end; it was settled before, is settled now, held for orders under way, withheld, or the difference, which is listed. clawed: taken back from sellers in this period, besides. below: the ledger''s transfers it read are older than this, so it can be drawn again. files: SHA-256 of each.';

CREATE TABLE policy.settlement_row (
    settlement_id text COLLATE "C" NOT NULL REFERENCES policy.settlement,
    n int NOT NULL CHECK (n > 0),
    programme_id text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    seller_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    moved bigint NOT NULL,
    before bigint NOT NULL,
    amount bigint NOT NULL,
    withheld text NOT NULL DEFAULT '' CHECK (withheld IN ('', 'evidence', 'return', 'alert', 'clawback')),
    sampled boolean NOT NULL DEFAULT false,
    evidence jsonb NOT NULL,
    PRIMARY KEY (settlement_id, n),
    CONSTRAINT a_row_of_an_order UNIQUE (settlement_id, order_id),
    CHECK (moved >= 0 AND before >= 0 AND amount = moved - before AND amount <> 0),
    CHECK (amount > 0 OR withheld = '')
);
COMMENT ON TABLE policy.settlement_row IS
    'One order''s public money in one settlement, with its evidence: what is out now less what was settled before, so that later returns are rows below zero. Never changed.';
CREATE INDEX settlement_row_order ON policy.settlement_row (order_id);
CREATE INDEX settlement_row_seller ON policy.settlement_row (seller_id, settlement_id);

CREATE FUNCTION policy.frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a settlement''s rows never change' USING ERRCODE = 'check_violation', CONSTRAINT = 'rows_never_change';
END $$;
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON policy.settlement_row FOR EACH ROW EXECUTE FUNCTION policy.frozen();

CREATE TABLE policy.excused (
    programme_id text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    why text NOT NULL CHECK (why <> ''),
    by text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (programme_id, order_id)
);
COMMENT ON TABLE policy.excused IS 'An officer saw other evidence of an order: what was withheld for want of it is settled next time.';

CREATE TABLE policy.audit (
    settlement_id text COLLATE "C" NOT NULL,
    n int NOT NULL,
    passed boolean NOT NULL,
    way text NOT NULL CHECK (way IN ('desk', 'on_site')),
    reason text NOT NULL DEFAULT '',
    evidence text NOT NULL DEFAULT '',
    by text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (settlement_id, n),
    FOREIGN KEY (settlement_id, n) REFERENCES policy.settlement_row (settlement_id, n),
    CHECK (passed OR reason <> '')
);
COMMENT ON TABLE policy.audit IS 'What the auditor found of a sampled row, told once.';

CREATE TABLE policy.clawback (
    id text COLLATE "C" PRIMARY KEY,
    programme_id text COLLATE "C" NOT NULL REFERENCES policy.programme,
    seller_id text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    reason text NOT NULL CHECK (reason <> ''),
    evidence text NOT NULL DEFAULT '',
    goes_to text NOT NULL CHECK (goes_to IN ('budget', 'treasury')),
    opened_by text COLLATE "C" NOT NULL,
    opened_at timestamptz NOT NULL,
    answer_by timestamptz NOT NULL,
    answer text,
    answered_at timestamptz,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'dropped', 'decided', 'appealed', 'upheld', 'overturned')),
    decided_by text COLLATE "C",
    decided_at timestamptz,
    decision text,
    owed bigint NOT NULL DEFAULT 0,
    taken bigint NOT NULL DEFAULT 0,
    appeal text,
    appealed_at timestamptz,
    appeal_by text COLLATE "C",
    appeal_decided_at timestamptz,
    appeal_decision text,
    CONSTRAINT another_person_decides CHECK (decided_by <> opened_by),
    CONSTRAINT third_person_hears_the_appeal CHECK (appeal_by <> decided_by AND appeal_by <> opened_by),
    CONSTRAINT owes_no_more_than_asked CHECK (owed BETWEEN 0 AND amount),
    CONSTRAINT takes_no_more_than_owed CHECK (taken BETWEEN 0 AND owed),
    CHECK ((state IN ('decided', 'appealed', 'upheld')) OR owed = 0)
);
COMMENT ON TABLE policy.clawback IS
    'Public money of an order that its seller is to give back. owed: as it was decided, less what an appeal or a later return took off; taken: of it, so far, out of the seller''s takings.';
CREATE UNIQUE INDEX one_open_clawback ON policy.clawback (programme_id, order_id) WHERE state = 'open';
CREATE INDEX clawback_seller ON policy.clawback (seller_id, opened_at);
CREATE INDEX clawback_order ON policy.clawback (order_id);
CREATE INDEX clawback_short ON policy.clawback (seller_id) WHERE taken < owed;

CREATE TABLE policy.looked (
    at timestamptz NOT NULL,
    by text COLLATE "C" NOT NULL,
    what text COLLATE "C" NOT NULL,
    why text NOT NULL CHECK (why <> '')
);
COMMENT ON TABLE policy.looked IS 'Who of the city looked at a person behind public money, and why.';
CREATE INDEX looked_what ON policy.looked (what, at);

-- migrate: rollback
