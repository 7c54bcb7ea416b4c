"""Instruments: the rules of a programme of public money, read from one dated file (TOML) with its legal source.

A programme is a row of rules, each in force from a day until the next one begins: no day is judged by two rules and none by no rule.
A rule is a few schedules: for which things, from what amount on, how much. Everything it says is data; `eligibility` reads it.
What is wrong in a file is refused with the line that is wrong.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, tzinfo
from functools import lru_cache, partial
from typing import Any, Literal, Self

import msgspec

from highstreet.kit.errors import Malformed
from highstreet.kit.money import parse_money, plain
from highstreet.kit.text import Words
from highstreet.policy.errors import WrongProgramme

Kind = Literal["voucher", "subsidy", "tax_refund", "care", "prize", "interest"]
Proof = Literal["serial", "photo_new", "photo_old", "invoice", "delivery"]


class Minor(int):
    """An amount of money in minor units; `text`: as it is written in a file, "1500.00"."""

    text: str

    def __new__(cls, amount: int, currency: str = "CNY") -> Self:
        made = super().__new__(cls, amount)
        made.text = plain(amount, currency)
        return made


class Bps(int):
    """A rate in hundredths of a percent; written "15%" in a file."""


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """At most so many awards, or so much money, to one person within a span; `each`: to a person for one kind of thing."""

    per: Literal["person", "each", "serial"] = "person"
    within: Literal["batch", "day", "month", "year", "ever"]
    count: int | None = None
    amount: Minor | None = None


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """For which things how much. A thing meets the first schedule that names it.

    kinds: categories of the catalogue ('*' for all). grades: of energy. vat: the rate contained. settings: where a service is given.
    least, most: below the one and above the other amount there is nothing; of the item, or of the whole basket.
    off: a fixed amount, or rate (of the base) less fee (of the same base); never more than cap.
    """

    kinds: tuple[str, ...] = ("*",)
    grades: tuple[int, ...] = ()
    vat: tuple[Bps, ...] = ()
    settings: tuple[str, ...] = ()
    of: Literal["item", "basket"] = "item"
    least: Minor = Minor(0)
    most: Minor | None = None
    off: Minor | None = None
    rate: Bps = Bps(0)
    fee: Bps = Bps(0)
    cap: Minor | None = None


class Rule(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    rename={"starts": "from", "ends": "to"},
):
    """What holds from `starts` until the day before `ends`. pause: nothing is awarded in these days.

    base: what an amount is compared with and a rate is of: the price after all discounts ('final'), after the seller's own alone
    ('seller'), the listed price ('listed'), or a loan's principal for the part of a year it runs ('loan_year').
    people: what must be true of a person. sellers: what must be true of a seller. ways: how it may be had ('in_person' for dine-in).
    purposes: the parts of an order this money may pay. beside: whether other public money may pay for the same thing.
    days: how long a claimed voucher is valid. per_order: how many of one programme in one order.
    rounding: of an award. on_return: where the money goes ('treasury', or back to the 'budget'). quota: whether the right comes back too.
    trade_in: something old must be handed over. unique_serial: one award for one serial number or IMEI, for ever.
    imei: kinds whose number is an IMEI. same_person: who claims pays, and has it delivered. filed_price: the seller may not ask more
    than it filed for this programme, nor than its lowest price of the last 7 days. evidence: what a seller shows of each, told at
    most evidence_hours after it was handed over.
    Of tax refunds: cash_most: paid in cash up to here. leave_days: to leave within, after buying. stay_days: the longest stay.
    promise_days: to leave within, when the refund is paid at once; None: it is not. capture_days: working days to take it back in.
    """

    starts: date
    ends: date
    source: str
    pause: bool = False
    note: str = ""
    base: Literal["final", "seller", "listed", "loan_year"] = "final"
    people: tuple[str, ...] = ()
    sellers: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ("price",)
    beside: bool = False
    days: int | None = None
    per_order: int = 1
    rounding: Literal["half_up", "down"] = "half_up"
    on_return: Literal["treasury", "budget"] = "budget"
    quota: Literal["used", "free"] = "free"
    trade_in: bool = False
    unique_serial: bool = False
    imei: tuple[str, ...] = ()
    same_person: bool = False
    filed_price: bool = False
    evidence: tuple[Proof, ...] = ()
    evidence_hours: int | None = None
    cash_most: Minor | None = None
    leave_days: int | None = None
    stay_days: int | None = None
    promise_days: int | None = None
    capture_days: int | None = None
    limits: tuple[Limit, ...] = ()
    schedules: tuple[Schedule, ...] = msgspec.field(name="schedule", default=())


class Programme(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A programme as its file states it. id: a short name, the funder of what it pays."""

    id: str
    name: Words
    kind: Kind
    currency: str
    rules: tuple[Rule, ...] = msgspec.field(name="rule")

    def rule_on(self, moment: datetime, tz: tzinfo) -> Rule | None:
        """The rule in force at a moment; None before the first, after the last and in a pause."""
        day = moment.astimezone(tz).date()
        for rule in self.rules:
            if rule.starts <= day < rule.ends:
                return None if rule.pause else rule
        return None


_ID = re.compile(r"[a-z][a-z0-9-]{1,39}")
_TABLE = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]\]?")
_KEY = re.compile(r"\s*([\w-]+)\s*=")
_STEP = re.compile(r"\.?([\w-]+)|\[(\d+|\.\.\.)\]")
_RATE = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?%")


def is_name(text: str) -> bool:
    """Whether a programme may be called so."""
    return _ID.fullmatch(text) is not None


