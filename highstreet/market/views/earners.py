"""Who else may earn of an offer: businesses by the name everybody sees; people only by those they work for."""

from __future__ import annotations

from collections.abc import Sequence

from highstreet.kit.db import Tx


async def earners_known(tx: Tx, party_ids: Sequence[str]) -> set[str]:
    """Those of the parties who take part in this market now."""
    found = await tx.fetch(
        "SELECT id FROM parties.party WHERE id = ANY ($1) AND kind <> 'city' AND state = 'active'",
        list(party_ids),
    )
    return {r["id"] for r in found}


async def businesses_known(tx: Tx, most: int = 300) -> list[tuple[str, list[str]]]:
    """Businesses that take part, each with the names it goes by."""
    found = await tx.fetch(
        """SELECT id, name, about -> 'name' ->> 'en' AS en, about -> 'name' ->> 'zh' AS zh FROM parties.party
           WHERE kind = 'business' AND state = 'active' ORDER BY name LIMIT $1""",
        most,
    )
    return [(r["id"], [n for n in dict.fromkeys((r["en"], r["zh"], r["name"])) if n]) for r in found]


async def sells_variant(tx: Tx, seller_id: str, variant_id: str) -> bool:
    """Whether this seller described the variant or offers it."""
    return bool(
        await tx.fetchval(
            """SELECT EXISTS (SELECT FROM catalog.variant v JOIN catalog.item i ON i.id = v.item_id
                              WHERE v.id = $2 AND (i.owner_id = $1 OR EXISTS (
                                  SELECT FROM catalog.offer o WHERE o.variant_id = v.id AND o.seller_id = $1)))""",
            seller_id,
            variant_id,
        )
    )
