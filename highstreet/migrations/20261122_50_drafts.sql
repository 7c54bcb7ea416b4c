-- Drafts of programmes' rules are kept, each saving of them; who decides a change says why
-- depends: 20261122_49_tax_refunds

-- migrate: apply

CREATE TABLE policy.draft (
    programme_id text COLLATE "C" NOT NULL REFERENCES policy.programme,
    n int NOT NULL CHECK (n > 0),
    text text NOT NULL CHECK (length(text) <= 60000),
    by text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (programme_id, n)
);
COMMENT ON TABLE policy.draft IS
    'What somebody wrote of a programme''s rules, as it was typed, right or wrong: each saving is a row, n counts from 1. Whoever saves says which n they began from, so nobody overwrites what they did not see.';

ALTER TABLE policy.change ADD COLUMN said text NOT NULL DEFAULT '';
COMMENT ON COLUMN policy.change.said IS 'Why the second person decided so; never empty where they refused.';

-- migrate: rollback
