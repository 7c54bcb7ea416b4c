"""What stands beside an order by the way it is sold: scans, the group's progress, lessons, periods, what was opened."""

from __future__ import annotations

import msgspec

from highstreet import logistics
from highstreet.market.desk import Market
from highstreet.market.unwind import opened
from highstreet.market.views.cohorts import Gathering, gathering
from highstreet.market.views.rhythms import Period, periods
from highstreet.web.frame import Visitor
from highstreet.web.shop.follow import Followed


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
    ticket: bool


async def beside(market: Market, visitor: Visitor, found: Followed) -> Beside:
    """Read what the order's way of being sold asks for, and nothing else."""
    work, leg = found.work, found.outward
    kinds = {each.kind for each in work.legs}
    async with market.db.read() as tx:
        scans = await logistics.parcels.scans(tx, leg.id) if leg is not None and leg.tracking else []
        waits = work.order.waits == "closing" and work.cohort is not None
        group = await gathering(tx, work.cohort.id) if waits and work.cohort is not None else None
        came = await periods(tx, work.order.id) if "rhythm" in kinds else []
    taught = "lessons" in kinds
    return Beside(
        scans=scans,
        group=group,
        periods=came,
        every=work.order.agreed.number("every_days"),
        boxed=bool(work.order.agreed.number("budget")) and work.order.stage == "committed",
        lessons=sum(line.quantity - line.cancelled for line in work.lines) if taught else 0,
        given=sum(line.fulfilled for line in work.lines) if taught else 0,
        content=await _content(market, visitor, found),
        ticket="entered" in found.form.facts,
    )


async def _content(market: Market, visitor: Visitor, found: Followed) -> list[Content]:
    """What was opened, as its offer says it now; nothing of what went back."""
    seen = opened(found.work)
    lines = [line for line in found.work.lines if line.position in seen and line.kept]
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
