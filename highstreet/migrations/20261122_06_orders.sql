-- Orders: purchases, orders, lines, deadlines, cohorts
-- depends: 20261122_05_pricing

-- migrate: apply

CREATE SCHEMA orders;

CREATE SEQUENCE orders.number START 1000 INCREMENT 100;

CREATE TABLE orders.purchase (
    id text COLLATE "C" PRIMARY KEY,
    buyer_id text COLLATE "C",
    currency char(3) NOT NULL,
    total bigint NOT NULL CHECK (total >= 0),
    method text NOT NULL,
    lang text NOT NULL DEFAULT 'en',
    contact_key bytea,
    contact bytea,
    at timestamptz NOT NULL
);
COMMENT ON TABLE orders.purchase IS
    'A basket over one or more sellers, paid at once. The contact (name, phone, e-mail, address) is sealed under a key of its own beside it; emptying both erases the person.';
CREATE INDEX purchase_buyer ON orders.purchase (buyer_id, id) WHERE buyer_id IS NOT NULL;

CREATE TABLE orders.cohort (
    id text COLLATE "C" PRIMARY KEY,
    format text NOT NULL,
    offer_id text COLLATE "C" NOT NULL,
    version int NOT NULL DEFAULT 1,
    closes_at timestamptz NOT NULL,
    members int NOT NULL DEFAULT 0,
    decided_at timestamptz,
    decision jsonb
);
COMMENT ON TABLE orders.cohort IS 'Orders decided together, once: a group, a draw, a run.';

CREATE TABLE orders."order" (
    id text COLLATE "C" PRIMARY KEY,
    number bigint NOT NULL UNIQUE,
    purchase_id text COLLATE "C" NOT NULL,
    seller_id text COLLATE "C" NOT NULL,
    buyer_id text COLLATE "C",
    place_id text COLLATE "C" NOT NULL,
    format text COLLATE "C" NOT NULL,
    stage text COLLATE "C" NOT NULL CHECK (stage IN ('placed', 'committed', 'done', 'undone')),
    waits text COLLATE "C" NOT NULL DEFAULT '',
    version int NOT NULL DEFAULT 1,
    currency char(3) NOT NULL,
    total bigint NOT NULL CHECK (total >= 0),
    agreed jsonb NOT NULL,
    cohort_id text COLLATE "C",
    placed_at timestamptz NOT NULL,
    committed_at timestamptz,
    ended_at timestamptz
) WITH (fillfactor = 80);
COMMENT ON TABLE orders."order" IS
    'One seller''s part of a purchase under one format@version. stage is one of four; waits names what it waits for; agreed is the quote copied in; every change raises version.';
CREATE INDEX order_purchase ON orders."order" (purchase_id);
CREATE INDEX order_seller ON orders."order" (seller_id, id);
CREATE INDEX order_waits ON orders."order" (seller_id, waits) WHERE waits <> '';
CREATE INDEX order_buyer ON orders."order" (buyer_id, id) WHERE buyer_id IS NOT NULL;

CREATE TABLE orders.line (
    order_id text COLLATE "C" NOT NULL,
    position int NOT NULL,
    offer_id text COLLATE "C" NOT NULL,
    variant_id text COLLATE "C" NOT NULL,
    title jsonb NOT NULL,
    picture text,
    unit text NOT NULL DEFAULT 'piece',
    quantity bigint NOT NULL CHECK (quantity > 0),
    price bigint NOT NULL CHECK (price >= 0),
    adjustments jsonb NOT NULL DEFAULT '[]',
    amount bigint NOT NULL CHECK (amount >= 0),
    paid bigint NOT NULL CHECK (paid >= 0),
    tax_bps int NOT NULL DEFAULT 0,
    no_return text,
    cancelled bigint NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
    fulfilled bigint NOT NULL DEFAULT 0 CHECK (fulfilled >= 0),
    returned bigint NOT NULL DEFAULT 0 CHECK (returned >= 0),
    PRIMARY KEY (order_id, position),
    CHECK (cancelled + fulfilled <= quantity),
    CHECK (returned <= fulfilled),
    CHECK (paid <= amount)
) WITH (fillfactor = 80);
COMMENT ON TABLE orders.line IS
    'What was ordered, with the agreed price frozen: amount is what the seller sells it for, paid what the buyer pays of it; each adjustment names its funder. Quantities in steps.';
CREATE INDEX line_variant ON orders.line (variant_id);

CREATE TABLE orders.deadline (
    order_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, kind)
);
COMMENT ON TABLE orders.deadline IS 'What must happen to an order by when; when the time passes the fact named kind is told by the clock.';
CREATE INDEX deadline_due ON orders.deadline (due_at);

CREATE TABLE orders.basket (
    id text COLLATE "C" PRIMARY KEY,
    buyer_id text COLLATE "C" UNIQUE,
    lines jsonb NOT NULL DEFAULT '[]',
    changed_at timestamptz NOT NULL
);
COMMENT ON TABLE orders.basket IS 'What somebody means to buy: [{offer, quantity}], nothing set aside. The id is the SHA-256 of the browser''s basket cookie, or the buyer''s own basket.';

-- migrate: rollback
