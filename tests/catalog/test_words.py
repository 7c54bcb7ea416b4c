from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highstreet.catalog import words
from highstreet.catalog.words import Asked

CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=12)
ENGLISH = st.from_regex(r"[a-z]{1,12}( [a-z]{1,12}){0,4}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Green Teas", ["green", "tea"]),
        ("绿茶", ["绿", "茶", "绿茶"]),
        ("500 g", ["500", "500g", "g"]),
        ("500g", ["500", "500g", "g"]),
        ("3斤苹果", ["3", "3斤", "斤", "苹", "果", "斤苹", "苹果"]),
        ("iPhone15", ["iphone", "15", "iphone15"]),
        ("Café Ｌａｔｔｅ", ["cafe", "latte"]),
        ("1.5 L", ["1.5", "1.5l", "l"]),
        ("berries boxes glasses dress bus gas", ["berry", "box", "glass", "dress", "bus", "gas"]),
        ("'; DROP TABLE x --", ["drop", "table", "x"]),
        ("", []),
    ],
)
def test_tokens(text: str, found: list[str]) -> None:
    assert words.tokens(text) == found


def test_a_question_is_read_as_typed() -> None:
    assert words.asked("green tea") == [Asked("green", "green"), Asked("tea", "tea", open=True)]
    assert words.asked("tea ") == [Asked("tea", "tea")]
    assert [a.token for a in words.asked("羊绒大衣")] == ["羊绒", "绒大", "大衣"]
    assert words.asked("500g") == [Asked("500g", "500g", spelled=False)]
    assert words.asked("690-1234 567892") == [Asked("6901234567892", "6901234567892", spelled=False)]
    assert words.asked("  ") == []


@given(st.text(max_size=300))
def test_any_text_gives_plain_tokens(text: str) -> None:
    for token in words.tokens(text):
        assert 0 < len(token) <= words.LONGEST
        assert not re.search(r"[\s'\\\x00]", token)
    for one in words.asked(text):
        assert one.token
        assert not re.search(r"[\s'\\\x00]", one.token)
    assert len(words.asked(text)) <= words.MOST_ASKED


@given(st.one_of(CHINESE, ENGLISH, st.tuples(ENGLISH, CHINESE).map(" ".join)))
def test_a_text_is_found_by_itself(text: str) -> None:
    offered = set(words.tokens(text))
    assert {a.token for a in words.asked(text)} <= offered


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert words.fold(words.fold(text)) == words.fold(text)


@given(st.from_regex(r"[a-z]{4,12}", fullmatch=True), st.data())
def test_one_slip_is_counted_as_one(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    dropped = word[:at] + word[at + 1 :]
    assert words.slips(word, swapped, 2) <= 1
    assert words.slips(word, dropped, 2) == 1
    assert words.slips(word, word, 2) == 0
    assert words.slips(word, word + "xyz", 2) == 3


def test_codes_are_found_whole_and_in_parts() -> None:
    assert {"ab123", "ab", "12", "3"} <= set(words.codes("AB-12/3"))
    assert {"06901234567892", "6901234567892"} <= set(words.codes("06901234567892"))
