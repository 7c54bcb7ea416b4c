-- News of the first stock: an offer may be open, and looked at, before anything of it lies at its place
-- depends: 20261122_53_payers

-- migrate: apply

CREATE FUNCTION inventory.tell_first_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Times of appointments are made by the thousand, and nobody keeps them.
    IF (SELECT count(*) FROM (SELECT FROM made WHERE period IS NULL LIMIT 1001) m) > 1000 THEN
        PERFORM pg_notify('offer', '*');
    ELSE
        PERFORM pg_notify('offer', 'variant:' || m.variant_id) FROM (SELECT DISTINCT variant_id FROM made WHERE period IS NULL) m;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION inventory.tell_first_stock() IS
    'NOTIFY offer with "variant:" and the id of each variant that lies at a place for the first time, or "*" for more than a thousand.';
CREATE TRIGGER tell_first_stock AFTER INSERT ON inventory.supply REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION inventory.tell_first_stock();

-- migrate: rollback
