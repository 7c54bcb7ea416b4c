-- Pictures a courier takes at the door
-- depends: 20261122_23_whole_orders

-- migrate: apply

CREATE TABLE logistics.photo (
    leg_id text COLLATE "C" PRIMARY KEY REFERENCES logistics.leg,
    order_id text COLLATE "C" NOT NULL,
    content bytea NOT NULL,
    at timestamptz NOT NULL
);
ALTER TABLE logistics.photo ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON TABLE logistics.photo IS
    'What the courier''s camera saw when the goods were handed over or left: one picture (WebP) for a leg, sealed under its purchase''s key. Goes with the buyer''s data.';
CREATE INDEX photo_order ON logistics.photo (order_id);

-- migrate: rollback
