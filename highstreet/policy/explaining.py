"""Explaining: what a programme's file says, in plain sentences of both languages. Pure; every field that says something is said.

A field nobody wrote a sentence for yet is told by its name and its value, so that no rule ever holds a silent clause.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from highstreet.kit.text import Words
from highstreet.policy.instruments import Limit, Programme, Rule, Schedule

Topic = Literal["when", "who", "where", "what", "how_much", "limits", "beside", "return", "source", "more"]


class Point(msgspec.Struct, frozen=True):
    """One sentence of a rule, under what it is about."""

    topic: Topic
    words: Words


class Told(msgspec.Struct, frozen=True):
    """A rule in plain words. ends: the day it holds no more."""

    starts: date
    ends: date
    pause: bool
    points: tuple[Point, ...]


PEOPLE = {
    "person": Words("anybody, as a person", "任何自然人"),
    "verified": Words("people whose identity was verified", "已实名核验的人员"),
    "visitor": Words("visitors from abroad", "境外旅客"),
    "here": Words("people who are in the city when they claim", "领取时身在本市的人员"),
    "disability_moderate": Words(
        "people with a moderate or worse disability", "经评估为中度及以上失能的老年人"
    ),
}
SELLERS = {
    "enrolled": Words("sellers that take part", "参与本政策的商家"),
    "food": Words("places to eat", "餐饮商家"),
    "care": Words("care homes and carers", "养老服务机构"),
    "price_filed": Words("sellers that filed their prices", "已备案价格的商家"),
    "refund_shop": Words("shops registered for tax refund", "退税备案商店"),
}
WAYS = {
    "in_person": Words("on the spot", "到店"),
    "online": Words("online", "线上"),
    "home": Words("at one's home", "上门"),
}
SETTINGS = {
    "home": Words("at home", "居家"),
    "day_care": Words("in day care", "日间照料"),
    "institution": Words("in an institution", "机构"),
}
PURPOSES = {
    "price": Words("the price of goods and services", "商品和服务价款"),
    "delivery": Words("delivery", "配送费"),
    "deposit": Words("a deposit", "押金"),
}
PROOFS = {
    "serial": Words("the serial number", "序列号"),
    "photo_new": Words("a picture of the new one", "新品照片"),
    "photo_old": Words("a picture of the old one", "旧品照片"),
    "invoice": Words("the invoice", "发票"),
    "delivery": Words("proof of delivery", "签收凭证"),
}
_BASE = {
    "final": Words("what is paid after all discounts", "扣除各项优惠后的实付金额"),
    "seller": Words("the price after the seller's own discounts", "商家自身优惠后的价格"),
    "listed": Words("the listed price", "标价"),
    "loan_year": Words(
        "the loan's principal for the part of a year it runs", "贷款本金（按实际用款天数折算）"
    ),
}
_WITHIN = {
    "batch": Words("a round", "每轮"),
    "day": Words("a day", "每天"),
    "month": Words("a month", "每月"),
    "year": Words("a year", "每年"),
    "ever": Words("ever", "终身"),
}


def explain(programme: Programme, kinds: Mapping[str, Words] | None = None) -> list[Told]:
    """Each rule of a programme in plain words, in the order they hold. kinds: what categories are called."""
    names = kinds or {}
    return [Told(rule.starts, rule.ends, rule.pause, tuple(_points(rule, names))) for rule in programme.rules]


def _points(rule: Rule, names: Mapping[str, Words]) -> Iterable[Point]:
    last = rule.ends - timedelta(days=1)
    yield Point("when", Words(f"From {rule.starts} to {last}.", f"自 {rule.starts} 至 {last}。"))
    if rule.pause:
        yield Point("when", Words("In these days nothing is awarded: a pause.", "期间暂停，不予补贴。"))
    else:
        if rule.days is not None:
            good = Words(f"A voucher is good for {_days(rule.days)}.", f"领取后 {rule.days} 天内有效。")
            yield Point("when", good)
        yield from _who(rule)
        yield from _where(rule)
        yield from _how_much(rule, names)
        yield from _limits(rule)
        yield from _return(rule)
    if rule.note:
        yield Point("more", Words(f"Note: {rule.note}", f"备注：{rule.note}"))
    yield Point("source", Words(f"Source: {rule.source}", f"依据：{rule.source}"))
    yield from _rest(rule, Rule, _SAID)


def _who(rule: Rule) -> Iterable[Point]:
    people = _named(rule.people, PEOPLE)
    yield Point(
        "who",
        Words(f"For {people.en}.", f"面向{people.zh}。")
        if rule.people
        else Words("For everybody.", "面向所有人。"),
    )
    if rule.stay_days is not None:
        yield Point(
            "who",
            Words(
                f"Only who has stayed no longer than {rule.stay_days} days.",
                f"连续居住不超过 {rule.stay_days} 天。",
            ),
        )
    if rule.leave_days is not None:
        yield Point(
            "who",
            Words(
                f"Only who leaves within {rule.leave_days} days of buying.",
                f"购物之日起 {rule.leave_days} 天内离境。",
            ),
        )


def _where(rule: Rule) -> Iterable[Point]:
    sellers = _named(rule.sellers, SELLERS, " that are also ", "，且为")
    yield Point(
        "where",
        Words(f"At {sellers.en}.", f"适用于{sellers.zh}。")
        if rule.sellers
        else Words("At every seller.", "适用于所有商家。"),
    )
    if rule.districts:
        yield Point(
            "where",
            Words(f"Only in: {', '.join(rule.districts)}.", f"仅限地区：{'、'.join(rule.districts)}。"),
        )
    if rule.ways:
        ways = _named(rule.ways, WAYS, ", ", "、")
        yield Point(
            "where",
            Words(f"Only when bought in this way: {ways.en}.", f"仅限以下方式：{ways.zh}。"),
        )


def _how_much(rule: Rule, names: Mapping[str, Words]) -> Iterable[Point]:
    yield Point(
        "what", Words(f"It is reckoned from {_BASE[rule.base].en}.", f"以{_BASE[rule.base].zh}为计算基数。")
    )
    paid = _named(rule.purposes, PURPOSES, ", ", "、")
    yield Point("what", Words(f"It may pay for: {paid.en}.", f"可用于支付：{paid.zh}。"))
    if rule.trade_in:
        yield Point("what", Words("An old one must be handed over.", "须交售旧品。"))
    for schedule in rule.schedules:
        yield Point("how_much", _schedule(schedule, names))
        for point in _rest(schedule, Schedule, _SAID_OF_SCHEDULE):
            yield Point("how_much", point.words)
    yield Point(
        "how_much",
        Words("Amounts are rounded to the nearest fen.", "金额四舍五入到分。")
        if rule.rounding == "half_up"
        else Words("Amounts are rounded down to the fen.", "金额舍去不足一分的部分。"),
    )


def _days(n: int) -> str:
    return "1 day" if n == 1 else f"{n} days"


def _schedule(one: Schedule, names: Mapping[str, Words]) -> Words:
    for_en, for_zh = _for(one, names)
    per_en, per_zh = ("the whole basket", "整单") if one.of == "basket" else ("each item", "每件")
    least = (f" from {_yuan(one.least)} on", f"满 {_yuan(one.least)} 元") if one.least else ("", "")
    most = ("", "")
    if one.most is not None:
        most = (f", up to a price of {_yuan(one.most)}", f"，价格不超过 {_yuan(one.most)} 元")
    if one.off is not None:
        gives = (f"{_yuan(one.off)} off", f"减 {_yuan(one.off)} 元")
    else:
        gives = (f"{_percent(one.rate)} of it", f"按 {_percent(one.rate)} 补贴")
    if one.fee:
        fee = _percent(one.fee)
        gives = (f"{gives[0]}, less a fee of {fee} of the same", f"{gives[1]}，扣除 {fee} 手续费")
    cap = (f", at most {_yuan(one.cap)}", f"，最高 {_yuan(one.cap)} 元") if one.cap is not None else ("", "")
    return Words(
        f"For {for_en}: {gives[0]}, for {per_en}{least[0]}{most[0]}{cap[0]}.",
        f"{for_zh}：{per_zh}{least[1]}{most[1]}{'，' if least[1] or most[1] else ''}{gives[1]}{cap[1]}。",
    )


def _for(one: Schedule, names: Mapping[str, Words]) -> tuple[str, str]:
    if "*" in one.kinds:
        en, zh = "all goods and services", "全部商品和服务"
    else:
        found = _named(one.kinds, names, ", ", "、")
        en, zh = found.en, found.zh
    if one.grades:
        marks = ", ".join(map(str, one.grades))
        en, zh = f"{en} of energy grade {marks}", f"{zh}（能效 {marks} 级）"
    if one.vat:
        rates = ", ".join(map(_percent, one.vat))
        en, zh = f"{en} with {rates} VAT in the price", f"{zh}（增值税率 {rates}）"
    if one.settings:
        where = _named(one.settings, SETTINGS, ", ", "、")
        en, zh = f"{en}, given {where.en}", f"{zh}（{where.zh}）"
    return en, zh


def _limits(rule: Rule) -> Iterable[Point]:
    for limit in rule.limits:
        yield Point("limits", _limit(limit))
        for point in _rest(limit, Limit, {"per", "within", "count", "amount"}):
            yield Point("limits", point.words)
    more = Words(
        f"At most {rule.per_order} of this programme in one order.", f"每单最多使用 {rule.per_order} 张。"
    )
    yield Point("limits", more)
    if rule.unique_serial:
        yield Point(
            "limits",
            Words("One serial number is paid for once, for ever.", "每个序列号（SN/IMEI）仅可补贴一次。"),
        )
    yield from _proof(rule)
    if rule.cash_most is not None:
        yield Point(
            "limits",
            Words(
                f"Paid in cash up to {_yuan(rule.cash_most)}, above by transfer.",
                f"现金支付不超过 {_yuan(rule.cash_most)} 元，超过部分转账。",
            ),
        )
    yield Point(
        "beside",
        Words("It may come on top of other public money.", "可与其他财政补贴叠加。")
        if rule.beside
        else Words("Not for what other public money pays for already.", "不与其他财政补贴同享（同一商品）。"),
    )


def _proof(rule: Rule) -> Iterable[Point]:
    if rule.imei:
        kinds = ", ".join(rule.imei)
        words = Words(f"The number is an IMEI for: {kinds}.", f"以 IMEI 为序列号的品类：{kinds}。")
        yield Point("limits", words)
    if rule.same_person:
        words = Words("Who claims also pays, and has it delivered.", "领取人、付款人、收货人须为同一人。")
        yield Point("limits", words)
    if rule.filed_price:
        words = Words(
            "Only at a price no higher than the seller filed, nor than its lowest of the last 7 days.",
            "售价不得高于商家备案价，也不得高于近 7 日最低价。",
        )
        yield Point("limits", words)
    if rule.evidence:
        shown = _named(rule.evidence, PROOFS, ", ", "、")
        words = Words(f"Of each thing the seller shows: {shown.en}.", f"商家须逐件提交：{shown.zh}。")
        yield Point("limits", words)
    if rule.evidence_hours is not None:
        hours = rule.evidence_hours
        words = Words(f"Shown within {hours} hours of handing over.", f"须在交付后 {hours} 小时内提交凭证。")
        yield Point("limits", words)


def _limit(limit: Limit) -> Words:
    within = _WITHIN[limit.within]
    per = {
        "person": Words("Each person", "每人"),
        "each": Words("Each person, for each kind of thing", "每人每类"),
        "serial": Words("Each serial number", "每个序列号"),
    }[limit.per]
    had_en, had_zh = [], []
    if limit.count is not None:
        had_en.append("once" if limit.count == 1 else f"{limit.count} times")
        had_zh.append(f"{limit.count} 次")
    if limit.amount is not None:
        had_en.append(f"up to {_yuan(limit.amount)}")
        had_zh.append(f"合计不超过 {_yuan(limit.amount)} 元")
    return Words(
        f"{per.en}: {' and '.join(had_en) or 'without a limit'} {within.en}.",
        f"{per.zh}{within.zh} {'、'.join(had_zh) or '不限'}。",
    )


def _return(rule: Rule) -> Iterable[Point]:
    to = (
        ("back to the treasury", "退回财政")
        if rule.on_return == "treasury"
        else ("back to the programme's budget", "退回政策预算")
    )
    right = (
        ("the right stays used", "资格视为已使用")
        if rule.quota == "used"
        else ("the right comes back too", "资格同时恢复")
    )
    yield Point(
        "return",
        Words(
            f"When something is sent back, its public money goes {to[0]}, and {right[0]}.",
            f"退货时补贴{to[1]}，{right[1]}。",
        ),
    )


# What has a sentence of its own; whatever else a file may say one day is told by its name.
_SAID = frozenset(
    """starts ends source pause note base people sellers districts ways purposes beside days per_order rounding on_return quota trade_in
    unique_serial imei same_person filed_price evidence evidence_hours cash_most leave_days stay_days limits schedules""".split()
)
_SAID_OF_SCHEDULE = frozenset("kinds grades vat settings of least most off rate fee cap".split())


def _rest(told: msgspec.Struct, kind: type[msgspec.Struct], said: Iterable[str]) -> Iterable[Point]:
    known = set(said)
    for field in msgspec.structs.fields(kind):
        value = getattr(told, field.name)
        if field.name not in known and value != field.default:
            shown = msgspec.json.encode(value, enc_hook=int).decode()
            words = Words(f"{field.encode_name}: {shown}.", f"{field.encode_name}：{shown}。")
            yield Point("more", words)


def _named(values: Sequence[str], names: Mapping[str, Words], en: str = " and ", zh: str = "、") -> Words:
    found = [names.get(value, Words(value.replace("_", " "), value)) for value in values]
    return Words(en.join(one.say("en") for one in found), zh.join(one.say("zh") for one in found))


def _yuan(minor: int) -> str:
    whole, part = divmod(minor, 100)
    return f"{whole:,}" + (f".{part:02}" if part else "")


def _percent(bps: int) -> str:
    return f"{bps / 100:g}%"
