"""What leaves the basket when it is ordered, and what stays: it was put in meanwhile, or is not what was ordered."""

from __future__ import annotations

from highstreet import orders
from highstreet.market.desk import Market
from highstreet.market.quote import Quote
from highstreet.web.frame import Visitor


async def take_out(market: Market, visitor: Visitor, quote: Quote) -> None:
    """What was bought leaves the basket; what was put in meanwhile stays."""
    if not visitor.basket_id:
        return
    bought = {line.offer: line for order in quote.orders for line in order.lines}
    counted = {line.offer for order in quote.orders if _counts(market, order.format) for line in order.lines}

    def still_wanted(entry: orders.Entry) -> bool:
        line = bought.get(entry.offer)
        if line is None:
            return True
        # Nights and hectometres are no quantity of the basket's.
        same = line.choice == entry.choice if entry.offer in counted else line.quantity == entry.quantity
        return not same

    async with market.db.transaction() as tx:
        entries = await orders.baskets.read(tx, visitor.basket_id)
        left = [entry for entry in entries if still_wanted(entry)]
        buyer = visitor.session.party_id if visitor.session else None
        await orders.baskets.write(tx, visitor.basket_id, left, buyer, visitor.now)


def _counts(market: Market, code: str) -> bool:
    """Whether what is chosen says how much it is: nights, hours, the way."""
    return any(ask.steps is not None for ask in market.format(code).hints.asks)
