"""What the form that opens a group says: when it closes, and what its way of selling announces."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any

from highstreet.market.format import Format
from highstreet.web.merchant.filled import Filled

_STEPS = 12


def rows_of(f: Filled) -> int:
    """How many price steps to draw: those that say something, and two more."""
    last = max((n for n in range(_STEPS) if f.value(f"tier-{n}-from")), default=-1)
    return min(last + 3, _STEPS)


def announced(f: Filled, way: Format) -> dict[str, Any]:
    """What the form announces, faults noted at their fields."""
    told: dict[str, Any] = {}
    asks = way.hints.gathers
    if "tiers" in asks:
        told["tiers"] = tiers = list[list[int]]()
        for n in range(_STEPS):
            if not f.value(f"tier-{n}-from") and not f.value(f"tier-{n}-off"):
                continue
            least = f.whole(f"tier-{n}-from", least=1, most=1_000_000)
            off = f.share(f"tier-{n}-off", least=1, most=9_000)
            if least is not None and off is not None:
                tiers.append([least, off])
    for name in ("least", "units"):
        if name in asks:
            value = f.whole(name, least=1, most=1_000_000, required=name == "units")
            if value is not None:
                told[name] = value
    if "once" in asks:
        told["once"] = f.value("once_each") == "1"
    return told


def closing_time(f: Filled, tz: tzinfo, now: datetime) -> datetime | None:
    said = f.text("closes", required=True)
    try:
        closes = datetime.fromisoformat(said).replace(tzinfo=tz)
    except ValueError:
        f.wrong("closes", "A day and a time, please.", "请填写日期和时间。")
        return None
    if not now < closes < now + timedelta(days=366):
        f.wrong("closes", "Later than now, and within a year.", "必须晚于当前时间，且在一年之内。")
    return closes
