-- Seats of a hall: each of a time at most once
-- depends: 20261122_37_boxes

-- migrate: apply

CREATE TABLE inventory.seat (
    supply_id bigint NOT NULL REFERENCES inventory.supply,
    label text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    line int NOT NULL,
    CONSTRAINT seat_once PRIMARY KEY (supply_id, label)
);
COMMENT ON TABLE inventory.seat IS
    'A seat of a time that is somebody''s: taken with the hold of the room it fills, gone when nothing of that hold is left.';
CREATE INDEX seat_order ON inventory.seat (order_id);

-- What wrote until now stays as it is, whoever changed it last; seats come before it.
ALTER FUNCTION inventory.write(jsonb) RENAME TO write_holds;
CREATE FUNCTION inventory.write(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF rows ? 'seat_left' THEN
        DELETE FROM inventory.seat s USING jsonb_to_recordset(rows -> 'seat_left') AS r (order_id text, supply_id bigint)
        WHERE s.order_id = r.order_id AND s.supply_id = r.supply_id;
    END IF;
    IF rows ? 'seat' THEN
        -- One statement for all of them, in one order everywhere: all or none, and nobody waits in a ring.
        INSERT INTO inventory.seat (supply_id, label, order_id, line)
        SELECT r.supply_id, r.label, r.order_id, r.line
        FROM jsonb_to_recordset(rows -> 'seat') AS r (supply_id bigint, label text, order_id text, line int)
        ORDER BY r.supply_id, r.label;
    END IF;
    PERFORM inventory.write_holds(rows);
END $$;
COMMENT ON FUNCTION inventory.write(jsonb) IS 'Writes what inventory owns for accepted units: seats, holds and moves of supplies.';

-- migrate: rollback
