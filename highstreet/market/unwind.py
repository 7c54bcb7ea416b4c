"""Unwind: cancel, refuse, expire, return. Every way back is in this file; each step can happen once, whoever asks for it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit.ids import new_id
from highstreet.ledger import ESCROW
from highstreet.logistics import Leg
from highstreet.market import granting, rules, settle, shares
from highstreet.market.format import Format
from highstreet.market.units import Unit
from highstreet.market.work import Work
from highstreet.orders import Line, NotNow, NotReturnable, TooMany


class UnsoldBack(msgspec.Struct, frozen=True):
    """quantity steps of a variant for an amount of money, paid out of an account (`till:...`, `provider:...`)."""

    seller_id: str
    variant_id: str
    supply_id: int | None
    quantity: int
    amount: int
    currency: str
    account: str
    by: str
    reason: str


Steps = dict[int, int]  # how many steps of which line, by position


def undo(work: Work, one: Format, now: datetime, *, reason: str, lost: bool = False) -> None:
    """The order comes to nothing: holds are freed, legs void, all money goes back where it came from. `lost`: the goods are gone."""
    for hold in work.holds:
        hold.free(hold.held)
        if lost and hold.sold and hold.kind == "supply":
            work.back.append((hold.target_id, hold.sold))
        hold.take_back(hold.sold)
    for line in work.lines:
        line.cancelled += line.open
    for leg in work.legs:
        if leg.state not in ("done", "void"):
            leg.move("void", now)
    work.post(one.money.undone(work))
    work.order.move("undone", now)
    work.deadlines = {}
    if holders := granting.withdraw_all(work):
        work.tell("undone", "clock", now, reason=reason, holders=holders)
    else:
        work.tell("undone", "clock", now, reason=reason)


def cancel(work: Work, one: Format, steps: Steps, by: str, now: datetime, reason: str, role: str) -> None:
    """Take steps out of an order whose goods have not left. All of them: the order is undone."""
    if work.order.stage not in ("placed", "committed") or work.leg("underway", "done", "failed") is not None:
        raise NotNow
    whole = all(steps.get(line.position, 0) >= line.open and not line.fulfilled for line in work.lines)
    if not whole and work.order.agreed.whole:
        raise NotNow
    if (
        not whole
        and work.order.stage == "placed"
        and work.method not in one.money.at_handover
        and not work.paid
    ):
        raise NotNow
    before = {line.position: line.undone for line in work.lines}
    for position, count in steps.items():
        line = work.line(position)
        if not 0 < count <= line.open:
            raise TooMany(line=position, left=line.open, what="cancel", what_zh="取消")
    if role == "buyer":
        granting.check_with_buyer(work, steps)
    work.tell(
        "cancelled",
        by,
        now,
        lines={str(position): count for position, count in steps.items()},
        reason=reason,
        role=role,
    )
    if whole:
        undo(work, one, now, reason="cancelled")
        return
    for position, count in steps.items():
        line = work.line(position)
        line.cancelled += count
        granting.withdraw(work, line, count)
        hold = work.hold_of(line)
        if hold is not None:
            hold.free(min(count, hold.held))
    back = shares.refund_steps(work, before, left_out=role == "buyer")
    if work.paid:
        work.post(back)


def give_up_rest(work: Work, one: Format, now: datetime) -> None:
    """What was not fulfilled in time is cancelled with its money; the order is done with the rest, or undone when there is none."""
    if not any(line.fulfilled for line in work.lines):
        undo(work, one, now, reason="late")
        return
    before = {line.position: line.undone for line in work.lines}
    for line in work.lines:
        granting.withdraw(work, line, line.open)
        line.cancelled += line.open
    for hold in work.holds:
        hold.free(hold.held)
    work.post(shares.refund_steps(work, before))
    settle.finish(work, one, now)


def open_return(work: Work) -> Leg | None:
    """The return under way, if there is one."""
    for leg in work.legs:
        if leg.kind == "return" and leg.state not in ("done", "void"):
            return leg
    return None


def want_return(work: Work, steps: Steps, by: str, now: datetime, reason: str) -> None:
    """The buyer wants to send steps back. Without a fault only within the agreed days, and not what the law leaves out.

    With one, whenever it shows, or within `complain_days` where that was agreed.
    """
    if not any(line.fulfilled > line.returned for line in work.lines) or open_return(work) is not None:
        raise NotNow
    granting.check_with_buyer(work, steps)
    arrived = max(
        (leg.ended_at for leg in work.legs if leg.kind != "return" and leg.ended_at),
        default=work.order.placed_at,
    )
    for position, count in steps.items():
        line = work.line(position)
        left = line.fulfilled - line.returned
        if not 0 < count <= left:
            raise TooMany(line=position, left=left, what="return", what_zh="退货")
        days = (now - arrived).days
        law = _left_out(work, line, count)
        free = not law and days < work.order.agreed.return_days
        if not free if reason == "no_reason" else days >= work.order.agreed.number("complain_days", days + 1):
            raise NotReturnable(
                title=line.title.get("en", ""),
                title_zh=line.title.get("zh", ""),
                law=law or "7 days",
            )
    lines = {str(position): count for position, count in steps.items()}
    n = max((leg.n for leg in work.legs), default=0) + 1
    work.legs.append(
        Leg(
            id=new_id("leg", now),
            n=n,
            kind="return",
            place_id=work.order.place_id,
            proof={"lines": lines, "reason": reason},
        )
    )
    work.tell("return_wanted", by, now, lines=lines, reason=reason)
    if work.order.stage == "done":
        work.order.waits = "return"


def opened(work: Work) -> set[int]:
    """The lines whose content was opened."""
    told = [one.body["lines"] for one in (*work.told, *work.news) if one.kind == "accessed"]
    return {int(position) for lines in told for position in lines}


def _left_out(work: Work, line: Line, count: int) -> str | None:
    """Why the law lets a line not go back without a reason. Content that is opened here is left out from then on, and not before."""
    if any(leg.kind == "access" for leg in work.legs):
        closed = (
            granting.unused(work, line) >= count if work.entitlements else line.position not in opened(work)
        )
        return None if closed else "digital"
    return line.no_return


def drop_return(work: Work, now: datetime) -> None:
    """The goods never came back: the return lapses and the order goes on."""
    leg = open_return(work)
    if leg is not None:
        leg.move("void", now)
    work.order.waits = ""
    work.tell("return_lapsed", "clock", now)


def grant_return(work: Work, now: datetime) -> None:
    """Nobody answered in time: the buyer is believed. What was never taken is on sale again, anything else is written off."""
    leg = open_return(work)
    if leg is None:
        return
    asked = leg.proof or {}
    steps = {int(position): int(count) for position, count in asked.get("lines", {}).items()}
    left = {position: min(count, work.line(position).kept) for position, count in steps.items()}
    steps = {position: count for position, count in left.items() if count > 0}
    resale = asked.get("reason") == "not_taken"
    take_back(work, steps, "clock", now, resale=resale, reason="not_answered")


def take_back(work: Work, steps: Steps, by: str, now: datetime, *, resale: bool, reason: str) -> None:
    """Goods are back at the place: into stock, or written off, and their money to whoever paid it. Also after the order was settled."""
    before = {line.position: line.undone for line in work.lines}
    for position, count in steps.items():
        line = work.line(position)
        left = line.fulfilled - line.returned
        if not 0 < count <= left:
            raise TooMany(line=position, left=left, what="return", what_zh="退货")
        line.returned += count
        granting.withdraw(work, line, count, opened_first=reason not in ("", "no_reason"))
        hold = work.hold_of(line)
        if hold is not None:
            hold.take_back(count)
            if not resale:
                work.back.append((hold.target_id, count))
    lines = {str(position): count for position, count in steps.items()}
    work.tell("returned", by, now, lines=lines, resale=resale, reason=reason)
    leg = open_return(work)
    if leg is not None:
        leg.move("done", now)
    refund = shares.refund_steps(work, before)
    if work.order.stage == "done":
        work.post(rules.reclaim(work, sum(t.amount for t in refund if t.source == ESCROW)))
        work.order.waits = ""
    work.post(refund)


def take_back_unsold(unit: Unit, back: UnsoldBack, now: datetime) -> None:
    """Goods come back that no order of ours tells of (sold before the town opened, receipt lost): into stock, money from the seller."""
    source = f"seller:{back.seller_id}"
    if back.amount:
        unit.transfer(
            source,
            back.account,
            back.amount,
            "goodwill",
            back.currency,
            now,
            order_id=None,
            about=back.reason,
        )
    if back.supply_id is not None:
        unit.stock(back.supply_id, total=back.quantity)
        unit.add(
            "movement",
            supply_id=back.supply_id,
            kind="taken_back",
            quantity=back.quantity,
            by=back.by,
            note=back.reason,
            at=now,
        )
    body = {
        "variant": back.variant_id,
        "quantity": back.quantity,
        "amount": back.amount,
        "currency": back.currency,
    }
    unit.fact("goods.taken_back", back.seller_id, back.by, now, body)
