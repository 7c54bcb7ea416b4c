"""What selling needs to know of offers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from highstreet.kit.db import Tx
from highstreet.pricing import Promotion


async def offers_for_sale(tx: Tx, ids: list[str], country: str, day: date) -> list[dict[str, Any]]:
    """Offers with item, place, seller, listed prices, tax and supply, as the shelf keeps them."""
    found = await tx.fetch(
        """SELECT o.id, o.seller_id, b.name AS seller_name, o.item_id, o.variant_id, to_jsonb(p) AS place,
                  o.format, i.title, v.options, pic.file AS picture, i.sells, v.unit, i.labels,
                  coalesce(i.no_return, c.no_return) AS no_return,
                  o.terms, o.most_per_order, s.id AS supply_id, o.price, o.currency, coalesce(t.bps, 0) AS tax_bps,
                  o.state = 'open' AND b.state = 'active' AND i.retired_at IS NULL AND p.closed_at IS NULL AS sellable,
                  coalesce(l.prices, '[]') AS prices
           FROM catalog.offer o
           JOIN catalog.item i ON i.id = o.item_id
           JOIN catalog.variant v ON v.id = o.variant_id
           JOIN catalog.category c ON c.id = i.category_id
           JOIN parties.party b ON b.id = o.seller_id
           JOIN parties.place p ON p.id = o.place_id
           LEFT JOIN inventory.supply s ON s.variant_id = o.variant_id AND s.place_id = o.place_id AND s.period IS NULL
           LEFT JOIN LATERAL (SELECT file FROM catalog.picture WHERE item_id = i.id ORDER BY position LIMIT 1) pic ON true
           LEFT JOIN LATERAL (SELECT bps FROM pricing.tax WHERE country = $2 AND code = o.tax AND valid_from <= $3
                              ORDER BY valid_from DESC LIMIT 1) t ON true
           LEFT JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('channel', r.channel, 'least', r.least, 'price', r.price,
                                  'valid_from', r.valid_from, 'valid_to', r.valid_to)) AS prices
                              FROM pricing.price r WHERE r.offer_id = o.id) l ON true
           WHERE o.id = ANY ($1)""",
        ids,
        country,
        day,
    )
    return [{name: r[name] for name in r.keys()} for r in found]  # noqa: SIM118


async def promotions_of(tx: Tx, seller_ids: list[str], now: datetime) -> list[Promotion]:
    """Promotions of sellers that were not stopped and are not over."""
    found = await tx.fetch(
        """SELECT id, seller_id, CASE WHEN funder_id = seller_id THEN 'seller' ELSE funder_id END AS funder,
                  name, kind, rule, offers, priority, alone, valid_from, valid_to
           FROM pricing.promotion WHERE seller_id = ANY ($1) AND stopped_at IS NULL AND valid_to > $2 ORDER BY id""",
        seller_ids,
        now,
    )
    return [msgspec.convert({name: r[name] for name in r.keys()}, Promotion) for r in found]  # noqa: SIM118
