-- Devices: locks, cabinets and gates; what was asked of them, and what they told
-- depends: 20261122_33_best_first

-- migrate: apply

CREATE TABLE logistics.device (
    id text COLLATE "C" PRIMARY KEY,
    seller_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    place_id text COLLATE "C" NOT NULL REFERENCES parties.place,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('cabinet', 'lock', 'gate')),
    name text NOT NULL,
    asset_id bigint REFERENCES inventory.asset,
    key_no int NOT NULL DEFAULT 1,
    state text COLLATE "C" NOT NULL DEFAULT 'unheard' CHECK (state IN ('unheard', 'locked', 'open')),
    battery smallint CHECK (battery BETWEEN 0 AND 100),
    lat double precision,
    lon double precision,
    registered_at timestamptz NOT NULL,
    heard_at timestamptz,
    revoked_at timestamptz,
    CHECK ((kind = 'lock') = (asset_id IS NOT NULL))
);
COMMENT ON TABLE logistics.device IS
    'A lock on an asset, a cabinet or a gate at a place. Its key is derived from its id, key_no and the town''s secret and stands nowhere.';
CREATE UNIQUE INDEX one_lock_on_a_thing ON logistics.device (asset_id) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX one_cabinet_at_a_place ON logistics.device (place_id) WHERE kind = 'cabinet' AND revoked_at IS NULL;
CREATE INDEX device_seller ON logistics.device (seller_id);

CREATE TABLE logistics.command (
    key text COLLATE "C" PRIMARY KEY,
    device_id text COLLATE "C" NOT NULL REFERENCES logistics.device,
    order_id text COLLATE "C" NOT NULL,
    leg_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('unlock', 'lock')),
    state text COLLATE "C" NOT NULL CHECK (state IN ('wanted', 'asked', 'opened', 'over', 'refused', 'unanswered')),
    by text COLLATE "C" NOT NULL,
    reason text NOT NULL DEFAULT '',
    tries int NOT NULL DEFAULT 0,
    wanted_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    answered_at timestamptz
) WITH (fillfactor = 70);
COMMENT ON TABLE logistics.command IS
    'What is asked of a device for an order: written first, sent by a job under its key, ended by its answer or its time. opened: somebody uses what it opened; over: no more.';
CREATE UNIQUE INDEX one_at_a_time ON logistics.command (device_id) WHERE kind = 'unlock' AND state IN ('wanted', 'asked', 'opened');
CREATE INDEX command_order ON logistics.command (order_id);
CREATE INDEX command_waits ON logistics.command (until) WHERE state IN ('wanted', 'asked');

CREATE TABLE logistics.report (
    device_id text COLLATE "C" NOT NULL REFERENCES logistics.device,
    id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('opened', 'closed', 'taken', 'locked', 'entered', 'state')),
    command text COLLATE "C" NOT NULL DEFAULT '',
    order_id text COLLATE "C" NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    heard_at timestamptz NOT NULL,
    body jsonb NOT NULL,
    outcome text COLLATE "C" NOT NULL CHECK (outcome IN ('heard', 'told', 'known', 'case', 'settled')),
    why text NOT NULL DEFAULT '',
    settled_by text COLLATE "C",
    settled_at timestamptz,
    PRIMARY KEY (device_id, id),
    CHECK ((outcome = 'settled') = (settled_by IS NOT NULL))
) WITH (fillfactor = 80);
COMMENT ON TABLE logistics.report IS
    'What a device told, once each, signed by it: evidence. told: the order heard it; known: it says nothing new; case: it does not fit, a person looks; settled: one did, why says what they decided.';
CREATE INDEX report_order ON logistics.report (order_id, at);
CREATE INDEX report_waits ON logistics.report (heard_at) WHERE outcome IN ('heard', 'case');

ALTER TABLE inventory.asset DROP CONSTRAINT asset_state_check,
    ADD CONSTRAINT asset_state_check CHECK (state IN ('ready', 'resting', 'missing', 'retired'));

-- migrate: rollback
