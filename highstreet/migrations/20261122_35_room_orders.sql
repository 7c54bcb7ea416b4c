-- The room an order was bought in is looked up for every order that somebody tells of
-- depends: 20261122_34_devices

-- migrate: apply

CREATE UNIQUE INDEX room_drop_supply ON catalog.room_drop (supply_id);

-- migrate: rollback
