"""Prices: what sellers file for a programme and promise not to exceed. The latest filing holds; none is ever changed or lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, rows
from highstreet.kit.errors import Malformed
from highstreet.policy.errors import NotEnrolled

_MOST = 100_000_000_000
_MOST_AT_ONCE = 500


class FiledPrice(msgspec.Struct, frozen=True):
    """What one piece of a variant costs at most, in minor units."""

    programme_id: str
    seller_id: str
    variant_id: str
    price: int
    by: str
    filed_at: datetime


async def file(
    tx: Tx, programme_id: str, seller_id: str, prices: Mapping[str, int], by: str, now: datetime
) -> int:
    """File prices by variant; how many are new. What was filed so before stays as it is, so sending it twice is filing it once.

    Errors: NotEnrolled, Malformed.
    """
    if not 0 < len(prices) <= _MOST_AT_ONCE:
        raise Malformed("prices", f"one to {_MOST_AT_ONCE}", f"1 至 {_MOST_AT_ONCE} 条")
    if any(not 0 < price <= _MOST for price in prices.values()):
        raise Malformed("prices", "must be above zero", "价格须大于零")
    # Two who file for the same seller wait for each other, so the latest is the one that was told last.
    enrolled = await tx.fetchval(
        "SELECT true FROM policy.enrolment WHERE programme_id = $1 AND seller_id = $2 FOR UPDATE",
        programme_id,
        seller_id,
    )
    if not enrolled:
        raise NotEnrolled
    new = await tx.fetchval(
        """WITH filed AS (
               INSERT INTO policy.filed_price (programme_id, seller_id, variant_id, price, by, filed_at)
               SELECT $1, $2, w.variant_id, w.price, $5, $6 FROM unnest($3::text[], $4::bigint[]) AS w (variant_id, price)
               WHERE w.price IS DISTINCT FROM (
                   SELECT f.price FROM policy.filed_price f
                   WHERE f.seller_id = $2 AND f.programme_id = $1 AND f.variant_id = w.variant_id
                   ORDER BY f.filed_at DESC, f.n DESC LIMIT 1)
               RETURNING 1)
           SELECT count(*) FROM filed""",
        programme_id, seller_id, list(prices), list(prices.values()), by, now,
    )  # fmt: skip
    if new:
        await facts.tell(
            tx, "programme.prices_filed", programme_id, by, now, {"seller": seller_id, "prices": new}
        )
    return int(new)


async def filed(
    tx: Tx, programmes: Iterable[str], sellers: Iterable[str], variants: Iterable[str] | None = None
) -> list[FiledPrice]:
    """What holds: the latest filing of each variant; of all variants when none are named."""
    return await rows(
        tx,
        FiledPrice,
        """SELECT DISTINCT ON (programme_id, seller_id, variant_id) programme_id, seller_id, variant_id, price, by, filed_at
           FROM policy.filed_price
           WHERE programme_id = ANY ($1) AND seller_id = ANY ($2) AND ($3::text[] IS NULL OR variant_id = ANY ($3))
           ORDER BY programme_id, seller_id, variant_id, filed_at DESC, n DESC""",
        sorted(set(programmes)),
        sorted(set(sellers)),
        None if variants is None else sorted(set(variants)),
    )
