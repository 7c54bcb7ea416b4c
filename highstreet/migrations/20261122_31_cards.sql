-- Prepaid cards of sellers: principal and bonus in accounts of their own, and what was bought, to be given back the way it came
-- depends: 20261122_30_prescriptions

-- migrate: apply

ALTER TABLE ledger.account DROP CONSTRAINT account_kind_check;
ALTER TABLE ledger.account ADD CONSTRAINT account_kind_check CHECK (kind IN
    ('escrow', 'seller', 'platform', 'wallet', 'provider', 'till', 'bank', 'programme', 'courier', 'card', 'bonus')) NOT VALID;
ALTER TABLE ledger.account VALIDATE CONSTRAINT account_kind_check;
COMMENT ON TABLE ledger.wallet IS
    'The balance of an account that may not go below zero (wallet, card, bonus); changes by one guarded UPDATE in the transaction of its transfer.';

CREATE TABLE ledger.card_plan (
    seller_id text COLLATE "C" PRIMARY KEY,
    currency char(3) NOT NULL,
    steps jsonb NOT NULL CHECK (jsonb_typeof(steps) = 'array'),
    note jsonb NOT NULL DEFAULT '{}',
    opened_at timestamptz,
    closed_at timestamptz,
    closed_by text COLLATE "C",
    why text,
    CHECK ((closed_at IS NULL) = (closed_by IS NULL)),
    CHECK (closed_at IS NULL OR opened_at IS NULL)
);
COMMENT ON TABLE ledger.card_plan IS
    'The prepaid card a seller sells: amounts and the bonus to each, the seller''s own words. On sale from opened_at on; since closed_at everything on its cards goes back.';

CREATE TABLE ledger.card (
    id text COLLATE "C" PRIMARY KEY,
    seller_id text COLLATE "C" NOT NULL REFERENCES ledger.card_plan,
    holder_id text COLLATE "C" NOT NULL,
    currency char(3) NOT NULL,
    made_at timestamptz NOT NULL,
    UNIQUE (holder_id, seller_id)
);
COMMENT ON TABLE ledger.card IS
    'One person''s card of one seller. What is on it: the accounts card:<id> (principal, the holder''s) and bonus:<id> (the seller''s gift), guarded in ledger.wallet.';
CREATE INDEX card_seller ON ledger.card (seller_id);

CREATE TABLE ledger.card_load (
    key text COLLATE "C" PRIMARY KEY REFERENCES ledger.collection,
    card_id text COLLATE "C" NOT NULL REFERENCES ledger.card,
    principal bigint NOT NULL CHECK (principal > 0),
    bonus bigint NOT NULL CHECK (bonus >= 0),
    paid_at timestamptz,
    refunded bigint NOT NULL DEFAULT 0 CONSTRAINT never_more_than_paid CHECK (refunded BETWEEN 0 AND principal),
    CHECK (refunded = 0 OR paid_at IS NOT NULL)
);
COMMENT ON TABLE ledger.card_load IS
    'Principal bought for a card by one payment, the bonus promised with it, and how much of the payment was given back since.';
CREATE INDEX card_load_card ON ledger.card_load (card_id);

ALTER TABLE ledger.refund ALTER COLUMN order_id DROP NOT NULL, ADD COLUMN card_id text COLLATE "C";
ALTER TABLE ledger.refund ADD CONSTRAINT refund_of_one CHECK (num_nonnulls(order_id, card_id) = 1) NOT VALID;
COMMENT ON COLUMN ledger.refund.card_id IS 'The card whose principal goes back; orders'' refunds have none.';
CREATE INDEX refund_card ON ledger.refund (card_id) WHERE card_id IS NOT NULL;

-- migrate: rollback
