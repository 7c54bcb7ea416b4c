-- Prices promised: what sellers file for a programme, and what an offer cost before
-- depends: 20261122_41_two_claims

-- migrate: apply

CREATE TABLE catalog.asked (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    offer_id text COLLATE "C" NOT NULL REFERENCES catalog.offer,
    price bigint,
    at timestamptz NOT NULL
);
COMMENT ON TABLE catalog.asked IS 'What an offer asked from a moment on; nothing while it was not on sale. Written by the offer itself, never changed.';
CREATE INDEX asked_offer ON catalog.asked (offer_id, at);

CREATE FUNCTION catalog.remember_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog.asked (offer_id, price, at) VALUES (NEW.id, CASE WHEN NEW.state = 'open' THEN NEW.price END, NEW.changed_at);
    RETURN NULL;
END $$;
CREATE TRIGGER remember_opened AFTER INSERT ON catalog.offer FOR EACH ROW WHEN (NEW.state = 'open') EXECUTE FUNCTION catalog.remember_price();
CREATE TRIGGER remember_price AFTER UPDATE OF price, state ON catalog.offer FOR EACH ROW
    WHEN ((NEW.price, NEW.state) IS DISTINCT FROM (OLD.price, OLD.state) AND (NEW.state = 'open' OR OLD.state = 'open'))
    EXECUTE FUNCTION catalog.remember_price();
INSERT INTO catalog.asked (offer_id, price, at) SELECT id, price, changed_at FROM catalog.offer WHERE state = 'open';

CREATE TABLE policy.filed_price (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_id text COLLATE "C" NOT NULL REFERENCES policy.programme,
    seller_id text COLLATE "C" NOT NULL,
    variant_id text COLLATE "C" NOT NULL,
    price bigint NOT NULL CHECK (price > 0),
    by text COLLATE "C" NOT NULL,
    filed_at timestamptz NOT NULL
);
COMMENT ON TABLE policy.filed_price IS
    'What a seller promised for a programme that one piece costs at most. The latest holds; earlier ones stay, so that a promise that was raised can be seen.';
CREATE INDEX filed_price_of ON policy.filed_price (seller_id, programme_id, variant_id, filed_at);

-- migrate: rollback
