"""Walks: cards in the order of a price or of their age, those that match picked out on the way.

Parameters: $1 the words and filters as a tsquery ending in " & " (or empty), $2 and $3 the price from and to, $4 and $5 a point, $6 the
metres around it, $7 the length of the page, $8 and $9 the last rank and offer of the page before, $10 how many cards are looked at.
"""

from __future__ import annotations

_SHOWN = """SELECT offer_id, rank, card::text AS card,
    CASE WHEN $4::float8 IS NOT NULL THEN catalog.metres(lat, lon, $4, $5) END AS distance_m
FROM ("""
_MATCH = """) w WHERE ($1::text = '' OR words @@ rtrim($1::text, ' &')::tsquery) AND price BETWEEN $2 AND $3
    AND ($6::int IS NULL OR catalog.metres(lat, lon, $4, $5) <= $6) LIMIT $7"""

WALKS = {
    "price": _SHOWN
    + """SELECT *, -price AS rank FROM catalog.found WHERE shown AND price >= $2
         AND ($8::bigint IS NULL OR (price, offer_id) > (-$8::bigint, $9::text)) ORDER BY price, offer_id LIMIT $10"""
    + _MATCH,
    "price_down": _SHOWN
    + """SELECT *, price AS rank FROM catalog.found WHERE shown AND price <= $3 AND ($8::bigint IS NULL OR price <= $8)
         AND ($8::bigint IS NULL OR price < $8 OR offer_id > $9::text) ORDER BY price DESC, offer_id LIMIT $10"""
    + _MATCH,
    "new": _SHOWN
    + """SELECT *, (extract(epoch FROM opened_at) * 1000000)::bigint AS rank FROM catalog.found
         WHERE shown AND ($8::bigint IS NULL OR opened_at <= 'epoch'::timestamptz + $8::bigint * interval '1 microsecond')
         AND ($8::bigint IS NULL OR opened_at < 'epoch'::timestamptz + $8::bigint * interval '1 microsecond' OR offer_id > $9::text)
         ORDER BY opened_at DESC, offer_id LIMIT $10"""
    + _MATCH,
}
