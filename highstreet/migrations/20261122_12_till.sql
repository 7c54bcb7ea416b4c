-- The till: sales that were made without a connection and could not be taken in
-- depends: 20261122_11_errands

-- migrate: apply

CREATE TABLE market.unsettled (
    place_id text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    seller_id text COLLATE "C" NOT NULL,
    sale jsonb NOT NULL,
    refusal text NOT NULL,
    said jsonb NOT NULL,
    by text COLLATE "C" NOT NULL,
    told_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'recorded', 'void')),
    settled_by text COLLATE "C",
    settled_at timestamptz,
    PRIMARY KEY (place_id, key)
);
COMMENT ON TABLE market.unsettled IS
    'A sale a till made without a connection and the market could not take in (sold out meanwhile, closed, too old): as the till sent it, why it was refused, and what somebody of the shop decided.';
CREATE INDEX unsettled_open ON market.unsettled (seller_id, told_at) WHERE state = 'open';

-- migrate: rollback
