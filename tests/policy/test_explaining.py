"""A rule in plain words: no field of a file is silent, in either language."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from highstreet import policy
from highstreet.kit.text import Words
from highstreet.policy.explaining import explain
from highstreet.policy.instruments import Bps, Limit, Minor, Programme, Rule, Schedule

FILES = sorted((Path(policy.__file__).parent / "programmes").glob("*.toml"))
LIMIT = Limit(per="person", within="batch", count=1)
SCHEDULE = Schedule(least=Minor(30_000), off=Minor(5_000))
RULE = Rule(
    starts=date(2026, 1, 1), ends=date(2027, 1, 1), source="a notice", limits=(LIMIT,), schedules=(SCHEDULE,)
)
# What a field may say instead of what it says above; a field that is not here is given something by its kind.
OTHER: dict[str, Any] = {
    "starts": date(2025, 5, 5), "ends": date(2028, 1, 1), "base": "listed", "rounding": "down", "on_return": "treasury", "quota": "used",
    "per": "serial", "within": "year", "of": "basket", "limits": (), "schedules": (), "least": Minor(7), "off": Minor(1), "rate": Bps(1),
    "fee": Bps(1), "vat": (Bps(900),), "grades": (2,),
}  # fmt: skip


def said(rule: Rule, lang: str) -> list[str]:
    programme = Programme(id="a", name=Words("A", "甲"), kind="voucher", currency="CNY", rules=(rule,))
    (told,) = explain(programme)
    return [point.words.say(lang) for point in told.points]


def other(field: msgspec.structs.FieldInfo, now: object) -> object:
    """Something else than what a field says now."""
    if field.name in OTHER:
        return OTHER[field.name]
    if isinstance(now, bool):
        return not now
    if isinstance(now, int):
        return type(now)(now + 1)
    if isinstance(now, tuple):
        return ("something",)
    if isinstance(now, str):
        return "something else"
    return Minor(12_345)


CASES = [(kind, field) for kind in (Rule, Schedule, Limit) for field in msgspec.structs.fields(kind)]


@pytest.mark.parametrize(
    ("kind", "field"), CASES, ids=lambda one: getattr(one, "name", getattr(one, "__name__", ""))
)
def test_no_field_is_silent(kind: type[msgspec.Struct], field: msgspec.structs.FieldInfo) -> None:
    at: msgspec.Struct = RULE if kind is Rule else SCHEDULE if kind is Schedule else LIMIT
    if kind is Schedule and field.name in ("rate", "fee"):
        at = Schedule(rate=Bps(1_500))
    changed: Any = msgspec.structs.replace(at, **{field.name: other(field, getattr(at, field.name))})

    def whole(one: Any) -> Rule:
        if kind is Rule:
            return one
        return msgspec.structs.replace(RULE, **{"schedules" if kind is Schedule else "limits": (one,)})

    for lang in ("en", "zh"):
        assert said(whole(at), lang) != said(whole(changed), lang), f"{field.name} is not said in {lang}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_shipped_programmes_read_as_sentences(file: Path) -> None:
    programme = policy.instruments.read(file.read_text(encoding="utf-8"))
    for told in explain(programme):
        for point in told.points:
            assert point.words.en.endswith((".", ")")) or point.topic in ("source", "more")
            assert point.words.zh.endswith(("。", ")")) or point.topic in ("source", "more")
        assert {point.topic for point in told.points} >= {
            "when",
            "who",
            "where",
            "what",
            "how_much",
            "limits",
            "beside",
            "return",
            "source",
        }


def test_a_voucher_in_the_words_people_use() -> None:
    assert "For all goods and services: 50 off, for each item from 300 on." in said(RULE, "en")
    assert "全部商品和服务：每件满 300 元，减 50 元。" in said(RULE, "zh")
    assert "Each person: once a round." in said(RULE, "en")
    assert "每人每轮 1 次。" in said(RULE, "zh")
