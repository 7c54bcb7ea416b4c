"""A loan behind an order or a purchase: as it stands now, and what a buyer can do when the lender said no."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import orders
from highstreet.market import instalments
from highstreet.market.desk import Market
from highstreet.market.fulfil import Telling, tell
from highstreet.market.instalments import LenderAway, Loan
from highstreet.orders import NotNow
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, go, say, show
from highstreet.web.shop.follow import follow
from highstreet.web.shop.purchase import paying


class Borrowed(msgspec.Struct, frozen=True):
    """What was agreed, and the loan as its lender tells it; `away` when it does not answer."""

    kept: instalments.Kept
    loan: Loan | None
    away: bool


async def borrowed(market: Market, purchase_id: str) -> Borrowed | None:
    """The loan behind a purchase; None when there is none."""
    kept = await instalments.agreed_for(market, purchase_id)
    if kept is None:
        return None
    try:
        return Borrowed(kept, await instalments.loan_of(market, kept), False)
    except LenderAway:
        return Borrowed(kept, None, True)


@get("/orders/{order_id:str}/instalments")
async def loan(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, order_id: FromPath[str]
) -> Response[str]:
    """The loan behind an order as it stands; asked of the lender each time, and kept nowhere. Errors: NotLent."""
    found = await follow(market, visitor, order_id, asked)
    one = await borrowed(market, found.work.order.purchase_id)
    if one is None:
        raise instalments.NotLent
    return show(
        visitor, "shop/loan.html", part="loan", found=found, one=one, currency=found.work.order.currency
    )


@post("/purchases/{purchase_id:str}/otherwise", status_code=200)
async def otherwise(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, purchase_id: FromPath[str]
) -> Response[Any]:
    """The lender said no: the orders are called off and what they held is in the basket again, to be paid in another way.

    Should the lender pay all the same, it goes straight back. Errors: NotNow unless it was refused.
    """
    found = await paying(market, visitor, purchase_id, asked)
    if found.purchase.state != "declined" or found.purchase.method not in market.lenders:
        raise NotNow
    by = visitor.session.party_id if visitor.session else "guest"
    for work in found.works:
        if work.order.waits == "payment":
            await tell(market, Telling(work.order.id, "cancelled", "buyer", by, {}), visitor.now, None)
    if visitor.basket_id:
        async with market.db.transaction() as tx:
            entries = await orders.baskets.read(tx, visitor.basket_id)
            for line in (line for work in found.works for line in work.lines):
                entries = orders.baskets.put(entries, line.offer_id, line.quantity, line.choice or None)
            buyer = visitor.session.party_id if visitor.session else None
            await orders.baskets.write(tx, visitor.basket_id, entries, buyer, visitor.now)
    return go(
        visitor,
        "/checkout",
        say=say(visitor, "Everything is in your basket again. Please choose another way to pay."),
    )
