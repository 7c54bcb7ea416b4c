"""Fulfil: what sellers, couriers and buyers tell about an order on its way. Each fact has one effect; then the order advances."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from highstreet.kit.errors import Malformed
from highstreet.logistics import Leg
from highstreet.market import attempts, proofs, settle, unwind, using
from highstreet.market.commit import advance
from highstreet.market.desk import Decision, Found, Market
from highstreet.market.format import Format, Teller
from highstreet.market.units import Key, Unit
from highstreet.market.work import Work
from highstreet.orders import NoSuchOrder, NotNow, NotThis, TooMany


class Telling(msgspec.Struct, frozen=True):
    """One fact about an order: which, as whom, by which party, and what more there is to say."""

    order_id: str
    fact: str
    role: Teller
    by: str
    body: dict[str, Any] = {}


Effect = Callable[[Work, Format, Telling, datetime], None]
_MAY_BE_MISSED = frozenset({"visit", "out", "ride"})


async def tell(
    market: Market,
    telling: Telling,
    now: datetime,
    key: Key | None = None,
    also: Callable[[Work, Unit], None] | None = None,
    answer: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Tell a fact. Answers {order, stage, waits}. Refuses not_this (not yours to tell), not_now, too_many, no_such_order.

    `also` writes more into the same unit; `answer` is added to what is answered, and kept with the key.
    """

    def decide(found: Found, unit: Unit) -> dict[str, Any]:
        if not found.works:
            raise NoSuchOrder
        work = found.works[0]
        one = market.format(work.order.format)
        if telling.role not in one.facts.get(telling.fact, ()):
            raise NotThis(fact=telling.fact)
        if work.cohort is not None and work.cohort.decided_at is not None and work.order.stage == "placed":
            # What was decided for all comes first; then what this one says.
            advance(work, one, now)
        EFFECTS[telling.fact](work, one, telling, now)
        if work.order.stage in ("placed", "committed"):
            advance(work, one, now)
        settle.check_ended(work)
        unit.take_in(work, now)
        proofs.leaving(work, telling.role, now, unit)
        if also is not None:
            also(work, unit)
        stands = {"order": work.order.id, "stage": work.order.stage, "waits": work.order.waits}
        return stands | (answer or {})

    return await market.act(Decision(decide, now, orders=(telling.order_id,), key=key))


async def advance_order(
    market: Market, order_id: str, now: datetime, *, sold_out: bool = False
) -> dict[str, Any]:
    """Let time pass for an order: what is late falls the way its format says. `sold_out`: what it was promised is gone; all goes back."""

    def decide(found: Found, unit: Unit) -> dict[str, Any]:
        if not found.works:
            raise NoSuchOrder
        work = found.works[0]
        one = market.format(work.order.format)
        if sold_out and work.order.stage == "placed":
            unwind.undo(work, one, now, reason="sold_out")
        advance(work, one, now)
        unit.take_in(work, now)
        return {"order": work.order.id, "stage": work.order.stage, "waits": work.order.waits}

    return await market.act(Decision(decide, now, orders=(order_id,)))


def _leg(work: Work, *states: str) -> Leg:
    leg = work.leg(*states)
    if leg is None or work.order.stage != "committed":
        raise NotNow
    return leg


