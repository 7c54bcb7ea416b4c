"""The shelf: offers as selling sees them, kept in the process and dropped when NOTIFY says one of them changed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from typing import Any

import msgspec

from highstreet import catalog
from highstreet.kit.clock import Clock
from highstreet.kit.combine import Combiner
from highstreet.kit.db import Database, DatabaseAway, DatabaseBusy
from highstreet.kit.errors import Malformed, NotFound
from highstreet.market.views.selling import OnShow, Sold, found_first, offers_for_sale, promotions_of
from highstreet.parties import Place
from highstreet.pricing import Priced, Promotion


class ForSale(msgspec.Struct, frozen=True):
    """An offer with all that a quote needs. `sellable`: the offer is open, its seller active, its item not retired.

    category: as a path; said: which kind of appliance or device; grade: of energy; setting: where a service is given; `rx`: the
    active substance of what is sold on prescription only.
    """

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
    category: str
    said: str | None = None
    grade: str | None = None
    setting: str | None = None
    drop: OnShow | None = None
    rx: str | None = None


_MOST = 25_000
_LAID_OUT, _PORTION, _PAUSE_MS = 12_000, 50, 5
_OFTEN_SAME = ("seller_id", "seller_name", "format", "sells", "unit", "category")
_SHARED = ("labels", "terms", "options")
_AS_TOLD = [
    name for name in ForSale.__struct_fields__ if name not in ("priced", "place", *_OFTEN_SAME, *_SHARED)
]
_MOST_SHARED = 4_096


class Shelf:
    """Reads offers in one query for all that are missing; holds at most 25,000 of them, and gives up those asked for longest ago."""

    def __init__(self, db: Database, country: str, clock: Clock) -> None:
        self._db = db
        self._country = country
        self._clock = clock
        self._offers: dict[str, ForSale] = {}
        self._places: dict[str, Place] = {}  # one for all that is offered there: half the room
        self._shared: dict[
            str, Any
        ] = {}  # labels, terms and options that several have, by how they are written
        self._promotions: dict[str, list[Promotion]] = {}
        # What several miss at the same moment is read together; an address that is no text spoils only its own.
        self._missing: Combiner[list[str], dict[str, ForSale]] = Combiner(
            self._read, wait_ms=0, alone_after=(Malformed,)
        )
        self._kinds: catalog.Categories | None = None
        # How many news were heard: what was read while one came may be older than it, and is not kept.
        self._heard = 0

    async def open(self) -> None:
        """Listen for changes from now on."""
        await self._db.listen("offer", self._changed)

    def _changed(self, payload: str | None) -> None:
        self._heard += 1
        if payload is None or payload == "*":
            self._offers.clear()
            self._places.clear()
            self._shared.clear()
            self._promotions.clear()
            self._kinds = None
            return
        kind, _, rest = payload.partition(":")
        if kind == "kind":
            self._kinds = None
        elif kind == "seller":
            self._promotions.pop(rest, None)
            self._drop(lambda offer: offer.seller_id == rest)
        elif kind == "item":
            self._drop(lambda offer: offer.item_id == rest)
        elif kind == "variant":
            self._drop(lambda offer: offer.variant_id == rest)
        else:
            self._offers.pop(payload, None)

    def _drop(self, matches: Any) -> None:
        for offer in [offer for offer in self._offers.values() if matches(offer)]:
            del self._offers[offer.id]

    async def offers(self, ids: Iterable[str]) -> dict[str, ForSale]:
        """The offers by id; an unknown one is a refusal, one that is not on sale is returned as not sellable."""
        shelf, wanted = self._offers, dict[str, ForSale | None]()
        for one in ids:
            known = wanted[one] = shelf.pop(one, None)
            if known is not None:
                shelf[one] = known  # at the end: asked for last
        missing = [one for one, known in wanted.items() if known is None]
        if missing:
            wanted.update(await self._missing.ask(missing))
        offers = {one: known for one, known in wanted.items() if known is not None}
        if len(offers) < len(wanted):
            raise NotFound("offer")
        return offers

    async def _read(self, asked: list[list[str]]) -> list[dict[str, ForSale] | Exception]:
        heard, missing = self._heard, list({one for some in asked for one in some})
        async with self._db.read() as tx:
            found = await offers_for_sale(tx, missing, self._country, self._clock().date())
        fresh = self.keep(found, heard)
        return [{one: fresh[one] for one in some if one in fresh} for some in asked]

    async def close(self) -> None:
        """Answer whoever waits."""
        await self._missing.close()

    @property
    def heard(self) -> int:
        """To be asked for before reading what shall be kept."""
        return self._heard

    def has(self, offer_id: str) -> bool:
        """Whether the offer is at hand."""
        return offer_id in self._offers

    def keep(self, found: Iterable[Sold], heard: int) -> dict[str, ForSale]:
        """Keep what was read since, unless there was news meanwhile."""
        fresh = {row.id: self._for_sale(row) for row in found}
        if self._heard == heard:
            self._offers.update(fresh)
            if len(self._offers) > _MOST:
                for oldest in list(islice(self._offers, len(self._offers) - _MOST * 9 // 10)):
                    del self._offers[oldest]
        return fresh

    def _place(self, told: Place) -> Place:
        if self._places.get(told.id) != told:
            self._places[told.id] = told
        return self._places[told.id]

    def _for_sale(self, row: Sold) -> ForSale:
        priced = Priced(
            offer_id=row.id,
            variant_id=row.variant_id,
            seller_id=sys.intern(row.seller_id),
            list_price=row.price,
            prices=row.prices,
            tax_bps=row.tax_bps,
            currency=sys.intern(row.currency),
        )
        same = {name: sys.intern(getattr(row, name)) for name in _OFTEN_SAME}
        shared = {name: self._one_for_all(getattr(row, name)) for name in _SHARED}
        told = {name: getattr(row, name) for name in _AS_TOLD}
        return ForSale(priced=priced, place=self._place(row.place), **same, **shared, **told)

    def _one_for_all(self, told: Any) -> Any:
        if len(self._shared) > _MOST_SHARED:
            self._shared.clear()
        return self._shared.setdefault(repr(told), told)

    async def lay_out(self, most: int = _LAID_OUT) -> None:
        """Read what searches find first, a little at a time: else whoever comes after a start waits for it, page by page."""
        with suppress(DatabaseAway, DatabaseBusy):
            async with self._db.read() as tx:
                ids = await found_first(tx, most)
            for start in range(0, len(ids), _PORTION):
                with suppress(NotFound):  # gone meanwhile
                    await self.offers(ids[start : start + _PORTION])
                await asyncio.sleep(_PAUSE_MS / 1000)

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

    async def kinds(self) -> catalog.Categories:
        """The tree of kinds."""
        if self._kinds is not None:
            return self._kinds
        heard = self._heard
        async with self._db.read() as tx:
            found = await catalog.categories(tx)
        if self._heard == heard:
            self._kinds = found
        return found
