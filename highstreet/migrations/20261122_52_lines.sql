-- A line with a fair order before a round of vouchers: who is there at the opening gets a place by lot, who comes later stands behind
-- depends: 20261122_51_screening

-- migrate: apply

CREATE TABLE policy.line (
    batch_id text COLLATE "C" PRIMARY KEY REFERENCES policy.batch,
    pace int NOT NULL CHECK (pace BETWEEN 1 AND 1000000),
    last int NOT NULL DEFAULT 0,
    ordered_at timestamptz
);
COMMENT ON TABLE policy.line IS
    'A batch one claims in turn. pace: how many are called up in a minute; last: the number given last; ordered_at: when those who were there at the opening got theirs by lot (the batch''s seed, told from then on).';

CREATE TABLE policy.turn (
    id text COLLATE "C" PRIMARY KEY,
    batch_id text COLLATE "C" NOT NULL REFERENCES policy.line,
    holder_id text COLLATE "C" NOT NULL,
    joined_at timestamptz NOT NULL,
    nth int,
    calls_at timestamptz,
    fell int NOT NULL DEFAULT 0,
    CONSTRAINT turns_are_one_each UNIQUE (batch_id, holder_id),
    CONSTRAINT numbers_are_given_once UNIQUE (batch_id, nth),
    CHECK ((nth IS NULL) = (calls_at IS NULL))
);
COMMENT ON TABLE policy.turn IS 'Somebody in a line: their number and from when on they may claim; none until the lots are drawn. fell: how often they let it pass.';

CREATE TABLE policy.turn_person (
    batch_id text COLLATE "C" NOT NULL,
    person text COLLATE "C" NOT NULL,
    turn_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (batch_id, person)
);
COMMENT ON TABLE policy.turn_person IS 'By what those in a line are told again (account, telephone, device), as keyed hashes: a person stands in it once.';

CREATE FUNCTION policy.calls_at(l policy.line, b policy.batch, nth int, moment timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    -- In blocks, every ten seconds; nobody before they came.
    SELECT greatest(b.opens_at + ((nth - 1) / greatest(1, l.pace / 6)) * interval '10 seconds', moment)
$$;

CREATE FUNCTION policy.line_up(of_batch text, turn text, holder text, people jsonb, moment timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    l policy.line;
    b policy.batch;
    put int;
    number int;
BEGIN
    IF EXISTS (SELECT FROM policy.turn t WHERE t.batch_id = of_batch AND t.holder_id = holder) THEN
        RETURN 'repeated';
    END IF;
    SELECT * INTO b FROM policy.batch x WHERE x.id = of_batch;
    IF moment >= b.opens_at AND EXISTS (SELECT FROM policy.line x WHERE x.batch_id = of_batch AND x.ordered_at IS NULL) THEN
        RETURN 'order';
    END IF;
    -- Before the lots are drawn many come side by side; the drawing waits for all of them. Afterwards numbers are given one by one.
    SELECT * INTO l FROM policy.line x WHERE x.batch_id = of_batch AND x.ordered_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        SELECT * INTO l FROM policy.line x WHERE x.batch_id = of_batch FOR UPDATE;
        IF l.ordered_at IS NULL THEN
            RETURN 'again';
        END IF;
    END IF;
    INSERT INTO policy.turn_person (batch_id, person, turn_id)
    SELECT of_batch, p.person, turn FROM jsonb_array_elements_text(people) AS p (person) ORDER BY p.person ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS put = ROW_COUNT;
    IF put < jsonb_array_length(people) THEN
        DELETE FROM policy.turn_person x WHERE x.batch_id = of_batch AND x.turn_id = turn;
        RETURN 'had';
    END IF;
    IF l.ordered_at IS NOT NULL THEN
        UPDATE policy.line x SET last = x.last + 1 WHERE x.batch_id = of_batch RETURNING x.last INTO number;
    END IF;
    INSERT INTO policy.turn (id, batch_id, holder_id, joined_at, nth, calls_at)
    VALUES (turn, of_batch, holder, CASE WHEN number IS NULL THEN moment ELSE greatest(moment, b.opens_at) END, number, CASE WHEN number IS NOT NULL THEN policy.calls_at(l, b, number, moment) END);
    RETURN 'done';
END $$;
COMMENT ON FUNCTION policy.line_up(text, text, text, jsonb, timestamptz) IS
    'Stand in a line, each person once by all that tells them again. done; repeated: this account stands in it; had: the person does by another account; order: the lots must be drawn first; again: ask once more.';

-- migrate: rollback
