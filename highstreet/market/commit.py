"""Advance: what an order does when something was told or time has passed. Called again and again; it does nothing when nothing is due."""

from __future__ import annotations

from datetime import datetime, timedelta

from highstreet.inventory import Hold
from highstreet.kit.ids import new_id
from highstreet.logistics import Leg
from highstreet.market import granting, settle, shares, unwind
from highstreet.market.format import FALLEN, FROM_WINDOW, LEG_WAITS, OPEN, Format
from highstreet.market.work import Work

_CODE_GOOD_FOR = timedelta(days=7)
_SHOWN_BY_CODE = ("pickup", "courier", "handover", "visit", "ride", "cabinet", "out")


def advance(work: Work, one: Format, now: datetime) -> None:
    """Take the order as far as it goes: placed, committed, done or undone."""
    _expire(work, one, now)
    if work.order.stage == "placed":
        _placed(work, one, now)
    if work.order.stage == "committed":
        _committed(work, one, now)
    settle.check_ended(work)


def _expire(work: Work, one: Format, now: datetime) -> None:
    """A wait whose time has passed falls the way its format says."""
    waits = work.order.waits
    due = work.deadlines.get(waits)
    if due is None or due > now:
        return
    falls = one.deadlines[waits].falls
    work.tell("late", "clock", now, waits=waits, falls=falls)
    work.deadlines = {}
    if falls == "done":
        settle.hand_over(work)
        settle.finish(work, one, now)
    elif falls == "rest":
        unwind.give_up_rest(work, one, now)
    elif falls == "drop" and work.order.stage == "placed":
        work.order.waits = ""
    elif falls == "granted":
        unwind.grant_return(work, now)
    elif falls == "drop":
        unwind.drop_return(work, now)
    else:
        unwind.undo(work, one, now, reason=f"late_{waits}", lost=falls == "lost")


def _placed(work: Work, one: Format, now: datetime) -> None:
    if work.method not in one.money.at_handover and not work.paid:
        if any(work.owed(due) for due in work.order.agreed.dues if not due.later):
            work.wait("payment", now + one.deadlines["payment"].time)
            return
        settle.take_payment(work, "clock", now)
    verdict = one.gate.decide(work, now)
    if verdict == FALLEN:
        unwind.undo(work, one, now, reason="refused")
    elif verdict == OPEN:
        bind(work, one, now)
    else:
        if verdict == "closing" and not work.has("joined"):
            work.tell("joined", "clock", now)
        if verdict == "balance" and work.order.waits != verdict:
            work.tell("balance_wanted", "clock", now)
        begins = work.cohort.closes_at if verdict == "closing" and work.cohort else now
        work.wait(verdict, begins + one.deadlines[verdict].time)


def bind(work: Work, one: Format, now: datetime) -> None:
    """The promise binds: the order is committed, its legs are planned, its money moves as the format says."""
    work.order.move("committed", now)
    work.tell("committed", "clock", now)
    window = work.order.agreed.window
    accepted = work.has("accepted")
    # The courier who said yes is the one who comes: nobody else starts the ride.
    coming = accepted.by if accepted is not None and accepted.body.get("role") == "courier" else None
    for n, kind in enumerate(one.legs, start=1):
        until = (window[1] if window else now) + _CODE_GOOD_FOR if kind in _SHOWN_BY_CODE else None
        work.legs.append(
            Leg(
                id=new_id("leg", now),
                n=n,
                kind=kind,  # type: ignore[arg-type]
                place_id=work.order.place_id,
                window_from=window[0] if window else None,
                window_to=window[1] if window else None,
                code_until=until,
                courier_id=coming,
            )
        )
    granting.grant(work, one, now)
    if one.hold == "committing" and work.cohort is not None:
        work.holds += [
            Hold(line.position, "supply", int(work.cohort.terms["supply"]), line.kept) for line in work.lines
        ]
    if one.money.price is not None:
        work.post(shares.reprice(work, {line.position: one.money.price(work, line) for line in work.lines}))
    work.post(one.money.committed(work))


def _committed(work: Work, one: Format, now: datetime) -> None:
    if all(line.cancelled == line.quantity for line in work.lines):
        unwind.undo(work, one, now, reason="cancelled")
        return
    if not one.legs:
        settle.hand_over(work)
    for leg in work.legs:
        if leg.kind == "return" or leg.state in ("done", "void"):
            continue
        if leg.kind == "lessons" and not any(line.open for line in work.lines):
            leg.move("done", now)
        elif what := LEG_WAITS[leg.kind].get(leg.state):
            limit = one.deadlines[what]
            counted = what in FROM_WINDOW or limit.after_window
            begins = max(now, leg.window_to or now) if counted else now
            work.wait(what, begins + limit.time)
            return
        else:
            leg.move("done", now)
            settle.hand_over(work)
    if not work.settled and any(work.owed(due) for due in work.order.agreed.dues if due.later):
        if work.order.waits != "balance":
            work.tell("balance_wanted", "clock", now)
        work.wait("balance", now + one.deadlines["balance"].time)
        return
    _fulfilled(work, one, now)


def _fulfilled(work: Work, one: Format, now: datetime) -> None:
    """Everything has arrived: an open return is waited for, then the time to send things back."""
    if unwind.open_return(work) is not None:
        work.wait("return", now + one.deadlines["return"].time)
    elif (
        work.order.agreed.return_days
        and any(line.kept for line in work.lines)
        and not work.has("received")
        and one.deadlines.get("confirm")
    ):
        ended = [leg.ended_at for leg in work.legs if leg.kind != "return" and leg.state == "done"]
        arrived = max((at for at in ended if at), default=now)
        until = arrived + timedelta(days=work.order.agreed.return_days)
        if until <= now:
            settle.finish(work, one, now)
        else:
            work.wait("confirm", until)
    else:
        settle.finish(work, one, now)
