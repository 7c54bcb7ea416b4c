"""Orders as they were, for judging them by a rule that was not there: read as a stream, in the order they were placed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, rows, stream
from highstreet.kit.ids import first_id


class PastOrder(msgspec.Struct, frozen=True):
    """An order that came to something, without what was cancelled or given back of it. The lists go by line.

    listed, sold, paid: of the line before discounts, after the seller's, and what was paid (with what the programme itself paid then);
    helped: whether other public money paid for it. Amounts in minor units.
    """

    id: str
    seller_id: str
    buyer_id: str | None
    place_id: str
    format: str
    currency: str
    placed_at: datetime
    variants: list[str]
    quantities: list[int]
    listed: list[int]
    sold: list[int]
    paid: list[int]
    taxes: list[int]
    helped: list[bool]


_PAST = """
    SELECT o.id, o.seller_id, o.buyer_id, o.place_id, o.format, o.currency::text AS currency, o.placed_at, l.*
    FROM orders."order" o CROSS JOIN LATERAL (
        SELECT array_agg(x.variant_id ORDER BY x.position) AS variants, array_agg(x.kept ORDER BY x.position) AS quantities,
               array_agg(x.price * x.kept ORDER BY x.position) AS listed,
               array_agg(x.amount * x.kept / x.quantity ORDER BY x.position) AS sold,
               array_agg((x.paid + x.own) * x.kept / x.quantity ORDER BY x.position) AS paid,
               array_agg(x.tax_bps ORDER BY x.position) AS taxes, array_agg(x.helped ORDER BY x.position) AS helped
        FROM (
            SELECT y.position, y.variant_id, y.price, y.quantity, y.amount, y.paid, y.tax_bps,
                   y.quantity - y.cancelled - y.returned AS kept,
                   CASE WHEN y.adjustments = '[]' THEN 0 ELSE (
                       SELECT coalesce(-sum((a ->> 'amount')::bigint), 0)::bigint FROM jsonb_array_elements(y.adjustments) a
                       WHERE a ->> 'funder' = $5) END AS own,
                   y.adjustments <> '[]' AND EXISTS (
                       SELECT FROM jsonb_array_elements(y.adjustments) a
                       JOIN policy.programme p ON p.id = a ->> 'funder' AND p.id <> $5) AS helped
            FROM orders.line y WHERE y.order_id = o.id AND y.quantity > y.cancelled + y.returned
        ) x
    ) l
    WHERE o.id >= $1 AND o.id < $2 AND o.placed_at >= $3 AND o.placed_at < $4
      AND o.stage IN ('committed', 'done') AND l.variants IS NOT NULL
    ORDER BY o.id"""


def past(tx: Tx, since: datetime, until: datetime, programme_id: str) -> AsyncIterator[list[PastOrder]]:
    """Orders placed from `since` until before `until`, a few hundred at a time; what the programme itself paid of them is undone."""
    return stream(
        tx, PastOrder, _PAST, first_id("ord", since), first_id("ord", until), since, until, programme_id
    )


async def items_of(tx: Tx, variants: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Of each variant its item and the item's category."""
    found = await tx.fetch(
        """SELECT v.id, v.item_id, i.category_id FROM catalog.variant v JOIN catalog.item i ON i.id = v.item_id
           WHERE v.id = ANY ($1)""",
        sorted(set(variants)),
    )
    return {row["id"]: (row["item_id"], row["category_id"]) for row in found}


class SellerThen(msgspec.Struct, frozen=True):
    """A seller: what its licences and a programme's enrolment say of it, and what it sold in the year before, in minor units."""

    id: str
    name: str
    qualities: tuple[str, ...]
    year: int


async def sellers(
    tx: Tx, ids: Iterable[str], programme_id: str, currency: str, until: datetime
) -> list[SellerThen]:
    """year: orders of that currency in the 365 days before `until`."""
    return await rows(
        tx,
        SellerThen,
        """SELECT p.id, coalesce(p.name, '') AS name,
                  coalesce((SELECT e.qualities || '{enrolled}' FROM policy.enrolment e
                            WHERE e.seller_id = p.id AND e.programme_id = $2), '{}')
                  || ARRAY(SELECT l.kind FROM parties.licence l WHERE l.party_id = p.id AND l.state = 'accepted') AS qualities,
                  (SELECT coalesce(sum(o.total), 0)::bigint FROM orders."order" o
                   WHERE o.seller_id = p.id AND o.id >= $4 AND o.id < $5 AND o.currency = $3
                     AND o.stage IN ('committed', 'done')) AS year
           FROM parties.party p WHERE p.id = ANY ($1)""",
        sorted(set(ids)),
        programme_id,
        currency,
        first_id("ord", _year_before(until)),
        first_id("ord", until),
    )


def _year_before(moment: datetime) -> datetime:
    return datetime.fromtimestamp(moment.timestamp() - 365 * 86_400, moment.tzinfo)


async def districts(tx: Tx, places: Iterable[str]) -> dict[str, str]:
    """Of each place its district; empty where its address names none."""
    found = await tx.fetch(
        "SELECT id, coalesce(address ->> 'district', '') AS district FROM parties.place WHERE id = ANY ($1)",
        sorted(set(places)),
    )
    return {row["id"]: row["district"] for row in found}


async def qualities(tx: Tx, people: Iterable[str], now: datetime) -> dict[str, frozenset[str]]:
    """What an office found true of each person and still holds."""
    found = await tx.fetch(
        """SELECT person_id, array_agg(quality) AS qualities FROM policy.quality
           WHERE person_id = ANY ($1) AND until > $2 GROUP BY 1""",
        sorted(set(people)),
        now,
    )
    return {row["person_id"]: frozenset(row["qualities"]) for row in found}


async def category_names(tx: Tx, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """The names of categories, in both languages."""
    found = await tx.fetch("SELECT id, name FROM catalog.category WHERE id = ANY ($1)", sorted(set(ids)))
    return {row["id"]: row["name"] for row in found}
