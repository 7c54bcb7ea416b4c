"""The only place that asks the time. Everything else is handed a `Clock` or a moment.

Every time in the project is an aware `datetime` in UTC; pages turn it into local time when they show it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Called without arguments it answers with the present moment, aware and in UTC."""

    def __call__(self) -> datetime: ...


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is told to move: for tests and for replaying the past."""

    __slots__ = ("_now",)

    def __init__(self, now: datetime) -> None:
        self._now = in_utc(now)

    def __call__(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        """Stand at `now` (aware); backwards is allowed."""
        self._now = in_utc(now)

    def forward(self, by: timedelta) -> datetime:
        """Move by `by` and return the new moment."""
        self._now += by
        return self._now


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC. A moment without a zone is refused (ValueError): guessing one loses hours."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC)
