"""What stands beside an order by the way it is sold: scans, the group's progress, lessons, periods, what was opened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from highstreet import logistics
from highstreet.market.desk import Market
from highstreet.market.unwind import opened
from highstreet.market.views.cohorts import Gathering, gathering
from highstreet.market.views.rhythms import Period, periods
from highstreet.market.views.things import Thing, things_of_order
from highstreet.web.frame import Visitor
from highstreet.web.shop.follow import Followed, qr_of


class Content(msgspec.Struct, frozen=True):
    """What a line lets its buyer see now: a text, and an address if that is all it says."""

    title: str
    text: str

    @property
    def href(self) -> str:
        return self.text if self.text.startswith("https://") and " " not in self.text.strip() else ""


class Beside(msgspec.Struct, frozen=True):
    """`given` of `lessons` are over; `every` so many days a period comes."""

    scans: list[logistics.parcels.Scan]
    group: Gathering | None
    periods: list[Period]
    every: int
    boxed: bool
    lessons: int
    given: int
    content: list[Content]
    passes: list[tuple[Thing, dict[str, Any] | None]]


async def beside(market: Market, visitor: Visitor, found: Followed) -> Beside:
    """Read what the order's way of being sold asks for, and nothing else."""
    work, leg = found.work, found.outward
    kinds = {each.kind for each in work.legs}
    async with market.db.read() as tx:
        scans = await logistics.parcels.scans(tx, leg.id) if leg is not None and leg.tracking else []
        waits = work.order.waits == "closing" and work.cohort is not None
        group = await gathering(tx, work.cohort.id) if waits and work.cohort is not None else None
        came = await periods(tx, work.order.id) if "rhythm" in kinds else []
        things = await things_of_order(tx, work.order.id) if work.entitlements else []
    taught = "lessons" in kinds
    named = {one.id: one.named() for one in work.entitlements}
    passes = [
        (one, qr_of(market, named[one.id]) if _shows(found, one, visitor.now) else None) for one in things
    ]
    return Beside(
        scans=scans,
        group=group,
        periods=came,
        every=work.order.agreed.number("every_days"),
        boxed=bool(work.order.agreed.number("budget")) and work.order.stage == "committed",
        lessons=sum(line.quantity - line.cancelled for line in work.lines) if taught else 0,
        given=sum(line.fulfilled for line in work.lines) if taught else 0,
        content=await _content(market, visitor, found),
        passes=passes,
    )


def _shows(found: Followed, one: Thing, now: datetime) -> bool:
    """Whether the buyer still has the ticket, and somebody may still go in with it."""
    return (
        one.holder_id == found.work.order.buyer_id
        and one.state == "valid"
        and not one.over(now)
        and bool(one.starts)
    )


async def _content(market: Market, visitor: Visitor, found: Followed) -> list[Content]:
    """What was opened, as its offer says it now; nothing of what went back."""
    seen = opened(found.work)
    mine = {
        one.line
        for one in found.work.entitlements
        if one.state == "used" and one.holder_id == found.work.order.buyer_id
    }
    lines = [
        line
        for line in found.work.lines
        if line.position in seen and line.kept and (line.position in mine or not found.work.entitlements)
    ]
    if not lines:
        return []
    goods = await market.shelf.offers([line.offer_id for line in lines])
    told: list[Content] = []
    for line in lines:
        text = str(goods[line.offer_id].terms.get("content", ""))
        both = text.split(" | ")  # said in both languages, as the town writes it
        text = both[visitor.lang == "zh"] if len(both) == 2 else text
        title = line.title.get(visitor.lang) or line.title.get("en") or line.title.get("zh", "")
        told.append(Content(title, text))
    return told
