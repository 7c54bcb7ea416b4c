"""A weekly pattern: from a day to a day, on some weekdays, one window after another from a time to a time."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

from highstreet.web.merchant.filled import Filled

_MOST = 500  # windows opened by one form


def pattern(f: Filled, tz: tzinfo, now: datetime) -> list[tuple[datetime, datetime]]:
    """The windows a form describes, faults noted at their fields; none lies in the past."""
    first, last = f.day("from"), f.day("until", required=False)
    opens, closes = _clock(f, "opens"), _clock(f, "closes")
    minutes = f.whole("minutes", least=5, most=24 * 60)
    days = {int(day) for day in f.all("days") if day in "0123456"} or set(range(7))
    if first is None or opens is None or closes is None or minutes is None:
        return []
    last = last or first
    if last < first or last > first + timedelta(days=366):
        f.wrong("until", "Not before the first day, and at most a year on.", "不能早于首日，且不超过一年。")
        return []
    found: list[tuple[datetime, datetime]] = []
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        if day.weekday() not in days:
            continue
        starts = datetime.combine(day, opens, tz)
        end = datetime.combine(day if closes > opens else day + timedelta(days=1), closes, tz)
        while starts + timedelta(minutes=minutes) <= end:
            if starts > now:
                found.append((starts, starts + timedelta(minutes=minutes)))
            starts += timedelta(minutes=minutes)
    if not found:
        f.wrong("from", "No such time is still to come.", "所选时段内没有可开放的时间。")
    if len(found) > _MOST:
        f.wrong(
            "until",
            f"That is {len(found)} times; open at most {_MOST} at once.",
            f"共 {len(found)} 个时段，一次最多开放 {_MOST} 个。",
        )
    return found


def _clock(f: Filled, name: str) -> time | None:
    try:
        return time.fromisoformat(f.text(name, required=True).zfill(5))
    except ValueError:
        f.wrong(name, "A time of day such as 09:30.", "请填写时间，例如 09:30。")
        return None
