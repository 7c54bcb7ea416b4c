"""Attempts: nobody took the goods at the door. It is tried three times; then they go back to the shop.

Once the shop has them again all money goes back where it came from, and the goods on the shelf or out of the books. Until then the order
waits as for any delivery: should they never arrive, that wait falls the way its format says, so the buyer's money does not hang on the
shop's word. Goods handed over after all are delivered.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from highstreet.logistics import Leg
from highstreet.market import unwind
from highstreet.market.format import Format
from highstreet.market.work import Work
from highstreet.orders import NotNow

MOST = 3


def made(work: Work) -> int:
    """How often it was tried in vain."""
    return sum(told.kind == "attempted" for told in (*work.told, *work.news))


def going_back(work: Work) -> bool:
    """Whether it was tried often enough, and the goods are on their way back to the shop."""
    return work.order.stage == "committed" and work.leg("failed") is not None and made(work) >= MOST


def note(work: Work, leg: Leg, by: str, now: datetime, body: dict[str, Any]) -> None:
    """Once more in vain. A carrier comes again without telling that it set out. Refuses not_now when it is going back already."""
    times = made(work) + 1
    if times > MOST:
        raise NotNow
    if leg.state != "failed":
        leg.move("failed", now)
    work.tell("attempted", by, now, **{**body, "times": times})


def came_back(work: Work, one: Format, by: str, now: datetime, *, resale: bool) -> None:
    """The shop has what nobody took: the order comes to nothing."""
    lines = {str(line.position): line.open for line in work.lines if line.open}
    work.tell("returned", by, now, lines=lines, resale=resale, reason="undelivered")
    unwind.undo(work, one, now, reason="undelivered", lost=not resale)
