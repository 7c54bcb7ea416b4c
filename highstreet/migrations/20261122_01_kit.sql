-- Facts, their readers, and the answers kept for repeated calls
-- depends: 20261122_00_jobs_queue

-- migrate: apply

CREATE SCHEMA kit;

CREATE TABLE kit.fact (
    id bigint GENERATED ALWAYS AS IDENTITY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL,
    kind text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    by text COLLATE "C" NOT NULL,
    body jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (xid, id)
);
COMMENT ON TABLE kit.fact IS
    'Something told: what (kind), about which order, offer or party (subject), by whom, when. Journal and outbox in one; append only. Never personal data.';
CREATE INDEX fact_subject ON kit.fact (subject, id);

CREATE TABLE kit.reader (
    name text COLLATE "C" PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT '0',
    id bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE kit.reader IS 'How far each consumer of facts (or of transfers) has read, as the (xid, id) of the last row taken.';

CREATE TABLE kit.answer (
    scope text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    answer jsonb,
    at timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);
COMMENT ON TABLE kit.answer IS
    'The first answer given for an idempotency key, claimed in the transaction of its effect and replayed to whoever repeats the call.';
CREATE INDEX answer_at ON kit.answer (at);

CREATE TABLE kit.rate (
    what text COLLATE "C" NOT NULL,
    who text COLLATE "C" NOT NULL,
    window_start timestamptz NOT NULL,
    used int NOT NULL,
    PRIMARY KEY (what, who, window_start)
);
COMMENT ON TABLE kit.rate IS 'How often somebody (a keyed hash) tried something in a window of time: sign-ins, codes, searches.';

-- migrate: rollback
