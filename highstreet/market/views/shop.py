"""What the shop's pages show, one function per page: read-only, across domains."""

from __future__ import annotations

import msgspec

from highstreet.kit.db import Tx, row


class Around(msgspec.Struct, frozen=True):
    """What surrounds every page of a known browser: goods in the basket, unread notices, the person's picture."""

    basket: int
    notes: int
    portrait: str | None


async def around(tx: Tx, basket_id: str, person_id: str) -> Around:
    """For a basket and a person; either may be empty."""
    return await row(
        tx,
        Around,
        """SELECT coalesce((SELECT jsonb_array_length(lines) FROM orders.basket WHERE id = $1), 0) AS basket,
                  (SELECT count(*)::int FROM parties.notice WHERE party_id = $2 AND read_at IS NULL) AS notes,
                  (SELECT picture FROM parties.party WHERE id = $2) AS portrait""",
        basket_id,
        person_id,
    )
