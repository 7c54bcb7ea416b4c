from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highstreet.catalog.errors import GtinWrong
from highstreet.catalog.identifiers import gtin14, looks_like_gtin, shown_gtin

GOOD = ["96385074", "036000291452", "6901234567892", "16901234567899"]


def _with_check(body: str) -> str:
    total = sum(int(d) * (3 if n % 2 == 0 else 1) for n, d in enumerate(reversed(body)))
    return body + str(-total % 10)


@pytest.mark.parametrize("text", GOOD)
def test_all_lengths_become_fourteen_digits(text: str) -> None:
    assert gtin14(text) == text.zfill(14)
    assert gtin14(f" {text[:4]}-{text[4:]} ") == text.zfill(14)
    assert shown_gtin(gtin14(text)).lstrip("0") == text.lstrip("0")


@pytest.mark.parametrize("text", GOOD)
def test_each_wrong_digit_is_refused(text: str) -> None:
    for at, digit in enumerate(text):
        for other in "0123456789":
            if other != digit:
                with pytest.raises(GtinWrong):
                    gtin14(text[:at] + other + text[at + 1 :])


@pytest.mark.parametrize(
    "text", ["", "0", "00000000", "123", "69012345678920", "69012345678AB", "６９", "-1", "1e12"]
)
def test_others_are_refused_in_both_languages(text: str) -> None:
    with pytest.raises(GtinWrong) as refused:
        gtin14(text)
    assert refused.value.sentence("en") != refused.value.sentence("zh")


@given(st.sampled_from([7, 11, 12, 13]), st.data())
def test_any_number_with_its_check_digit_is_taken(size: int, data: st.DataObject) -> None:
    body = data.draw(st.text("0123456789", min_size=size, max_size=size).filter(lambda t: t.strip("0") != ""))
    text = _with_check(body)
    assert gtin14(text) == text.zfill(14)
    assert looks_like_gtin(text)
    assert gtin14(shown_gtin(gtin14(text))) == gtin14(text)
