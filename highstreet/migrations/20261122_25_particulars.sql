-- Sellers' particulars are checked again every six months (Measures for the Supervision of Online Transactions, art. 24)
-- depends: 20261122_24_door_photos

-- migrate: apply

CREATE TABLE parties.particulars (
    party_id text COLLATE "C" PRIMARY KEY REFERENCES parties.party,
    due_at timestamptz NOT NULL,
    reminded_at timestamptz,
    overdue_at timestamptz
);
COMMENT ON TABLE parties.particulars IS
    'Until when a business'' particulars must be checked again; when its owners were reminded, and told that the time has passed.';
CREATE INDEX particulars_due ON parties.particulars (due_at);

CREATE TABLE parties.confirmation (
    party_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    at timestamptz NOT NULL,
    by text COLLATE "C" NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (party_id, at)
);
COMMENT ON TABLE parties.confirmation IS 'Somebody of the market looked at a business'' particulars and found them true. Append only.';

INSERT INTO parties.particulars (party_id, due_at)
SELECT id, created_at + interval '6 months' FROM parties.party WHERE kind = 'business' AND state IN ('active', 'suspended');

-- migrate: rollback
