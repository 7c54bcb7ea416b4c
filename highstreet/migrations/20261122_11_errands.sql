-- Errands of money: when the outside was last asked, and what a person noted of a stray
-- depends: 20261122_10_shelf_news

-- migrate: apply

ALTER TABLE ledger.collection ADD COLUMN tried_at timestamptz;
COMMENT ON COLUMN ledger.collection.tried_at IS 'When the provider was last asked what became of it.';

ALTER TABLE ledger.refund ADD COLUMN tried_at timestamptz, ADD COLUMN why text;
COMMENT ON COLUMN ledger.refund.tried_at IS 'When somebody last took it to ask the provider; nobody else takes it for a while, longer after each try.';
COMMENT ON COLUMN ledger.refund.why IS 'Why it failed: the provider''s own stable code, or how a person settled it.';

ALTER TABLE ledger.payout ADD COLUMN tried_at timestamptz, ADD COLUMN why text;
COMMENT ON COLUMN ledger.payout.tried_at IS 'When somebody last took it to ask the provider; nobody else takes it for a while, longer after each try.';
COMMENT ON COLUMN ledger.payout.why IS 'Why it failed: the provider''s own stable code.';
CREATE INDEX payout_open ON ledger.payout (wanted_at) WHERE state IN ('wanted', 'asked');

ALTER TABLE ledger.stray ADD COLUMN tried_at timestamptz, ADD COLUMN note text;
COMMENT ON COLUMN ledger.stray.note IS 'What the person who settled it wrote; or why the provider would not give it back.';
COMMENT ON COLUMN ledger.stray.settled_how IS 'How it is settled; refunded while settled_at is empty: the provider is being asked to give it back.';

CREATE INDEX refund_settled ON ledger.refund (settled_at);
CREATE INDEX payout_settled ON ledger.payout (settled_at);

-- migrate: rollback
