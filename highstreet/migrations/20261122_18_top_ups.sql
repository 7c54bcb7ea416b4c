-- Money asked of a person's card for their own wallet: a collection without a purchase
-- depends: 20261122_16_looking_around

-- migrate: apply

ALTER TABLE ledger.collection ALTER COLUMN purchase_id DROP NOT NULL, ADD COLUMN party_id text COLLATE "C";
ALTER TABLE ledger.collection ADD CONSTRAINT collection_for_one CHECK (num_nonnulls(purchase_id, party_id) = 1) NOT VALID;
COMMENT ON TABLE ledger.collection IS
    'Money asked of a buyer through a provider under a key, for a purchase or for the wallet of a person (party_id); paid at most once.';
COMMENT ON COLUMN ledger.collection.party_id IS
    'Whose wallet it fills once it is paid; empty text when that person is gone: should it be paid all the same, it is money without a home.';
CREATE INDEX collection_party ON ledger.collection (party_id, asked_at) WHERE party_id IS NOT NULL;

-- migrate: rollback
