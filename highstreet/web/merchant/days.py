"""The town's days: where one begins and ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo


def day_start(day: date, tz: tzinfo) -> datetime:
    """Midnight of the town's day, in UTC."""
    return datetime.combine(day, time.min, tz).astimezone(UTC)


def day_of(now: datetime, tz: tzinfo) -> tuple[datetime, datetime]:
    """The town's day around a moment."""
    today = now.astimezone(tz).date()
    return day_start(today, tz), day_start(today + timedelta(days=1), tz)
