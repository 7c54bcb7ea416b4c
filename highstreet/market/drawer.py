"""The drawer of a till: what the books say lies in it, what somebody counted, and what leaves it for the bank."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from highstreet.kit.errors import Malformed
from highstreet.market.desk import Decision, Found, Market
from highstreet.market.till import Clerk
from highstreet.market.units import Key, Unit


async def close_day(
    market: Market, clerk: Clerk, *, booked: int, counted: int, taken: int, now: datetime, key: Key | None
) -> dict[str, Any]:
    """Somebody counted the drawer. A difference to the books is the seller's, and stays to be seen; `taken` leaves for the bank.

    Amounts in minor units. Answers {booked, counted, difference, taken, left}. After it the books say what is left in the drawer.
    """
    if not 0 <= taken <= counted:
        raise Malformed("taken", "more than there is in the drawer", "超过钱箱中的金额")
    difference = counted - booked
    drawer, seller = f"till:{clerk.seller_id}", f"seller:{clerk.seller_id}"
    told = {
        "booked": booked,
        "counted": counted,
        "difference": difference,
        "taken": taken,
        "left": counted - taken,
    }

    def decide(_found: Found, unit: Unit) -> dict[str, Any]:
        moves = [("cash_difference", difference), ("cash_taken", -taken)]
        for purpose, amount in moves:
            # The drawer is outside: it runs below zero by the cash that lies in it.
            source, target = (drawer, seller) if amount > 0 else (seller, drawer)
            if amount:
                unit.transfer(
                    source,
                    target,
                    abs(amount),
                    purpose,
                    market.currency,
                    now,
                    order_id=None,
                    about=clerk.place_id,
                )
        unit.fact("till.closed", clerk.place_id, clerk.person_id, now, dict(told))
        return told

    return await market.act(Decision(decide, now, key=key))
