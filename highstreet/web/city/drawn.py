"""The geometry of what the desk draws: points and widths for pictures made of a few lines of SVG, without a script.

A drawing is 1,000 units wide; its height is said by whoever draws. Every drawing has its figures beside it, for people and machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate

WIDE = 1000


def descent(parts: Sequence[int], whole: int, share: float, high: int) -> str:
    """What is left of `whole` as its parts go, as the points of a stepped line. share: of the time that has passed, from 0 to 1."""
    if whole <= 0 or not parts:
        return ""
    step = WIDE / len(parts)
    points = [(0.0, 0.0)]
    for n, gone in enumerate(accumulate(parts), start=1):
        if (n - 1) / len(parts) >= share > 0 or share <= 0:
            break
        points += [
            (min(n * step, share * WIDE), points[-1][1]),
            (min(n * step, share * WIDE), high * min(gone / whole, 1)),
        ]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def passed(now: datetime, opens: datetime, closes: datetime) -> float:
    """The part of a span that has passed, from 0 to 1."""
    return min(max((now - opens) / (closes - opens), 0.0), 1.0)


def line(values: Sequence[int], top: int, high: int) -> str:
    """Values from left to right as the points of a line; `top` is as high as the drawing."""
    if not values:
        return ""
    step = WIDE / max(len(values) - 1, 1)
    return " ".join(
        f"{n * step:.1f},{high - high * value / max(top, 1):.1f}" for n, value in enumerate(values)
    )


def spread(
    points: Sequence[tuple[float, float]], wide: int, high: int, edge: int
) -> list[tuple[float, float]]:
    """Places (latitude, longitude) on a sheet: the same scale both ways, north above, with an edge left free."""
    if not points:
        return []
    lats, lons = [lat for lat, _ in points], [lon for _, lon in points]
    # At these latitudes a degree of longitude is this much shorter; a town is small enough for one figure.
    squeeze = 0.86
    tall, broad = max(lats) - min(lats) or 1e-6, (max(lons) - min(lons)) * squeeze or 1e-6
    scale = min((wide - 2 * edge) / broad, (high - 2 * edge) / tall)
    middle = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    return [
        (
            round(wide / 2 + (lon - middle[1]) * squeeze * scale, 1),
            round(high / 2 - (lat - middle[0]) * scale, 1),
        )
        for lat, lon in points
    ]
