"""Sales that have happened already, told by a till: taken in, or kept until somebody decides. Each is judged alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from highstreet.kit.errors import KeyReused, Refusal, Unavailable
from highstreet.market import till, unsettled
from highstreet.market.desk import Market
from highstreet.market.till import Clerk, Sale


async def receive(market: Market, clerk: Clerk, sale: Sale, now: datetime) -> dict[str, Any]:
    """Take in a sale that has happened already. A refusal does not lose it: it is kept, and answered with {refusal}.

    Answers {sale: as `till.sell`} or {refusal, said: {en, zh}}.
    """
    try:
        return {"sale": await till.sell(market, clerk, sale, now)}
    except till.SaleVoid as void:
        return {"refusal": void.code, "said": unsettled.said(void)}
    except Refusal as refusal:
        if isinstance(refusal, KeyReused | Unavailable):
            raise
        async with market.db.transaction() as tx:
            await unsettled.keep(tx, clerk, sale, refusal, now)
        return {"refusal": refusal.code, "said": unsettled.said(refusal)}


async def record(market: Market, clerk: Clerk, key: str, now: datetime) -> dict[str, Any]:
    """The goods were there: count in what was missing and take the sale in. Answers as `till.sell`. Errors: NotFound."""
    async with market.db.read() as tx:
        kept = await unsettled.one(tx, clerk.place_id, key)
    answer = await till.sell(market, clerk, kept.sale, now, found=True, late=True)
    async with market.db.transaction() as tx:
        await unsettled.settle(tx, clerk, key, "recorded", now)
    return answer


async def strike_out(market: Market, clerk: Clerk, key: str, reason: str, now: datetime) -> bool:
    """It did not happen, or was put right with the customer. False when it turns out to be recorded already. Errors: NotFound."""
    async with market.db.read() as tx:
        kept = await unsettled.one(tx, clerk.place_id, key)
    void = await till.strike_out(market, clerk, kept.sale, reason, now)
    async with market.db.transaction() as tx:
        await unsettled.settle(tx, clerk, key, "void" if void else "recorded", now)
    return void
