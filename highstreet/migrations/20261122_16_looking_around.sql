-- Looking around: what a page shows in one look, planned once; search without fetching titles from the side table
-- depends: 20261122_15_shelf_names

-- migrate: apply

CREATE VIEW catalog.offered AS
SELECT o.id, o.seller_id, p.name AS seller, o.place_id, l.name AS place, o.item_id, o.variant_id, o.format, o.currency,
    o.price, o.tax, o.terms, o.most_per_order, o.state, o.opened_at, o.changed_at,
    o.state = 'open' AND i.retired_at IS NULL AND p.state = 'active' AND l.closed_at IS NULL AS sellable,
    i.category_id, i.sells, i.title, i.about, i.brand, i.attributes, i.labels, i.no_return,
    v.sku, v.gtin, v.options, v.unit, v.step, v.weight_g,
    (SELECT c.file FROM catalog.picture c WHERE c.item_id = o.item_id ORDER BY c.position LIMIT 1) AS picture
FROM catalog.offer o
JOIN catalog.item i ON i.id = o.item_id
JOIN catalog.variant v ON v.id = o.variant_id
JOIN parties.party p ON p.id = o.seller_id
JOIN parties.place l ON l.id = o.place_id;
COMMENT ON VIEW catalog.offered IS 'Offers in any state with what they are of: all a basket, a quote or a page needs.';

-- The statements of the pages that are asked for most. As functions they are planned once for a connection: planning
-- joins of seven tables anew takes several times as long as following them for one offer.

CREATE FUNCTION market.for_sale(ids text[], buyers_country text, day date) RETURNS text
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
                      FROM pricing.price r WHERE r.offer_id = o.id), '[]') AS prices
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
    'Offers with item, place, seller, listed prices, tax and supply, as the shelf keeps them: a JSON list.';

CREATE FUNCTION market.standing(supplies bigint[], sellers text[], day date) RETURNS json
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN json_build_object(
        'free', coalesce((SELECT json_object_agg(s.id, s.total - s.sold - s.held) FROM inventory.supply s
                          WHERE s.id = ANY (supplies)), '{}'),
        'licences', coalesce((SELECT json_object_agg(l.party_id, l.kinds) FROM (
                SELECT party_id, json_agg(DISTINCT kind) AS kinds FROM parties.licence
                WHERE party_id = ANY (sellers) AND state = 'accepted' AND day BETWEEN valid_from AND valid_to
                GROUP BY party_id) l), '{}'),
        'names', coalesce((SELECT json_object_agg(id, about -> 'name') FROM parties.party
                           WHERE id = ANY (sellers) AND about -> 'name' IS NOT NULL), '{}'));
END $$;
COMMENT ON FUNCTION market.standing(bigint[], text[], date) IS
    'What is free to promise by supply; by seller, the licences in force on a day and what it calls itself.';

CREATE FUNCTION market.offer_page(asked text, day date, buyers_country text) RETURNS text
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    thing text;
    seller text;
    here json;
    others json;
    sellers text[];
    ids text[];
BEGIN
    SELECT o.item_id, o.seller_id, to_json(o) INTO thing, seller, here FROM catalog.offered o WHERE o.id = asked;
    IF thing IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(json_agg(o), '[]'), array_agg(o.seller_id), array_agg(o.id) INTO others, sellers, ids FROM (
        SELECT * FROM catalog.offered f WHERE f.item_id = thing AND f.sellable ORDER BY f.price, f.id LIMIT 50) o;
    RETURN json_build_object(
        'here', here,
        'others', others,
        'pictures', coalesce((SELECT json_agg(p ORDER BY p.position) FROM catalog.picture p WHERE p.item_id = thing), '[]'),
        'seller', (SELECT to_json(b) FROM (
            SELECT id, kind, name, picture, state, about, uscc, lang, demo, created_at FROM parties.party WHERE id = seller) b),
        'licences', coalesce((SELECT json_agg(l ORDER BY l.id DESC) FROM parties.licence l
            WHERE l.party_id = seller AND l.state = 'accepted' AND day BETWEEN l.valid_from AND l.valid_to), '[]'),
        'lists', coalesce((SELECT json_agg(json_build_object('id', d.id, 'name', d.name, 'curator', c.name) ORDER BY d.position, d.id)
            FROM catalog.directory_item x
            JOIN catalog.directory d ON d.id = x.directory_id AND d.closed_at IS NULL
            JOIN parties.party c ON c.id = d.curator_id
            WHERE x.item_id = thing), '[]'),
        'standing', market.standing(
            (SELECT array_agg(s.id) FROM catalog.offer o
             JOIN inventory.supply s ON s.variant_id = o.variant_id AND s.place_id = o.place_id AND s.period IS NULL
             WHERE o.item_id = thing),
            seller || coalesce(sellers, '{}'), day),
        'goods', CASE WHEN buyers_country IS NOT NULL THEN market.for_sale(asked || coalesce(ids, '{}'), buyers_country, day)::json END);
END $$;
COMMENT ON FUNCTION market.offer_page(text, date, text) IS
    'What the page of an offer shows: the offer, everything the thing can be had as now, pictures, seller, licences in force on a day, directories, what stands behind them, and with a country the same as the shelf keeps them; NULL when there is no such offer.';

-- Kinds change with a new version or an operator's wish; who keeps the tree hears of it as of a changed offer.
CREATE TRIGGER tell_made AFTER INSERT ON catalog.category REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('kind:', 'id');
CREATE TRIGGER tell_changed AFTER UPDATE ON catalog.category REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('kind:', 'id');
CREATE TRIGGER tell_removed AFTER DELETE ON catalog.category REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_changed('kind:', 'id');

-- Search compares the titles of five hundred cards at a time. With 512 bytes half of them lay in the side table, which
-- cost a quarter of such a question. Cards come over when they next change: writing all at once would hold up the shops.
ALTER TABLE catalog.found SET (toast_tuple_target = 900);

-- How many cards there are comes along: with it one knows how many may have all the words.
CREATE OR REPLACE FUNCTION catalog.known_words(asked text[], beginning text)
RETURNS TABLE (word text, uses int, grown boolean) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT w.word, w.uses, false FROM catalog.word w WHERE w.word = ANY (asked)
    UNION ALL
    (SELECT w.word, w.uses, true FROM catalog.word w WHERE w.word > beginning AND w.word < beginning || '~'
     ORDER BY w.uses DESC, w.word LIMIT 6)
    UNION ALL
    SELECT '', greatest(reltuples, 0)::int, false FROM pg_class WHERE oid = 'catalog.found'::regclass;
END $$;
COMMENT ON FUNCTION catalog.known_words(text[], text) IS
    'Which of the words are in use and how often, the six most used that begin with the letters given (grown), and as the empty word about how many cards there are.';

-- migrate: rollback
