-- Departure tax refund: forms and their lines, refunds paid at once under a promise, calls to the provider about both
-- depends: 20261122_48_helped

-- migrate: apply

CREATE SEQUENCE policy.refund_number START 7003 INCREMENT 17;

CREATE TABLE policy.visitor (
    person_id text COLLATE "C" PRIMARY KEY,
    key bytea NOT NULL,
    told bytea NOT NULL,
    by text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE policy.visitor IS 'What an account''s person showed of their passport, sealed under a key of its own.';

CREATE TABLE policy.refund_form (
    id text COLLATE "C" PRIMARY KEY,
    number bigint NOT NULL UNIQUE,
    programme_id text COLLATE "C" NOT NULL REFERENCES policy.programme,
    rule date NOT NULL,
    shop_id text COLLATE "C" NOT NULL,
    bought_on date NOT NULL,
    traveller_id text COLLATE "C",
    passport_mark bytea NOT NULL,
    key bytea,
    told bytea,
    currency char(3) NOT NULL,
    total bigint NOT NULL,
    gross bigint NOT NULL,
    amount bigint NOT NULL,
    cash_most bigint,
    leave_by date NOT NULL,
    state text NOT NULL CHECK (state IN ('issued', 'stamped', 'paid', 'refused', 'lapsed', 'undone')),
    stale boolean NOT NULL DEFAULT false,
    issued_by text COLLATE "C" NOT NULL,
    issued_at timestamptz NOT NULL,
    stamped_by text COLLATE "C",
    stamped_at timestamptz,
    port text,
    seen text NOT NULL DEFAULT '',
    way text CHECK (way IN ('cash', 'transfer', 'card', 'advance')),
    paid_by text COLLATE "C",
    paid_at timestamptz,
    payout_key text COLLATE "C",
    ended_at timestamptz,
    why text NOT NULL DEFAULT '',
    CONSTRAINT refunds_a_part_of_the_price CHECK (0 < amount AND amount <= gross AND gross <= total),
    CONSTRAINT paid_after_the_stamp CHECK ((state NOT IN ('stamped', 'paid') OR stamped_at IS NOT NULL) AND (state = 'paid') = (paid_at IS NOT NULL)),
    CONSTRAINT cash_up_to_the_most CHECK (state <> 'paid' OR way <> 'cash' OR cash_most IS NULL OR amount <= cash_most)
) WITH (fillfactor = 80);
COMMENT ON TABLE policy.refund_form IS
    'A traveller''s refund of tax for what one shop sold them on one day, by the rule of that day. passport_mark: a keyed hash of the passport; told: what it says, sealed under key. stale: goods of it went back, to be counted again. leave_by: the last day for the goods to leave.';
CREATE INDEX refund_form_person ON policy.refund_form (passport_mark, shop_id, bought_on);
CREATE INDEX refund_form_traveller ON policy.refund_form (traveller_id, issued_at) WHERE traveller_id IS NOT NULL;
CREATE INDEX refund_form_shop ON policy.refund_form (shop_id, issued_at);
CREATE INDEX refund_form_open ON policy.refund_form (leave_by) WHERE state = 'issued';

CREATE TABLE policy.refund_line (
    form_id text COLLATE "C" NOT NULL REFERENCES policy.refund_form,
    order_id text COLLATE "C" NOT NULL,
    position int NOT NULL,
    title jsonb NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    vat int NOT NULL,
    paid bigint NOT NULL CHECK (paid >= 0),
    amount bigint NOT NULL CHECK (amount BETWEEN 0 AND paid),
    live boolean NOT NULL DEFAULT true,
    PRIMARY KEY (form_id, order_id, position)
);
COMMENT ON TABLE policy.refund_line IS 'A thing on a refund form: how many of an order''s line, what they cost, their part of the refund. live: no other form may have it.';
CREATE UNIQUE INDEX refund_line_once ON policy.refund_line (order_id, position) WHERE live;

CREATE TABLE policy.advance_refund (
    id text COLLATE "C" PRIMARY KEY,
    form_id text COLLATE "C" NOT NULL REFERENCES policy.refund_form,
    currency char(3) NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    version text NOT NULL,
    wording jsonb NOT NULL,
    leaves_on date NOT NULL,
    capture_by date NOT NULL CHECK (capture_by > leaves_on),
    port text NOT NULL,
    state text NOT NULL CHECK (state IN ('asked', 'authorised', 'advanced', 'releasing', 'capturing', 'released', 'captured', 'expired', 'declined', 'called_off')),
    authorisation text COLLATE "C" NOT NULL UNIQUE,
    agreed_at timestamptz NOT NULL,
    agreed_with text COLLATE "C" NOT NULL,
    advanced_at timestamptz,
    ended_at timestamptz,
    why text NOT NULL DEFAULT '',
    CONSTRAINT advanced_before_it_is_settled CHECK ((state IN ('asked', 'authorised', 'declined', 'called_off')) = (advanced_at IS NULL) OR state = 'releasing')
) WITH (fillfactor = 80);
COMMENT ON TABLE policy.advance_refund IS
    'A refund paid in the shop against a promise to leave by a day through a port, secured by a hold on the traveller''s own card. wording: what was agreed to, in both languages. capture_by: the last working day to take it back.';
CREATE UNIQUE INDEX one_advance_at_a_time ON policy.advance_refund (form_id) WHERE state NOT IN ('captured', 'declined', 'called_off');
CREATE INDEX advance_running ON policy.advance_refund (leaves_on) WHERE state IN ('advanced', 'capturing', 'expired');

ALTER TABLE parties.role DROP CONSTRAINT role_role_check;
ALTER TABLE parties.role ADD CONSTRAINT role_role_check CHECK (role IN ('owner', 'manager', 'clerk', 'courier', 'operator', 'officer', 'customs'));

ALTER TABLE ledger.account DROP CONSTRAINT account_kind_check;
ALTER TABLE ledger.account ADD CONSTRAINT account_kind_check CHECK (kind IN
    ('escrow', 'seller', 'platform', 'wallet', 'provider', 'till', 'bank', 'programme', 'courier', 'card', 'bonus', 'agency')) NOT VALID;

CREATE TABLE ledger.tax_move (
    key text COLLATE "C" PRIMARY KEY,
    form_id text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('authorisation', 'advance', 'payout', 'capture', 'void')),
    of text COLLATE "C",
    provider text NOT NULL,
    currency char(3) NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    account bytea,
    state text NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'asked', 'done', 'failed')),
    tries int NOT NULL DEFAULT 0,
    tried_at timestamptz,
    provider_ref text,
    why text,
    wanted_at timestamptz NOT NULL,
    settled_at timestamptz,
    CHECK ((kind IN ('capture', 'void')) = (of IS NOT NULL))
) WITH (fillfactor = 80);
COMMENT ON TABLE ledger.tax_move IS
    'A call to the provider about a refund form: hold on a card, capture or void of it (of: the hold), money paid ahead or paid out (account: sealed). Asked under its key until answered.';
