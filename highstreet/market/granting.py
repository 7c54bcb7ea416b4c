"""Granting: what each step of a line entitles its holder to, from the moment the promise binds until it is used or void.

The rule of going back: an order's buyer may give back what nobody used and nobody else has. What was handed on must be given back to the
buyer by whoever holds it; the money always goes to who paid.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from highstreet.kit.ids import new_id
from highstreet.logistics import CodeOutdated, Entitlement, HandedOn, TicketUsed, What
from highstreet.market.format import Format
from highstreet.market.work import Work
from highstreet.orders import Line, NotNow, NotThis

LETS_IN_EARLY = timedelta(hours=1)  # how long before the time the doors open


def grant(work: Work, one: Format, now: datetime) -> None:
    """The promise binds: one entitlement for each step still wanted, where the format sells something to enter or to open."""
    if one.grants is None:
        return
    terms, window = work.order.agreed, work.order.agreed.window
    entered = one.grants == "entry" and window is not None
    for line in work.lines:
        seats: list[str] = line.choice.get("seats", [])
        for n in range(1, line.quantity - line.cancelled + 1):
            work.entitlements.append(
                Entitlement(
                    id=new_id("ent", now),
                    line=line.position,
                    n=n,
                    what=_what(one, work),
                    variant_id=line.variant_id,
                    place_id=work.order.place_id,
                    holder_id=work.order.buyer_id,
                    edition_of=terms.number("edition"),
                    seat=seats[n - 1] if n <= len(seats) else "",
                    since=window[0] - LETS_IN_EARLY if entered and window else None,
                    until=window[1] if entered and window else None,
                )
            )


def _what(one: Format, work: Work) -> What:
    if one.grants == "entry":
        return "entry"
    terms = work.order.agreed
    return (
        "collectible" if terms.number("edition") else "software" if terms.number("team_seats") else "content"
    )


def of_line(work: Work, line: Line) -> list[Entitlement]:
    """What a line entitles to that is not void."""
    return [one for one in work.entitlements if one.line == line.position and one.state != "void"]


def with_buyer(work: Work, line: Line) -> list[Entitlement]:
    """Those of them nobody else has."""
    return [one for one in of_line(work, line) if one.holder_id == work.order.buyer_id]


def unused(work: Work, line: Line) -> int:
    """How many of them the buyer has and nobody opened or went in with."""
    return sum(one.state == "valid" for one in with_buyer(work, line))


def check_with_buyer(work: Work, steps: dict[int, int]) -> None:
    """Whether the buyer still has as many of each line as are to go back. Errors: HandedOn."""
    for position, count in steps.items():
        line = work.line(position)
        if of_line(work, line) and len(with_buyer(work, line)) < count:
            raise HandedOn


def withdraw(work: Work, line: Line, count: int, *, opened_first: bool = False) -> None:
    """So many steps of a line entitle nobody any more: first what the buyer has and nobody used; `opened_first` where those are faulty."""
    order = sorted(
        of_line(work, line),
        key=lambda one: (one.holder_id != work.order.buyer_id, (one.state == "used") != opened_first, -one.n),
    )
    for one in order[:count]:
        one.state = "void"


def withdraw_all(work: Work) -> list[str]:
    """The order came to nothing: nothing of it that was not used is good any more. Who else had some of it, to be told."""
    told: set[str] = set()
    for one in work.entitlements:
        if one.state == "valid":
            one.state = "void"
            if one.holder_id is not None and one.holder_id != work.order.buyer_id:
                told.add(one.holder_id)
    return sorted(told)


def go_in(work: Work, named: list[Any] | None, now: datetime) -> dict[int, int]:
    """Somebody goes in with these (`ent_….version` or the bare id), with all that are left when it is not said; how many of each line.

    Errors: NotThis for what is not of this order, CodeOutdated, TicketUsed.
    """
    known = {one.id: one for one in work.entitlements}
    if named is None:
        going = [one for one in work.entitlements if one.state == "valid"]
        if not going and known:
            raise TicketUsed
    else:
        going: list[Entitlement] = []
        for text in named:
            which, _, version = str(text).partition(".")
            found = known.get(which)
            if found is None or found in going:
                raise NotThis(fact="entered")
            if found.state == "void" or version not in ("", str(found.version)):
                raise CodeOutdated
            if found.state == "used":
                raise TicketUsed
            going.append(found)
    steps: dict[int, int] = {}
    for one in going:
        one.state, one.used_at = "used", now
        steps[one.line] = steps.get(one.line, 0) + 1
    return steps


def open_one(work: Work, one: Entitlement, by: str, now: datetime) -> None:
    """Whoever holds it opens it: from then on it is not returned without a fault. Opened already: nothing happens.

    Errors: NotNow while its order has not ended, or it is going back.
    """
    going = next(
        (leg for leg in work.legs if leg.kind == "return" and leg.state not in ("done", "void")), None
    )
    closed = going is not None and str(one.line) in (going.proof or {}).get("lines", {})
    if work.order.stage != "done" or one.state == "void" or closed:
        raise NotNow
    if one.state == "valid":
        one.state, one.used_at = "used", now
        work.tell("accessed", by, now, lines={str(one.line): 1}, entitlement=one.id)


def open_lines(work: Work, positions: set[int], now: datetime) -> None:
    """The buyer opens what is theirs of these lines."""
    for position in positions:
        for one in with_buyer(work, work.line(position)):
            if one.state == "valid":
                one.state, one.used_at = "used", now
