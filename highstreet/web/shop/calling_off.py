"""What calling an order off would cost now, and later: tried on a copy of it by its own rules, so that nothing said here can differ."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from highstreet.kit.errors import Refusal
from highstreet.kit.money import share
from highstreet.ledger import ESCROW, escrow_of
from highstreet.market.format import Format
from highstreet.market.fulfil import EFFECTS, Telling
from highstreet.market.work import Work


class Step(msgspec.Struct, frozen=True):
    """From when on calling off costs how much; `since` is None for the first step."""

    since: datetime | None
    kept: int


class Off(msgspec.Struct, frozen=True):
    """All of an order called off now: what comes `back` of what is `held`, what the seller keeps, and what it costs `later`."""

    held: int
    back: int
    kept: int
    later: list[Step]
    whole: bool


def calling_off(work: Work, one: Format, by: str, now: datetime) -> Off | None:
    """None when the buyer cannot call it off any more."""
    if "buyer" not in one.facts.get("cancelled", ()) or work.order.stage not in ("placed", "committed"):
        return None
    tried = msgspec.json.decode(msgspec.json.encode(msgspec.structs.replace(work, before={})), type=Work)
    held = sum(escrow_of(tried.flows).values())
    try:
        EFFECTS["cancelled"](tried, one, Telling(work.order.id, "cancelled", "buyer", by), now)
    except Refusal:
        return None
    back = sum(t.amount for t in tried.posted if t.source == ESCROW and t.target in work.payers)
    kept = sum(t.amount for t in tried.posted if t.source == ESCROW and t.target == work.seller)
    return Off(held, back, kept, _later(work, now), work.order.agreed.whole)


def _later(work: Work, now: datetime) -> list[Step]:
    """The steps of the ladder that are still ahead, where one was agreed."""
    agreed = work.order.agreed
    if agreed.window is None or "free_until_h" not in agreed.terms:
        return []
    start, price = agreed.window[0], agreed.due("price")
    late, last = agreed.number("late_bps"), agreed.number("last_bps")
    steps = [
        (start - timedelta(hours=agreed.number("free_until_h")), late),
        (start - timedelta(hours=agreed.number("last_h")), max(late, last)),
        (start, agreed.number("no_show_bps")),
    ]
    ahead = sorted(step for step in steps if step[0] > now)
    costs = [Step(at, share(price, bps, 10_000)) for at, bps in ahead]
    # Of steps at one moment the last holds; a step that costs what the one before costs says nothing new.
    told = [step for n, step in enumerate(costs) if n + 1 == len(costs) or costs[n + 1].since != step.since]
    return [step for n, step in enumerate(told) if not n or told[n - 1].kept != step.kept]
