"""What was promised of a price: filed for a programme, and the lowest of the last seven days, whoever looks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from highstreet import policy
from highstreet.kit.db import Tx, rows
from highstreet.kit.errors import NotFound
from highstreet.kit.text import Words

DAYS = timedelta(days=7)


class Promised(msgspec.Struct, frozen=True):
    """Of one piece, in minor units: filed by programme, and the lowest that was asked or paid."""

    filed: dict[str, int]
    lowest: int | None = None


async def promised(
    tx: Tx, programmes: Iterable[str], goods: dict[str, tuple[str, str]], now: datetime
) -> dict[str, Promised]:
    """By offer. goods: offer -> (seller, variant)."""
    filings = await policy.prices.filed(
        tx, programmes, {seller for seller, _ in goods.values()}, {variant for _, variant in goods.values()}
    )
    low = await lowest(tx, goods, now)
    return {
        offer: Promised(
            {f.programme_id: f.price for f in filings if (f.seller_id, f.variant_id) == of}, low.get(offer)
        )
        for offer, of in goods.items()
    }


async def lowest(tx: Tx, offers: Iterable[str], now: datetime) -> dict[str, int]:
    """The lowest that was asked for one piece in the last seven days, in the same way by the same seller, or that somebody paid for one.

    So a new offer of the same thing does not begin a new history. What was not on sale has none.
    """
    found = await tx.fetch(
        """
        WITH alike AS MATERIALIZED (
            SELECT o.id AS asked, a.id, a.variant_id FROM catalog.offer o
            JOIN catalog.offer a ON a.variant_id = o.variant_id AND a.seller_id = o.seller_id AND a.format = o.format
            WHERE o.id = ANY ($1)
        )
        SELECT asked, min(price) AS lowest FROM (
            SELECT k.asked, w.price FROM alike k JOIN catalog.asked w ON w.offer_id = k.id
            WHERE w.at > $2 AND w.at <= $3
            UNION ALL
            SELECT k.asked, (SELECT w.price FROM catalog.asked w WHERE w.offer_id = k.id AND w.at <= $2
                             ORDER BY w.at DESC, w.n DESC LIMIT 1)
            FROM alike k
            UNION ALL
            SELECT k.asked, p.price FROM alike k JOIN pricing.price p ON p.offer_id = k.id
            WHERE p.least = 1 AND coalesce(p.valid_from, '-infinity') <= $3 AND coalesce(p.valid_to, 'infinity') > $2
            UNION ALL
            SELECT k.asked, l.amount FROM alike k
            JOIN orders.line l ON l.variant_id = k.variant_id AND l.offer_id = k.id AND l.quantity = 1
            JOIN orders."order" o ON o.id = l.order_id WHERE o.placed_at > $2 AND o.stage <> 'undone'
        ) q WHERE price IS NOT NULL GROUP BY asked
        """,
        sorted(set(offers)),
        now - DAYS,
        now,
    )
    return {row["asked"]: row["lowest"] for row in found}


async def check_offered(tx: Tx, seller_id: str, variants: Iterable[str]) -> None:
    """Errors: NotFound, for a thing this seller does not offer."""
    wanted = sorted(set(variants))
    found: int = await tx.fetchval(
        "SELECT count(DISTINCT variant_id) FROM catalog.offer WHERE seller_id = $1 AND variant_id = ANY ($2) AND state <> 'closed'",
        seller_id,
        wanted,
    )
    if found < len(wanted):
        raise NotFound("variant")


class Fileable(msgspec.Struct, frozen=True):
    """One of a seller's things that can be sold now: what it costs, and what a rule asks of it."""

    offer_id: str
    variant_id: str
    item_id: str
    title: Words
    picture: str | None
    price: int
    currency: str
    category_id: str
    said: str | None
    grade: str | None


async def on_sale(tx: Tx, seller_id: str, most: int = 500) -> list[Fileable]:
    """The cheapest open offer of each variant, by title."""
    return await rows(
        tx,
        Fileable,
        """SELECT * FROM (
               SELECT DISTINCT ON (o.variant_id) o.id AS offer_id, o.variant_id, o.item_id, i.title, o.price,
                      (SELECT p.file FROM catalog.picture p WHERE p.item_id = i.id ORDER BY p.position LIMIT 1) AS picture,
                      o.currency::text AS currency, i.category_id,
                      coalesce(i.attributes ->> 'appliance', i.attributes ->> 'device') AS said,
                      coalesce(i.attributes ->> 'energy_grade', i.attributes ->> 'energy') AS grade
               FROM catalog.offer o JOIN catalog.item i ON i.id = o.item_id
               WHERE o.seller_id = $1 AND o.state = 'open' AND i.sells = 'goods' ORDER BY o.variant_id, o.price, o.id) q
           ORDER BY title ->> 'zh', offer_id LIMIT $2""",
        seller_id,
        most,
    )


async def taking_part(tx: Tx, seller_id: str, now: datetime) -> dict[str, str]:
    """The running programmes a seller takes part in, with their rules."""
    found = await tx.fetch(
        """SELECT p.id, p.rules FROM policy.enrolment e JOIN policy.programme p ON p.id = e.programme_id
           WHERE e.seller_id = $1 AND p.state = 'running' AND (e.ends_at IS NULL OR e.ends_at > $2) ORDER BY p.id""",
        seller_id,
        now,
    )
    return {row["id"]: row["rules"] for row in found}
