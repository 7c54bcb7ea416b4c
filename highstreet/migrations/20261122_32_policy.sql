-- Policy: programmes of public money, changes by two persons, budgets in slices, and claims on them
-- depends: 20261122_31_cards

-- migrate: apply

CREATE SCHEMA policy;

CREATE TABLE policy.programme (
    id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9-]{1,39}$'),
    office_id text COLLATE "C" NOT NULL,
    currency char(3) NOT NULL,
    rules text,
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'running', 'closed')),
    allocated bigint NOT NULL DEFAULT 0,
    free bigint NOT NULL DEFAULT 0,
    drafted_at timestamptz NOT NULL,
    CONSTRAINT budget_never_negative CHECK (free BETWEEN 0 AND allocated),
    CONSTRAINT running_by_rules CHECK (state = 'draft' OR rules IS NOT NULL)
);
COMMENT ON TABLE policy.programme IS
    'Public money with a budget. rules: the file in force (TOML). allocated: what its office gave it; free: what no batch has set aside yet.';

CREATE TABLE policy.change (
    id text COLLATE "C" PRIMARY KEY,
    programme_id text COLLATE "C" NOT NULL REFERENCES policy.programme,
    kind text NOT NULL CHECK (kind IN ('rules', 'budget', 'batch', 'close')),
    body jsonb NOT NULL,
    why text NOT NULL CHECK (why <> ''),
    proposed_by text COLLATE "C" NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by text COLLATE "C",
    decided_at timestamptz,
    accepted boolean,
    CONSTRAINT two_persons CHECK (decided_by <> proposed_by),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (accepted IS NULL))
);
COMMENT ON TABLE policy.change IS 'A change of rules or budget: proposed by one person, decided by another. Never changed once decided.';
CREATE INDEX change_programme ON policy.change (programme_id, proposed_at);

CREATE TABLE policy.batch (
    id text COLLATE "C" PRIMARY KEY,
    programme_id text COLLATE "C" NOT NULL REFERENCES policy.programme,
    schedule int NOT NULL CHECK (schedule >= 0),
    amount bigint NOT NULL CHECK (amount > 0),
    claims int NOT NULL CHECK (claims > 0),
    way text NOT NULL CHECK (way IN ('first_come', 'draw')),
    opens_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    days int NOT NULL CHECK (days > 0),
    most int NOT NULL DEFAULT 1 CHECK (most BETWEEN 1 AND 10),
    seed text NOT NULL,
    seed_sha256 text NOT NULL,
    drawn_at timestamptz,
    rolled_at timestamptz,
    CHECK (opens_at < closes_at)
);
COMMENT ON TABLE policy.batch IS
    'What can be claimed from a moment on: so many claims of an amount each, first come first served or drawn by lot. most: for one person. seed: of the draw, told when it is drawn; its SHA-256 is told before.';
CREATE INDEX batch_programme ON policy.batch (programme_id, opens_at);

CREATE TABLE policy.slice (
    batch_id text COLLATE "C" NOT NULL REFERENCES policy.batch,
    n int NOT NULL,
    total bigint NOT NULL,
    unclaimed bigint NOT NULL,
    PRIMARY KEY (batch_id, n),
    CONSTRAINT slice_never_negative CHECK (unclaimed BETWEEN 0 AND total)
) WITH (fillfactor = 50);
COMMENT ON TABLE policy.slice IS 'A part of a batch''s money, so that not everybody waits for one row.';

CREATE TABLE policy.claim (
    id text COLLATE "C" PRIMARY KEY,
    batch_id text COLLATE "C" NOT NULL,
    programme_id text COLLATE "C" NOT NULL,
    holder_id text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    schedule int NOT NULL,
    amount bigint NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'lapsed')),
    claimed_at timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    order_id text COLLATE "C",
    spent bigint NOT NULL DEFAULT 0,
    CONSTRAINT spends_no_more_than_claimed CHECK (spent BETWEEN 0 AND amount),
    CHECK ((state = 'taken') = (order_id IS NOT NULL))
) WITH (fillfactor = 80);
COMMENT ON TABLE policy.claim IS
    'A person''s right to an award, with the money set aside for it. taken: by an order, which spends of it what its rule awards; lapsed: its money is back in the budget.';
