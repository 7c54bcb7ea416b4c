-- News of what search sees: a process that knows every card hears at once which changed
-- depends: 20261122_46_proofs

-- migrate: apply

-- A third argument names the channel; "offer" when there is none.
CREATE OR REPLACE FUNCTION catalog.tell_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    many boolean;
    channel text := coalesce(TG_ARGV[2], 'offer');
BEGIN
    SELECT count(*) > 1000 INTO many FROM (SELECT FROM changed LIMIT 1001) c;
    IF many THEN
        PERFORM pg_notify(channel, '*');
    ELSE
        EXECUTE format('SELECT count(pg_notify(%L, %L || c.id)) FROM (SELECT DISTINCT %I AS id FROM changed) c',
                       channel, TG_ARGV[0], TG_ARGV[1]);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION catalog.tell_changed() IS
    'NOTIFY a channel (third argument, else offer) with a prefix (first) and a column (second) of the changed rows, once per statement.';

CREATE TRIGGER tell_made AFTER INSERT ON catalog.found REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('', 'offer_id', 'found');
CREATE TRIGGER tell_changed AFTER UPDATE ON catalog.found REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('', 'offer_id', 'found');
CREATE TRIGGER tell_removed AFTER DELETE ON catalog.found REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('', 'offer_id', 'found');

CREATE FUNCTION catalog.tell_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) THEN
        PERFORM pg_notify('found', 'words');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION catalog.tell_words() IS 'NOTIFY found that words are new or counted anew.';
CREATE TRIGGER tell_made AFTER INSERT ON catalog.word REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_words();
CREATE TRIGGER tell_changed AFTER UPDATE ON catalog.word REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_words();

-- migrate: rollback
