"""Eligibility: what a rule awards for things that are being bought, and why, or why not. Pure: a city's auditor can replay it.

The caller says all there is to know (`Asked`); the answer is an `Award` that explains itself step by step, or a `No` with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

import msgspec

from highstreet.kit.money import share, share_down, split
from highstreet.kit.text import Words
from highstreet.policy import promises
from highstreet.policy.instruments import Limit, Programme, Rule, Schedule

_YEAR = 365
BARRED = frozenset({"barred"})  # what is true of who may not take part, because of what an office found


class Thing(msgspec.Struct, frozen=True):
    """One line as a rule sees it. Amounts of the whole line, in minor units.

    kinds: its category and those above it. listed: before any discount; seller: after the seller's own; final: what the buyer would pay.
    days: of a loan, whose principal is `final`. filed: what its seller said one would cost at most; lowest: of the last 7 days; of one
    piece, None when nobody filed it, or it was not on sale.
    """

    position: int
    kinds: tuple[str, ...]
    quantity: int
    listed: int
    seller: int
    final: int
    grade: int | None = None
    vat: int = 0
    setting: str = ""
    serial: str | None = None
    days: int = _YEAR
    filed: int | None = None
    lowest: int | None = None


class Used(msgspec.Struct, frozen=True):
    """What somebody had of a programme before, within one limit's span: how many awards, how much money."""

    times: int = 0
    amount: int = 0


class Asked(msgspec.Struct, frozen=True):
    """All that is known of who buys what of whom, when and how.

    people, seller: what is true of them. way: 'in_person', 'online' ... used: by `limit_key`. taken: positions that other public money pays
    for already. earlier: what the person bought of such things in this shop today. handed_over: the old thing goes back.
    claimant, payer, recipient: who they are, as far as is known; only compared.
    """

    things: Sequence[Thing]
    at: datetime
    people: frozenset[str] = frozenset()
    seller: frozenset[str] = frozenset()
    district: str = ""
    way: str = ""
    used: Mapping[str, Used] = {}
    taken: frozenset[int] = frozenset()
    earlier: int = 0
    handed_over: bool = False
    claimant: str = ""
    payer: str = ""
    recipient: str = ""


class Step(msgspec.Struct, frozen=True):
    """A line of the explanation, with the amount it arrives at."""

    words: Words
    amount: int


class Award(msgspec.Struct, frozen=True):
    """What a programme pays: in all, and of which line. rule: the day its rule began to hold. rights: by `limit_key`, what it uses up.

    least: of the base, for the whole of what it pays of; nothing where each thing stands for itself.
    """

    programme: str
    rule: str
    source: str
    amount: int
    parts: tuple[tuple[int, int], ...]
    steps: tuple[Step, ...]
    rights: tuple[str, ...] = ()
    least: int = 0


class No(msgspec.Struct, frozen=True):
    """Why nothing is awarded: a stable code and a sentence."""

    code: str
    why: Words


def limit_key(limit: Limit, kind: str = "") -> str:
    """What `Asked.used` calls a limit's span; `kind`: of a limit for each kind of thing."""
    return f"{limit.per}/{limit.within}" + (f"/{kind}" if limit.per == "each" else "")


def judge(programme: Programme, asked: Asked, tz: tzinfo, schedule: int | None = None) -> Award | No:
    """What the rule in force at `asked.at` awards. `schedule`: the one a voucher is of; else each thing meets the first that names it."""
    rule = programme.rule_on(asked.at, tz)
    if rule is None:
        return No(
            "not_in_force", Words("No rule of this programme is in force now.", "该政策目前不在有效期内。")
        )
    if (no := _shut_out(rule, asked)) is not None:
        return no
    offered = rule.schedules if schedule is None else rule.schedules[schedule : schedule + 1]
    met = _met(rule, offered, asked)
    if not met:
        return No(
            "kind", Words("Nothing here is of a kind the programme pays for.", "订单中没有补贴范围内的商品。")
        )
    met, broken = _as_promised(rule, met)
    if broken is not None and not met:
        return broken
    whole = sum(_base(rule, thing) for _, things in met for thing in things) + asked.earlier
    parts: dict[int, int] = {}
    steps: list[Step] = []
    reasons: list[No] = [broken] if broken is not None else []
    for one, things in met:
        found = (
            _basket(rule, one, things, whole, steps)
            if one.of == "basket"
            else _items(rule, one, things, asked, steps)
        )
        if isinstance(found, No):
            reasons.append(found)
        else:
            parts |= found
    parts, no = _within_limits(rule, parts, asked, steps)
    if not any(parts.values()):
        return no or (reasons[0] if reasons else _nothing())
    given = tuple((position, amount) for position, amount in sorted(parts.items()) if amount)
    total = sum(amount for _, amount in given)
    rights = tuple(_rights(rule, offered, asked, dict(given)))
    least = max((int(one.least) for one, _ in met if one.of == "basket"), default=0)
    return Award(
        programme.id, rule.starts.isoformat(), rule.source, total, given, tuple(steps), rights, least
    )


