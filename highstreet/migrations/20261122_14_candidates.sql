-- The one statement of search, as a function: planning it anew for each question takes longer than answering most
-- depends: 20261122_13_narrow_found

-- migrate: apply

CREATE FUNCTION catalog.known_words(asked text[], beginning text)
RETURNS TABLE (word text, uses int, grown boolean) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT w.word, w.uses, false FROM catalog.word w WHERE w.word = ANY (asked)
    UNION ALL
    (SELECT w.word, w.uses, true FROM catalog.word w WHERE w.word > beginning AND w.word < beginning || '~'
     ORDER BY w.uses DESC, w.word LIMIT 6);
END $$;
COMMENT ON FUNCTION catalog.known_words(text[], text) IS
    'Which of the words are in use and how often, and the six most used that begin with the letters given (grown).';

CREATE FUNCTION catalog.candidates(
    wanted text, in_title tsquery, rare boolean, price_from bigint, price_to bigint,
    near_lat double precision, near_lon double precision, within int, most int,
    sort text, after_rank bigint, after_offer text, page int, with_facets boolean
) RETURNS TABLE (offer_id text, rank bigint, card text, distance_m int, total bigint, facets jsonb, sellers jsonb)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    everywhere tsquery := CASE WHEN rare THEN rtrim(wanted, ' &')::tsquery END;
    q0 tsquery := (wanted || '''^0''')::tsquery;
    q1 tsquery := (wanted || '''^1''')::tsquery;
    q2 tsquery := (wanted || '''^2''')::tsquery;
    q3 tsquery := (wanted || '''^3''')::tsquery;
BEGIN
    RETURN QUERY
    WITH found AS MATERIALIZED (
        SELECT offer_id, seller_id, facets,
            (CASE sort WHEN 'best' THEN (score * 1000)::int + CASE WHEN title @@ in_title THEN 1000 ELSE 0 END
                WHEN 'price' THEN -price WHEN 'price_down' THEN price
                WHEN 'new' THEN (extract(epoch FROM opened_at) * 1000000)::bigint
                ELSE -catalog.metres(lat, lon, near_lat, near_lon) END)::bigint AS rank
        FROM (
            -- The better quarters first, and no further than the limit; all at once when few can match.
            -- "price + 0" keeps the planner off the index on price, which would hold every card there is.
            (SELECT * FROM catalog.found WHERE rare AND shown AND words @@ everywhere AND price + 0 BETWEEN price_from AND price_to
                AND (within IS NULL OR catalog.metres(lat, lon, near_lat, near_lon) <= within))
            UNION ALL
            (SELECT * FROM catalog.found WHERE NOT rare AND shown AND words @@ q0 AND price + 0 BETWEEN price_from AND price_to
                AND (within IS NULL OR catalog.metres(lat, lon, near_lat, near_lon) <= within))
            UNION ALL
            (SELECT * FROM catalog.found WHERE NOT rare AND shown AND words @@ q1 AND price + 0 BETWEEN price_from AND price_to
                AND (within IS NULL OR catalog.metres(lat, lon, near_lat, near_lon) <= within))
            UNION ALL
            (SELECT * FROM catalog.found WHERE NOT rare AND shown AND words @@ q2 AND price + 0 BETWEEN price_from AND price_to
                AND (within IS NULL OR catalog.metres(lat, lon, near_lat, near_lon) <= within))
            UNION ALL
            (SELECT * FROM catalog.found WHERE NOT rare AND shown AND words @@ q3 AND price + 0 BETWEEN price_from AND price_to
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
        CASE WHEN s.n = 1 AND with_facets THEN (SELECT jsonb_object_agg(t.facet, t.n)
            FROM (SELECT u.facet, count(*) AS n FROM (SELECT unnest(facets) AS facet FROM found) u GROUP BY 1) t) END,
        CASE WHEN s.n = 1 AND with_facets THEN (SELECT jsonb_agg(jsonb_build_array(t.seller_id, t.n,
                (SELECT y.name FROM parties.party y WHERE y.id = t.seller_id)) ORDER BY t.n DESC, t.seller_id)
            FROM (SELECT seller_id, count(*) AS n FROM found GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8) t) END
    FROM shown s JOIN catalog.found f USING (offer_id) ORDER BY s.n;
END $$;
COMMENT ON FUNCTION catalog.candidates IS
    'A page of what matches: wanted is a tsquery ending in " & " (or empty), most how many candidates are taken, page how many are given; total counts the candidates; facets ({facet: count}) and sellers ([[id, count, name]]) come in the first row.';

-- migrate: rollback
