"""What a seller may tell about an order now: from the facts its format lets a seller tell, and where its legs stand."""

from __future__ import annotations

from datetime import datetime

from highstreet.logistics import Leg
from highstreet.market import attempts, unwind
from highstreet.market.desk import Market
from highstreet.market.format import Format
from highstreet.market.views.merchant import OrderRow
from highstreet.market.work import Work
from highstreet.web.merchant.telling import acts_now

BY_CODE = ("pickup", "handover")


def tellable(one: Format) -> set[str]:
    """The facts a seller may tell at all in this format."""
    return {fact for fact, tellers in one.facts.items() if "seller" in tellers}


def next_steps(market: Market, work: Work, now: datetime | None = None) -> set[str]:
    """The facts that make sense now; the kernel has the last word."""
    one = market.format(work.order.format)
    may = tellable(one)
    leg = work.leg("planned", "ready", "underway", "failed")
    steps = {fact for fact, _ in acts_now(may, work.order.waits)}
    if now is not None and leg is not None and leg.window_from is not None and now < leg.window_from:
        steps.discard("no_show")
    if work.order.stage == "committed" and leg is not None:
        steps |= {"delivered", "returned"} if attempts.going_back(work) else _of_leg(leg)
    if (
        work.order.stage in ("placed", "committed")
        and work.leg("underway", "done", "failed") is None
        and any(n.open for n in work.lines)
    ):
        steps.add("cancelled")
    if unwind.open_return(work) is not None:
        steps |= {"returned", "return_refused"}
    elif any(line.fulfilled > line.returned for line in work.lines) and work.order.stage in (
        "committed",
        "done",
    ):
        steps.add("returned")
    return steps & may


def _of_leg(leg: Leg) -> set[str]:
    match leg.state:
        case "planned":
            return {"ready", "shipped", "handed_over"}
        case "ready":
            return {"shipped", "handed_over"}
        case "underway" | "failed":
            return {"delivered", "attempted"}
        case _:
            return set()


def one_tap(market: Market, row: OrderRow) -> str:
    """The fact that can be told from a list with one tap; empty when the order's page asks for more."""
    may = tellable(market.format(row.format))
    if row.waits == "prepare" and row.leg_state == "planned" and "ready" in may:
        return "ready"
    likely = [(fact, act) for fact, act in acts_now(may, row.waits) if act.kind == "main"]
    return likely[0][0] if likely and not likely[0][1].money else ""


def way_name(market: Market, code: str, lang: str) -> str:
    """How the goods reach the buyer, in a few words."""
    return market.format(code).hints.title.say(lang)
