"""Announcing: what is told with a cohort when it opens, and what its seller says when it closes; both checked as the format needs them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from highstreet.kit.errors import Malformed
from highstreet.market.format import Format

_MOST, _STEPS, _MOST_OFF = 1_000_000, 12, 9_000


def announced(one: Format, told: Mapping[str, Any]) -> dict[str, Any]:
    """The terms of a new cohort, in one form: tiers as [[members, basis points off]], least, units, once.

    Errors: Malformed naming the term that is missing, wrong, or not this format's.
    """
    asks = set(one.hints.gathers)
    for name in told:
        if name not in asks or name == "arrived":
            raise Malformed(name, "is not announced with this way of selling", "此销售方式没有这项条件")
    terms: dict[str, Any] = {}
    if "tiers" in asks:
        terms["tiers"] = _tiers(told.get("tiers", []))
    for name, least in (("least", 1), ("units", 1)):
        if name in asks:
            needed = name == "units"
            value = told.get(name, None if needed else least)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MOST:
                raise Malformed(name, f"a number from {least} to {_MOST}", f"{least} 至 {_MOST} 的整数")
            terms[name] = value
    if "once" in asks:
        terms["once"] = bool(told.get("once", True))
    return terms


def _tiers(told: Any) -> list[list[int]]:
    """Steps rise in members and in what they take off."""
    wrong = Malformed(
        "tiers", "each step has more people and takes more off", "每一档人数更多、优惠更大，折扣不超过 90%"
    )
    if not isinstance(told, list) or len(told) > _STEPS:
        raise wrong
    steps: list[list[int]] = []
    for step in told:
        whole = isinstance(step, list) and len(step) == 2 and all(type(number) is int for number in step)
        if not whole or not 1 <= step[0] <= _MOST or not 1 <= step[1] <= _MOST_OFF:
            raise wrong
        steps.append(list(step))
    steps.sort()
    if any(low[0] == high[0] or low[1] >= high[1] for low, high in pairwise(steps)):
        raise wrong
    return steps


def closing(one: Format, told: Mapping[str, Any]) -> dict[str, Any]:
    """What whoever closes it says: that the goods arrived, and how many, where the format waits for that. Errors: Malformed."""
    if "arrived" not in one.hints.gathers:
        if told:
            raise Malformed("arrived", "is not asked when this closes", "此销售方式无需填写到货")
        return {}
    said: dict[str, Any] = {"arrived": int(bool(told.get("arrived", 0)))}
    if (units := told.get("units")) is not None:
        if isinstance(units, bool) or not isinstance(units, int) or not 0 <= units <= _MOST:
            raise Malformed("units", "how many arrived", "请填写到货件数")
        said["units"] = units
    return said
