"""Opening hours as somebody writes them: "9:00-12:00, 14:00-18:30" for a day, nothing for a day that is closed."""

from __future__ import annotations

import re

from highstreet.parties import Hours, Place
from highstreet.web.merchant.filled import Filled

_SPAN = re.compile(r"(\d{1,2}):?(\d{2})\s*[-–~至到]\s*(\d{1,2}):?(\d{2})")


def told_hours(place: Place) -> list[str]:
    """The hours of each day, Monday first, as somebody writes them."""
    return [
        ", ".join(f"{span.opens}-{span.closes}" for span in place.hours if span.day == day)
        for day in range(7)
    ]


def read_hours(f: Filled) -> tuple[Hours, ...]:
    """Spans such as "9:00-12:00, 14:00-18:30" per day; an empty day is closed."""
    found: list[Hours] = []
    for day in range(7):
        said = f.text(f"day-{day}", most=80)
        spans = _SPAN.findall(said)
        if said and (not spans or _SPAN.sub("", said).strip(" ,，;；、")):
            f.wrong(f"day-{day}", "Write it as 9:00-12:00, 14:00-18:30.", "请写作 9:00-12:00，14:00-18:30。")
        found += [Hours(day, f"{int(a):02d}:{b}", f"{int(c):02d}:{d}") for a, b, c, d in spans]
    return tuple(found)
