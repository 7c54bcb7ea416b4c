"""A shop: who it is, what it holds, where and when, and everything it sells."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath

from highstreet import ledger, parties
from highstreet.kit.errors import NotFound
from highstreet.kit.geo import metres
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, show
from highstreet.web.shop.listing import listing, page_of
from highstreet.web.shop.offer import held
from highstreet.web.shop.shelves import drawn


@get("/shops/{seller_id:str}")
async def seller(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, seller_id: FromPath[str]
) -> Response[str]:
    """A seller's page. Its licences stand here all the time (E-Commerce Law, article 15)."""
    async with market.db.read() as tx:
        here = await parties.businesses.business(tx, seller_id)
        if here.kind != "business" or here.state in ("applied", "closed"):
            raise NotFound("shop")
        places = await parties.places.places_of(tx, seller_id)
        licences = await held(tx, seller_id, visitor)
        plan = await ledger.card_plans.of(tx, seller_id)
    found = await listing(market, visitor, asked, f"/shops/{seller_id}", seller=seller_id)
    return show(
        visitor,
        page_of(visitor, asked, "shop/seller.html"),
        part="results",
        here=here,
        licences=licences,
        plan=plan if plan is not None and plan.opened_at is not None and here.state == "active" else None,
        places=[
            {
                "place": one,
                "open": parties.places.is_open(one, visitor.now, market.tz),
                "opens": parties.places.next_opening(one, visitor.now, market.tz),
                "away": metres(visitor.near, one.point) if visitor.near else None,
            }
            for one in places
        ],
        drawn=drawn,
        **found,
    )
