-- Pricing: price lists, promotions, tax rules
-- depends: 20261122_04_inventory

-- migrate: apply

CREATE SCHEMA pricing;

CREATE TABLE pricing.price (
    id text COLLATE "C" PRIMARY KEY,
    offer_id text COLLATE "C" NOT NULL REFERENCES catalog.offer,
    channel text NOT NULL DEFAULT 'any' CHECK (channel IN ('any', 'online', 'counter', 'api')),
    least bigint NOT NULL DEFAULT 1 CHECK (least > 0),
    price bigint NOT NULL CHECK (price >= 0),
    valid_from timestamptz,
    valid_to timestamptz,
    CHECK (valid_from IS NULL OR valid_to IS NULL OR valid_from < valid_to),
    UNIQUE NULLS NOT DISTINCT (offer_id, channel, least, valid_from)
);
COMMENT ON TABLE pricing.price IS
    'A listed price of an offer other than its own: by channel, from a least quantity (tier) and for a time. The most specific one in force wins.';

CREATE TABLE pricing.promotion (
    id text COLLATE "C" PRIMARY KEY,
    seller_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    funder_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    name jsonb NOT NULL,
    kind text NOT NULL CHECK (kind IN ('percent', 'amount', 'spend', 'buy_n', 'bundle')),
    rule jsonb NOT NULL,
    offers text[] NOT NULL DEFAULT '{}',
    priority int NOT NULL DEFAULT 0,
    alone boolean NOT NULL DEFAULT false,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz NOT NULL,
    stopped_at timestamptz,
    CHECK (valid_from < valid_to)
);
COMMENT ON TABLE pricing.promotion IS
    'A discount with its funder. rule by kind: percent {bps}, amount {off}, spend {spend, off}, buy_n {n, free}, bundle {price}; offers empty = all of the seller''s.';
CREATE INDEX promotion_seller ON pricing.promotion (seller_id);

CREATE TABLE pricing.tax (
    code text NOT NULL,
    country char(2) NOT NULL,
    bps int NOT NULL CHECK (bps BETWEEN 0 AND 10000),
    valid_from date NOT NULL,
    name jsonb NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (country, code, valid_from)
);
COMMENT ON TABLE pricing.tax IS 'Tax rates (basis points, contained in the price) by rule set and date, each with its legal source.';

-- migrate: rollback
