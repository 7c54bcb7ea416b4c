"""The seat map of a time: every seat drawn, with its price and whether it is free; and the best ones for who does not want to look."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from highstreet import inventory
from highstreet.inventory import NotFree
from highstreet.kit.errors import NotFound
from highstreet.kit.ids import is_id
from highstreet.market.choices import hall_of, with_options
from highstreet.market.desk import Market
from highstreet.market.shelf import ForSale
from highstreet.pricing import Want, price_lines
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, show
from highstreet.web.shop.shelves import drawn, offers


class Seating(msgspec.Struct, frozen=True):
    """The hall of an offer at one of its times. `prices`: what a seat costs the buyer, by what is on top; `wanted`: chosen for them."""

    hall: inventory.halls.Hall
    slot: Any
    taken: set[str]
    wanted: list[str]
    asked: int
    prices: dict[int, int]
    currency: str

    @property
    def free(self) -> int:
        return len(self.hall.seats) - len(self.taken)

    @property
    def extras(self) -> list[int]:
        """What seats cost on top, the lowest first."""
        return sorted(self.prices)

    @property
    def chairs(self) -> bool:
        """Whether there is room for wheelchairs."""
        return any(seat.wheelchair for seat in self.hall.seats.values())


async def seating(market: Market, goods: ForSale, slot_id: int, best: int, now: datetime) -> Seating:
    """The map of a time. `best`: so many seats are chosen. Errors: NotFree for a time of something else."""
    hall = hall_of(goods)
    async with market.db.read() as tx:
        slot = await inventory.slots.find(tx, slot_id, goods.place.id, (goods.variant_id,))
        if slot is None:
            raise NotFree
        taken = await inventory.seats.taken(tx, slot_id) & set(hall.seats)
    many = min(max(best, 0), inventory.halls.MOST_TOGETHER)
    wanted = hall.best(many, taken) if many else []
    promotions = await market.shelf.promotions([goods.seller_id])
    kinds = {seat.extra: seat.label for seat in hall.seats.values()}
    prices = {
        extra: price_lines([Want(with_options(goods, {"seats": [label]}), 1)], promotions, "online", now)[
            0
        ].paid
        for extra, label in kinds.items()
    }
    return Seating(hall, slot, taken, wanted, many, prices, goods.priced.currency)


@get("/offers/{offer_id:str}/seats")
async def seats(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, offer_id: FromPath[str]
) -> Response[str]:
    """The map for the time chosen (`c-slot`), as a part of the offer's form or, without scripts, as a page of its own."""
    return await page(market, visitor, offer_id, asked.whole("c-slot", 0), asked.whole("best", 0))


async def page(market: Market, visitor: Visitor, offer_id: str, slot_id: int, best: int) -> Response[str]:
    if not is_id(offer_id, "ofr"):
        raise NotFound("offer")
    one = (await offers(market, visitor, [offer_id]))[0]
    if not one.goods.terms.get("hall") or not -(2**62) < slot_id < 2**62:
        raise NotFound("hall")
    found = await seating(market, one.goods, slot_id, best, visitor.now)
    return show(visitor, "shop/seats.html", part="map", one=one, seating=found, drawn=drawn)
