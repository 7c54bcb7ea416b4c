"""Labels: the closed list of short claims an item may carry, what each means, and who may say it.

A claim a seller can be held to at the counter is the seller's; one that a certificate or a public list stands behind is
given by whoever keeps that list. Nobody invents labels: a buyer who filters by one must find one meaning.
"""

# ruff: noqa: E501  (one label, one line)

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from highstreet.catalog.errors import LabelNotYours, LabelUnknown
from highstreet.kit.text import Words

By = Literal["seller", "operator", "officer"]

_WHO = {"operator": ("the market's operator", "市场运营方"), "officer": ("the city", "市政府")}


class Label(msgspec.Struct, frozen=True):
    """`by`: the least power needed to set it; the city may set all, the operator all but the city's."""

    code: str
    name: Words
    means: Words
    by: By = "seller"


def _label(code: str, en: str, zh: str, means: str, means_zh: str, by: By = "seller") -> Label:
    return Label(code, Words(en, zh), Words(means, means_zh), by)


LABELS: dict[str, Label] = {
    label.code: label
    for label in (
        _label("local", "From here", "本地产", "Grown or made in this town.", "在本市种植或生产。"),
        _label("handmade", "Handmade", "手工制作", "Made by hand, piece by piece.", "逐件手工制作。"),
        _label("fresh_today", "Fresh today", "当日鲜", "Picked, baked or cooked on the day it is sold.", "当日采摘、烘焙或烹制。"),
        _label("vegetarian", "Vegetarian", "素食", "No meat, fish or poultry in it.", "不含肉类、鱼类和禽类。"),
        _label("no_added_sugar", "No added sugar", "未添加糖", "No sugar was added when it was made.", "生产中未添加糖。"),
        _label("age_friendly", "Easy for elders", "适老", "Large print, easy grip, simple to use.", "大字、易握、操作简单。"),
        _label("student", "For students", "学生适用", "Made or priced for students.", "为学生设计或定价。"),
        _label("refurbished", "Refurbished", "翻新", "Used before; checked, repaired and told so.", "曾使用，已检修并如实告知。"),
        _label("second_hand", "Second-hand", "二手", "Used before and sold as it is.", "曾使用，按现状出售。"),
        _label("export_quality", "Export quality", "同线同标同质", "Made on the same line, to the same standard and quality as for export.",
               "内外销产品同线生产、同标准、同质量。", "operator"),
        _label("infant", "For infants", "婴幼儿适用", "Meets the safety rules for children under three.", "符合三岁以下婴幼儿安全要求。", "operator"),
        _label("green", "Green", "绿色产品", "Carries a green product certificate.", "持有绿色产品认证。", "operator"),
        _label("organic", "Organic", "有机", "Carries an organic certificate.", "持有有机产品认证。", "operator"),
        _label("certified", "Certified", "自愿性认证", "Carries a certificate of quality the operator has seen.", "持有已核验的质量认证。", "operator"),
        _label("heritage", "Living heritage", "非遗", "Made by a listed keeper of a craft.", "由非物质文化遗产代表性传承人制作。", "officer"),
        _label("time_honoured", "Time-honoured", "老字号", "From a shop on the list of time-honoured brands.", "来自老字号名录企业。", "officer"),
        _label("trade_in", "Trade-in subsidy", "以旧换新补贴", "On the city's list for trade-in subsidies.", "列入以旧换新补贴目录。", "officer"),
    )
}  # fmt: skip

_RANK: dict[By, int] = {"seller": 0, "operator": 1, "officer": 2}


def check_labels(wanted: Iterable[str], by: By = "seller", kept: Iterable[str] = ()) -> list[str]:
    """The labels in their fixed order. `kept` are those the item has already: one may keep what another has given.

    Errors: `LabelUnknown`, `LabelNotYours`.
    """
    asked, before = set(wanted), set(kept)
    for code in sorted(asked):
        label = LABELS.get(code)
        if label is None:
            raise LabelUnknown(label=code[:40])
        if _RANK[label.by] > _RANK[by] and code not in before:
            who, who_zh = _WHO[label.by]
            raise LabelNotYours(name=label.name.en, name_zh=label.name.zh, who=who, who_zh=who_zh)
    return [code for code in LABELS if code in asked]