def at_most(award: Award, most: int) -> Award:
    """The same award, but no more than what is set aside for it."""
    if award.amount <= most:
        return award
    parts = split(most, [amount for _, amount in award.parts])
    given = tuple((position, part) for (position, _), part in zip(award.parts, parts, strict=True) if part)
    return msgspec.structs.replace(award, amount=most, parts=given)


def _rights(rule: Rule, offered: Sequence[Schedule], asked: Asked, given: Mapping[int, int]) -> list[str]:
    counted = [limit for limit in rule.limits if limit.per == "each" and limit.count is not None]
    return [
        limit_key(limit, _kind(one, thing))
        for one, things in _met(rule, offered, asked)
        for thing in things
        if given.get(thing.position)
        for limit in counted
    ]


def _kind(one: Schedule, thing: Thing) -> str:
    return next((kind for kind in thing.kinds if kind in one.kinds), thing.kinds[0])


def _shut_out(rule: Rule, asked: Asked) -> No | None:
    if BARRED & (asked.people | asked.seller):
        return No("barred", Words("Barred from this programme for now.", "目前已被限制参与该政策。"))
    if missing := sorted(set(rule.people) - asked.people):
        return No(
            "person",
            Words(
                f"Only for people who are: {', '.join(missing)}.",
                f"仅限符合条件的人员：{'、'.join(missing)}。",
            ),
        )
    if missing := sorted(set(rule.sellers) - asked.seller):
        return No(
            "seller",
            Words(f"This seller is not: {', '.join(missing)}.", f"该商家不符合条件：{'、'.join(missing)}。"),
        )
    if rule.districts and asked.district not in rule.districts:
        return No(
            "district",
            Words("Only in: " + ", ".join(rule.districts), "仅限地区：" + "、".join(rule.districts)),
        )
    if rule.ways and asked.way not in rule.ways:
        return No("way", Words("Not in this way of buying.", "此购买方式不适用。"))
    if rule.trade_in and not asked.handed_over:
        return No("old", Words("An old one must be handed over.", "须交回旧机。"))
    if rule.same_person and (why := promises.one_person(asked.claimant, asked.payer, asked.recipient)):
        return No("person_differs", why)
    return None


def _met(rule: Rule, offered: Sequence[Schedule], asked: Asked) -> list[tuple[Schedule, list[Thing]]]:
    """Each schedule with the things that meet it first."""
    found: list[tuple[Schedule, list[Thing]]] = [(one, []) for one in offered]
    for thing in asked.things:
        if thing.position in asked.taken and not rule.beside:
            continue
        for one, things in found:
            if _names(one, thing):
                things.append(thing)
                break
    return [(one, things) for one, things in found if things]


def _as_promised(
    rule: Rule, met: list[tuple[Schedule, list[Thing]]]
) -> tuple[list[tuple[Schedule, list[Thing]]], No | None]:
    """Only the things whose price keeps what the seller promised for the programme; and why others do not."""
    if not rule.filed_price:
        return met, None
    no: No | None = None
    kept: list[tuple[Schedule, list[Thing]]] = []
    for one, things in met:
        good: list[Thing] = []
        for thing in things:
            broken = promises.broken(share(thing.seller, 1, thing.quantity), thing.filed, thing.lowest)
            if broken is None:
                good.append(thing)
            else:
                no = no or No(*broken)
        if good:
            kept.append((one, good))
    return kept, no


def _names(one: Schedule, thing: Thing) -> bool:
    return (
        ("*" in one.kinds or not set(one.kinds).isdisjoint(thing.kinds))
        and (not one.grades or thing.grade in one.grades)
        and (not one.vat or thing.vat in one.vat)
        and (not one.settings or thing.setting in one.settings)
    )


def _base(rule: Rule, thing: Thing) -> int:
    if rule.base == "loan_year":
        return share(thing.final, thing.days, _YEAR)
    return {"final": thing.final, "seller": thing.seller, "listed": thing.listed}[rule.base]


def _amount(rule: Rule, one: Schedule, base: int) -> int:
    """What a schedule gives for a base, before its cap."""
    if one.off is not None:
        return one.off
    part = share_down if rule.rounding == "down" else share
    return part(base, one.rate, 10_000) - part(base, one.fee, 10_000)


