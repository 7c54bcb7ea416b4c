"""Rehearsing: a programme as if it had been in force. Orders of the past are asked in the order they came; limits, rounds and the budget
count as they would have. Pure: whoever has the orders can do it again.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

import msgspec

from highstreet.kit.text import Words
from highstreet.policy.claims import first_day
from highstreet.policy.eligibility import Asked, Award, No, Used, judge, limit_key
from highstreet.policy.instruments import Programme, Rule, Schedule

GUEST = No(
    "guest",
    Words("Bought without an account: nobody could have claimed.", "未登录购买，无法领取。"),
)
HAD = No(
    "had",
    Words("Had used what a round gives one person.", "该轮每人可领的份数已用完。"),
)
SPENT = No("budget", Words("The budget was used up.", "预算已用完。"))


class Terms(msgspec.Struct, frozen=True):
    """As if everybody had claimed what a round gives: so many claims a person in each round of so many days. budget: in minor units."""

    claims: int = 1
    days: int = 7
    budget: int | None = None


class Trial:
    """A programme in force over past orders; ask it about them in the order they were placed."""

    def __init__(self, programme: Programme, tz: tzinfo, terms: Terms, since: date) -> None:
        self._programme = programme
        self._tz = tz
        self._terms = terms
        self._since = since
        self._vouchers = programme.kind == "voucher"
        self._had: dict[str, dict[tuple[str, date | int], Used]] = {}
        self._claims: dict[tuple[str, int], int] = {}
        self._ordered: dict[date, list[tuple[int, float]]] = {}
        self.spent = 0
        self.exhausted_at: datetime | None = None

    def ask(self, holder: str | None, asked: Asked) -> Award | No:
        """What the order would have been given. What it is given counts for all that are asked later."""
        if holder is None:
            return GUEST
        day = asked.at.astimezone(self._tz).date()
        number = (day - self._since) // timedelta(days=self._terms.days)
        if self._vouchers and self._claims.get((holder, number), 0) >= self._terms.claims:
            return HAD
        rule = self._programme.rule_on(asked.at, self._tz)
        had = self._had.get(holder)
        if rule is not None and rule.limits and had:
            used = {key: one for (key, start), one in had.items() if start == _start(key, day, number)}
            asked = msgspec.structs.replace(asked, used=used)
        found = self._best(rule, asked)
        if isinstance(found, No) or rule is None:
            return found
        if self._terms.budget is not None and self.spent + found.amount > self._terms.budget:
            self.exhausted_at = self.exhausted_at or asked.at
            return SPENT
        self._count(holder, rule, found, day, number)
        return found

    def _best(self, rule: Rule | None, asked: Asked) -> Award | No:
        """A voucher is of one schedule: the one that would have given most. Else the rule as it stands."""
        if not self._vouchers or rule is None:
            return judge(self._programme, asked, self._tz)
        best: Award | No | None = None
        for n, most in self._by_most(rule):
            if isinstance(best, Award) and best.amount >= most:
                break
            found = judge(self._programme, asked, self._tz, n)
            if isinstance(found, No):
                best = best if isinstance(best, Award) else found
            elif not isinstance(best, Award) or found.amount > best.amount:
                best = found
        assert best is not None, "a rule that is no pause has a schedule"
        return best

    def _by_most(self, rule: Rule) -> list[tuple[int, float]]:
        """The schedules with the most they can give, those that can give most first."""
        known = self._ordered.get(rule.starts)
        if known is None:
            mosts = [(n, _most(one)) for n, one in enumerate(rule.schedules)]
            known = self._ordered[rule.starts] = sorted(mosts, key=lambda one: -one[1])
        return known

    def _count(self, holder: str, rule: Rule, award: Award, day: date, number: int) -> None:
        self.spent += award.amount
        if self._vouchers:
            self._claims[holder, number] = self._claims.get((holder, number), 0) + 1
        if not rule.limits:
            return
        had = self._had.setdefault(holder, {})
        whole = [limit_key(limit) for limit in rule.limits if limit.per == "person"]
        for key, amount in [*((key, award.amount) for key in whole), *((key, 0) for key in award.rights)]:
            at = (key, _start(key, day, number))
            before = had.get(at, Used())
            had[at] = Used(before.times + 1, before.amount + amount)


def _start(key: str, day: date, number: int) -> date | int:
    within = key.split("/")[1]
    return number if within == "batch" else first_day(within, day)


def _most(one: Schedule) -> float:
    if one.off is not None:
        return one.off
    return float("inf") if one.cap is None else one.cap
