"""Working days: weekends, and what a town's calendar says beside them, as dated data with its source. Limits of a law count in them.

calendar = workdays.read(text)
calendar.after(date(2026, 9, 30), 3)     # the third working day after, over the holiday week
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from highstreet.kit.errors import Malformed

_ONE = timedelta(days=1)
_SATURDAY = 5


class _Year(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    year: int
    source: str
    off: list[str] = []
    work: list[str] = []


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    year: list[_Year] = []


class Calendar(msgspec.Struct, frozen=True):
    """off: working weekdays that are free; work: weekend days that are worked; sources by year."""

    off: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()
    sources: dict[int, str] = {}

    def works(self, day: date) -> bool:
        """Whether offices and banks work on a day."""
        return day in self.work or (day.weekday() < _SATURDAY and day not in self.off)

    def after(self, day: date, count: int) -> date:
        """The working day so many after a day, which itself does not count. count: from 1."""
        if count < 1:
            raise ValueError("a limit is at least one working day")
        while count:
            day += _ONE
            count -= self.works(day)
        return day


WEEKENDS = Calendar()


def read(text: str) -> Calendar:
    """A calendar from its file (TOML): per year its source, days off and weekend days at work, as "01-01" or "02-15/02-23".

    Errors: Malformed.
    """
    try:
        years = msgspec.convert(tomllib.loads(text), _File).year
        return Calendar(
            frozenset(day for one in years for span in one.off for day in _days(one.year, span)),
            frozenset(day for one in years for span in one.work for day in _days(one.year, span)),
            {one.year: one.source for one in years},
        )
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as e:
        raise Malformed("calendar", str(e), f"日历内容不符合格式（{e}）") from None


def _days(year: int, span: str) -> Iterator[date]:
    first, _, last = span.partition("/")
    day, end = (date.fromisoformat(f"{year}-{part}") for part in (first, last or first))
    if end < day:
        raise ValueError(f"{span} ends before it begins")
    while day <= end:
        yield day
        day += _ONE
