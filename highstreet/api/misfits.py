"""What does not fit a body, query or path, in words and in both languages: which field, what is expected there, what came.

The decoder says it in one English sentence made for programmers of this code. Here every such sentence has its like for people;
one that has none would be said in general words, never passed on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from highstreet.kit.text import Words


class Misfit(NamedTuple):
    """`pointer`: where, as RFC 6901 says it, "" for the whole; `words`: the whole sentence, the field's name first."""

    pointer: str
    words: Words


_Found = re.Match[str]
_KINDS: Mapping[str, tuple[str, str]] = {
    "int": ("a whole number", "整数"),
    "float": ("a number", "数字"),
    "str": ("text", "文本"),
    "bool": ("true or false", "是或否（true 或 false）"),
    "null": ("nothing (null)", "空值（null）"),
    "array": ("a list", "列表"),
    "object": ("an object with named fields", "对象"),
    "bytes": ("base64 text", "base64 文本"),
    "datetime": ("a date with a time", "日期时间"),
    "date": ("a date", "日期"),
    "time": ("a time of day", "时间"),
    "duration": ("a length of time", "时长"),
    "uuid": ("a UUID", "UUID"),
    "decimal": ("a decimal number", "小数"),
}
_CAME: Mapping[str, tuple[str, str]] = {**_KINDS, "float": ("a number with a fraction", "带小数的数字")}
_LIMITS: Mapping[str, tuple[str, str]] = {
    ">=": ("at least {0}", "不小于 {0}"),
    "<=": ("at most {0}", "不大于 {0}"),
    ">": ("more than {0}", "大于 {0}"),
    "<": ("less than {0}", "小于 {0}"),
}
_ENCODED: Mapping[str, tuple[str, str]] = {
    "RFC3339 encoded datetime": (
        "a date with a time is expected, such as 2026-11-22T08:30:00Z",
        "应为日期时间，例如 2026-11-22T08:30:00Z",
    ),
    "RFC3339 encoded date": ("a date is expected, such as 2026-11-22", "应为日期，例如 2026-11-22"),
    "RFC3339 encoded time": ("a time of day is expected, such as 08:30:00", "应为时间，例如 08:30:00"),
    "ISO8601 duration": ("a length of time is expected, such as PT30M", "应为时长，例如 PT30M"),
    "base64 encoded string": ("base64 text is expected", "应为 base64 文本"),
    "UUID": ("a UUID is expected", "应为 UUID"),
    "decimal string": ("a decimal number is expected", "应为小数"),
    "epoch timestamp": ("a date with a time is expected", "应为日期时间"),
}
_ENOUGH = 80  # letters of what was sent that are said again


def misfit(said: str, where: str) -> Misfit:
    """The decoder's sentence about a place (`lines[0].quantity`, "" for the whole), in words."""
    for pattern, speak in _SENTENCES:
        found = pattern.fullmatch(said)
        if found is not None:
            missing = found["field"] if "field" in pattern.groupindex else ""
            name = ".".join(part for part in (where, missing) if part)
            en, zh = speak(found)
            return Misfit(pointer(name), _named(name, en, zh))
    return Misfit(pointer(where), _named(where, *_GENERAL))


def from_decoder(sentence: str) -> Misfit:
    """The same for a whole sentence of the decoder, which names the place at its end."""
    found = _PLACE.fullmatch(sentence)
    if found is None:
        return misfit(sentence, "")
    return misfit(found["said"], found["where"].removeprefix("$").removeprefix("."))


def pointer(where: str) -> str:
    """`lines[0].quantity` as the pointer `/lines/0/quantity`."""
    parts = [part for part in re.split(r"[.\[\]]+", where) if part]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _named(name: str, en: str, zh: str) -> Words:
    if not name:
        return Words(en=f"The body as a whole: {en}.", zh=f"请求内容整体：{zh}。")
    return Words(en=f"{name}: {en}.", zh=f"{name}：{zh}。")


