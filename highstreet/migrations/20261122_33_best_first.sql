-- The best first: better cards have an index of their own, so that a common word is not read through to its end
-- depends: 20261122_32_policy

-- migrate: apply

DROP FUNCTION catalog.candidates;
DROP INDEX catalog.found_words;

-- What a card can be narrowed by, as one text: those of two hundred cards are put together and counted by who asked.
ALTER TABLE catalog.found ALTER COLUMN facets TYPE text COLLATE "C" USING array_to_string(facets, ' ');
COMMENT ON COLUMN catalog.found.facets IS 'What it can be narrowed by, with a space between: c:kind and kinds above, l:label, p:price band, f:format.';

-- Each card is in one of these. fastupdate off: a search never pays for somebody's unmerged changes.
CREATE INDEX found_words_0 ON catalog.found USING gin (words) WITH (fastupdate = off) WHERE shown AND score >= 0.95;
CREATE INDEX found_words_1 ON catalog.found USING gin (words) WITH (fastupdate = off) WHERE shown AND score >= 0.8 AND score < 0.95;
CREATE INDEX found_words_2 ON catalog.found USING gin (words) WITH (fastupdate = off) WHERE shown AND score >= 0.5 AND score < 0.8;
CREATE INDEX found_words_3 ON catalog.found USING gin (words) WITH (fastupdate = off) WHERE shown AND score < 0.5;

COMMENT ON TABLE catalog.found IS
    'What search sees: one row per item, seller and place with its cheapest open offer; words holds English stems, Chinese bigrams and the facets; card is what a page draws; score is what was judged, else a first guess; shown is false while the seller may not sell. Rebuilt from offers at any time.';

CREATE FUNCTION catalog.best_of(
    wanted text, in_title tsquery, price_from bigint, price_to bigint,
    near_lat double precision, near_lon double precision, within int, most int,
    sort text, after_rank bigint, after_offer text, page int, with_facets boolean
) RETURNS TABLE (offer_id text, rank bigint, card text, distance_m int, total bigint, facets text, sellers jsonb)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    asked tsquery := CASE WHEN wanted <> '' THEN rtrim(wanted, ' &')::tsquery END;
BEGIN
    RETURN QUERY
    WITH found AS MATERIALIZED (
        SELECT offer_id, seller_id, facets,
            (CASE sort WHEN 'best' THEN (score * 1000)::int + CASE WHEN title @@ in_title THEN 1000 ELSE 0 END
                WHEN 'price' THEN -price WHEN 'price_down' THEN price
                WHEN 'new' THEN (extract(epoch FROM opened_at) * 1000000)::bigint
                ELSE -catalog.metres(lat, lon, near_lat, near_lon) END)::bigint AS rank
        FROM (
        -- From the best down, and no further than the limit. "price + 0" keeps the planner off the index on price, which holds every card.
        (SELECT offer_id, seller_id, facets, title, score, price, opened_at, lat, lon FROM catalog.found
         WHERE wanted = '' AND shown AND price + 0 BETWEEN price_from AND price_to
            AND (within IS NULL OR catalog.metres(lat, lon, near_lat, near_lon) <= within)
         ORDER BY score DESC, offer_id)
        UNION ALL
        (SELECT offer_id, seller_id, facets, title, score, price, opened_at, lat, lon FROM catalog.found
         WHERE wanted <> '' AND shown AND score >= 0.95 AND words @@ asked AND price + 0 BETWEEN price_from AND price_to
            AND (within IS NULL OR catalog.metres(lat, lon, near_lat, near_lon) <= within))
        UNION ALL
        (SELECT offer_id, seller_id, facets, title, score, price, opened_at, lat, lon FROM catalog.found
         WHERE wanted <> '' AND shown AND score >= 0.8 AND score < 0.95 AND words @@ asked AND price + 0 BETWEEN price_from AND price_to
            AND (within IS NULL OR catalog.metres(lat, lon, near_lat, near_lon) <= within))
        UNION ALL
        (SELECT offer_id, seller_id, facets, title, score, price, opened_at, lat, lon FROM catalog.found
         WHERE wanted <> '' AND shown AND score >= 0.5 AND score < 0.8 AND words @@ asked AND price + 0 BETWEEN price_from AND price_to
            AND (within IS NULL OR catalog.metres(lat, lon, near_lat, near_lon) <= within))
        UNION ALL
        (SELECT offer_id, seller_id, facets, title, score, price, opened_at, lat, lon FROM catalog.found
         WHERE wanted <> '' AND shown AND score < 0.5 AND words @@ asked AND price + 0 BETWEEN price_from AND price_to
            AND (within IS NULL OR catalog.metres(lat, lon, near_lat, near_lon) <= within))
        ) f LIMIT most
    ), shown AS MATERIALIZED (
        SELECT offer_id, rank, row_number() OVER (ORDER BY rank DESC, offer_id) AS n FROM found
        WHERE after_rank IS NULL OR rank < after_rank OR rank = after_rank AND offer_id > after_offer
        ORDER BY rank DESC, offer_id LIMIT page
    )
    SELECT s.offer_id, s.rank, f.card::text,
        CASE WHEN near_lat IS NOT NULL THEN catalog.metres(f.lat, f.lon, near_lat, near_lon) END,
        (SELECT count(*) FROM found),
        CASE WHEN s.n = 1 AND with_facets THEN (SELECT string_agg(facets, ' ') FROM found) END,
        CASE WHEN s.n = 1 AND with_facets THEN (SELECT jsonb_agg(jsonb_build_array(t.seller_id, t.n,
                (SELECT y.name FROM parties.party y WHERE y.id = t.seller_id)) ORDER BY t.n DESC, t.seller_id)
            FROM (SELECT seller_id, count(*) AS n FROM found GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8) t) END
    FROM shown s JOIN catalog.found f USING (offer_id) ORDER BY s.n;
END $$;
COMMENT ON FUNCTION catalog.best_of IS
    'A page of what matches: wanted is a tsquery ending in " & " (or empty), most how many of the best are taken, page how many are given; total counts those taken; facets (of all taken, with a space between) and sellers ([[id, count, name]]) come in the first row.';

-- migrate: rollback
