-- News of the shelf: who reads offers hears at once which changed, and search never shows a seller who may not sell
-- depends: 20261122_09_market

-- migrate: apply

CREATE VIEW catalog.shelf AS
SELECT o.id AS offer_id, o.item_id, o.variant_id, o.seller_id, o.place_id, o.format, o.currency, o.price,
       coalesce(o.opened_at, o.changed_at) AS opened_at, i.category_id, i.sells, i.title, i.about, i.brand, i.labels,
       i.attributes, v.sku, v.gtin, v.options, v.unit, v.step,
       p.name AS seller, l.name AS place, l.lat, l.lon,
       p.state = 'active' AND l.closed_at IS NULL AS shown,
       (SELECT c.file FROM catalog.picture c WHERE c.item_id = o.item_id ORDER BY c.position LIMIT 1) AS picture,
       EXISTS (SELECT FROM catalog.directory_item d JOIN catalog.directory k ON k.id = d.directory_id
               WHERE d.item_id = o.item_id AND k.closed_at IS NULL) AS listed
FROM catalog.offer o
JOIN catalog.item i ON i.id = o.item_id
JOIN catalog.variant v ON v.id = o.variant_id
JOIN parties.party p ON p.id = o.seller_id
JOIN parties.place l ON l.id = o.place_id
WHERE o.state = 'open' AND i.retired_at IS NULL;
COMMENT ON VIEW catalog.shelf IS 'Open offers with all that search needs to know of them, from catalog and parties: the one place that joins the two.';

-- Payloads on the channel "offer": an offer's id, "item:<id>", "seller:<id>", or "*" when more than a thousand changed
-- at once (load everything afresh).
CREATE FUNCTION catalog.tell_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    many boolean;
BEGIN
    SELECT count(*) > 1000 INTO many FROM (SELECT FROM changed LIMIT 1001) c;
    IF many THEN
        PERFORM pg_notify('offer', '*');
    ELSE
        EXECUTE format('SELECT count(pg_notify(''offer'', %L || c.id)) FROM (SELECT DISTINCT %I AS id FROM changed) c',
                       TG_ARGV[0], TG_ARGV[1]);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION catalog.tell_changed() IS 'NOTIFY offer with a prefix (first argument) and a column (second) of the changed rows, once per statement.';

CREATE TRIGGER tell_made AFTER INSERT ON catalog.offer REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('', 'id');
CREATE TRIGGER tell_changed AFTER UPDATE ON catalog.offer REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('', 'id');
CREATE TRIGGER tell_changed AFTER UPDATE ON catalog.item REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('item:', 'id');
CREATE TRIGGER tell_made AFTER INSERT ON catalog.variant REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('item:', 'item_id');
CREATE TRIGGER tell_changed AFTER UPDATE ON catalog.variant REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('item:', 'item_id');
CREATE TRIGGER tell_made AFTER INSERT ON catalog.picture REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('item:', 'item_id');
CREATE TRIGGER tell_removed AFTER DELETE ON catalog.picture REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('item:', 'item_id');
CREATE TRIGGER tell_made AFTER INSERT ON pricing.price REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('', 'offer_id');
CREATE TRIGGER tell_changed AFTER UPDATE ON pricing.price REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('', 'offer_id');
CREATE TRIGGER tell_removed AFTER DELETE ON pricing.price REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('', 'offer_id');
CREATE TRIGGER tell_made AFTER INSERT ON pricing.promotion REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('seller:', 'seller_id');
CREATE TRIGGER tell_changed AFTER UPDATE ON pricing.promotion REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('seller:', 'seller_id');
CREATE TRIGGER tell_removed AFTER DELETE ON pricing.promotion REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('seller:', 'seller_id');

CREATE FUNCTION catalog.follow_seller() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog.found f
    SET shown = NEW.state = 'active' AND EXISTS (SELECT FROM parties.place l WHERE l.id = f.place_id AND l.closed_at IS NULL),
        card = jsonb_set(f.card, '{seller}', coalesce(to_jsonb(NEW.name), 'null'))
    WHERE f.seller_id = NEW.id;
    PERFORM pg_notify('offer', 'seller:' || NEW.id);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION catalog.follow_seller() IS 'Search hides what a suspended or closed seller offers in the very transaction that suspends it.';
CREATE TRIGGER follow_seller AFTER UPDATE OF state, name ON parties.party
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.name IS DISTINCT FROM NEW.name)
    EXECUTE FUNCTION catalog.follow_seller();

CREATE FUNCTION catalog.follow_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog.found f
    SET lat = NEW.lat, lon = NEW.lon,
        words = ts_delete(f.words, catalog.cells(f.lat, f.lon)) || array_to_tsvector(catalog.cells(NEW.lat, NEW.lon)), card = jsonb_set(f.card, '{place}', NEW.name),
        shown = NEW.closed_at IS NULL AND EXISTS (SELECT FROM parties.party p WHERE p.id = f.seller_id AND p.state = 'active')
    WHERE f.place_id = NEW.id;
    PERFORM pg_notify('offer', 'seller:' || NEW.party_id);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION catalog.follow_place() IS 'Search follows a place that moves, is renamed or closes.';
CREATE TRIGGER follow_place AFTER UPDATE ON parties.place
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION catalog.follow_place();

-- migrate: rollback
