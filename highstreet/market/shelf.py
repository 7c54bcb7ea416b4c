"""The shelf: offers as selling sees them, kept in the process and dropped when NOTIFY says one of them changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

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

    def __init__(self, db: Database, country: str) -> None:
        self._db = db
        self._country = country
        self._offers: dict[str, ForSale] = {}
        self._promotions: dict[str, list[Promotion]] = {}

    async def open(self) -> None:
        """Listen for changes from now on."""
        await self._db.listen("offer", self._changed)

    def _changed(self, payload: str | None) -> None:
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
        wanted = set(ids)
        missing = [one for one in wanted if one not in self._offers]
        if missing:
            async with self._db.read() as tx:
                found = await offers_for_sale(tx, missing, self._country)
            if len(self._offers) > _MOST:
                self._offers.clear()
            self._offers.update({row["id"]: _for_sale(row) for row in found})
        try:
            return {one: self._offers[one] for one in wanted}
        except KeyError:
            raise NotFound("offer") from None

    async def promotions(self, seller_ids: Iterable[str]) -> list[Promotion]:
        """The running and coming promotions of these sellers."""
        missing = [one for one in set(seller_ids) if one not in self._promotions]
        if missing:
            async with self._db.read() as tx:
                found = await promotions_of(tx, missing)
            for seller in missing:
                self._promotions[seller] = [one for one in found if one.seller_id == seller]
        return [promotion for one in dict.fromkeys(seller_ids) for promotion in self._promotions[one]]


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