@lru_cache(256)
def in_force(text: str) -> Programme:
    """A programme from a file that was read before it came into force: each text is read once by a process."""
    return read(text)


def read(text: str) -> Programme:
    """A programme from its file. Errors: WrongProgramme."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        at = re.search(r"line (\d+)", str(e))
        raise _wrong(
            int(at[1]) if at else len(text.splitlines()), f"not TOML: {e}", f"不是有效的 TOML：{e}"
        ) from None
    try:
        programme = msgspec.convert(found, Programme, dec_hook=partial(_scalar, str(found.get("currency"))))
    except msgspec.ValidationError as e:
        said, _, path = str(e).partition(" - at `$")
        raise _wrong(_line(text, path.rstrip("`"), said), said, f"内容不符合格式（{said}）") from None
    _check(text, programme)
    return programme


def _scalar(currency: str, kind: type, value: Any) -> Any:
    if kind is Minor:
        if not isinstance(value, str):
            raise ValueError('an amount is written as text: "1500.00"')
        try:
            return Minor(parse_money(value, currency), currency)
        except Malformed as e:
            raise ValueError(str(e.values["problem"])) from None
    if kind is Bps:
        rate = _RATE.fullmatch(value) if isinstance(value, str) else None
        if rate is None:
            raise ValueError('a rate is written as text: "15%"')
        return Bps(int(rate[1]) * 100 + int((rate[2] or "0").ljust(2, "0")))
    raise NotImplementedError(kind)


def _check(text: str, programme: Programme) -> None:
    if not is_name(programme.id):
        raise _wrong(_line(text, ".id", ""), "an id is a short name in small letters", "编号须为小写字母短名")
    if not programme.rules:
        raise _wrong(1, "there is no rule", "没有规则")
    for n, rule in enumerate(programme.rules):
        at = f".rule[{n}]"
        if rule.ends <= rule.starts:
            raise _wrong(_line(text, at + ".to", ""), "ends before it begins", "结束日期早于开始日期")
        before = programme.rules[n - 1].ends if n else rule.starts
        if rule.starts > before:
            raise _wrong(
                _line(text, at + ".from", ""), f"a gap: nothing holds from {before} to {rule.starts}; a pause is a rule too",
                f"存在空档：{before} 至 {rule.starts} 无规则；暂停期也需写成规则",
            )  # fmt: skip
        if rule.starts < before:
            raise _wrong(
                _line(text, at + ".from", ""), f"an overlap: two rules hold from {rule.starts} to {before}",
                f"存在重叠：{rule.starts} 至 {before} 有两条规则",
            )  # fmt: skip
        if not rule.source.strip():
            raise _wrong(
                _line(text, at + ".source", ""), "a rule names its legal source", "规则须注明法律依据"
            )
        if not rule.pause and not rule.schedules:
            raise _wrong(
                _line(text, at, ""),
                "says how much for nothing; a pause says so",
                "未写明金额；如为暂停请注明",
            )
        if rule.evidence and (rule.evidence_hours or 0) < 1:
            raise _wrong(
                _line(text, at + ".evidence", ""),
                "evidence has hours it may be told in (evidence_hours)",
                "须注明提交凭证的时限（evidence_hours）",
            )
        for m, schedule in enumerate(rule.schedules):
            _check_schedule(text, f"{at}.schedule[{m}]", schedule)


def _check_schedule(text: str, at: str, schedule: Schedule) -> None:
    if (schedule.off is None) == (schedule.rate == 0):
        raise _wrong(
            _line(text, at, ""),
            "gives either a fixed amount (off) or a rate",
            "须写明定额（off）或比例（rate）之一",
        )
    if schedule.fee > schedule.rate:
        raise _wrong(_line(text, at + ".fee", ""), "the fee is above the rate", "手续费高于比例")
    if schedule.rate > 10_000:
        raise _wrong(_line(text, at + ".rate", ""), "a rate is at most 100%", "比例不能超过 100%")
    if schedule.off is not None and schedule.off > schedule.least:
        raise _wrong(
            _line(text, at + ".off", ""), "takes off more than must be spent", "优惠金额超过使用门槛"
        )
    if schedule.most is not None and schedule.most < schedule.least:
        raise _wrong(_line(text, at + ".most", ""), "the most is below the least", "上限低于下限")


def _wrong(line: int, problem: str, problem_zh: str) -> WrongProgramme:
    return WrongProgramme(line=line, problem=problem, problem_zh=problem_zh)


def _line(text: str, path: str, said: str) -> int:
    """The line (from 1) of what a path like `.rule[2].schedule[0].cap` names; of the table it stands in when the key is missing there."""
    wanted = [name or int(n) if n != "..." else 0 for name, n in _STEP.findall(path)]
    unknown = re.search(r"unknown field `([\w-]+)`", said)
    if unknown:
        wanted.append(unknown[1])
    best, depth = 1, -1
    here: list[str | int] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        table, key = _TABLE.match(line), _KEY.match(line)
        if table:
            here = _entered(seen, table[2].split("."), table[1] == "[[")
        spot = here if table or not key else [*here, key[1]]
        common = 0
        while common < min(len(spot), len(wanted)) and spot[common] == wanted[common]:
            common += 1
        if common == len(spot) and (table or key) and common > depth:
            best, depth = number, common
    return best


def _entered(seen: dict[str, int], names: list[str], listed: bool) -> list[str | int]:
    """The path of a table that begins here; `seen` counts the entries of each list of tables so far."""
    path: list[str | int] = []
    for name in names:
        path.append(name)
        key = repr(path)
        if name is names[-1] and listed:
            seen[key] = seen.get(key, -1) + 1
        if key in seen:
            path.append(seen[key])
    return path
