"""Opening hours and reach."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highstreet import parties
from highstreet.kit.db import Database
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.geo import Point
from highstreet.kit.sealing import Seal
from highstreet.kit.text import Words
from highstreet.parties.places import is_open, next_opening, reaches
from tests.parties.folk import NOW, person, shop

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
HERE = Point(29.2081, 119.4721)


def place(*hours: parties.Hours, closed_at: datetime | None = None) -> parties.Place:
    return parties.Place("plc", "pty", "shop", Words("Bar"), {}, HERE.lat, HERE.lon, hours, 3000, closed_at)


def local(text: str, tz: ZoneInfo = SHANGHAI) -> datetime:
    """A moment written as local time of the week of Monday 23 November 2026."""
    return datetime.fromisoformat(text).replace(tzinfo=tz)


DAYTIME = place(*(parties.Hours(day, "09:00", "18:00") for day in range(5)))
LATE_BAR = place(parties.Hours(4, "20:00", "03:00"))
ALWAYS = place(*(parties.Hours(day, "00:00", "24:00") for day in range(7)))


@pytest.mark.parametrize(
    ("where", "when", "is_it"),
    [
        (DAYTIME, "2026-11-23T08:59", False),
        (DAYTIME, "2026-11-23T09:00", True),
        (DAYTIME, "2026-11-23T17:59", True),
        (DAYTIME, "2026-11-23T18:00", False),
        (DAYTIME, "2026-11-28T12:00", False),
        (LATE_BAR, "2026-11-27T19:59", False),
        (LATE_BAR, "2026-11-27T23:59", True),
        (LATE_BAR, "2026-11-28T02:59", True),
        (LATE_BAR, "2026-11-28T03:00", False),
        (LATE_BAR, "2026-11-28T20:00", False),
        (LATE_BAR, "2026-11-27T02:00", False),
        (ALWAYS, "2026-11-29T23:59", True),
        (ALWAYS, "2026-11-30T00:00", True),
        (place(parties.Hours(6, "00:00", "00:00")), "2026-11-29T23:59", True),
        (place(parties.Hours(6, "00:00", "00:00")), "2026-11-30T00:00", False),
        (place(parties.Hours(6, "22:00", "24:00")), "2026-11-29T23:00", True),
        (place(), "2026-11-23T12:00", False),
    ],
)
def test_a_place_is_open_from_its_opening_until_its_closing(
    where: parties.Place, when: str, is_it: bool
) -> None:
    assert is_open(where, local(when), SHANGHAI) is is_it


def test_the_town_decides_what_time_it_is() -> None:
    noon_utc = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    assert not is_open(DAYTIME, noon_utc, SHANGHAI)
    assert is_open(DAYTIME, noon_utc, BERLIN)


@pytest.mark.parametrize(
    ("where", "when", "then"),
    [
        (DAYTIME, "2026-11-23T10:00", "2026-11-23T10:00"),
        (DAYTIME, "2026-11-23T18:00", "2026-11-24T09:00"),
        (DAYTIME, "2026-11-27T18:00", "2026-11-30T09:00"),
        (LATE_BAR, "2026-11-28T03:00", "2026-12-04T20:00"),
        (LATE_BAR, "2026-11-28T02:00", "2026-11-28T02:00"),
    ],
)
def test_the_next_opening(where: parties.Place, when: str, then: str) -> None:
    assert next_opening(where, local(when), SHANGHAI) == local(then)


def test_a_night_with_a_change_of_the_clock_is_one_hour_shorter() -> None:
    club = place(parties.Hours(5, "22:00", "05:00"))  # Saturday 27 March 2027; the clock jumps from 2 to 3
    start = local("2027-03-27T22:00", BERLIN)
    opened = [
        start.astimezone(UTC) + timedelta(minutes=15 * n)
        for n in range(60)
        if is_open(club, start.astimezone(UTC) + timedelta(minutes=15 * n), BERLIN)
    ]
    assert len(opened) == 6 * 4


def test_a_closed_place_never_opens_again() -> None:
    gone = place(*DAYTIME.hours, closed_at=local("2026-11-23T12:00").astimezone(UTC))
    assert is_open(gone, local("2026-11-23T11:59"), SHANGHAI)
    assert not is_open(gone, local("2026-11-23T12:00"), SHANGHAI)
    assert next_opening(gone, local("2026-11-23T12:00"), SHANGHAI) is None
    assert next_opening(gone, local("2026-11-23T08:00"), SHANGHAI) == local("2026-11-23T09:00")
    assert next_opening(place(), NOW, SHANGHAI) is None


TIMES = st.builds(lambda m: f"{m // 60:02d}:{m % 60:02d}", st.integers(0, 1439))
SPANS = st.builds(parties.Hours, st.integers(0, 6), TIMES, TIMES)
MOMENTS = st.integers(0, 2 * 365 * 1440).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(SPANS, MOMENTS)
def test_over_midnight_equals_walking_the_week_minute_by_minute(
    span: parties.Hours, moment: datetime
) -> None:
    here = moment.astimezone(SHANGHAI)
    week = 7 * 1440
    now = here.weekday() * 1440 + here.hour * 60 + here.minute
    opens = span.day * 1440 + int(span.opens[:2]) * 60 + int(span.opens[3:])
    closes = span.day * 1440 + int(span.closes[:2]) * 60 + int(span.closes[3:])
    length = (closes - opens) if closes > opens else closes - opens + 1440
    assert is_open(place(span), moment, SHANGHAI) is ((now - opens) % week < length)


@given(st.lists(SPANS, min_size=1, max_size=4), MOMENTS, st.sampled_from([SHANGHAI, BERLIN]))
def test_the_next_opening_is_open_and_nothing_before_it_is(
    hours: list[parties.Hours], moment: datetime, tz: ZoneInfo
) -> None:
    where = place(*hours)
    then = next_opening(where, moment, tz)
    if then is None:  # an hour that the change of the clock took away
        assert tz is BERLIN
        return
    assert then >= moment
    assert is_open(where, then, tz)
    for part in range(1, 8):
        assert then == moment or not is_open(where, moment + (then - moment) * part / 8, tz)


@given(st.floats(-80, 80), st.floats(-179, 179), st.integers(0, 20_000))
def test_reach_is_a_circle(lat: float, lon: float, metres_north: int) -> None:
    centre = parties.Place("p", "p", "shop", Words("x"), {}, lat, lon, (), 10_000, None)
    there = Point(lat + metres_north / 111_194.9, lon)
    assert reaches(centre, there) is (metres_north <= 10_000) or abs(metres_north - 10_000) < 5


async def test_a_place_is_opened_changed_and_closed(db: Database, seal: Seal) -> None:
    house = await shop(db, await person(db, seal, "lin@example.com"))
    name, address = Words("Lin's Teahouse", "林家茶馆"), {"line": "8 Willow Lane"}
    async with db.transaction() as tx:
        place_id = await parties.places.open_place(
            tx, house, "shop", name, address, HERE, DAYTIME.hours, 3000, NOW
        )
        made = await parties.places.place(tx, place_id)
        assert (made.name, made.address, made.point, made.hours) == (name, address, HERE, DAYTIME.hours)
        await parties.places.change_place(
            tx, place_id, name=name, address=address, point=HERE, hours=ALWAYS.hours, reach_m=500
        )
        assert (await parties.places.place(tx, place_id)).reach_m == 500
        await parties.places.close_place(tx, place_id, NOW)
        await parties.places.close_place(tx, place_id, NOW + timedelta(days=1))
        assert await parties.places.places_of(tx, house) == []
        assert [one.closed_at for one in await parties.places.places_of(tx, house, closed=True)] == [NOW]
        with pytest.raises(NotFound):
            await parties.places.change_place(
                tx, place_id, name=name, address=address, point=HERE, hours=(), reach_m=500
            )
        for missing in (parties.places.place(tx, "plc_x"), parties.places.close_place(tx, "plc_x", NOW)):
            with pytest.raises(NotFound):
                await missing


@pytest.mark.parametrize(
    ("name", "point", "hours", "reach"),
    [
        (Words(), HERE, (), 0),
        (Words("x" * 121), HERE, (), 0),
        (Words("x"), Point(91, 0), (), 0),
        (Words("x"), Point(float("nan"), 0), (), 0),
        (Words("x"), Point(0, float("inf")), (), 0),
        (Words("x"), HERE, (), -1),
        (Words("x"), HERE, (), 10**9),
        (Words("x"), HERE, (parties.Hours(7, "09:00", "18:00"),), 0),
        (Words("x"), HERE, (parties.Hours(0, "9:00", "18:00"),), 0),
        (Words("x"), HERE, (parties.Hours(0, "24:00", "08:00"),), 0),
        (Words("x"), HERE, (parties.Hours(0, "09:00", "25:00"),), 0),
    ],
)
async def test_a_place_that_makes_no_sense_is_refused(
    db: Database, name: Words, point: Point, hours: tuple[parties.Hours, ...], reach: int
) -> None:
    async with db.transaction() as tx:
        with pytest.raises(Malformed):
            await parties.places.open_place(tx, "pty", "shop", name, {}, point, hours, reach, NOW)
