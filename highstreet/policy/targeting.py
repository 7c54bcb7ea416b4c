"""Targeting: whom to give vouchers next under a budget, and what that means for small sellers, elderly and rural people. Pure.

Only where a draw showed that groups differ may one be preferred, and then by what it surely gains (the lower end of its interval) for each
yuan. Where the data do not carry that, everybody has the same chance, and a lot decides. Floors for the three shares are kept in both
cases or the plan is refused with the reason. It proposes; people decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import msgspec

from highstreet.kit.text import Words
from highstreet.policy._simplex import maximise

Fairness = Literal["small", "elderly", "rural"]
FAIRNESS: tuple[Fairness, ...] = ("small", "elderly", "rural")
NAMES = {
    "small": Words("of the money at small sellers", "小商户所得资金占比"),
    "elderly": Words("of those who are given are elderly", "获券人中老年人占比"),
    "rural": Words("of those who are given live in villages", "获券人中乡村居民占比"),
}


class Group(msgspec.Struct, frozen=True):
    """People who could be given. cost: public money each uses, in minor units, above nothing; gain, low: what giving it to one changes of
    sales, and the lower end of that, in minor units. small: share of their helped money that goes to small sellers; elderly, rural: shares
    of people; in hundredths of a percent."""

    name: str
    people: int
    cost: int
    gain: float
    low: float
    small: int = 0
    elderly: int = 0
    rural: int = 0


class Floors(msgspec.Struct, frozen=True):
    """At least so much of the money or of the people, in hundredths of a percent."""

    small: int = 0
    elderly: int = 0
    rural: int = 0


class Given(msgspec.Struct, frozen=True):
    """How many of a group are given; the chance of each, in hundredths of a percent."""

    name: str
    people: int
    chance: int
    cost: int


class Plan(msgspec.Struct, frozen=True):
    """A plan. way: 'gain' where the data carried it, 'lot' with one chance for all (or as near to that as the floors allow).

    gain, low: expected of sales. small, elderly, rural: the shares it comes to; unplanned: the same with one chance for all.
    """

    way: Literal["gain", "lot"]
    given: tuple[Given, ...]
    people: int
    cost: int
    gain: float
    low: float
    small: int
    elderly: int
    rural: int
    unplanned: Floors


class Refused(msgspec.Struct, frozen=True):
    """Why there is no plan. floor: the one that cannot be kept, with the most that can be."""

    why: Words
    floor: Fairness | None = None
    most: int = 0


def plan(groups: Sequence[Group], budget: int, floors: Floors, *, carried: bool) -> Plan | Refused:
    """Whom to give. carried: whether a draw showed that groups differ (`effects.Segments.differ`). Never more than the budget."""
    groups = [one for one in groups if one.people > 0 and one.cost > 0]
    if not groups or budget < min(one.cost for one in groups):
        return Refused(Words("The budget gives nobody anything.", "预算不足以发放一份。"))
    if (no := _cannot(groups, floors)) is not None:
        return no
    # Nobody is preferred for a gain that may be none: with every lower end at or below zero it is a lot again.
    carried = carried and any(one.low > 0 for one in groups)
    wanted = _by_gain(groups, budget, floors) if carried else _by_lot(groups, budget, floors)
    given = _whole(groups, wanted, budget, floors)
    if not any(given):
        return Refused(
            Words("The floors leave nobody within this budget.", "在此预算内无法同时满足各项下限。")
        )
    fair = Floors(**{name: _share(groups, [one.people for one in groups], name) for name in FAIRNESS})
    return Plan(
        "gain" if carried else "lot",
        tuple(
            Given(one.name, n, 10_000 * n // one.people, n * one.cost) for one, n in zip(groups, given, strict=True)
        ),
        sum(given),
        _cost(groups, given),
        sum(one.gain * n for one, n in zip(groups, given, strict=True)),
        sum(one.low * n for one, n in zip(groups, given, strict=True)),
        _share(groups, given, "small"),
        _share(groups, given, "elderly"),
        _share(groups, given, "rural"),
        fair,
    )  # fmt: skip


def _weight(one: Group, name: Fairness) -> int:
    """What one person of a group counts for in a share: their money, or themselves."""
    return one.cost if name == "small" else 1


def _part(one: Group, name: Fairness) -> int:
    return {"small": one.small, "elderly": one.elderly, "rural": one.rural}[name]


def _floor(floors: Floors, name: Fairness) -> int:
    return {"small": floors.small, "elderly": floors.elderly, "rural": floors.rural}[name]


def _over(groups: Sequence[Group], given: Sequence[int], name: Fairness, floor: int) -> int:
    """By how much a floor is kept, in whole numbers; below zero when it is not."""
    return sum(
        _weight(one, name) * n * (_part(one, name) - floor) for one, n in zip(groups, given, strict=True)
    )


def _share(groups: Sequence[Group], given: Sequence[int], name: Fairness) -> int:
    whole = sum(_weight(one, name) * n for one, n in zip(groups, given, strict=True))
    return (
        sum(_weight(one, name) * n * _part(one, name) for one, n in zip(groups, given, strict=True)) // whole
        if whole
        else 0
    )


def _cost(groups: Sequence[Group], given: Sequence[int]) -> int:
    return sum(one.cost * n for one, n in zip(groups, given, strict=True))


def _cannot(groups: Sequence[Group], floors: Floors) -> Refused | None:
    for name in FAIRNESS:
        most, floor = max(_part(one, name) for one in groups), _floor(floors, name)
        if floor > most:
            said = NAMES[name]
            return Refused(
                Words(
                    f"At least {floor / 100:g} % {said.en} cannot be kept: no group has more than {most / 100:g} %.",
                    f"{said.zh}不低于 {floor / 100:g}% 无法达到：各群体最高为 {most / 100:g}%。",
                ),
                name,
                most,
            )
    return None


def _rows(groups: Sequence[Group], budget: int, floors: Floors) -> tuple[list[list[float]], list[float]]:
    """Budget, floors and people, of the fraction of each group that is given; each row in parts of its largest figure."""
    rows = [[one.cost * one.people / budget for one in groups]]
    most = [1.0]
    for name in FAIRNESS:
        if floor := _floor(floors, name):
            row = [float(_weight(one, name) * one.people * (floor - _part(one, name))) for one in groups]
            rows.append([value / (max(map(abs, row)) or 1.0) for value in row])
            most.append(0.0)
    for n in range(len(groups)):
        rows.append([float(n == m) for m in range(len(groups))])
        most.append(1.0)
    return rows, most


def _by_gain(groups: Sequence[Group], budget: int, floors: Floors) -> list[float]:
    """The greatest sum of lower ends; without floors that is the best for each yuan first."""
    rows, most = _rows(groups, budget, floors)
    gains = [one.low * one.people for one in groups]
    return maximise([gain / max(map(abs, gains)) for gain in gains], rows, most)


def _by_lot(groups: Sequence[Group], budget: int, floors: Floors) -> list[float]:
    """The least chance of anybody as great as can be; then as many people as can be."""
    rows, most = _rows(groups, budget, floors)
    everybody = sum(one.people for one in groups)
    rows = [[*row, 0.0] for row in rows]
    for n in range(len(groups)):
        rows.append([*(-float(n == m) for m in range(len(groups))), 1.0])
        most.append(0.0)
    return maximise([*(0.01 * one.people / everybody for one in groups), 1.0], rows, most)[:-1]


def _whole(groups: Sequence[Group], wanted: Sequence[float], budget: int, floors: Floors) -> list[int]:
    """Whole people. Rounding may break a floor by a little: people of the group that breaks it most are left out until it holds."""
    given = [min(one.people, int(part * one.people + 1e-9)) for one, part in zip(groups, wanted, strict=True)]
    while (broken := _broken(groups, given, budget, floors)) is not None:
        some = [n for n in range(len(groups)) if given[n]]
        given[min(some, key=partial(_worth, groups, floors, broken))] -= 1
    return given


def _worth(groups: Sequence[Group], floors: Floors, broken: Fairness | Literal["budget"], n: int) -> int:
    """What one person of a group does for what is broken; who does least is left out."""
    one = groups[n]
    if broken == "budget":
        return -one.cost
    return _weight(one, broken) * (_part(one, broken) - _floor(floors, broken))


def _broken(
    groups: Sequence[Group], given: Sequence[int], budget: int, floors: Floors
) -> Fairness | Literal["budget"] | None:
    if _cost(groups, given) > budget:
        return "budget"
    return next((name for name in FAIRNESS if _over(groups, given, name, _floor(floors, name)) < 0), None)
