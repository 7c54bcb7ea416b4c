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
    position int NOT NULL DEFAULT 0,
    CHECK (id ~ '^[a-z0-9_]+(\.[a-z0-9_]+)*$' AND parent_id IS NOT DISTINCT FROM substring(id FROM '^(.*)\.[^.]*$'))
);
COMMENT ON TABLE catalog.category IS
    'The tree of kinds; an id is its path (food.tea). attributes: [{code, name{en,zh}, type text|number|choice|date, required, choices [{code, name}], unit}], inherited by the kinds below; licence: what the seller must hold; no_return: the legal reason why no-reason return does not apply.';

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
CREATE INDEX offer_item ON catalog.offer (item_id);
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
CREATE INDEX directory_item_item ON catalog.directory_item (item_id);
COMMENT ON TABLE catalog.directory_item IS 'An item listed in a directory and why.';

CREATE TABLE catalog.found (
    offer_id text COLLATE "C" PRIMARY KEY REFERENCES catalog.offer,
    item_id text COLLATE "C" NOT NULL,
    seller_id text COLLATE "C" NOT NULL,
    place_id text COLLATE "C" NOT NULL,
    words tsvector NOT NULL,
    facets text[] COLLATE "C" NOT NULL,
    card jsonb NOT NULL,
    price bigint NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    opened_at timestamptz NOT NULL,
    score real NOT NULL DEFAULT 0 CHECK (score BETWEEN 0 AND 1),
    judged real CHECK (judged BETWEEN 0 AND 1),
    shown boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE catalog.found IS
    'What search sees: one row per item, seller, place and format with its cheapest open offer; words holds English stems, Chinese bigrams, the facets, and ^0 to ^3 for the quarter of its score; card is what a page draws; score is what was judged, else a first guess; shown is false while the seller may not sell. Rebuilt from offers at any time.';
-- fastupdate off: a search never pays for somebody's unmerged changes. No CHECK of freshness: shelf.py writes it with the offer.
CREATE INDEX found_words ON catalog.found USING gin (words) WITH (fastupdate = off);
CREATE INDEX found_item ON catalog.found (item_id);
CREATE INDEX found_seller ON catalog.found (seller_id);
CREATE INDEX found_place ON catalog.found (place_id);
CREATE INDEX found_price ON catalog.found (price, offer_id) WHERE shown;
CREATE INDEX found_new ON catalog.found (opened_at DESC, offer_id) WHERE shown;
CREATE INDEX found_score ON catalog.found (score DESC, offer_id) WHERE shown;

CREATE FUNCTION catalog.cells(lat double precision, lon double precision) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY['@1:' || floor(lat / 0.005)::int || ':' || floor(lon / 0.005)::int,
                 '@2:' || floor(lat / 0.04)::int || ':' || floor(lon / 0.04)::int,
                 '@3:' || floor(lat / 0.32)::int || ':' || floor(lon / 0.32)::int]
$$;
COMMENT ON FUNCTION catalog.cells(double precision, double precision) IS
    'The squares a place lies in, about 0.5, 4 and 35 km wide, as words of catalog.found: words and nearness are then one look-up.';

CREATE FUNCTION catalog.metres(lat_a double precision, lon_a double precision, lat_b double precision, lon_b double precision)
RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT (111195 * sqrt((lat_a - lat_b) ^ 2 + ((lon_a - lon_b) * cosd((lat_a + lat_b) / 2)) ^ 2))::int
$$;
COMMENT ON FUNCTION catalog.metres(double precision, double precision, double precision, double precision) IS
    'Metres between two places of a town, on a plane: right to a thousandth within 100 km.';

CREATE TABLE catalog.word (
    word text COLLATE "C" PRIMARY KEY,
    grams text[] COLLATE "C" NOT NULL,
    uses int NOT NULL DEFAULT 1
);
COMMENT ON TABLE catalog.word IS
    'Every word and every pair of Chinese characters in search, with the letter trigrams a mistyped word is compared with; uses is counted when search is rebuilt.';
CREATE INDEX word_grams ON catalog.word USING gin (grams);

CREATE TABLE catalog.intake (
    id text COLLATE "C" PRIMARY KEY,
    seller_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    by text COLLATE "C" NOT NULL,
    file_name text NOT NULL,
    at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'previewed' CHECK (state IN ('previewed', 'taken', 'dropped')),
    rows jsonb NOT NULL,
    errors jsonb NOT NULL,
    taken jsonb,
    CHECK ((state = 'taken') = (taken IS NOT NULL))
);
CREATE INDEX intake_seller ON catalog.intake (seller_id, id);
COMMENT ON TABLE catalog.intake IS 'A seller''s spreadsheet as read: the rows that can be taken, an error for each that cannot, and what taking it made.';

-- migrate: rollback