def _kinds(found: str, known: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """`int | str` in words."""
    each = [known.get(one, ("something else", "其他内容")) for one in found.split(" | ")]
    return " or ".join(en for en, _ in each), "或".join(zh for _, zh in each)


def _other_kind(found: _Found) -> tuple[str, str]:
    wanted, came = _kinds(found["kind"], _KINDS), _kinds(found["came"], _CAME)
    return f"{wanted[0]} is expected here, not {came[0]}", f"此处应为{wanted[1]}，而不是{came[1]}"


def _kind(found: _Found) -> tuple[str, str]:
    wanted = _kinds(found["kind"], _KINDS)
    return f"{wanted[0]} is expected here", f"此处应为{wanted[1]}"


def _limited(found: _Found) -> tuple[str, str]:
    wanted, limit = _kinds(found["kind"], _KINDS), _LIMITS[found["sign"]]
    en, zh = (one.format(_number(found["limit"])) for one in limit)
    return f"{wanted[0]} is expected here, {en}", f"此处应为{wanted[1]}，且{zh}"


def _number(text: str) -> str:
    return text.removesuffix(".0")


def _sized(found: _Found) -> tuple[str, str]:
    """Text by its letters, lists and objects by their entries."""
    size = found["size"]
    match found["kind"], found["sign"]:
        case "str", ">=" if size == "1":
            return "this must not be empty", "不能为空"
        case "str", ">=":
            return f"this is too short: at least {size} letters", f"内容过短，至少 {size} 个字符"
        case "str", _:
            return f"this is too long: at most {size} letters", f"内容过长，最多 {size} 个字符"
        case _, "<=" | "at most":
            return f"this has too many entries: at most {size}", f"条目过多，最多 {size} 个"
        case _, ">=" | "at least":
            return f"this has too few entries: at least {size}", f"条目过少，至少 {size} 个"
        case _:
            return f"exactly {size} entries are expected here", f"此处应恰好有 {size} 个条目"


def _encoded(found: _Found) -> tuple[str, str]:
    return _ENCODED[found["what"]]


def _unknown_value(found: _Found) -> tuple[str, str]:
    value = found["value"][:_ENOUGH]
    return f"{value} is not one of the values known here", f"{value} 不是此处可用的值"


def _always(en: str, zh: str) -> Callable[[_Found], tuple[str, str]]:
    return lambda _: (en, zh)


_GENERAL = ("this does not fit what is expected here", "内容不符合要求")
_PLACE = re.compile(r"(?P<said>.*) - at (?:`key` in )?`(?P<where>\$.*)`", re.DOTALL)
_SENTENCES: list[tuple[re.Pattern[str], Callable[[_Found], tuple[str, str]]]] = [
    (re.compile(pattern, re.DOTALL), speak)
    for pattern, speak in (
        (r"Object missing required field `(?P<field>.*)`", _always("this is missing", "缺少此必填项")),
        (r"Object contains unknown field `(?P<field>.*)`", _always("this is not known here", "没有此字段")),
        (r"Missing required .* parameter '(?P<field>[^']*)'.*", _always("this is missing", "缺少此必填项")),
        (r"Expected `(?P<kind>[^`]*)`, got `(?P<came>[^`]*)`", _other_kind),
        (r"Expected `(?P<kind>int|float|decimal)` (?P<sign>[<>]=?) (?P<limit>\S+)", _limited),
        (r"Expected `(?P<kind>\w+)` of length (?P<sign>[<>]=) (?P<size>\d+)", _sized),
        (r"Expected `(?P<kind>array)` of (?P<sign>at least|at most) length (?P<size>\d+).*", _sized),
        (r"Expected `(?P<kind>array)` of (?P<sign>length) (?P<size>\d+).*", _sized),
        (
            r"Expected `str` matching regex .*",
            _always("this holds letters that are not taken here", "含有此处不允许的字符"),
        ),
        (
            r"Expected `(?:datetime|time)` with a timezone component",
            _always("the time zone is missing, such as Z or +08:00", "缺少时区，例如 Z 或 +08:00"),
        ),
        (
            r"Expected `(?:datetime|time)` with no timezone component",
            _always("a time without a time zone is expected", "应为不带时区的时间"),
        ),
        (r"Expected `(?P<kind>[^`]*)`.*", _kind),
        (r"Invalid (?P<what>" + "|".join(_ENCODED) + ")", _encoded),
        (r"Invalid (?:enum )?value (?P<value>.*)", _unknown_value),
        (r"Invalid number.*", _always("this is no number", "不是有效的数字")),
        (
            r"(?:Integer value|Number|Timestamp|Duration)(?: is)? out of range.*",
            _always("this is beyond what can be kept", "数值超出范围"),
        ),
        (
            r"Input data was truncated",
            _always("the JSON ends too early, or there is none", "JSON 不完整或缺失"),
        ),
        (
            r"JSON is malformed: .*\(byte (?P<byte>\d+)\)",
            lambda found: (
                f"this is not JSON, from byte {found['byte']} on",
                f"不是有效的 JSON（自第 {found['byte']} 字节起）",
            ),
        ),
        (r"Invalid UTF-8.*|'utf-8' codec .*", _always("the text is not UTF-8", "文本不是 UTF-8 编码")),
        (r"a JSON body is missing", _always("a JSON body is missing", "缺少 JSON 请求体")),
        (r"nested too deeply", _always("it is nested too deeply", "嵌套层数过多")),
        (
            r"unkeepable",
            _always("it holds letters or numbers the market cannot keep", "含有无法保存的字符或数值"),
        ),
    )
]