CREATE INDEX claim_holder ON policy.claim (holder_id, claimed_at);
CREATE INDEX claim_open ON policy.claim (valid_until) WHERE state = 'open';
CREATE INDEX claim_order ON policy.claim (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE policy.claimant (
    batch_id text COLLATE "C" NOT NULL,
    person text COLLATE "C" NOT NULL,
    n smallint NOT NULL,
    claim_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (batch_id, person, n)
);
COMMENT ON TABLE policy.claimant IS
    'Who had how many of a batch, by each thing that tells a person again (account, telephone, device, card), as keyed hashes. n: from 1 to the batch''s most.';

CREATE TABLE policy.entry (
    id text COLLATE "C" PRIMARY KEY,
    batch_id text COLLATE "C" NOT NULL REFERENCES policy.batch,
    holder_id text COLLATE "C" NOT NULL,
    entered_at timestamptz NOT NULL,
    won boolean
);
COMMENT ON TABLE policy.entry IS 'Who entered a draw, and whether lots gave it to them: those who did not win are the comparison for what the money changed.';
CREATE INDEX entry_batch ON policy.entry (batch_id, id);
CREATE INDEX entry_holder ON policy.entry (holder_id);

CREATE FUNCTION policy.take(of_batch text, prefer int, rows jsonb, moment timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    b policy.batch;
    s record;
    mine int[];
    others int[];
    got int := 0;
    units int;
    verdicts jsonb;
BEGIN
    SELECT * INTO b FROM policy.batch WHERE id = of_batch;

    -- Each person, by whatever tells them again: in one order, so that two calls never wait for each other.
    WITH asked AS MATERIALIZED (
        SELECT r.nth, r.id, p.person, row_number() OVER (PARTITION BY p.person ORDER BY r.nth) AS turn
        FROM jsonb_to_recordset(rows) AS r (nth int, id text, people jsonb), jsonb_array_elements_text(r.people) AS p (person)
    ), before AS MATERIALIZED (
        SELECT a.person, count(c.person) AS had FROM (SELECT DISTINCT person FROM asked) a
        LEFT JOIN policy.claimant c ON c.batch_id = of_batch AND c.person = a.person GROUP BY a.person
    ), put AS (
        INSERT INTO policy.claimant AS c (batch_id, person, n, claim_id)
        SELECT of_batch, a.person, f.had + a.turn, a.id FROM asked a JOIN before f ON f.person = a.person
        WHERE f.had + a.turn <= b.most ORDER BY a.person, a.turn
        ON CONFLICT DO NOTHING RETURNING c.claim_id
    ), judged AS (
        SELECT a.nth, count(*) = (SELECT count(*) FROM put WHERE put.claim_id = a.id) AS passed,
               bool_or(f.had >= b.most) AS had
        FROM asked a JOIN before f ON f.person = a.person GROUP BY a.nth, a.id
    )
    SELECT array_agg(nth ORDER BY nth) FILTER (WHERE passed), array_agg(nth ORDER BY nth) FILTER (WHERE NOT passed),
           jsonb_object_agg(nth, jsonb_build_object('verdict', CASE WHEN had OR b.most = 1 AND alone THEN 'had' ELSE 'again' END)) FILTER (WHERE NOT passed)
    INTO mine, others, verdicts
    FROM (SELECT j.*, NOT EXISTS (SELECT FROM asked x JOIN asked y ON y.person = x.person AND y.nth < x.nth WHERE x.nth = j.nth) AS alone
          FROM judged j) q;
    verdicts := coalesce(verdicts, '{}');

    -- The money: our own slice first, then what is left of others that nobody is at.
    IF mine IS NOT NULL THEN
        FOR s IN SELECT x.n, x.unclaimed FROM policy.slice x WHERE x.batch_id = of_batch AND x.n = prefer FOR UPDATE LOOP
            units := least(cardinality(mine), s.unclaimed / b.amount);
            UPDATE policy.slice x SET unclaimed = x.unclaimed - units * b.amount WHERE x.batch_id = of_batch AND x.n = s.n AND units > 0;
            got := units;
        END LOOP;
        IF got < cardinality(mine) THEN
            FOR s IN SELECT x.n, x.unclaimed FROM policy.slice x
                     WHERE x.batch_id = of_batch AND x.n <> prefer AND x.unclaimed >= b.amount ORDER BY x.n FOR UPDATE SKIP LOCKED LOOP
                units := least(cardinality(mine) - got, s.unclaimed / b.amount);
                UPDATE policy.slice x SET unclaimed = x.unclaimed - units * b.amount WHERE x.batch_id = of_batch AND x.n = s.n;
                got := got + units;
                EXIT WHEN got = cardinality(mine);
            END LOOP;
        END IF;
        IF got < cardinality(mine) THEN
            SELECT verdicts || jsonb_object_agg(n, jsonb_build_object('verdict', CASE WHEN more THEN 'again' ELSE 'gone' END)) INTO verdicts
            FROM unnest(mine[got + 1:]) AS u (n),
                 (SELECT EXISTS (SELECT FROM policy.slice x WHERE x.batch_id = of_batch AND x.unclaimed >= b.amount) AS more) e;
            others := others || mine[got + 1:];
            mine := mine[:got];
        END IF;
        INSERT INTO policy.claim (id, batch_id, programme_id, holder_id, key, schedule, amount, claimed_at, valid_until)
        SELECT r.id, of_batch, b.programme_id, r.holder, r.key, b.schedule, b.amount, moment, moment + make_interval(days => b.days)
        FROM jsonb_to_recordset(rows) AS r (nth int, id text, holder text, key text) WHERE r.nth = ANY (mine);
    END IF;

    -- Who came away with nothing is as if they had not asked; who asked before with the same key gets the first answer.
    IF others IS NOT NULL THEN
        DELETE FROM policy.claimant c
        USING jsonb_to_recordset(rows) AS r (nth int, id text, people jsonb), jsonb_array_elements_text(r.people) AS p (person)
        WHERE r.nth = ANY (others) AND c.batch_id = of_batch AND c.person = p.person AND c.claim_id = r.id;
        SELECT verdicts || coalesce(jsonb_object_agg(r.nth, jsonb_build_object('verdict', 'repeated', 'claim', c.id)), '{}') INTO verdicts
        FROM jsonb_to_recordset(rows) AS r (nth int, holder text, key text)
        JOIN policy.claim c ON c.batch_id = of_batch AND c.holder_id = r.holder AND c.key = r.key
        WHERE r.nth = ANY (others);
    END IF;
    RETURN nullif(verdicts, '{}');
END $$;
COMMENT ON FUNCTION policy.take(text, int, jsonb, timestamptz) IS
    'Claims of one batch by many persons at once. rows: [{nth, id, holder, key, people}]. Answers a verdict by number for each that did not come through: had (had theirs), gone (nothing is left), again (ask once more), repeated (with the claim of the first time); nothing when all did.';

-- migrate: rollback
