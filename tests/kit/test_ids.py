"""Identifiers sort by time and tell what they name; order numbers survive being read out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from highstreet.kit.ids import heard, is_id, new_id, spoken

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LETTERS = "34679CDFGHJKMNPQRTVWXY"


def test_identifiers_of_one_millisecond_differ_and_rise() -> None:
    made = [new_id("ord", NOW) for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(is_id(one, "ord") for one in made)


def test_identifiers_sort_by_time() -> None:
    early, late = new_id("ord", NOW), new_id("ord", NOW + timedelta(milliseconds=1))
    assert early < late


@given(st.text(max_size=30))
def test_other_text_is_no_identifier(text) -> None:
    if is_id(text, "ord"):
        assert text.startswith("ord_")
        assert len(text) == 24


def test_an_identifier_of_another_kind_is_told_apart() -> None:
    assert not is_id(new_id("leg", NOW), "ord")


@given(st.integers(0, 22**7 - 1))
def test_a_number_read_out_is_heard_again(number) -> None:
    assert heard(spoken(number)) == number
    assert heard(spoken(number).lower().replace("-", " ")) == number


@given(st.integers(0, 22**7 - 1), st.integers(0, 6), st.sampled_from(LETTERS))
def test_every_single_slip_is_noticed(number, place, letter) -> None:
    said = spoken(number).replace("-", "")
    slipped = said[:place] + letter + said[place + 1 :]
    assert heard(slipped) == (number if slipped == said else None)


@given(st.integers(0, 22**7 - 1), st.integers(0, 5))
def test_two_letters_swapped_are_noticed(number, place) -> None:
    said = spoken(number).replace("-", "")
    swapped = said[:place] + said[place + 1] + said[place] + said[place + 2 :]
    assert heard(swapped) == (number if swapped == said else None)


@given(st.text(max_size=12))
def test_nonsense_is_not_heard(text) -> None:
    number = heard(text)
    assert number is None or spoken(number).replace("-", "") == text.upper().replace("-", "").replace(" ", "")


def test_neighbours_look_unlike() -> None:
    assert spoken(1000)[:4] != spoken(1001)[:4]
