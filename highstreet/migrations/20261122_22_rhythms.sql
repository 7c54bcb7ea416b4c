-- What a rhythm placed: each period once
-- depends: 20261122_21_recovery

-- migrate: apply

CREATE TABLE market.rhythm (
    order_id text COLLATE "C" NOT NULL,
    n int NOT NULL CHECK (n >= 0),
    at timestamptz NOT NULL,
    purchase_id text COLLATE "C",
    refused text,
    PRIMARY KEY (order_id, n),
    CHECK (num_nonnulls(purchase_id, refused) = 1)
);
COMMENT ON TABLE market.rhythm IS
    'The periods of an order that places ordinary orders: the n-th one''s purchase, or the code of the refusal why that period was left out.';

-- migrate: rollback
