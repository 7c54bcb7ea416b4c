"""The geometry of a question's evidence: a ring of people and what they share, a price over time with what was sold at it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from highstreet import policy
from highstreet.market.views.screening import Asked
from highstreet.policy import Alert

MOST_NODES = 40


class Node(NamedTuple):
    """Somebody in a ring, by a number instead of a name; where they are drawn."""

    label: str
    x: float
    y: float


class Line(NamedTuple):
    """Two who share something; `kinds` as words, `strong` when it is more than an address."""

    x1: float
    y1: float
    x2: float
    y2: float
    strong: bool


class Course(NamedTuple):
    """An offer's price over time: a stepped line 1,000 wide and 300 high, and where it was sold with public money."""

    title: dict[str, str]
    points: str
    sold: list[tuple[float, float]]
    low: int
    high: int
    since: datetime
    until: datetime


def circle(people: Sequence[str]) -> dict[str, Node]:
    """Where each is drawn, in a square of 320."""
    turn = 2 * math.pi / max(len(people), 1)
    return {
        person: Node(
            str(n + 1), round(160 + 128 * math.sin(n * turn), 1), round(160 - 128 * math.cos(n * turn), 1)
        )
        for n, person in enumerate(people)
    }


def lines_of(one: Alert, nodes: dict[str, Node]) -> list[Line]:
    """Between those who share something."""
    return [
        Line(a.x, a.y, b.x, b.y, bool(set(edge.kinds) & policy.bounds.STRONG))
        for edge in one.edges
        if (a := nodes.get(edge.a)) is not None and (b := nodes.get(edge.b)) is not None
    ]


def shared_by(one: Alert) -> list[tuple[str, int]]:
    """How many pairs share each kind of thing."""
    kinds = [kind for edge in one.edges for kind in edge.kinds]
    return [(kind, kinds.count(kind)) for kind in policy.bounds.LINKS if kind in kinds]


def courses_of(found: Sequence[Asked]) -> list[Course]:
    """One for each offer."""
    courses: list[Course] = []
    for offer in dict.fromkeys(told.offer for told in found):
        own = [told for told in found if told.offer == offer]
        first, last = min(told.at for told in own), max(told.at for told in own)
        low, high = min(told.price for told in own), max(told.price for told in own)
        if low == high:
            continue
        span = max((last - first).total_seconds(), 1.0)

        def at(
            moment: datetime,
            price: int,
            first: datetime = first,
            span: float = span,
            low: int = low,
            high: int = high,
        ) -> tuple[float, float]:
            up = (price - low) / (high - low)
            return round(20 + 960 * (moment - first).total_seconds() / span, 1), round(265 - 230 * up, 1)

        corners: list[tuple[float, float]] = []
        for told in (told for told in own if not told.sold):
            x, y = at(told.at, told.price)
            corners += [(x, corners[-1][1])] if corners else []
            corners.append((x, y))
        if corners:
            corners.append((980.0, corners[-1][1]))
        sold = [at(told.at, told.price) for told in own if told.sold]
        points = " ".join(f"{x},{y}" for x, y in corners)
        courses.append(Course(own[0].title, points, sold, low, high, first, last))
    return courses
