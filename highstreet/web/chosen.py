"""What a buyer chose besides how many, in words: options and answers, the ends of a way by the places near them, a wish as written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from highstreet.kit.db import Tx
from highstreet.kit.geo import Point, metres
from highstreet.kit.text import Words
from highstreet.market.views.choosing import Spot, spots
from highstreet.market.work import Work

_NEAR_M = 150


async def chosen(
    tx: Tx, work: Work, wishes: Mapping[str, Mapping[str, Any]], lang: str
) -> dict[int, list[str]]:
    """By line, a sentence for each thing that was chosen. `wishes`: what was sealed with the contact, by offer."""
    told = {line.position: {**(line.choice or {}), **wishes.get(line.offer_id, {})} for line in work.lines}
    known = await spots(tx) if any("route" in each for each in told.values()) else []
    return {position: _sentences(each, known, lang) for position, each in told.items()}


_OLD = {
    "fridge": Words("a refrigerator", "冰箱"), "washer": Words("a washing machine", "洗衣机"), "tv": Words("a television", "电视"),
    "air_conditioner": Words("an air conditioner", "空调"), "water_heater": Words("a water heater", "热水器"),
    "computer": Words("a computer", "电脑"), "stove": Words("a stove", "灶具"), "range_hood": Words("a range hood", "吸油烟机"),
    "phone": Words("a phone", "手机"), "other": Words("another appliance", "其他家电"),
}  # fmt: skip


def kinds_of_old(lang: str) -> dict[str, str]:
    """What people hand over for something new, by its code."""
    return {code: words.say(lang) for code, words in _OLD.items()}


def _handed_over(old: Mapping[str, Any], lang: str) -> str:
    kind: str = kinds_of_old(lang).get(str(old["kind"]), str(old["kind"]))
    said = [kind, *([str(old["brand"])] if old.get("brand") else [])]
    return ("交旧：" if lang == "zh" else "Hands over ") + " · ".join(said)


def either(text: str, lang: str) -> str:
    """What a seller called something: "English | 中文", or only one of the two."""
    both = [part.strip() for part in text.split(" | ")]
    return both[-1] if lang == "zh" else both[0]


def _sentences(choice: Mapping[str, Any], known: Sequence[Spot], lang: str) -> list[str]:
    said: list[str] = []
    for kind in ("options", "answers"):
        picked: Mapping[str, str] = choice.get(kind) or {}
        said += [f"{either(name, lang)}: {either(value, lang)}" for name, value in picked.items()]
    if route := choice.get("route"):
        said.append(" → ".join(_named(Point(*route[end]), known, lang) for end in ("from", "to")))
    if old := choice.get("old"):
        said.append(_handed_over(old, lang))
    if text := choice.get("text"):
        said.append(f"“{text}”")
    return said


def _named(point: Point, known: Sequence[Spot], lang: str) -> str:
    """The place that is there, else where on the map it is."""
    nearest = min(known, key=lambda spot: metres(point, Point(spot.lat, spot.lon)), default=None)
    if nearest is not None and metres(point, Point(nearest.lat, nearest.lon)) <= _NEAR_M:
        return nearest.name.say(lang)
    return f"{point.lat:.4f}, {point.lon:.4f}"
