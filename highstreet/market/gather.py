"""Gather: cohorts from opening to the last member's order. The decision is one row, written once; the orders follow it."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from datetime import datetime
from typing import Any

from highstreet import inventory, orders
from highstreet.catalog import OfferClosed
from highstreet.inventory import OutOfStock
from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.market.desk import Market
from highstreet.market.fulfil import advance_order
from highstreet.market.views.cohorts import left_behind, members_waiting
from highstreet.orders import Cohort, NotNow

_AT_ONCE = 1000


async def open_cohort(
    market: Market,
    offer_id: str,
    closes_at: datetime,
    terms: dict[str, Any],
    by: str,
    now: datetime,
    within: Tx | None = None,
) -> Cohort:
    """Open a cohort for an offer whose format decides by cohort. Its terms are announced with it and never change.

    A run opens capacity for `units` pieces; a draw takes its units from the offer's stock and announces the SHA-256 of its seed, which it
    tells when it closes. `within`: the caller's transaction, where there is more to write. Errors: Malformed, OfferClosed.
    """
    goods = (await market.shelf.offers([offer_id]))[offer_id]
    one = market.format(goods.format)
    if one.decided != "cohort":
        raise Malformed("offer", "is not sold to groups", "不支持成团")
    if not goods.sellable:
        raise OfferClosed(title=goods.title.get("en") or goods.title.get("zh", ""))
    if closes_at <= now:
        raise Malformed("closes_at", "must be later than now", "必须晚于当前时间")
    seed = secrets.token_hex(16)
    announced: dict[str, Any] = {
        **goods.terms,
        **terms,
        "seed_sha256": hashlib.sha256(seed.encode()).hexdigest(),
    }
    cohort = Cohort(new_id("coh", now), one.code, offer_id, closes_at, announced)
    units = announced.get("units")
    if one.promise == "run" and (not isinstance(units, int) or units < 1):
        raise Malformed("units", "how many pieces there will be", "请填写件数")

    async def kept(tx: Tx) -> None:
        if one.promise == "run":
            announced["supply"] = await inventory.slots.open_slot(
                tx, goods.variant_id, goods.place.id, now, closes_at, announced["units"], by, now
            )
        elif goods.supply_id is not None:
            announced["supply"] = goods.supply_id
        await orders.cohorts.gather(tx, cohort, seed, now)
        await facts.tell(
            tx, "cohort.opened", cohort.id, by, now, {"offer": offer_id, "closes": closes_at.isoformat()}
        )

    await (market.db.run(kept) if within is None else kept(within))
    return cohort


async def close_cohort(
    market: Market, cohort_id: str, by: str, now: datetime, told: dict[str, Any] | None = None
) -> Cohort:
    """Decide a cohort now, then let its members follow. Again: the decision stands. Errors: NotFound, NotNow (nothing to decide)."""
    cohort = await decide(market, cohort_id, by, now, told)
    await follow(market, cohort_id, now)
    return cohort


async def decide(
    market: Market,
    cohort_id: str,
    by: str,
    now: datetime,
    told: dict[str, Any] | None = None,
    within: Tx | None = None,
) -> Cohort:
    """Only decide it; a worker sees to the members. `within`: the caller's transaction, where there is more to write."""

    async def once(tx: Tx) -> Cohort:
        known = await orders.cohorts.read(tx, cohort_id)
        if known is None:
            raise NotFound("cohort")
        close = market.format(known.format).gate.close
        if close is None:
            raise NotNow
        decided = await orders.cohorts.close(tx, cohort_id, close, told or {}, now)
        if decided is None:
            # Somebody else decided it, perhaps while we waited for the row: what stands is read anew.
            return await orders.cohorts.read(tx, cohort_id) or known
        await facts.tell(tx, "cohort.decided", cohort_id, by, now, _told(decided))
        return decided

    return await (market.db.run(once) if within is None else once(within))


async def follow(market: Market, cohort_id: str, now: datetime) -> int:
    """Let the members of a decided cohort go on; how many did. One whose piece is gone meanwhile gets everything back."""
    moved = 0
    while True:
        async with market.db.read() as tx:
            waiting = await members_waiting(tx, cohort_id, _AT_ONCE)
        if not waiting:
            return moved
        await asyncio.gather(*(_follow_one(market, order_id, now) for order_id in waiting))
        moved += len(waiting)


async def close_due(market: Market, now: datetime) -> int:
    """Decide what is due; finish what a process that died left undecided halfway. How many orders moved."""
    async with market.db.read() as tx:
        due = await orders.cohorts.due(tx, now, 20)
    for cohort_id in due:
        await close_cohort(market, cohort_id, "clock", now)
    async with market.db.read() as tx:
        late = await left_behind(tx)
    return len(due) + sum([await follow(market, cohort_id, now) for cohort_id in late])


async def _follow_one(market: Market, order_id: str, now: datetime) -> None:
    try:
        await advance_order(market, order_id, now)
    except OutOfStock:
        await advance_order(market, order_id, now, sold_out=True)


def _told(cohort: Cohort) -> dict[str, str | int | bool | None]:
    decision = cohort.decision or {}
    return {name: value for name, value in decision.items() if isinstance(value, (str, int, bool))}
