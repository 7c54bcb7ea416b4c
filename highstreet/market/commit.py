"""Advance: what an order does when something was told or time has passed. Called again and again; it does nothing when nothing is due."""

from __future__ import annotations

from datetime import datetime, timedelta

from highstreet.kit.ids import new_id
from highstreet.logistics import Leg
from highstreet.market import settle, unwind
from highstreet.market.format import FALLEN, OPEN, Format
from highstreet.market.work import Work

_CODE_GOOD_FOR = timedelta(days=7)

# What a leg in a state keeps the order waiting for, by the leg's kind.
_WAITS = {
    ("parcel", "planned"): "prepare",
    ("parcel", "ready"): "prepare",
    ("parcel", "underway"): "underway",
    ("parcel", "failed"): "underway",
    ("pickup", "planned"): "prepare",
    ("pickup", "ready"): "pickup",
    ("courier", "planned"): "prepare",
    ("courier", "ready"): "courier",
    ("courier", "underway"): "underway",
    ("courier", "failed"): "underway",
    ("handover", "planned"): "pickup",
}


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
        settle.finish(work, one, now)
    elif falls == "stay":
        unwind.drop_return(work, now)
    else:
        unwind.undo(work, one, now, reason=f"late_{waits}", lost=falls == "lost")


def _placed(work: Work, one: Format, now: datetime) -> None:
    if work.method not in one.money.at_handover and not work.paid:
        if any(work.owed(due) for due in work.order.agreed.dues):
            work.wait("payment", now + one.deadlines["payment"].time)
            return
        settle.take_payment(work, "clock", now)
    verdict = one.gate.decide(work, now)
    if verdict == FALLEN:
        unwind.undo(work, one, now, reason="refused")
    elif verdict == OPEN:
        bind(work, one, now)
    else:
        work.wait(verdict, now + one.deadlines[verdict].time)


def bind(work: Work, one: Format, now: datetime) -> None:
    """The promise binds: the order is committed, its legs are planned, its money moves as the format says."""
    work.order.move("committed", now)
    work.tell("committed", "clock", now)
    window = work.order.agreed.window
    for n, kind in enumerate(one.legs, start=1):
        until = (
            (window[1] if window else now) + _CODE_GOOD_FOR
            if kind in ("pickup", "courier", "handover")
            else None
        )
        work.legs.append(
            Leg(
                id=new_id("leg", now),
                n=n,
                kind=kind,  # type: ignore[arg-type]
                place_id=work.order.place_id,
                window_from=window[0] if window else None,
                window_to=window[1] if window else None,
                code_until=until,
            )
        )
    work.post(one.money.committed(work))


def _committed(work: Work, one: Format, now: datetime) -> None:
    if all(line.cancelled == line.quantity for line in work.lines):
        unwind.undo(work, one, now, reason="cancelled")
        return
    if not one.legs:
        settle.hand_over(work)
    leg = work.leg("planned", "ready", "underway", "failed")
    if leg is not None:
        what = _WAITS[leg.kind, leg.state]
        work.wait(what, now + one.deadlines[what].time)
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
