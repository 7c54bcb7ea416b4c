-- Instalments: what a buyer agreed to with a lender, before the lender is asked to pay
-- depends: 20261122_27_entitlements

-- migrate: apply

CREATE TABLE ledger.loan_agreed (
    collection_key text COLLATE "C" PRIMARY KEY REFERENCES ledger.collection,
    purchase_id text COLLATE "C" NOT NULL,
    lender text NOT NULL,
    sheet_id text NOT NULL,
    sheet_mark text NOT NULL,
    wording text NOT NULL,
    agreed_by text COLLATE "C" NOT NULL,
    agreed_at timestamptz NOT NULL,
    sheet_key bytea,
    sheet bytea,
    CHECK ((sheet IS NULL) = (sheet_key IS NULL))
);
COMMENT ON TABLE ledger.loan_agreed IS
    'A buyer''s yes to the exact terms of one loan: the sheet as its lender signed it, sealed under the purchase''s own key, its SHA-256 (sheet_mark), and the sentence that was ticked. What is owed is the lender''s to say and never kept here.';
CREATE INDEX loan_agreed_purchase ON ledger.loan_agreed (purchase_id);
CREATE INDEX loan_agreed_by ON ledger.loan_agreed (agreed_by) WHERE agreed_by <> '';

-- As before, and the yes to a loan with the collection it belongs to.
CREATE OR REPLACE FUNCTION ledger.write(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted int;
    changed int;
BEGIN
    IF rows ? 'collection' THEN
        INSERT INTO ledger.collection (key, purchase_id, order_id, provider, currency, amount, state, asked_at, settled_at)
        SELECT r.key, r.purchase_id, r.order_id, r.provider, r.currency, r.amount, r.state, r.asked_at, r.settled_at
        FROM jsonb_to_recordset(rows -> 'collection')
            AS r (key text, purchase_id text, order_id text, provider text, currency text, amount bigint, state text, asked_at timestamptz,
                  settled_at timestamptz);
    END IF;
    IF rows ? 'loan_agreed' THEN
        INSERT INTO ledger.loan_agreed (collection_key, purchase_id, lender, sheet_id, sheet_mark, wording, agreed_by, agreed_at, sheet_key, sheet)
        SELECT r.collection_key, r.purchase_id, r.lender, r.sheet_id, r.sheet_mark, r.wording, r.agreed_by, r.agreed_at,
               decode(r.sheet_key, 'base64'), decode(r.sheet, 'base64')
        FROM jsonb_to_recordset(rows -> 'loan_agreed')
            AS r (collection_key text, purchase_id text, lender text, sheet_id text, sheet_mark text, wording text, agreed_by text,
                  agreed_at timestamptz, sheet_key text, sheet text);
    END IF;
    IF rows ? 'collection_move' THEN
        UPDATE ledger.collection c
        SET state = r.state, provider_ref = coalesce(r.provider_ref, c.provider_ref), settled_at = r.settled_at
        FROM jsonb_to_recordset(rows -> 'collection_move')
            AS r (key text, state text, provider_ref text, settled_at timestamptz)
        WHERE c.key = r.key;
    END IF;
    IF rows ? 'wallet' THEN
        WITH delta AS (
            SELECT r.id, sum(r.amount) AS amount
            FROM jsonb_to_recordset(rows -> 'wallet') AS r (id bigint, amount bigint) GROUP BY r.id
        ), moved AS (
            UPDATE ledger.wallet w SET balance = w.balance + d.amount
            FROM delta d WHERE w.account_id = d.id AND w.balance + d.amount >= 0
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM delta), (SELECT count(*) FROM moved) INTO wanted, changed;
        IF wanted <> changed THEN
            RAISE EXCEPTION 'a wallet would be overdrawn' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF rows ? 'transfer' THEN
        INSERT INTO ledger.transfer (at, order_id, purpose, from_id, to_id, amount, about)
        SELECT r.at, r.order_id, r.purpose, r.from_id, r.to_id, r.amount, r.about
        FROM jsonb_to_recordset(rows -> 'transfer')
            AS r (at timestamptz, order_id text, purpose text, from_id bigint, to_id bigint, amount bigint, about text);
    END IF;
    IF rows ? 'refund' THEN
        INSERT INTO ledger.refund (key, order_id, collection_key, provider, currency, amount, state, wanted_at, settled_at)
        SELECT r.key, r.order_id, r.collection_key, r.provider, r.currency, r.amount, r.state, r.wanted_at, r.settled_at
        FROM jsonb_to_recordset(rows -> 'refund')
            AS r (key text, order_id text, collection_key text, provider text, currency text, amount bigint, state text,
                  wanted_at timestamptz, settled_at timestamptz);
    END IF;
    IF rows ? 'stray' THEN
        INSERT INTO ledger.stray (id, provider, provider_ref, key, currency, amount, reason, at, due_at)
        SELECT r.id, r.provider, r.provider_ref, r.key, r.currency, r.amount, r.reason, r.at, r.due_at
        FROM jsonb_to_recordset(rows -> 'stray')
            AS r (id text, provider text, provider_ref text, key text, currency text, amount bigint, reason text, at timestamptz, due_at timestamptz)
        ON CONFLICT (provider, provider_ref, reason) DO NOTHING;
    END IF;
END $$;
COMMENT ON FUNCTION ledger.write(jsonb) IS 'Writes collections, agreed loans, transfers, refunds and strays, and moves wallets by one guarded UPDATE, for accepted units.';

-- migrate: rollback