def _at_the_gate(*waits: str) -> Effect:
    """A fact the gate waits for: it is told, and the gate decides what it means."""

    def effect(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
        if work.order.stage != "placed" or work.order.waits not in waits:
            raise NotNow
        work.tell(telling.fact, telling.by, now, **_amounts(telling) | {"role": telling.role})

    return effect


def _on_leg(kind: str, source: str, to: str) -> Effect:
    """A fact that moves the leg of a kind from one state to another; a leg out that is done has handed over what it carries."""

    def effect(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
        leg = _leg(work, source)
        if leg.kind != kind or not _speaks_for(leg, telling):
            raise NotNow
        if telling.role == "courier":
            leg.courier_id = telling.by
        leg.proof = {**(leg.proof or {}), **telling.body}
        leg.move(to, now)  # type: ignore[arg-type]
        if to == "done":
            settle.hand_over(work)
        work.tell(telling.fact, telling.by, now, **_amounts(telling))

    return effect


def _inspected(work: Work, one: Format, telling: Telling, now: datetime) -> None:
    """What came back was looked at: at the gate, or at the end of the leg back."""
    moved = _at_the_gate("inspect") if work.order.stage == "placed" else _on_leg("back", "underway", "done")
    moved(work, one, telling, now)


def _taken(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    """The cabinet, or whoever runs the market, says what was taken."""
    leg = _leg(work, "underway")
    if leg.kind != "cabinet":
        raise NotNow
    using.take(work, leg, _lines(telling.body.get("lines", {})), telling.by, now, telling.body)


def _attended(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    """Lessons given: these steps are fulfilled, one of each line when it does not say; the leg ends with the last."""
    leg = _leg(work, "planned")
    if leg.kind != "lessons":
        raise NotNow
    steps = (
        _steps(work, telling, "open")
        if "lines" in telling.body
        else {line.position: 1 for line in work.lines if line.open}
    )
    for position, count in steps.items():
        line = work.line(position)
        if not 0 < count <= line.open:
            raise TooMany(line=position, left=line.open, what="attend", what_zh="上课")
        hold = work.hold_of(line)
        if hold is not None:
            hold.use(min(count, hold.held))
        line.fulfilled += count
    work.tell("attended", telling.by, now, lines={str(p): c for p, c in steps.items()})


def _entered(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    using.enter(work, _leg(work, "planned"), telling.by, now, telling.body)


def _no_show(work: Work, one: Format, telling: Telling, now: datetime) -> None:
    leg = _leg(work, "planned")
    early = leg.window_from is not None and now < leg.window_from
    if leg.kind not in _MAY_BE_MISSED or early or not _speaks_for(leg, telling):
        raise NotNow
    work.tell("no_show", telling.by, now)
    unwind.undo(work, one, now, reason="no_show")


def _speaks_for(leg: Leg, telling: Telling) -> bool:
    """A courier speaks for a leg that nobody else has taken on."""
    return telling.role != "courier" or leg.courier_id in (None, telling.by)


def _goes_out(work: Work, one: Format, telling: Telling, now: datetime) -> None:
    """What is lent, or a room, is taken over."""
    using.check_time(_leg(work, "planned"), telling.role, now)
    _on_leg("out", "planned", "done")(work, one, telling, now)


def _unanswered(work: Work, one: Format, telling: Telling, now: datetime) -> None:
    using.pass_over(work, _leg(work, "planned"), one, telling.by, now)


def _bought(work: Work, one: Format, telling: Telling, now: datetime) -> None:
    """Bought for the buyer, for no more than was allowed."""
    _leg(work, "planned")
    using.check_cap(work, telling.body)
    _on_leg("errand", "planned", "underway")(work, one, telling, now)


def _found(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    using.find(work, telling.by, now, telling.body)


def _prescribed(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    using.prescribe(work, telling.by, now, telling.body)


def _accessed(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    using.access(work, set(_steps(work, telling, "kept")), telling.by, now)


def _stopped(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    """A rhythm is ended: what was placed by it stands."""
    _leg(work, "planned").move("done", now)
    settle.hand_over(work)
    work.tell("stopped", telling.by, now)


def _amounts(telling: Telling) -> dict[str, int]:
    """The whole numbers a fact carries; a negative one is refused, text stays with the leg's proof."""
    found = {name: value for name, value in telling.body.items() if isinstance(value, int)}
    for name, value in found.items():
        if value < 0:
            raise Malformed(name, "cannot be negative", "不能为负数")
    return found


def _ready(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    _leg(work, "planned").move("ready", now)
    work.tell("ready", telling.by, now)


def _shipped(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    leg = _leg(work, "planned", "ready")
    leg.carrier, leg.tracking = telling.body.get("carrier"), telling.body.get("tracking")
    leg.move("underway", now)
    settle.let_go(work)
    work.tell("shipped", telling.by, now, **telling.body)


def _picked_up(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    leg = _leg(work, "ready", "failed")
    if leg.courier_id not in (None, telling.by):
        raise NotThis(fact=telling.fact)
    if attempts.going_back(work):
        raise NotNow
    leg.courier_id = telling.by
    leg.move("underway", now)
    settle.let_go(work)
    work.tell("picked_up", telling.by, now)


def _delivered(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    # Also after an attempt that failed: a parcel's carrier comes again without telling us that it set out.
    leg = _leg(work, "underway", "failed")
    if telling.role == "courier" and leg.courier_id != telling.by:
        raise NotThis(fact=telling.fact)
    leg.proof = telling.body or None
    leg.move("done", now)
    settle.hand_over(work)
    work.tell("delivered", telling.by, now)


def _attempted(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    leg = _leg(work, "underway", "failed")
    if telling.role == "courier" and leg.courier_id != telling.by:
        raise NotThis(fact=telling.fact)
    attempts.note(work, leg, telling.by, now, telling.body)


def _handed_over(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    leg = _leg(work, "planned", "ready")
    if not work.paid:
        settle.take_payment(work, telling.by, now)
    leg.proof = telling.body or None
    leg.move("done", now)
    settle.hand_over(work)
    work.tell("handed_over", telling.by, now)


def _received(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    if work.order.waits not in ("underway", "confirm"):
        raise NotNow
    leg = work.leg("underway", "failed")
    if leg is not None:
        leg.move("done", now)
        settle.hand_over(work)
    work.tell("received", telling.by, now)


def _cancelled(work: Work, one: Format, telling: Telling, now: datetime) -> None:
    if (
        telling.role == "buyer"
        and work.leg("ready") is not None
        and work.order.waits not in ("pickup", "prepare")
    ):
        raise NotNow
    reason = str(telling.body.get("reason", ""))
    unwind.cancel(work, one, _steps(work, telling, "open"), telling.by, now, reason, telling.role)


def _return_wanted(work: Work, one: Format, telling: Telling, now: datetime) -> None:
    unwind.want_return(
        work, _steps(work, telling, "kept"), telling.by, now, str(telling.body.get("reason", "no_reason"))
    )
    if work.order.stage == "done":
        work.deadlines = {"return": now + one.deadlines["return"].time}


def _returned(work: Work, one: Format, telling: Telling, now: datetime) -> None:
    if attempts.going_back(work):
        attempts.came_back(work, one, telling.by, now, resale=bool(telling.body.get("resale", True)))
        return
    leg = unwind.open_return(work)
    steps = (
        _steps(work, telling, "kept")
        if "lines" in telling.body or leg is None
        else _lines((leg.proof or {})["lines"])
    )
    unwind.take_back(
        work,
        steps,
        telling.by,
        now,
        resale=bool(telling.body.get("resale", True)),
        reason=str(telling.body.get("reason", "")),
    )
    if work.order.stage == "done":
        work.deadlines = {}


def _return_refused(work: Work, _one: Format, telling: Telling, now: datetime) -> None:
    leg = unwind.open_return(work)
    if leg is None:
        raise NotNow
    leg.move("void", now)
    work.order.waits = ""
    work.deadlines = {}
    work.tell("return_refused", telling.by, now, **telling.body)


def _steps(work: Work, telling: Telling, usual: str) -> unwind.Steps:
    """The lines a fact is about; all of them when it does not say. None at all: there is nothing left to tell it about."""
    if "lines" in telling.body:
        steps = _lines(telling.body["lines"])
    else:
        usually = {line.position: int(getattr(line, usual)) for line in work.lines}
        steps = {position: count for position, count in usually.items() if count}
    if not steps:
        raise NotNow
    return steps


def _lines(lines: dict[str, int]) -> unwind.Steps:
    return {int(position): int(count) for position, count in lines.items()}


EFFECTS: dict[str, Effect] = {
    "accepted": _at_the_gate("accept"),
    "refused": _at_the_gate("accept"),
    "handed_in": _at_the_gate("hand_in"),
    "inspected": _inspected,
    "agreed": _at_the_gate("agree"),
    "declined": _at_the_gate("hand_in", "inspect", "agree"),
    "wiped": _at_the_gate("wipe"),
    "given_back": _at_the_gate("give_back"),
    "visited": _on_leg("visit", "planned", "done"),
    "entered": _entered,
    "no_show": _no_show,
    "prescribed": _prescribed,
    "accessed": _accessed,
    "attended": _attended,
    "opened": _on_leg("cabinet", "planned", "underway"),
    "taken": _taken,
    "unlocked": _goes_out,
    "unanswered": _unanswered,
    "found": _found,
    "checked_in": _goes_out,
    "checked_out": _on_leg("back", "planned", "underway"),
    "brought_back": _on_leg("back", "planned", "underway"),
    "started": _on_leg("ride", "planned", "underway"),
    "arrived": _on_leg("ride", "underway", "done"),
    "bought": _bought,
    "brought": _on_leg("errand", "underway", "done"),
    "stopped": _stopped,
    "ready": _ready,
    "shipped": _shipped,
    "picked_up": _picked_up,
    "delivered": _delivered,
    "attempted": _attempted,
    "handed_over": _handed_over,
    "old_taken": proofs.old_taken,
    "received": _received,
    "cancelled": _cancelled,
    "return_wanted": _return_wanted,
    "returned": _returned,
    "return_refused": _return_refused,
}
