"""Using: what is told while something is used up: the buyer's money spent, content opened, a prescription written. Called by the facts."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from highstreet.kit.errors import Malformed, Refusal
from highstreet.ledger import ESCROW, Transfer
from highstreet.logistics import Leg
from highstreet.market import granting, rules, settle, shares, unwind
from highstreet.market.format import Format
from highstreet.market.work import Work
from highstreet.orders import NotNow

_EARLY = timedelta(minutes=15)
_REFERENCE = re.compile(r"[A-Z]{0,4}-?[0-9][0-9-]{3,35}")


class OverTheCap(Refusal):
    """More was spent than the buyer allowed."""

    code = "over_the_cap"
    status = 422
    en = "{amount} is more than the {cap} the buyer allowed (minor units). Ask the buyer first."
    zh = "金额 {amount} 超出买家限定的 {cap}（最小货币单位），请先征得买家同意。"


def check_time(leg: Leg, role: str, now: datetime) -> None:
    """What is lent goes out in its time: before, somebody else may have it. The seller, who sees it standing there, may be earlier."""
    if role != "seller" and leg.window_from is not None and now < leg.window_from - _EARLY:
        raise NotNow


def check_cap(work: Work, body: dict[str, Any]) -> None:
    """What was spent is said and within what the buyer allowed; nothing is allowed where nothing was to be bought."""
    cap = work.order.agreed.due(rules.CAP)
    amount = body.get("amount", None if cap else 0)
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise Malformed("amount", "how much was spent?", "请填写实际花费金额")
    if amount > cap:
        raise OverTheCap(amount=amount, cap=cap)


def prescribe(work: Work, by: str, now: datetime, body: dict[str, Any]) -> None:
    """A prescription was written at a visit: only the number it is found under is told, nothing of what it says."""
    number = body.get("reference")
    if not isinstance(number, str) or not _REFERENCE.fullmatch(number):
        raise Malformed("reference", "needs a number, like RX-2026-000417", "须为处方编号，如 RX-2026-000417")
    window = work.order.agreed.window
    if work.order.stage not in ("committed", "done") or window is None or now < window[0]:
        raise NotNow
    if any(told.kind == "prescribed" and told.body["reference"] == number for told in work.told):
        raise NotNow
    work.tell("prescribed", by, now, reference=number)


def enter(work: Work, leg: Leg, by: str, now: datetime, body: dict[str, Any]) -> None:
    """People go in, one ticket each (`tickets`: `ent_….version`), or all that are left; with the last of them the leg ends.

    Errors: NotNow, TicketUsed, CodeOutdated, NotThis.
    """
    tickets = body.get("tickets")
    if leg.kind != "visit" or not (tickets is None or (isinstance(tickets, list) and tickets)):
        raise NotNow
    steps = granting.go_in(work, tickets, now)
    for position, count in steps.items():
        line = work.line(position)
        hold = work.hold_of(line)
        if hold is not None:
            hold.use(min(count, hold.held))
        line.fulfilled += min(count, line.open)
    if not any(one.state == "valid" for one in work.entitlements):
        leg.proof = {**(leg.proof or {}), **body}
        leg.move("done", now)
        settle.hand_over(work)
    work.tell("entered", by, now, lines={str(position): count for position, count in steps.items()})


def access(work: Work, positions: set[int], by: str, now: datetime) -> None:
    """Content is opened. Told once for each line, opening it again says nothing new; what is going back, or went, stays closed."""
    going = unwind.open_return(work)
    closed = {line.position for line in work.lines if not line.kept}
    closed |= {int(position) for position in (going.proof or {})["lines"]} if going is not None else set()
    if work.order.stage != "done" or positions & closed:
        raise NotNow
    granting.open_lines(work, positions, now)
    if first := positions - unwind.opened(work):
        work.tell("accessed", by, now, lines={str(position): 1 for position in sorted(first)})


def find(work: Work, by: str, now: datetime, body: dict[str, Any]) -> None:
    """What was lent and taken for lost turned up: of the deposit that was kept for it, so much goes back after all."""
    late = work.has("late")
    if work.order.stage != "done" or late is None or late.body["waits"] != "back" or work.has("found"):
        raise NotNow
    kept = work.moved(rules.DEPOSIT, ESCROW, work.seller)
    amount = body.get("amount", 0)
    if not isinstance(amount, int) or not 0 <= amount <= kept:
        raise Malformed(
            "amount",
            f"at most the {kept} that were kept (minor units)",
            f"最多为已扣的 {kept}（最小货币单位）",
        )
    work.post(
        [
            Transfer(rules.DEPOSIT, work.seller, ESCROW, amount),
            Transfer(rules.DEPOSIT, ESCROW, work.payer, amount),
        ]
    )
    work.tell("found", by, now, amount=amount)


def take(work: Work, leg: Leg, seen: unwind.Steps, by: str, now: datetime, proof: dict[str, Any]) -> None:
    """What was taken from a cabinet is sold, the rest goes back with its money. More than was set aside is for a person."""
    if any(count < 0 for count in seen.values()):
        raise NotNow
    before = {line.position: line.undone for line in work.lines}
    beyond = sum(max(0, seen.get(line.position, 0) - line.open) for line in work.lines)
    for line in work.lines:
        took = min(seen.get(line.position, 0), line.open)
        hold = work.hold_of(line)
        if hold is not None:
            hold.use(min(took, hold.held))
            hold.free(hold.held)
        line.fulfilled += took
        line.cancelled += line.open
    work.post(shares.refund_steps(work, before, left_out=True))
    leg.proof = dict(proof)
    leg.move("done", now)
    work.tell("taken", by, now, lines={str(p): c for p, c in seen.items()}, beyond=beyond)


def pass_over(work: Work, leg: Leg, one: Format, by: str, now: datetime) -> None:
    """A device did not answer in its time. What is lent has not gone out, and all money goes back. A cabinet may be open all the same: what
    was taken is for it, or for a person, to say."""
    if leg.kind not in ("out", "cabinet"):
        raise NotNow
    work.tell("unanswered", by, now)
    if leg.kind == "out":
        unwind.undo(work, one, now, reason="device_silent")
    else:
        leg.move("underway", now)
