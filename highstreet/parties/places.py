"""Places: where a business is, when it is open and how far it delivers.

Hours are in the town's local time. A span whose end is not after its beginning runs over midnight; equal ends
mean a whole day. A place that states no hours is never open: nothing is promised there.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Literal, get_args

import msgspec

from highstreet.kit import facts
from highstreet.kit.clock import in_utc
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.geo import Point, metres
from highstreet.kit.ids import new_id
from highstreet.kit.text import Words

PlaceKind = Literal["shop", "stall", "locker", "kitchen", "depot", "factory", "clinic", "school"]

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_FARTHEST_M = 200_000


class Hours(msgspec.Struct, frozen=True):
    """One span: day 0 (Monday) to 6, opens and closes as "HH:MM"."""

    day: int
    opens: str
    closes: str


class Place(msgspec.Struct, frozen=True):
    """A place of a party.

    `address` has what people need to find it (line, district, town ...), in either language.
    """

    id: str
    party_id: str
    kind: PlaceKind
    name: Words
    address: dict[str, str]
    lat: float
    lon: float
    hours: tuple[Hours, ...]
    reach_m: int
    closed_at: datetime | None

    @property
    def point(self) -> Point:
        return Point(self.lat, self.lon)


async def open_place(
    tx: Tx,
    party_id: str,
    kind: PlaceKind,
    name: Words,
    address: dict[str, str],
    point: Point,
    hours: tuple[Hours, ...],
    reach_m: int,
    now: datetime,
) -> str:
    """A new place; returns its id. reach_m: how far it delivers, in metres. Errors: Malformed."""
    if kind not in get_args(PlaceKind):
        raise Malformed("kind", "no such kind of place", "没有这种场所")
    _check(name, point, hours, reach_m)
    place_id = new_id("plc", now)
    await tx.execute(
        """
        INSERT INTO parties.place (id, party_id, kind, name, address, lat, lon, hours, reach_m)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        place_id,
        party_id,
        kind,
        name,
        address,
        point.lat,
        point.lon,
        hours,
        reach_m,
    )
    await facts.tell(tx, "place.opened", place_id, party_id, now, {"kind": kind})
    return place_id


async def change_place(
    tx: Tx,
    place_id: str,
    *,
    name: Words,
    address: dict[str, str],
    point: Point,
    hours: tuple[Hours, ...],
    reach_m: int,
) -> None:
    """Say anew all there is to say about a place that is not closed. Errors: Malformed, NotFound."""
    _check(name, point, hours, reach_m)
    done = await tx.execute(
        """
        UPDATE parties.place SET name = $2, address = $3, lat = $4, lon = $5, hours = $6, reach_m = $7
        WHERE id = $1 AND closed_at IS NULL
        """,
        place_id,
        name,
        address,
        point.lat,
        point.lon,
        hours,
        reach_m,
    )
    if done == "UPDATE 0":
        raise NotFound("place")


async def close_place(tx: Tx, place_id: str, now: datetime) -> None:
    """Close for good; what happened there stays. Closing twice changes nothing. Errors: NotFound."""
    owner = await tx.fetchval("SELECT party_id FROM parties.place WHERE id = $1", place_id)
    if owner is None:
        raise NotFound("place")
    done = await tx.execute(
        "UPDATE parties.place SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL", place_id, now
    )
    if done == "UPDATE 1":
        await facts.tell(tx, "place.closed", place_id, owner, now)


async def places_of(tx: Tx, party_id: str, *, closed: bool = False) -> list[Place]:
    """The places of a party, oldest first; closed ones only when asked for."""
    return await rows(
        tx,
        Place,
        """
        SELECT id, party_id, kind, name, address, lat, lon, hours, reach_m, closed_at
        FROM parties.place WHERE party_id = $1 AND ($2 OR closed_at IS NULL) ORDER BY id
        """,
        party_id,
        closed,
    )


async def place(tx: Tx, place_id: str) -> Place:
    """One place, closed or not. Errors: NotFound."""
    found = await row_or_none(
        tx,
        Place,
        """
        SELECT id, party_id, kind, name, address, lat, lon, hours, reach_m, closed_at
        FROM parties.place WHERE id = $1
        """,
        place_id,
    )
    if found is None:
        raise NotFound("place")
    return found


def reaches(place: Place, point: Point) -> bool:
    """Whether the place delivers to this point."""
    return metres(place.point, point) <= place.reach_m


def is_open(place: Place, moment: datetime, tz: tzinfo) -> bool:
    """Whether the place is open at a moment; opening time is in, closing time is out."""
    moment = in_utc(moment)
    return _still_there(place, moment) and any(
        start <= moment < end for start, end in _spans(place, moment, tz)
    )


def next_opening(place: Place, moment: datetime, tz: tzinfo) -> datetime | None:
    """When one can go there: the moment itself if it is open, else its next opening (UTC).

    None without hours or when closed.
    """
    moment = in_utc(moment)
    if is_open(place, moment, tz):
        return moment
    starts = [
        start for start, _ in _spans(place, moment, tz) if start > moment and _still_there(place, start)
    ]
    return min(starts, default=None)


def _still_there(place: Place, moment: datetime) -> bool:
    return place.closed_at is None or moment < place.closed_at


def _spans(place: Place, moment: datetime, tz: tzinfo) -> list[tuple[datetime, datetime]]:
    """Every span that touches yesterday to eight days ahead, in UTC."""
    return _spans_around(place.hours, moment.astimezone(tz).date(), tz) if place.hours else []


@lru_cache(1024)
def _spans_around(hours: tuple[Hours, ...], today: date, tz: tzinfo) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for ahead in range(-1, 9):
        day = today + timedelta(days=ahead)
        for span in hours:
            if span.day != day.weekday():
                continue
            until = day + timedelta(days=1) if span.closes <= span.opens or span.closes == "24:00" else day
            found.append(
                (
                    in_utc(datetime.combine(day, _time(span.opens), tz)),
                    in_utc(datetime.combine(until, _time(span.closes), tz)),
                )
            )
    return found


def _time(text: str) -> time:
    return time.min if text == "24:00" else time.fromisoformat(text)


def _check(name: Words, point: Point, hours: tuple[Hours, ...], reach_m: int) -> None:
    if not (name.en.strip() or name.zh.strip()) or max(len(name.en), len(name.zh)) > 120:
        raise Malformed("name", "please give a name of up to 120 characters", "请填写不超过 120 个字符的名称")
    # Written so that NaN fails too.
    if not (-90 <= point.lat <= 90 and -180 <= point.lon <= 180):
        raise Malformed("point", "this is nowhere on Earth", "坐标无效")
    if not 0 <= reach_m <= _FARTHEST_M:
        raise Malformed("reach_m", "between 0 and 200 km, in metres", "请填写 0 至 200 公里（以米计）")
    for span in hours:
        good = _TIME.fullmatch(span.opens) and _TIME.fullmatch(span.closes) and span.opens != "24:00"
        if not good or not 0 <= span.day <= 6:
            raise Malformed("hours", "write times as 08:30, days 0 to 6", "时间请写作 08:30，星期为 0 至 6")
