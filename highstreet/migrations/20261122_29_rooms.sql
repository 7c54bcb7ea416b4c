-- Live rooms: who shows what when, limited drops with a supply of their own, and what was said
-- depends: 20261122_28_instalments

-- migrate: apply

CREATE TABLE catalog.room (
    id text COLLATE "C" PRIMARY KEY,
    seller_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    host_id text COLLATE "C" REFERENCES parties.party,
    host_name text NOT NULL,
    host_bps int NOT NULL DEFAULT 0 CHECK (host_bps BETWEEN 0 AND 5000),
    title jsonb NOT NULL,
    about jsonb NOT NULL DEFAULT '{}',
    video text NOT NULL DEFAULT '' CHECK (video = '' OR video LIKE 'https://%'),
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'on', 'paused', 'ended')),
    started_at timestamptz,
    ended_at timestamptz,
    shown_drop text COLLATE "C",
    review boolean NOT NULL DEFAULT false,
    words text[] NOT NULL DEFAULT '{}',
    CHECK (starts < ends),
    CHECK (host_id <> seller_id),
    CHECK (host_bps = 0 OR host_id IS NOT NULL),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL))
);
COMMENT ON TABLE catalog.room IS
    'A live session of a seller. host_id: who earns host_bps of what is kept of its drops, NULL when the shop shows it itself; review: everything said waits for the host; words: what makes a message wait.';
CREATE INDEX room_seller ON catalog.room (seller_id, id);
CREATE INDEX room_running ON catalog.room (starts) WHERE state <> 'ended';

CREATE TABLE catalog.room_drop (
    id text COLLATE "C" PRIMARY KEY,
    room_id text COLLATE "C" NOT NULL REFERENCES catalog.room,
    offer_id text COLLATE "C" NOT NULL REFERENCES catalog.offer,
    position int NOT NULL,
    units bigint NOT NULL CHECK (units BETWEEN 1 AND 1000000),
    opens_at timestamptz,
    state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'open', 'closed')),
    supply_id bigint REFERENCES inventory.supply,
    opened_at timestamptz,
    closed_at timestamptz,
    UNIQUE (room_id, position),
    CHECK ((supply_id IS NULL) = (opened_at IS NULL)),
    CHECK (state <> 'open' OR supply_id IS NOT NULL)
);
COMMENT ON TABLE catalog.room_drop IS
    'So many units of an offer, for sale while it is open and not a moment longer. What it sells is held in a supply of its own beside the stock.';
CREATE UNIQUE INDEX one_room_at_a_time ON catalog.room_drop (offer_id) WHERE state = 'open';
CREATE UNIQUE INDEX once_in_a_room ON catalog.room_drop (room_id, offer_id) WHERE state <> 'closed';
ALTER TABLE catalog.room ADD FOREIGN KEY (shown_drop) REFERENCES catalog.room_drop;
CREATE TRIGGER tell_changed AFTER UPDATE ON catalog.room_drop REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('', 'offer_id');

CREATE TABLE catalog.room_voice (
    room_id text COLLATE "C" NOT NULL REFERENCES catalog.room,
    person_id text COLLATE "C" NOT NULL REFERENCES parties.party,
    key bytea NOT NULL,
    muted_at timestamptz,
    muted_by text COLLATE "C",
    PRIMARY KEY (room_id, person_id),
    CHECK ((muted_at IS NULL) = (muted_by IS NULL))
);
COMMENT ON TABLE catalog.room_voice IS
    'Somebody who spoke in a room, with the key their words there are sealed under, and whether the host muted them. The seller''s side speaks as the seller.';
CREATE INDEX room_voice_person ON catalog.room_voice (person_id);

CREATE TABLE catalog.room_said (
    id text COLLATE "C" PRIMARY KEY,
    room_id text COLLATE "C" NOT NULL REFERENCES catalog.room,
    person_id text COLLATE "C" REFERENCES parties.party,
    text bytea,
    at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('shown', 'held', 'removed')),
    why text NOT NULL DEFAULT '' CHECK (why IN ('', 'link', 'number', 'word', 'review')),
    once text NOT NULL,
    judged_by text COLLATE "C",
    judged_at timestamptz,
    UNIQUE (room_id, person_id, once),
    CHECK ((person_id IS NULL) = (text IS NULL)),
    CHECK (state <> 'removed' OR judged_by IS NOT NULL)
);
COMMENT ON TABLE catalog.room_said IS
    'What was said in a room, sealed; why it waits or waited. Erasing a person leaves that something was said and what was done about it.';
CREATE INDEX room_said_room ON catalog.room_said (room_id, id);
CREATE INDEX room_said_person ON catalog.room_said (person_id);

CREATE UNLOGGED TABLE catalog.room_watched (
    room_id text COLLATE "C" NOT NULL,
    process text NOT NULL,
    viewers int NOT NULL CHECK (viewers >= 0),
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (room_id, process)
);
COMMENT ON TABLE catalog.room_watched IS
    'How many look at a room through each web process, and when it last said so. Nothing about who they are.';

CREATE OR REPLACE FUNCTION market.for_sale(ids text[], buyers_country text, day date) RETURNS text
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT coalesce(json_agg(f), '[]') FROM (
        SELECT o.id, o.seller_id, b.name AS seller_name, o.item_id, o.variant_id, p AS place, o.format, i.title, v.options,
            (SELECT file FROM catalog.picture WHERE item_id = i.id ORDER BY position LIMIT 1) AS picture,
            i.sells, v.unit, i.labels, coalesce(i.no_return, c.no_return) AS no_return, o.terms, o.most_per_order,
            s.id AS supply_id, o.price, o.currency,
            coalesce((SELECT bps FROM pricing.tax WHERE country = buyers_country AND code = o.tax AND valid_from <= day
                      ORDER BY valid_from DESC LIMIT 1), 0) AS tax_bps,
            o.state = 'open' AND b.state = 'active' AND i.retired_at IS NULL AND p.closed_at IS NULL AS sellable,
            coalesce((SELECT json_agg(json_build_object('channel', r.channel, 'least', r.least, 'price', r.price,
                          'valid_from', r.valid_from, 'valid_to', r.valid_to))
                      FROM pricing.price r WHERE r.offer_id = o.id), '[]') AS prices,
            (SELECT json_build_object('id', d.id, 'room_id', d.room_id, 'supply_id', d.supply_id, 'host_id', r.host_id, 'host_bps', r.host_bps)
             FROM catalog.room_drop d JOIN catalog.room r ON r.id = d.room_id WHERE d.offer_id = o.id AND d.state = 'open') AS drop
        FROM catalog.offer o
        JOIN catalog.item i ON i.id = o.item_id
        JOIN catalog.variant v ON v.id = o.variant_id
        JOIN catalog.category c ON c.id = i.category_id
        JOIN parties.party b ON b.id = o.seller_id
        JOIN parties.place p ON p.id = o.place_id
        LEFT JOIN inventory.supply s ON s.variant_id = o.variant_id AND s.place_id = o.place_id AND s.period IS NULL
        WHERE o.id = ANY (ids)) f);
END $$;
COMMENT ON FUNCTION market.for_sale(text[], text, date) IS
    'Offers with item, place, seller, listed prices, tax, supply and the drop they are on show in, as the shelf keeps them: a JSON list.';

-- migrate: rollback
