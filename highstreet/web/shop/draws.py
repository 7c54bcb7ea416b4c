"""A draw for everybody to check: what was announced, the seed that was kept secret until then, and every lot."""

from __future__ import annotations

import hashlib

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from highstreet import catalog
from highstreet.kit.errors import NotFound
from highstreet.kit.ids import is_id
from highstreet.market.views import cohorts
from highstreet.web.frame import GivenMarket, GivenVisitor, show
from highstreet.web.shop.shelves import drawn

_SHOWN = 200


class Lot(msgspec.Struct, frozen=True):
    """An order's lot: the SHA-256 of `seed:order`; `won` when it is not above the highest that wins."""

    order: str
    quantity: int
    lot: str
    won: bool


@get("/draws/{cohort_id:str}")
async def draw(market: GivenMarket, visitor: GivenVisitor, cohort_id: FromPath[str]) -> Response[str]:
    """What anybody needs to draw it again. Errors: NotFound for what is decided in another way."""
    async with market.db.read() as tx:
        seen = await cohorts.gathering(tx, cohort_id) if is_id(cohort_id, "coh") else None
        if seen is None or "once" not in market.format(seen.format).hints.gathers:
            raise NotFound("draw")
        offer = (await catalog.read_offers(tx, [seen.offer_id]))[seen.offer_id]
        found = await cohorts.entrants(tx, cohort_id, "", _SHOWN) if seen.decided_at else []
    said = seen.decision or {}
    lots: list[Lot] = []
    for one in found:
        lot = hashlib.sha256(f"{said['seed']}:{one.order_id}".encode()).hexdigest()
        won = one.quantity <= said["units"] and lot <= said["cutoff"]
        lots.append(Lot(one.order_id, one.quantity, lot, won))
    return show(
        visitor,
        "shop/draw.html",
        seen=seen,
        offer=offer,
        said=said,
        lots=sorted(lots, key=lambda one: one.lot),
        more=seen.joined > len(lots),
        drawn=drawn,
    )
