"""Quantities, pages, words, places and refusals: the small values everything is built of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highstreet.kit.errors import REFUSALS, Malformed, Refusal
from highstreet.kit.geo import Point, degrees_around, metres
from highstreet.kit.paging import cut, read_cursor, write_cursor
from highstreet.kit.quantity import check_quantity, parse_quantity
from highstreet.kit.text import Words, say


@pytest.mark.parametrize("value", [0, -1, 1.0, 1.5, float("nan"), True, "1", None, 10**12])
def test_what_is_no_quantity_is_refused(value) -> None:
    with pytest.raises(Malformed):
        check_quantity(value)


@pytest.mark.parametrize("text", ["", "x", "1.5", "NaN", "-3", "0", "1e40"])
def test_what_is_written_wrongly_is_refused(text) -> None:
    with pytest.raises(Malformed):
        parse_quantity(text)


def test_a_whole_number_is_taken_however_it_is_written() -> None:
    assert [parse_quantity(text) for text in ("3", " 12 ", "2.0", "1e3")] == [3, 12, 2, 1000]


@given(st.lists(st.integers(), max_size=30), st.integers(1, 10))
def test_a_page_has_a_next_one_exactly_when_more_was_found(rows, most) -> None:
    page = cut(rows[: most + 1], most, lambda row: [row])
    assert page.rows == rows[:most]
    assert (page.next is None) == (len(rows) <= most)
    if page.next:
        assert read_cursor(page.next, int) == [rows[most - 1]]


@pytest.mark.parametrize("cursor", ["x", "!!!!", "äöü", write_cursor(["text"]), write_cursor([1, 2])])
def test_a_cursor_we_did_not_write_is_refused(cursor) -> None:
    with pytest.raises(Malformed):
        read_cursor(cursor, int)


def test_no_cursor_is_the_first_page() -> None:
    assert read_cursor(None, int) is None
    assert read_cursor("", int) is None


def test_one_language_stands_in_for_the_other() -> None:
    assert Words(en="Bread").say("zh") == "Bread"
    assert Words(en="Bread", zh="面包").say("zh") == "面包"
    assert say({"zh": "面包"}, "en") == "面包"
    assert say(None, "en") == ""


@given(st.floats(-60, 60), st.floats(-170, 170), st.integers(10, 20_000), st.floats(0, 1), st.floats(0, 1))
def test_the_box_holds_the_circle(lat, lon, reach, east, north) -> None:
    centre = Point(lat, lon)
    west_lon, south_lat, east_lon, north_lat = degrees_around(centre, reach)
    inside = Point(south_lat + (north_lat - south_lat) * north, west_lon + (east_lon - west_lon) * east)
    if metres(centre, inside) <= reach * 0.99:
        assert south_lat <= inside.lat <= north_lat
        assert west_lon <= inside.lon <= east_lon


def test_known_distances() -> None:
    assert metres(Point(30.0, 120.0), Point(30.0, 120.0)) == 0
    assert abs(metres(Point(51.5007, -0.1246), Point(48.8584, 2.2945)) - 340_900) < 1000


def test_every_refusal_speaks_both_languages_under_a_code_of_its_own() -> None:
    for code, refusal in REFUSALS.items():
        assert code == refusal.code
        assert refusal.en
        assert refusal.zh
        assert refusal.en != refusal.zh
        assert 400 <= refusal.status <= 503


def test_a_code_is_taken_once() -> None:
    with pytest.raises(TypeError, match="not_found"):
        type("AnotherNotFound", (Refusal,), {"code": "not_found"})
