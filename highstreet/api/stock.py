"""Stock: what a seller's place has received, and what somebody counted there."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from highstreet import inventory
from highstreet.api import keys
from highstreet.api.shapes import Id, Line
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.kit.quantity import MOST
from highstreet.market.views import goods
from highstreet.market.views.calls import shelf_of

_RECEIVE, _COUNT = "POST /api/stock/receipts", "POST /api/stock/counts"


class Shelf(msgspec.Struct, frozen=True):
    """Stock of a variant at a place. `on_hand`: on the shelf; `free`: can still be promised."""

    supply: int
    variant: str
    place: str
    on_hand: int
    held: int
    free: int


class Shelves(msgspec.Struct, frozen=True):
    """A page of a seller's stock."""

    stock: list[Shelf]
    next: str | None


class Receipt(msgspec.Struct, frozen=True):
    """So many steps came in."""

    variant: Id
    place: Id
    quantity: Annotated[int, Meta(ge=1, le=MOST)]
    note: Line = ""


class Count(msgspec.Struct, frozen=True):
    """So many steps lie on the shelf, whatever the books say."""

    variant: Id
    place: Id
    on_hand: Annotated[int, Meta(ge=0, le=MOST)]
    note: Line = ""


@get("/api/stock", tags=["selling"])
async def see_stock(
    request: Call,
    place: FromQuery[str] = "",
    q: FromQuery[str] = "",
    low: FromQuery[bool] = False,
    cursor: FromQuery[str | None] = None,
) -> Shelves:
    """The stock of the token's business; `low`: only what runs out. Scope offers:read."""
    token = await must_have(request, "see_goods")
    async with market_of(request).db.read() as tx:
        found = await goods.stock(tx, token.party_id, place[:40], q[:100], low, cursor)
    told = [Shelf(s.id, s.variant_id, s.place_id, s.on_hand, s.held, s.free) for s in found.rows]
    return Shelves(told, found.next)


@post("/api/stock/receipts", tags=["selling"])
async def receive(request: Call, data: JSONBody[Receipt]) -> Shelf:
    """Goods came in. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "stock")
    now = market_of(request).clock()

    async def go(tx: Tx) -> Shelf:
        supply = await _supply(tx, token.party_id, data.variant, data.place)
        changed = await inventory.stock.change(
            tx, supply, "received", data.quantity, token.party_id, now, data.note
        )
        return _shelf(changed)

    return await keys.once(request, keys.key_of(request, token.party_id, _RECEIVE, data), Shelf, go)


@post("/api/stock/counts", tags=["selling"])
async def count(request: Call, data: JSONBody[Count]) -> Shelf:
    """Somebody counted a shelf. Refuses below_promised when less is there than buyers were promised. Scope offers:write."""
    token = await must_have(request, "stock")
    now = market_of(request).clock()

    async def go(tx: Tx) -> Shelf:
        supply = await _supply(tx, token.party_id, data.variant, data.place)
        return _shelf(await inventory.stock.count(tx, supply, data.on_hand, token.party_id, now, data.note))

    return await keys.once(request, keys.key_of(request, token.party_id, _COUNT, data), Shelf, go)


async def _supply(tx: Tx, seller: str, variant: str, place: str) -> int:
    if not await shelf_of(tx, seller, variant, place):
        raise NotFound("stock")
    return await inventory.stock.open_stock(tx, variant, place)


def _shelf(one: inventory.Supply) -> Shelf:
    return Shelf(one.id, one.variant_id, one.place_id, one.on_hand, one.held, one.free)
