-- Shops are found by their name in both languages
-- depends: 20261122_14_candidates

-- migrate: apply

CREATE OR REPLACE VIEW catalog.shelf AS
SELECT o.id AS offer_id, o.item_id, o.variant_id, o.seller_id, o.place_id, o.format, o.currency, o.price,
       coalesce(o.opened_at, o.changed_at) AS opened_at, i.category_id, i.sells, i.title, i.about, i.brand, i.labels,
       i.attributes, v.sku, v.gtin, v.options, v.unit, v.step,
       p.name AS seller, l.name AS place, l.lat, l.lon,
       p.state = 'active' AND l.closed_at IS NULL AS shown,
       (SELECT c.file FROM catalog.picture c WHERE c.item_id = o.item_id ORDER BY c.position LIMIT 1) AS picture,
       EXISTS (SELECT FROM catalog.directory_item d JOIN catalog.directory k ON k.id = d.directory_id
               WHERE d.item_id = o.item_id AND k.closed_at IS NULL) AS listed,
       coalesce(p.about -> 'name', '{}') AS called
FROM catalog.offer o
JOIN catalog.item i ON i.id = o.item_id
JOIN catalog.variant v ON v.id = o.variant_id
JOIN parties.party p ON p.id = o.seller_id
JOIN parties.place l ON l.id = o.place_id
WHERE o.state = 'open' AND i.retired_at IS NULL;

COMMENT ON TABLE catalog.found IS
    'What search sees: one row per item, seller and place with its cheapest open offer; words holds English stems, Chinese bigrams, the facets, and ^0 to ^3 for the quarter of its score; card is what a page draws; score is what was judged, else a first guess; shown is false while the seller may not sell. Rebuilt from offers at any time.';

-- migrate: rollback
