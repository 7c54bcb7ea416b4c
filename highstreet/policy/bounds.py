"""Bounds: from where on a pattern is worth a person's look, each number with its reason. Data: a town changes it here, with a reason."""

# ruff: noqa: E501  (a sentence in both languages, one line)

from __future__ import annotations

import msgspec

from highstreet.kit.text import Words


class Bound(msgspec.Struct, frozen=True):
    """A number that separates what people ordinarily do from what somebody should look at."""

    value: int
    why: Words


# fmt: off
BOUNDS: dict[str, Bound] = {
    "window_days": Bound(30, Words("What happened longer ago was screened before.", "更早的记录此前已筛查。")),
    "again": Bound(3, Words("Once something was decided, so many new cases make a new question; what was dismissed stays dismissed.", "已有结论后，新出现这么多笔才重新提示；已认定不成立的不再计入。")),
    "ring_people": Bound(6, Words("Three generations under one roof are five people or fewer nearly everywhere, and they do share a phone.", "三代同堂一般不超过五人，且家人共用手机属正常。")),
    "ring_address_people": Bound(10, Words("Where only an address and a day are shared, a large family or a shared flat must not be meant.", "仅地址和日期相同时，不能把大家庭或合租误判。")),
    "ring_density": Bound(50, Words("Of a hundred pairs so many share something: acquaintances form chains, rings form knots.", "每百对中相互关联的对数：熟人成链，团伙成结。")),
    "ring_tightness": Bound(150, Words("An address alone counts 100, so it is never enough: dormitories and offices have one too.", "仅共用地址计 100 分，单凭地址不足为据：宿舍、单位也共用地址。")),
    "ring_public": Bound(60, Words("An address or spot that more people share is a public one: a school, a hospital, a locker.", "更多人共用的地址视为公共场所：学校、医院、快递柜。")),
    "self_times": Bound(3, Words("Who works in a shop also buys there now and then.", "店员偶尔在本店消费属正常。")),
    "self_all": Bound(12, Words("A shop's people together; each of them below what is asked about one.", "全店相关人员合计；单人均未达提示笔数时。")),
    "raise_percent": Bound(5, Words("Smaller changes are what prices do.", "更小的变动属正常价格波动。")),
    "raise_days": Bound(7, Words("The promise of the trade-in rules looks back seven days.", "以旧换新规则的价格承诺以七日为期。")),
    "raise_times": Bound(3, Words("A single sale after a new price list is a coincidence.", "调价后偶有一单属巧合。")),
    "split_orders": Bound(3, Words("Two purchases on one day are a thing that was forgotten.", "一天买两次多半是忘了东西。")),
    "split_hours": Bound(24, Words("One errand, cut up, is done within a day.", "拆分的交易通常在一天内完成。")),
    "split_percent": Bound(10, Words("So near to the least amount, or to the most, it was aimed at.", "距门槛或上限如此之近，属刻意凑单。")),
    "burst_least": Bound(20, Words("Fewer say nothing about a clerk.", "数量过少不足以判断。")),
    "burst_peers": Bound(5, Words("What is usual is known from at least so many other tills.", "至少要有这么多其他收银员作比较。")),
    "burst_z": Bound(60, Words("In tenths: six times as far from the middle as the middle half of all tills is, seen in less than one of a million.", "以十分之一计：偏离中位数六倍稳健标准差，正常情况下百万分之一不到。")),
    "cycle_times": Bound(3, Words("Goods do not fit twice.", "退两次货可能只是不合适。")),
}
# fmt: on

# What each pattern is called.
PATTERNS: dict[str, Words] = {
    "ring": Words("People who share too much", "多人关联异常"),
    "self": Words("Redeemed at one's own shop", "本店人员自核销"),
    "raise": Words("Raised, then subsidised", "先涨价后补贴"),
    "split": Words("One errand, cut into several", "拆单凑额"),
    "burst": Words("A till unlike all others", "收银核销异常集中"),
    "cycle": Words("Redeemed and given back", "反复核销退货"),
}
# What a shared thing says of two people: an account or a phone is lent to few, an address to all who live there.
WEIGHTS: dict[str, int] = {"account": 300, "device": 200, "phone": 200, "address": 100, "drop": 100}
STRONG = frozenset({"account", "device", "phone"})
LINKS: dict[str, Words] = {
    "account": Words("a payment account", "支付账户"),
    "device": Words("a device", "设备"),
    "phone": Words("a phone number", "手机号"),
    "address": Words("an address", "地址"),
    "drop": Words("place and day of delivery", "收货地点和日期"),
}


def bound(name: str) -> int:
    """A bound's number."""
    return BOUNDS[name].value
