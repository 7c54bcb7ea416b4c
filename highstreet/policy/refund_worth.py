"""What a refund form is worth: the tax contained in what one traveller bought in one shop on one day, by the rule of that day. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo

import msgspec

from highstreet.kit.money import share, share_down
from highstreet.kit.text import Words
from highstreet.policy import eligibility
from highstreet.policy.departure_errors import NotRefundable
from highstreet.policy.eligibility import Asked, No, Step, Thing
from highstreet.policy.instruments import Programme, Rule, Schedule


class Bought(msgspec.Struct, frozen=True):
    """A line of an order as far as it is kept. vat: in hundredths of a percent; public: other public money paid for it."""

    order_id: str
    position: int
    title: Words
    quantity: int
    vat: int
    paid: int
    public: bool = False


class Reckoned(msgspec.Struct, frozen=True):
    """What a form is worth. total: what was paid for the things; gross: the tax given back; amount: to the traveller, less the fee."""

    programme: str
    rule: date
    total: int
    gross: int
    amount: int
    parts: tuple[tuple[int, int], ...]
    steps: tuple[Step, ...]
    source: str
    cash_most: int | None
    leave_by: date


def reckon(
    programme: Programme,
    things: Sequence[Bought],
    entered_on: date,
    seller: frozenset[str],
    at: datetime,
    earlier: int,
    tz: tzinfo,
) -> Reckoned | No:
    """What a rule gives for things of one shop and day. earlier: what is on other living forms of the person there that day. Pure."""
    rule = programme.rule_on(at, tz)
    day = at.astimezone(tz).date()
    people = frozenset({"person", "visitor"})
    if rule is not None and (day < entered_on or day > entered_on + timedelta(days=rule.stay_days or 183)):
        return No(
            "stay",
            Words(
                f"Only for those who came within {rule.stay_days or 183} days.",
                f"仅限入境未超过 {rule.stay_days or 183} 天的旅客。",
            ),
        )
    met = [
        Thing(n, ("goods",), one.quantity, one.paid, one.paid, one.paid, vat=one.vat)
        for n, one in enumerate(things)
    ]
    taken = frozenset(n for n, one in enumerate(things) if one.public)
    asked = Asked(met, at, people, seller, taken=taken, earlier=earlier)
    award = eligibility.judge(programme, asked, tz)
    if isinstance(award, No) or rule is None:
        return award if isinstance(award, No) else No("not_in_force", Words())
    awarded = [things[n] for n, _ in award.parts]
    fees = sum(_fee(rule, one, awarded) for one in rule.schedules)
    leave_by = min(
        day + timedelta(days=rule.leave_days or 90), entered_on + timedelta(days=rule.stay_days or 183)
    )
    return Reckoned(
        programme.id, rule.starts, sum(things[n].paid for n, _ in award.parts), award.amount + fees, award.amount,
        award.parts, award.steps, award.source, rule.cash_most, leave_by,
    )  # fmt: skip


def _fee(rule: Rule, one: Schedule, awarded: Sequence[Bought]) -> int:
    """What the agency keeps of the things of one rate: of the same base as the refund, rounded the same way."""
    base = sum(thing.paid for thing in awarded if thing.vat in one.vat)
    return (share_down if rule.rounding == "down" else share)(base, one.fee, 10_000)


def refuse(no: No) -> NotRefundable:
    """A rule's no as something to say."""
    return NotRefundable(why=no.why.en, why_zh=no.why.zh)
