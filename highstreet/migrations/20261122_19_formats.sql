-- What the formats need: choices and third parties' cuts on lines, cohorts with terms, one entry per person, what is asked later
-- depends: 20261122_18_top_ups

-- migrate: apply

ALTER TABLE orders.line ADD COLUMN choice jsonb NOT NULL DEFAULT '{}', ADD COLUMN cuts jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN orders.line.choice IS 'What the buyer chose besides the quantity, by kind: slot, period, options, answers, route, text.';
COMMENT ON COLUMN orders.line.cuts IS 'Third parties'' shares of what the line earns, frozen at placing: [{role, party, bps}].';

ALTER TABLE orders.cohort
    ADD COLUMN terms jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN seed text NOT NULL DEFAULT '',
    ADD COLUMN opened_at timestamptz;
COMMENT ON COLUMN orders.cohort.terms IS 'What was announced when it opened: price steps, least members, units, the SHA-256 of the draw''s seed.';
COMMENT ON COLUMN orders.cohort.seed IS 'Of its draw; shown to nobody before the decision, which repeats it.';
CREATE INDEX cohort_open ON orders.cohort (offer_id, closes_at) WHERE decided_at IS NULL;
CREATE INDEX cohort_due ON orders.cohort (closes_at) WHERE decided_at IS NULL;
CREATE INDEX order_cohort ON orders."order" (cohort_id, waits) WHERE cohort_id IS NOT NULL;

CREATE TABLE orders.member (
    cohort_id text COLLATE "C" NOT NULL REFERENCES orders.cohort,
    person text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    CONSTRAINT once_per_person PRIMARY KEY (cohort_id, person)
);
COMMENT ON TABLE orders.member IS
    'Who takes part in a cohort that lets everybody in once: an account, and a keyed hash of the telephone number given; gone when the order comes to nothing.';
CREATE INDEX member_order ON orders.member (order_id);

ALTER TABLE ledger.collection ADD COLUMN order_id text COLLATE "C";
COMMENT ON COLUMN ledger.collection.order_id IS 'The one order that asked for it later (a balance); empty for what a purchase asks at placing.';

ALTER TABLE logistics.leg DROP CONSTRAINT leg_kind_check;
ALTER TABLE logistics.leg ADD CONSTRAINT leg_kind_check CHECK (kind IN (
    'handover', 'pickup', 'courier', 'parcel', 'return', 'visit', 'lessons', 'access', 'cabinet', 'out', 'back', 'ride', 'errand', 'rhythm'));

-- migrate: rollback
