-- Scenarios: offers of several sellers sold as one, each part with who pays for what is taken off
-- depends: 20261122_25_particulars

-- migrate: apply

CREATE TABLE catalog.scenario (
    id text COLLATE "C" PRIMARY KEY,
    curator_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    name jsonb NOT NULL,
    about jsonb NOT NULL,
    picture text NOT NULL,
    position int NOT NULL DEFAULT 0,
    until timestamptz NOT NULL,
    opened_at timestamptz,
    closed_at timestamptz,
    CHECK (closed_at IS NULL OR opened_at IS NOT NULL)
);
COMMENT ON TABLE catalog.scenario IS
    'Offers of several sellers for one occasion, put together by a curator. Shown from opened_at to closed_at or until.';

CREATE TABLE catalog.scenario_part (
    scenario_id text COLLATE "C" NOT NULL REFERENCES catalog.scenario,
    position smallint NOT NULL CHECK (position > 0),
    offer_id text COLLATE "C" NOT NULL REFERENCES catalog.offer,
    quantity int NOT NULL CHECK (quantity > 0),
    moment jsonb NOT NULL,
    off_bps int NOT NULL DEFAULT 0 CHECK (off_bps BETWEEN 0 AND 5000),
    funder_id text COLLATE "C" REFERENCES parties.party,
    agreed_at timestamptz,
    promotion_id text COLLATE "C" REFERENCES pricing.promotion,
    PRIMARY KEY (scenario_id, position),
    UNIQUE (scenario_id, offer_id),
    CHECK ((off_bps > 0) = (funder_id IS NOT NULL)),
    CHECK (promotion_id IS NULL OR agreed_at IS NOT NULL)
);
COMMENT ON TABLE catalog.scenario_part IS
    'A part: at least so many of an offer, when in its course it comes, and basis points off that its funder has agreed to pay.';
CREATE INDEX scenario_part_offer ON catalog.scenario_part (offer_id);

ALTER TABLE pricing.promotion DROP CONSTRAINT promotion_kind_check,
    ADD CONSTRAINT promotion_kind_check CHECK (kind IN ('percent', 'amount', 'spend', 'buy_n', 'bundle', 'together'));
COMMENT ON TABLE pricing.promotion IS
    'A discount with its funder. rule by kind: percent {bps}, amount {off}, spend {spend, off}, buy_n {n, free}, bundle {price}, together {bps, needs: [[offer, least], ...]}; offers empty = all of the seller''s.';

-- migrate: rollback
