-- Catalog: categories, items, variants, offers, pictures, labels, directories, search
-- depends: 20261122_02_parties

-- migrate: apply

CREATE SCHEMA catalog;

CREATE TABLE catalog.category (
    id text COLLATE "C" PRIMARY KEY,
    parent_id text COLLATE "C" REFERENCES catalog.category,
    name jsonb NOT NULL,
    picture text,
    attributes jsonb NOT NULL DEFAULT '[]',
    licence text,
    no_return text,
    position int NOT NULL DEFAULT 0
);
COMMENT ON TABLE catalog.category IS
    'The tree of kinds. attributes: [{code, name{en,zh}, type text|number|choice|date, required, choices[], unit}]; licence: what the seller must hold; no_return: the legal reason why no-reason return does not apply.';

CREATE TABLE catalog.item (
    id text COLLATE "C" PRIMARY KEY,
    owner_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    category_id text COLLATE "C" NOT NULL REFERENCES catalog.category,
    sells text NOT NULL CHECK (sells IN ('goods', 'service', 'digital', 'use')),
    title jsonb NOT NULL,
    about jsonb NOT NULL DEFAULT '{}',
    brand text,
    attributes jsonb NOT NULL DEFAULT '{}',
    labels text[] NOT NULL DEFAULT '{}',
    no_return text,
    created_at timestamptz NOT NULL,
    retired_at timestamptz
);
COMMENT ON TABLE catalog.item IS 'What is described once and may be offered by many sellers; titles and texts as {en, zh}.';
CREATE INDEX item_owner ON catalog.item (owner_id, id);

CREATE TABLE catalog.variant (
    id text COLLATE "C" PRIMARY KEY,
    item_id text COLLATE "C" NOT NULL REFERENCES catalog.item,
    sku text NOT NULL,
    gtin text CHECK (gtin ~ '^[0-9]{14}$'),
    options jsonb NOT NULL DEFAULT '{}',
    unit text NOT NULL DEFAULT 'piece',
    step bigint NOT NULL DEFAULT 1 CHECK (step > 0),
    weight_g bigint NOT NULL DEFAULT 0 CHECK (weight_g >= 0),
    UNIQUE (item_id, sku)
);
COMMENT ON TABLE catalog.variant IS
    'One concrete form of an item. Quantities are integers of unit (piece, gram, minute ...) sold in multiples of step; gtin padded to 14 digits.';
CREATE INDEX variant_gtin ON catalog.variant (gtin) WHERE gtin IS NOT NULL;

CREATE TABLE catalog.offer (
    id text COLLATE "C" PRIMARY KEY,
    seller_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    item_id text COLLATE "C" NOT NULL REFERENCES catalog.item,
    variant_id text COLLATE "C" NOT NULL REFERENCES catalog.variant,
    place_id text COLLATE "C" NOT NULL REFERENCES parties.place,
    format text NOT NULL,
    currency char(3) NOT NULL,
    price bigint NOT NULL CHECK (price >= 0 AND price <= 100000000000),
    tax text NOT NULL DEFAULT 'standard',
    terms jsonb NOT NULL DEFAULT '{}',
    most_per_order bigint CHECK (most_per_order > 0),
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'open', 'paused', 'closed')),
    opened_at timestamptz,
    changed_at timestamptz NOT NULL
);
COMMENT ON TABLE catalog.offer IS 'Item variant + seller + place + format + price (minor units per step, tax included) + terms; only open ones can be bought.';
CREATE INDEX offer_seller ON catalog.offer (seller_id, id);
CREATE INDEX offer_variant ON catalog.offer (variant_id);

CREATE TABLE catalog.picture (
    id text COLLATE "C" PRIMARY KEY,
    item_id text COLLATE "C" NOT NULL REFERENCES catalog.item,
    position int NOT NULL,
    file text NOT NULL,
    width int NOT NULL,
    height int NOT NULL,
    alt jsonb NOT NULL DEFAULT '{}',
    UNIQUE (item_id, position) DEFERRABLE
);
COMMENT ON TABLE catalog.picture IS
    'A picture of an item: either drawn ("drawn:bread") or an uploaded one, re-encoded and stored in sizes under the media folder by content hash.';

CREATE TABLE catalog.directory (
    id text COLLATE "C" PRIMARY KEY,
    name jsonb NOT NULL,
    about jsonb NOT NULL,
    curator_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    position int NOT NULL DEFAULT 0,
    closed_at timestamptz
);
COMMENT ON TABLE catalog.directory IS 'A curated directory of quality products, shown with its curator and its rule.';

CREATE TABLE catalog.directory_item (
    directory_id text COLLATE "C" NOT NULL REFERENCES catalog.directory,
    item_id text COLLATE "C" NOT NULL REFERENCES catalog.item,
    reason jsonb NOT NULL DEFAULT '{}',
    added_at timestamptz NOT NULL,
    PRIMARY KEY (directory_id, item_id)
);
COMMENT ON TABLE catalog.directory_item IS 'An item listed in a directory and why.';

CREATE TABLE catalog.found (
    offer_id text COLLATE "C" PRIMARY KEY REFERENCES catalog.offer,
    words tsvector NOT NULL,
    card jsonb NOT NULL,
    category_path text[] NOT NULL,
    labels text[] NOT NULL,
    format text NOT NULL,
    seller_id text COLLATE "C" NOT NULL,
    price bigint NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    score real NOT NULL DEFAULT 0
);
COMMENT ON TABLE catalog.found IS
    'One row per open offer as search sees it: its words in Chinese bigrams and English stems, its facets, and the card a page draws. Rebuilt from offers at any time.';
CREATE INDEX found_words ON catalog.found USING gin (words) WITH (fastupdate = off);
CREATE INDEX found_category ON catalog.found USING gin (category_path);
CREATE INDEX found_seller ON catalog.found (seller_id);
CREATE INDEX found_score ON catalog.found (score DESC, offer_id);
CREATE INDEX found_position ON catalog.found USING gist (point(lon, lat));

CREATE TABLE catalog.word (
    word text COLLATE "C" PRIMARY KEY,
    grams text[] NOT NULL,
    uses int NOT NULL DEFAULT 1
);
COMMENT ON TABLE catalog.word IS 'Every word in search, with its letter trigrams: what a mistyped word is compared with.';
CREATE INDEX word_grams ON catalog.word USING gin (grams);

CREATE TABLE catalog.intake (
    id text COLLATE "C" PRIMARY KEY,
    seller_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    by text COLLATE "C" NOT NULL,
    file_name text NOT NULL,
    at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'previewed' CHECK (state IN ('previewed', 'taken', 'dropped')),
    rows jsonb NOT NULL,
    errors jsonb NOT NULL
);
COMMENT ON TABLE catalog.intake IS 'A seller''s spreadsheet as read: the rows that can be taken, and an error for each that cannot.';

-- migrate: rollback
