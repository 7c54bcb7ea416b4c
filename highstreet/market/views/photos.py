"""The picture of a delivery, with those who may see it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, row_or_none


class Photo(msgspec.Struct, frozen=True):
    """`content` is sealed under the purchase's key; without the key the buyer's data is gone."""

    purchase: str
    contact_key: bytes | None
    content: bytes
    at: datetime
    buyer_id: str | None
    seller_id: str
    courier_id: str | None


async def photo(tx: Tx, order_id: str) -> Photo | None:
    """The latest one of an order."""
    return await row_or_none(
        tx,
        Photo,
        """SELECT o.purchase_id AS purchase, u.contact_key, f.content, f.at, o.buyer_id, o.seller_id, g.courier_id
           FROM logistics.photo f JOIN logistics.leg g ON g.id = f.leg_id
           JOIN orders."order" o ON o.id = f.order_id JOIN orders.purchase u ON u.id = o.purchase_id
           WHERE f.order_id = $1 ORDER BY g.n DESC LIMIT 1""",
        order_id,
    )