def _basket(
    rule: Rule, one: Schedule, things: list[Thing], whole: int, steps: list[Step]
) -> dict[int, int] | No:
    if whole < one.least:
        return No(
            "threshold",
            Words(f"Below the least amount of {one.least.text}.", f"未达到使用门槛 {one.least.text}。"),
        )
    if one.most is not None and whole > one.most:
        return _above(one)
    base = sum(_base(rule, thing) for thing in things)
    steps.append(Step(_BASE[rule.base], base))
    given = min(_amount(rule, one, base), sum(thing.final for thing in things))
    if one.cap is not None and given > one.cap:
        given = one.cap
        steps.append(Step(Words("Up to the cap", "按上限"), given))
    steps.append(Step(terms(one), given))
    weights = [thing.final for thing in things]
    return dict(zip([thing.position for thing in things], split(given, weights), strict=True))


def _items(
    rule: Rule, one: Schedule, things: list[Thing], asked: Asked, steps: list[Step]
) -> dict[int, int] | No:
    parts: dict[int, int] = {}
    no: No | None = None
    kinds_had: set[str] = set()
    for thing in things:
        units, refused = _units(rule, one, thing, asked, kinds_had)
        if refused is not None:
            no = no or refused
            continue
        each = share(_base(rule, thing), 1, thing.quantity)
        if each < one.least:
            no = no or No(
                "threshold",
                Words(f"Below the least amount of {one.least.text}.", f"未达到门槛 {one.least.text}。"),
            )
            continue
        if one.most is not None and each > one.most:
            no = no or _above(one)
            continue
        given = _amount(rule, one, each)
        steps.append(Step(_BASE[rule.base], each))
        if one.cap is not None and given > one.cap:
            given = one.cap
        steps.append(Step(terms(one), given))
        limit = thing.final if rule.base != "loan_year" else given * units
        parts[thing.position] = min(given * units, limit)
    return parts or no or _nothing()


def _units(rule: Rule, one: Schedule, thing: Thing, asked: Asked, had: set[str]) -> tuple[int, No | None]:
    """How many of a line may be paid for: a limit for each kind, and serial numbers, leave one."""
    units = thing.quantity
    if rule.unique_serial and units > 1:
        units = 1
    for limit in rule.limits:
        if limit.per != "each" or limit.count is None:
            continue
        kind = _kind(one, thing)
        left = limit.count - asked.used.get(limit_key(limit, kind), Used()).times - (kind in had)
        if left <= 0:
            return 0, No(
                "limit", Words("The right for this kind was used before.", "该品类的补贴资格已使用。")
            )
        units = min(units, left)
        had.add(kind)
    return units, None


def _within_limits(
    rule: Rule, parts: dict[int, int], asked: Asked, steps: list[Step]
) -> tuple[dict[int, int], No | None]:
    """What is left of the person's limits for the whole of it."""
    for limit in rule.limits:
        if limit.per != "person":
            continue
        used = asked.used.get(limit_key(limit), Used())
        if limit.count is not None and used.times >= limit.count:
            return {}, No("limit", Words("Used as often as is allowed.", "已达到可用次数。"))
        total = sum(parts.values())
        if limit.amount is not None and used.amount + total > limit.amount:
            left = max(0, limit.amount - used.amount)
            steps.append(Step(Words("What is left of the limit", "限额内剩余"), left))
            if not left:
                return {}, No("limit", Words("The limit is used up.", "限额已用完。"))
            keys = list(parts)
            parts = dict(zip(keys, split(left, [parts[key] for key in keys]), strict=True))
    return parts, None


_BASE = {
    "final": Words("What is paid after all discounts", "优惠后实付金额"),
    "seller": Words("The price after the seller's discounts", "商家优惠后价格"),
    "listed": Words("The listed price", "标价"),
    "loan_year": Words("A year's share of the loan", "贷款按年折算"),
}


def terms(one: Schedule) -> Words:
    """How much a schedule gives, in few words."""
    if one.off is not None:
        return Words(
            f"{one.off.text} off from {one.least.text}",
            f"满 {one.least.text} 减 {one.off.text}",
        )
    cap = "" if one.cap is None else f", at most {one.cap.text}"
    cap_zh = "" if one.cap is None else f"，最高 {one.cap.text}"
    fee = f" less {one.fee / 100:g} %" if one.fee else ""
    fee_zh = f"（扣 {one.fee / 100:g}% 手续费）" if one.fee else ""
    return Words(f"{one.rate / 100:g} %{fee}{cap}", f"{one.rate / 100:g}%{fee_zh}{cap_zh}")


def _above(one: Schedule) -> No:
    most = one.most.text if one.most is not None else ""
    return No("ceiling", Words(f"Nothing above a price of {most}.", f"价格超过 {most} 不予补贴。"))


def _nothing() -> No:
    return No("nothing", Words("Nothing is awarded.", "无可享受的补贴。"))


def schedule_for(rule: Rule, thing: Thing) -> Schedule | None:
    """The first schedule of a rule that names a thing."""
    return next((one for one in rule.schedules if _names(one, thing)), None)