CREATE UNIQUE INDEX captured_or_released ON ledger.tax_move (of) WHERE kind IN ('capture', 'void') AND state <> 'failed';
CREATE UNIQUE INDEX refunded_once ON ledger.tax_move (form_id) WHERE kind = 'payout' AND state <> 'failed';
CREATE INDEX tax_move_form ON ledger.tax_move (form_id, wanted_at);
CREATE INDEX tax_move_open ON ledger.tax_move (wanted_at) WHERE state IN ('wanted', 'asked');

CREATE FUNCTION policy.follow_refunds(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF rows ? 'goods_back' THEN
        -- The forms are held while we look, so that no stamp or advance comes between the look and the return.
        PERFORM 1 FROM policy.refund_form f
        WHERE f.id IN (SELECT l.form_id FROM policy.refund_line l
                       JOIN jsonb_to_recordset(rows -> 'goods_back') AS r (order_id text, position int)
                         ON l.order_id = r.order_id AND l.position = r.position WHERE l.live)
        ORDER BY f.id FOR NO KEY UPDATE;
        IF EXISTS (SELECT FROM policy.refund_line l
                   JOIN jsonb_to_recordset(rows -> 'goods_back') AS r (order_id text, position int)
                     ON l.order_id = r.order_id AND l.position = r.position
                   JOIN policy.refund_form f ON f.id = l.form_id
                   WHERE l.live AND (f.state IN ('stamped', 'paid') OR EXISTS (
                       SELECT FROM policy.advance_refund a WHERE a.form_id = f.id AND a.state NOT IN ('captured', 'declined', 'called_off'))))
        THEN
            RAISE EXCEPTION 'the tax of these goods was refunded'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'refunded_goods_stay_sold';
        END IF;
        UPDATE policy.refund_form f SET stale = true FROM policy.refund_line l, jsonb_to_recordset(rows -> 'goods_back') AS r (order_id text, position int)
        WHERE l.order_id = r.order_id AND l.position = r.position AND l.live AND f.id = l.form_id AND f.state = 'issued';
    END IF;
END $$;
COMMENT ON FUNCTION policy.follow_refunds(jsonb) IS
    'Goods of accepted units that go back: refused where their tax was refunded, else their refund form is to be counted again.';

-- The one writer learns of it, as it learned of claims.
DO $$
DECLARE
    writer text := pg_get_functiondef('market.apply(jsonb, timestamptz)'::regprocedure);
BEGIN
    IF position('policy.write(rows),' IN writer) = 0 THEN
        RAISE EXCEPTION 'market.apply is not as this migration knows it';
    END IF;
    EXECUTE replace(writer, 'policy.write(rows),', 'policy.write(rows), policy.follow_refunds(rows),');
END $$;

-- migrate: rollback
