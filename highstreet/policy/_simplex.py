"""The simplex method for small programmes whose origin is allowed: maximise c x where A x <= b, x >= 0 and b >= 0 (Dantzig 1947; pivots by
Bland's rule, 1977, so that it always ends).
"""

from __future__ import annotations

from collections.abc import Sequence

_NOTHING = 1e-9


def maximise(c: Sequence[float], a: Sequence[Sequence[float]], b: Sequence[float]) -> list[float]:
    """The x of the greatest c x. Every x must be bounded by the rows; rows and columns should be of like size."""
    rows, columns = len(a), len(c)
    table = [
        [*row, *(float(n == m) for m in range(rows)), most]
        for n, (row, most) in enumerate(zip(a, b, strict=True))
    ]
    gains = [*(-one for one in c), *([0.0] * (rows + 1))]
    basis = list(range(columns, columns + rows))
    while (entering := next((n for n in range(columns + rows) if gains[n] < -_NOTHING), None)) is not None:
        leaving, least = -1, float("inf")
        for n, row in enumerate(table):
            if row[entering] > _NOTHING:
                step = row[-1] / row[entering]
                if step < least - _NOTHING or (
                    step < least + _NOTHING and (leaving < 0 or basis[n] < basis[leaving])
                ):
                    leaving, least = n, min(step, least)
        if leaving < 0:
            raise ValueError("nothing bounds it")
        _pivot(table, gains, leaving, entering)
        basis[leaving] = entering
    found = [0.0] * (columns + rows)
    for n, at in enumerate(basis):
        found[at] = max(0.0, table[n][-1])
    return found[:columns]


def _pivot(table: list[list[float]], gains: list[float], leaving: int, entering: int) -> None:
    by = table[leaving][entering]
    pivot = table[leaving] = [one / by for one in table[leaving]]
    for n, row in enumerate(table):
        if n != leaving and row[entering]:
            part = row[entering]
            table[n] = [one - part * other for one, other in zip(row, pivot, strict=True)]
    part = gains[entering]
    gains[:] = [one - part * other for one, other in zip(gains, pivot, strict=True)]
