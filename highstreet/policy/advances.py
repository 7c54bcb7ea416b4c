"""Advances: a refund paid in the shop (buy and refund), against the traveller's promise to leave in time and a hold on their own card.

asked (the hold) -> authorised -> advanced (the money is the traveller's) -> releasing -> released, on leaving as promised,
or -> capturing -> captured, when the promised day has passed or the goods did not leave. expired: the hold was gone before it could
be captured. declined, called_off: no money was paid ahead. Each step is one guarded statement; release and capture exclude each other.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from importlib import resources
from typing import Literal

import msgspec

from highstreet.kit import facts, workdays
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.ids import new_id
from highstreet.kit.money import plain
from highstreet.kit.text import Words
from highstreet.kit.workdays import Calendar
from highstreet.policy.departure_errors import AdvanceRunning, FormMovedOn, NoAdvance, NotAgreedTo
from highstreet.policy.departures import Form, advance_binds
from highstreet.policy.instruments import Rule

State = Literal[
    "asked", "authorised", "advanced", "releasing", "capturing", "released", "captured", "expired", "declined", "called_off"
]  # fmt: skip
VERSION = "2026-11"


class Advance(msgspec.Struct, frozen=True):
    """An advance as it stands. leaves_on: the promised day; capture_by: the last day to take it back; authorisation: key of the hold."""

    id: str
    form_id: str
    currency: str
    amount: int
    version: str
    wording: Words
    leaves_on: date
    capture_by: date
    port: str
    state: State
    authorisation: str
    agreed_at: datetime
    advanced_at: datetime | None
    ended_at: datetime | None
    why: str

    @property
    def kept(self) -> bool:
        """Whether the traveller has the money and nobody is taking it back."""
        return self.state in ("advanced", "expired")


_ADVANCE = """id, form_id, currency::text AS currency, amount, version, wording, leaves_on, capture_by, port, state, authorisation,
    agreed_at, advanced_at, ended_at, why"""


def calendar() -> Calendar:
    """The working days of mainland China, from the file with its sources."""
    file = resources.files("highstreet.policy") / "calendars" / "cn.toml"
    return workdays.read(file.read_text(encoding="utf-8"))


def agreement(amount: int, currency: str, leaves_on: date, port: Words, capture_days: int) -> Words:
    """What the traveller agrees to, in both languages; `VERSION` names these words."""
    money, day = f"{plain(amount, currency)} {currency}", leaves_on.isoformat()
    return Words(
        f"I receive {money} of tax now. I leave the country through {port.en} by {day} with the goods unused, "
        f"and show them to customs there. "
        f"Until then {money} are held on my own card. If I leave as promised the hold is released; if not, or if customs finds the goods "
        f"missing or used, the same amount is taken from my card within {capture_days} working days. It is never taken twice.",
        f"本人现领取退税款 {money}，承诺于 {day} 前携未使用的所购商品从{port.zh}离境，并接受海关验核。"
        f"在此之前，本人信用卡预授权 {money}。"
        f"如期离境并经海关核验的，预授权解除；未如期离境，或海关验核不符的，"
        f"退税代理机构在 {capture_days} 个工作日内从该卡扣回同等金额，且仅扣一次。",
    )


def last_day(rule: Rule, bought_on: date, form: Form) -> date | None:
    """The last day that may be promised; None where the rule has no refund at once."""
    if rule.promise_days is None:
        return None
    return min(bought_on + timedelta(days=rule.promise_days), form.leave_by)


class Offer(msgspec.Struct, frozen=True):
    """What the traveller promises at the desk of `by`, with their yes."""

    leaves_on: date
    port: Words
    agreed: bool
    by: str


async def offer(
    tx: Tx, form: Form, rule: Rule, want: Offer, authorisation: str, days: Calendar, today: date, now: datetime
) -> Advance:  # fmt: skip
    """Write the promise down; the caller writes the wish for the hold under `authorisation`. It has locked the form.

    Errors: NotAgreedTo, NoAdvance, FormMovedOn, AdvanceRunning, Malformed.
    """
    last = last_day(rule, form.bought_on, form)
    if form.state != "issued" or form.stale:
        raise FormMovedOn
    if last is None or not today <= want.leaves_on <= last:
        raise NoAdvance(day=(last or today).isoformat())
    if not want.agreed:
        raise NotAgreedTo
    if await advance_binds(tx, form.id):
        raise AdvanceRunning
    limit = rule.capture_days or 3
    advance_id = new_id("adv", now)
    await tx.execute(
        """INSERT INTO policy.advance_refund (id, form_id, currency, amount, version, wording, leaves_on, capture_by, port, state,
               authorisation, agreed_at, agreed_with)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'asked', $10, $11, $12)""",
        advance_id, form.id, form.currency, form.amount, VERSION,
        msgspec.to_builtins(agreement(form.amount, form.currency, want.leaves_on, want.port, limit)),
        want.leaves_on, days.after(want.leaves_on, limit), want.port.en, authorisation, now, want.by,
    )  # fmt: skip
    await facts.tell(tx, "advance.asked", form.id, want.by, now, {"amount": form.amount})
    return await of(tx, advance_id)


async def of(tx: Tx, advance_id: str) -> Advance:
    """One that is there."""
    found = await row_or_none(
        tx, Advance, f"SELECT {_ADVANCE} FROM policy.advance_refund WHERE id = $1", advance_id
    )
    assert found is not None
    return found


async def latest(tx: Tx, form_id: str) -> Advance | None:
    """The last advance of a form, ended or not."""
    return await row_or_none(
        tx,
        Advance,
        f"SELECT {_ADVANCE} FROM policy.advance_refund WHERE form_id = $1 ORDER BY agreed_at DESC, id DESC LIMIT 1",
        form_id,
    )


async def by_hold(tx: Tx, authorisation: str) -> Advance | None:
    """The advance that a hold on a card secures."""
    return await row_or_none(
        tx, Advance, f"SELECT {_ADVANCE} FROM policy.advance_refund WHERE authorisation = $1", authorisation
    )


async def move(
    tx: Tx, advance: Advance, sources: tuple[State, ...], target: State, by: str, now: datetime, why: str = ""
) -> bool:
    """One step, once: False when somebody was first. Facts tell each."""
    ended = target in ("released", "captured", "expired", "declined", "called_off")
    done = await tx.fetchval(
        """UPDATE policy.advance_refund SET state = $2, why = CASE $3 WHEN '' THEN why ELSE $3 END,
               advanced_at = CASE WHEN $2 = 'advanced' THEN $4 ELSE advanced_at END, ended_at = CASE WHEN $5 THEN $4 END
           WHERE id = $1 AND state = ANY ($6) RETURNING true""",
        advance.id,
        target,
        why[:200],
        now,
        ended,
        list(sources),
    )
    if done:
        await facts.tell(
            tx, "advance.moved", advance.form_id, by, now, {"state": target, "amount": advance.amount}
        )
    return bool(done)


async def overdue(tx: Tx, today: date, most: int = 100) -> list[Advance]:
    """Advances whose promised day has passed, the longest first."""
    return await rows(
        tx,
        Advance,
        f"SELECT {_ADVANCE} FROM policy.advance_refund WHERE state = 'advanced' AND leaves_on < $1 ORDER BY leaves_on, id LIMIT $2",
        today,
        most,
    )


async def need_a_person(tx: Tx, today: date, most: int = 100) -> list[Advance]:
    """Advances whose hold was gone when it was to be captured, and those not settled by the last day for it."""
    return await rows(
        tx,
        Advance,
        f"""SELECT {_ADVANCE} FROM policy.advance_refund a WHERE (state IN ('advanced', 'capturing') AND capture_by < $1)
              OR (state = 'expired' AND EXISTS (SELECT FROM policy.refund_form f WHERE f.id = a.form_id AND f.state <> 'paid'))
            ORDER BY leaves_on, id LIMIT $2""",
        today,
        most,
    )
