"""What selling needs to know of offers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from highstreet.kit.db import Tx
from highstreet.parties import Place
from highstreet.pricing import ListedPrice, Promotion


class OnShow(msgspec.Struct, frozen=True):
    """The drop of a live room an offer is on sale in now: what it may sell, and who earns of it as the host."""

    id: str
    room_id: str
    supply_id: int
    host_id: str | None
    host_bps: int


class Sold(msgspec.Struct, frozen=True):
    """An offer with item, place, seller, listed prices, tax and supply, as the database tells it."""

    id: str
    seller_id: str
    seller_name: str
    item_id: str
    variant_id: str
    place: Place
    format: str
    title: dict[str, str]
    options: dict[str, Any]
    picture: str | None
    sells: str
    unit: str
    labels: list[str]
    no_return: str | None
    terms: dict[str, Any]
    most_per_order: int | None
    supply_id: int | None
    price: int
    currency: str
    tax_bps: int
    sellable: bool
    prices: tuple[ListedPrice, ...]
    category: str
    said: str | None = None
    grade: str | None = None
    setting: str | None = None
    drop: OnShow | None = None
    rx: str | None = None


_sold = msgspec.json.Decoder(list[Sold])


async def offers_for_sale(tx: Tx, ids: list[str], country: str, day: date) -> list[Sold]:
    """Those of the offers that exist, as the shelf keeps them."""
    return _sold.decode(await tx.fetchval("SELECT market.for_sale($1, $2, $3)", ids, country, day))


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


async def found_first(tx: Tx, most: int) -> list[str]:
    """The offers of the best cards on sale: what searches find first."""
    found = await tx.fetch(
        "SELECT offer_id FROM catalog.found WHERE shown ORDER BY score DESC, offer_id LIMIT $1", most
    )
    return [row["offer_id"] for row in found]
