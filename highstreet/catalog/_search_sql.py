"""The statements of search.

Parameters of all, in this order: $1 the words and filters as a tsquery ending in " & " (or empty), $2 those of the title, $3 and $4 the
price from and to, $5 and $6 a point, $7 the metres around it, $8 how many, then what each says itself.
"""

from __future__ import annotations

# "price + 0" keeps the planner off the index on price, which would hold every card there is.
_ARM = """
        (SELECT * FROM catalog.found WHERE {when} AND shown AND words @@ {words} AND price + 0 BETWEEN $3 AND $4
            AND ($7::int IS NULL OR catalog.metres(lat, lon, $5, $6) <= $7))"""
_ARMS = "\n        UNION ALL".join(
    [
        _ARM.replace("{when}", "$14").replace("{words}", "rtrim($1::text, ' &')::tsquery"),
        *(
            _ARM.replace("{when}", "NOT $14").replace("{words}", f"($1::text || '''^{quarter}''')::tsquery")
            for quarter in range(4)
        ),
    ]
)

# $9 the order, $10 and $11 the last rank and offer of the page before, $12 the length of the page, $13 whether facets are wanted, $14
# whether so few match that the quarters need not be looked through one by one. The quarters are read one after the other, and no
# further than the limit.
CANDIDATES = (
    """
WITH found AS MATERIALIZED (
    SELECT offer_id, seller_id, facets, CASE $9
               WHEN 'best' THEN (score * 1000)::int + CASE WHEN title @@ $2::tsquery THEN 1000 ELSE 0 END
               WHEN 'price' THEN -price WHEN 'price_down' THEN price
               WHEN 'new' THEN (extract(epoch FROM opened_at) * 1000000)::bigint
               ELSE -catalog.metres(lat, lon, $5, $6) END::bigint AS rank
    FROM ("""
    + _ARMS
    + """
    ) q LIMIT $8
), page AS MATERIALIZED (
    SELECT offer_id, rank, row_number() OVER (ORDER BY rank DESC, offer_id) AS n FROM found
    WHERE $10::bigint IS NULL OR rank < $10 OR rank = $10 AND offer_id > $11
    ORDER BY rank DESC, offer_id LIMIT $12
)
SELECT p.offer_id, p.rank, f.card::text AS card,
    CASE WHEN $5::float8 IS NOT NULL THEN catalog.metres(f.lat, f.lon, $5, $6) END AS distance_m,
    (SELECT count(*) FROM found) AS total,
    CASE WHEN p.n = 1 AND $13 THEN (SELECT jsonb_object_agg(t.facet, t.n)
        FROM (SELECT u.facet, count(*) AS n FROM (SELECT unnest(facets) AS facet FROM found) u GROUP BY 1) t) END AS facets,
    CASE WHEN p.n = 1 AND $13 THEN (SELECT jsonb_agg(jsonb_build_array(t.seller_id, t.n, (SELECT f.card ->> 'seller'
            FROM catalog.found f WHERE f.seller_id = t.seller_id LIMIT 1)))
        FROM (SELECT seller_id, count(*) AS n FROM found GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8) t) END AS sellers
FROM page p JOIN catalog.found f USING (offer_id) ORDER BY p.n
"""
)

_SHOWN = """SELECT offer_id, rank, card::text AS card,
    CASE WHEN $5::float8 IS NOT NULL THEN catalog.metres(lat, lon, $5, $6) END AS distance_m
FROM ("""
_MATCH = """) w WHERE words @@ rtrim($1::text, ' &')::tsquery AND $2::text IS NOT DISTINCT FROM $2 AND price BETWEEN $3 AND $4
    AND ($7::int IS NULL OR catalog.metres(lat, lon, $5, $6) <= $7) LIMIT $8"""

# The cards in the order asked for, with the last rank and offer of the page before in $9 and $10; at most $11 are looked at.
WALKS = {
    "price": _SHOWN
    + """SELECT *, -price AS rank FROM catalog.found WHERE shown AND price >= $3
         AND ($9::bigint IS NULL OR (price, offer_id) > (-$9::bigint, $10::text)) ORDER BY price, offer_id LIMIT $11"""
    + _MATCH,
    "price_down": _SHOWN
    + """SELECT *, price AS rank FROM catalog.found WHERE shown AND price <= $4 AND ($9::bigint IS NULL OR price <= $9)
         AND ($9::bigint IS NULL OR price < $9 OR offer_id > $10::text) ORDER BY price DESC, offer_id LIMIT $11"""
    + _MATCH,
    "new": _SHOWN
    + """SELECT *, (extract(epoch FROM opened_at) * 1000000)::bigint AS rank FROM catalog.found
         WHERE shown AND ($9::bigint IS NULL OR opened_at <= 'epoch'::timestamptz + $9::bigint * interval '1 microsecond')
         AND ($9::bigint IS NULL OR opened_at < 'epoch'::timestamptz + $9::bigint * interval '1 microsecond' OR offer_id > $10::text)
         ORDER BY opened_at DESC, offer_id LIMIT $11"""
    + _MATCH,
}
