-- Logistics: legs and courier rounds
-- depends: 20261122_07_ledger

-- migrate: apply

CREATE SCHEMA logistics;

CREATE TABLE logistics.round (
    id text COLLATE "C" PRIMARY KEY,
    courier_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    day date NOT NULL,
    state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'underway', 'done')),
    started_at timestamptz,
    ended_at timestamptz
);
COMMENT ON TABLE logistics.round IS 'The legs one courier carries on one outing, in order.';
CREATE INDEX round_courier ON logistics.round (courier_id, day);

CREATE TABLE logistics.leg (
    id text COLLATE "C" PRIMARY KEY,
    order_id text COLLATE "C" NOT NULL,
    n int NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('handover', 'pickup', 'courier', 'parcel', 'return')),
    state text COLLATE "C" NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'ready', 'underway', 'done', 'failed', 'void')),
    place_id text COLLATE "C" NOT NULL,
    courier_id text COLLATE "C",
    round_id text COLLATE "C" REFERENCES logistics.round,
    stop int,
    window_from timestamptz,
    window_to timestamptz,
    carrier text,
    tracking text,
    tries int NOT NULL DEFAULT 0,
    code_until timestamptz,
    ready_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    proof jsonb,
    UNIQUE (order_id, n)
) WITH (fillfactor = 80);
COMMENT ON TABLE logistics.leg IS
    'One movement of an order''s goods, either direction, with its promised window and its proof. The pick-up code is derived from the leg and the town''s secret, valid until code_until, at most five tries.';
CREATE INDEX leg_place ON logistics.leg (place_id, kind, state);
CREATE INDEX leg_round ON logistics.leg (round_id, stop) WHERE round_id IS NOT NULL;
CREATE INDEX leg_free ON logistics.leg (window_to) WHERE kind = 'courier' AND round_id IS NULL AND state IN ('planned', 'ready');

CREATE TABLE logistics.scan (
    leg_id text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    where_at jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (leg_id, at, kind)
);
COMMENT ON TABLE logistics.scan IS 'Tracking of a parcel: what was seen where and when.';

-- migrate: rollback
