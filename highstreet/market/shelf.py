"""The shelf: offers as selling sees them, kept in the process and dropped when NOTIFY says one of them changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from highstreet.kit.clock import Clock
from highstreet.kit.db import Database
from highstreet.kit.errors import NotFound
from highstreet.market.views.selling import offers_for_sale, promotions_of
from highstreet.parties import Place
from highstreet.pricing import ListedPrice, Priced, Promotion


class ForSale(msgspec.Struct, frozen=True):
    """An offer with all that a quote needs. `sellable`: the offer is open, its seller active, its item not retired."""

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
    sellable: bool
    supply_id: int | None
    priced: Priced


_MOST = 20_000


class Shelf:
    """Reads offers in one query for all that are missing; holds at most 20,000 of them."""

    def __init__(self, db: Database, country: str, clock: Clock) -> None:
        self._db = db
        self._country = country
        self._clock = clock
        self._offers: dict[str, ForSale] = {}
        self._promotions: dict[str, list[Promotion]] = {}
        # How many news were heard: what was read while one came may be older than it, and is not kept.
        self._heard = 0

    async def open(self) -> None:
        """Listen for changes from now on."""
        await self._db.listen("offer", self._changed)

    def _changed(self, payload: str | None) -> None:
        self._heard += 1
        if payload is None or payload == "*":
            self._offers.clear()
            self._promotions.clear()
            return
        kind, _, rest = payload.partition(":")
        if kind == "seller":
            self._promotions.pop(rest, None)
            self._drop(lambda offer: offer.seller_id == rest)
        elif kind == "item":
            self._drop(lambda offer: offer.item_id == rest)
        else:
            self._offers.pop(payload, None)

    def _drop(self, matches: Any) -> None:
        for offer in [offer for offer in self._offers.values() if matches(offer)]:
            del self._offers[offer.id]

    async def offers(self, ids: Iterable[str]) -> dict[str, ForSale]:
        """The offers by id; an unknown one is a refusal, one that is not on sale is returned as not sellable."""
        wanted = {one: self._offers.get(one) for one in ids}
        missing = [one for one, known in wanted.items() if known is None]
        if missing:
            heard = self._heard
            async with self._db.read() as tx:
                found = await offers_for_sale(tx, missing, self._country, self._clock().date())
            fresh = {row["id"]: _for_sale(row) for row in found}
            if self._heard == heard:
                if len(self._offers) > _MOST:
                    self._offers.clear()
                self._offers.update(fresh)
            wanted.update(fresh)
        offers = {one: known for one, known in wanted.items() if known is not None}
        if len(offers) < len(wanted):
            raise NotFound("offer")
        return offers

    async def promotions(self, seller_ids: Iterable[str]) -> list[Promotion]:
        """The running and coming promotions of these sellers."""
        wanted = {one: self._promotions.get(one) for one in seller_ids}
        missing = [one for one, known in wanted.items() if known is None]
        if missing:
            heard = self._heard
            async with self._db.read() as tx:
                found = await promotions_of(tx, missing, self._clock())
            fresh = {seller: [one for one in found if one.seller_id == seller] for seller in missing}
            if self._heard == heard:
                self._promotions.update(fresh)
            wanted.update(fresh)
        return [promotion for known in wanted.values() for promotion in known or []]


def _for_sale(row: dict[str, Any]) -> ForSale:
    priced = Priced(
        offer_id=row["id"],
        variant_id=row["variant_id"],
        seller_id=row["seller_id"],
        list_price=row["price"],
        prices=tuple(msgspec.convert(row["prices"], list[ListedPrice])),
        tax_bps=row["tax_bps"],
        currency=row["currency"],
    )
    place = msgspec.convert(row["place"], Place)
    rest = {name: row[name] for name in ForSale.__struct_fields__ if name not in ("priced", "place")}
    return ForSale(priced=priced, place=place, **rest)
