-- Curated boxes: what a curator puts into each period of a rhythm, within the subscriber's budget
-- depends: 20261122_36_redeeming

-- migrate: apply

CREATE TABLE market.box (
    order_id text COLLATE "C" NOT NULL,
    n int NOT NULL CHECK (n >= 0),
    budget bigint NOT NULL CHECK (budget > 0),
    spent bigint NOT NULL DEFAULT 0,
    shown_at timestamptz,
    skipped_at timestamptz,
    PRIMARY KEY (order_id, n),
    CONSTRAINT never_over_budget CHECK (spent BETWEEN 0 AND budget)
);
COMMENT ON TABLE market.box IS
    'The box of a rhythm''s n-th period: what is in it so far costs `spent`, never more than the budget; when its subscriber saw it, or skipped it.';

CREATE TABLE market.box_item (
    order_id text COLLATE "C" NOT NULL,
    n int NOT NULL,
    offer_id text COLLATE "C" NOT NULL REFERENCES catalog.offer,
    quantity int NOT NULL CHECK (quantity > 0),
    amount bigint NOT NULL CHECK (amount >= 0),
    spare boolean NOT NULL DEFAULT false,
    at timestamptz NOT NULL,
    PRIMARY KEY (order_id, n, offer_id),
    FOREIGN KEY (order_id, n) REFERENCES market.box
);
COMMENT ON TABLE market.box_item IS
    'A thing in a box with its price when it was put in; spare: it is not in it, but the subscriber may have it instead of another.';

CREATE TABLE market.box_wish (
    order_id text COLLATE "C" PRIMARY KEY,
    key bytea NOT NULL,
    content bytea NOT NULL
);
COMMENT ON TABLE market.box_wish IS 'What a subscriber never wants in a box (allergies), sealed; gone with the person.';

-- migrate: rollback
