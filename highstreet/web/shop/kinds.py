"""A kind of goods with the kinds below it, and a curated directory."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath

from highstreet.kit.errors import NotFound
from highstreet.market.views import shop as views
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, say, show
from highstreet.web.shop.listing import listing, page_of
from highstreet.web.shop.shelves import drawn, shown


@get("/kinds/{kind_id:str}")
async def kind(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, kind_id: FromPath[str]
) -> Response[str]:
    """All goods of a kind."""
    tree = await market.shelf.kinds()
    here = tree.get(kind_id)
    found = await listing(market, visitor, asked, f"/kinds/{kind_id}", kind=kind_id)
    way = [(one.name.say(visitor.lang), f"/kinds/{one.id}") for one in tree.path(kind_id)]
    return show(
        visitor,
        page_of(visitor, asked, "shop/kind.html"),
        part="results",
        here=here,
        below=tree.below(kind_id),
        crumbs=[(say(visitor, "Market"), "/"), *way],
        drawn=drawn,
        **found,
    )


@get("/directories/{directory_id:str}")
async def directory(market: GivenMarket, visitor: GivenVisitor, directory_id: FromPath[str]) -> Response[str]:
    """What a directory lists, each with the reason."""
    async with market.db.read() as tx:
        here = await views.directory(tx, directory_id)
        if here is None:
            raise NotFound("directory")
        listed = await views.listed(tx, directory_id)
    cards = await shown(market, visitor, [one.card for one in listed])
    return show(
        visitor,
        "shop/directory.html",
        here=here,
        goods=list(zip(cards, [one.reason for one in listed], strict=True)),
    )
