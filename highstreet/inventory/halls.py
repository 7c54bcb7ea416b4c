"""Halls: the seats of a hall as a person writes them down, row by row, and the best of those that are left.

A plan is lines like `A: 1-6, _, 7-12` or `B-F: 1-14 wheelchair 1,2 +30`; a line without a colon names the block below it. `_` is an
aisle, `wheelchair` says which seats have room for one, `+30` is what each seat costs on top in whole units of money. 轮椅 and full-width
signs do as well.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from highstreet.kit.errors import Malformed
from highstreet.kit.money import digits

MOST_ROWS, MOST_IN_A_ROW, MOST_SEATS, MOST_LETTERS = 60, 60, 2_000, 4_000
MOST_TOGETHER = 20  # seats one line of an order takes

_SIGNS = str.maketrans("：；，、＋￥（）　", ":;,,+¥() ")
_ROWS = re.compile(r"([A-Z]{1,2}|\d{1,2})(?:\s*-\s*([A-Z]|\d{1,2}))?")
_PARTS = re.compile(
    r"\s*(?:(_|\|)|(wheelchair|轮椅)|(\+\s*¥?\s*\d{1,6})(?!\.)|(\d{1,3})\s*(?:-\s*(\d{1,3}))?)\s*,?"
)


class Seat(msgspec.Struct, frozen=True):
    """A seat: `A7`, or `3-7` in a row with a number. `extra`: what it costs on top, in minor units."""

    label: str
    number: int
    wheelchair: bool
    extra: int


class Row(msgspec.Struct, frozen=True):
    """A row from left to right as seen from it to the stage; None is an aisle."""

    name: str
    block: str
    cells: tuple[Seat | None, ...]


class Hall(msgspec.Struct, frozen=True):
    """The rows from the stage backwards."""

    rows: tuple[Row, ...]

    @property
    def seats(self) -> dict[str, Seat]:
        """Every seat by its label."""
        return {seat.label: seat for row in self.rows for seat in row.cells if seat is not None}

    @property
    def widest(self) -> int:
        return max(len(row.cells) for row in self.rows)

    def best(self, count: int, taken: set[str]) -> list[str]:
        """So many free seats next to each other, as near to the middle and a third from the front as can be; [] when there are none.

        Seats for wheelchairs are left to who chooses them.
        """
        ideal = (len(self.rows) - 1) / 3
        found: tuple[float, list[str]] | None = None
        for depth, row in enumerate(self.rows):
            middle = (len(row.cells) - 1) / 2
            for start in range(len(row.cells) - count + 1):
                run = row.cells[start : start + count]
                seats = [
                    one for one in run if one is not None and one.label not in taken and not one.wheelchair
                ]
                if len(seats) < count or len({one.extra for one in seats}) > 1:
                    continue
                off = abs(start + (count - 1) / 2 - middle) + 1.5 * abs(depth - ideal)
                if found is None or off < found[0]:
                    found = (off, [one.label for one in seats])
        return found[1] if found else []


@lru_cache(maxsize=256)
def read(text: str, currency: str) -> Hall:
    """The hall a plan describes. Errors: Malformed naming the line."""
    if len(text) > MOST_LETTERS:
        raise Malformed("hall", f"at most {MOST_LETTERS} letters", f"最多 {MOST_LETTERS} 个字")
    rows: list[Row] = []
    block = ""
    for line in re.split(r"[;\n]", text.translate(_SIGNS)):
        head, colon, rest = line.strip().partition(":")
        if not head:
            continue
        if not colon:
            block = head[:40]
            continue
        rows += [
            Row(name, block, _cells(name, rest, line, currency))
            for name in _names(head.strip().upper(), line)
        ]
    if not rows:
        raise Malformed("hall", "needs at least one row, like A: 1-12", "至少需要一排，例如 A: 1-12")
    if len({row.name for row in rows}) < len(rows):
        raise Malformed("hall", "each row only once", "每排只能出现一次")
    if len(rows) > MOST_ROWS or sum(len(row.cells) for row in rows) > MOST_SEATS:
        raise Malformed(
            "hall",
            f"at most {MOST_ROWS} rows and {MOST_SEATS} seats",
            f"最多 {MOST_ROWS} 排、{MOST_SEATS} 座",
        )
    return Hall(tuple(rows))


def _bad(line: str) -> Malformed:
    said = line.strip()[:40]
    return Malformed(
        "hall",
        f"“{said}” is not a row like A: 1-12 wheelchair 1,2 +30",
        f"“{said}”不是“A: 1-12 轮椅 1,2 +30”这样的一排",
    )


def _names(head: str, line: str) -> list[str]:
    found = _ROWS.fullmatch(head)
    if found is None:
        raise _bad(line)
    first, last = found[1], found[2]
    if last is None:
        return [first]
    if first.isdigit() and last.isdigit() and int(first) < int(last):
        return [str(n) for n in range(int(first), int(last) + 1)]
    if len(first) == 1 and first.isalpha() and last.isalpha() and first < last:
        return [chr(n) for n in range(ord(first), ord(last) + 1)]
    raise _bad(line)


def _cells(name: str, rest: str, line: str, currency: str) -> tuple[Seat | None, ...]:
    numbers: list[int | None] = []
    chairs: set[int] = set()
    extra, at, about = 0, 0, numbers
    while rest[at:].strip():
        found = _PARTS.match(rest, at)
        if found is None or found.end() == at:
            raise _bad(line)
        at = found.end()
        aisle, chair, more, first, last = found.groups()
        if aisle and about is numbers:
            numbers.append(None)
        elif chair:
            about = []
        elif more:
            extra, about = int(more.strip("+ ¥")) * 10 ** digits(currency), []
        elif first:
            run = list(range(int(first), int(last or first) + 1))
            if not run or len(run) > MOST_IN_A_ROW or int(first) < 1:
                raise _bad(line)
            if about is numbers:
                numbers += run
            else:
                chairs |= set(run)
        else:
            raise _bad(line)
    seats = [n for n in numbers if n is not None]
    if not seats or len(set(seats)) < len(seats) or not chairs <= set(seats) or len(numbers) > MOST_IN_A_ROW:
        raise _bad(line)
    between = "-" if name.isdigit() else ""
    return tuple(None if n is None else Seat(f"{name}{between}{n}", n, n in chairs, extra) for n in numbers)
