"""Finding something, in words or by what narrows it."""

from __future__ import annotations

from litestar import Response, get

from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, show
from highstreet.web.shop.listing import listing, page_of


@get("/search")
async def find(market: GivenMarket, visitor: GivenVisitor, asked: GivenForm) -> Response[str]:
    """Everything on sale, narrowed by words, kind, label, way, seller and price."""
    found = await listing(market, visitor, asked, "/search")
    return show(visitor, page_of(visitor, asked, "shop/search.html"), part="results", **found)
