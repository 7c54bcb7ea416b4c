"""A programme's file: what is right in the shipped ones, and the line that is wrong in a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highstreet import policy
from highstreet.policy import WrongProgramme

FILES = sorted((Path(policy.__file__).parent / "programmes").glob("*.toml"))
TRADE_IN = (Path(policy.__file__).parent / "programmes" / "trade-in.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_programme_names_its_source_and_is_called_as_its_file(file: Path) -> None:
    programme = policy.instruments.read(file.read_text(encoding="utf-8"))
    assert programme.id == file.stem
    assert programme.name.en
    assert programme.name.zh
    assert all(len(rule.source) > 10 for rule in programme.rules)


WRONG = {
    "a gap": ("from = 2025-01-01", "from = 2025-01-02"),
    "an overlap": ("from = 2026-01-01", "from = 2025-12-01"),
    "ends before": ("to = 2027-01-01", "to = 2025-12-31"),
    "written as text": ('cap = "1500.00"', "cap = 1500"),
    "unknown field": ('cap = "1500.00"', 'capp = "1500.00"'),
    "a rate is": ('rate = "20%"', 'rate = "20"'),
    "at most 100%": ('rate = "20%"', 'rate = "120%"'),
    "negative": ('cap = "1500.00"', 'cap = "-1500.00"'),
    "Expected `int`": ("grades = [2]", 'grades = ["second"]'),
    "either a fixed amount": ('rate = "20%"\ncap = "2000.00"', 'cap = "2000.00"'),
    "not TOML": ("[[rule]]", "[[rule]"),
    "source": ('source = "商办流通函〔2025〕469 号 (five-ministry notice on trade-in 2026)"', 'source = " "'),
    "small letters": ('id = "trade-in"', 'id = "Trade in"'),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_file_is_refused_with_the_line_that_is_wrong(wrong: str) -> None:
    right, broken = WRONG[wrong]
    assert right in TRADE_IN
    text = TRADE_IN.replace(right, broken, 1)
    with pytest.raises(WrongProgramme) as refused:
        policy.instruments.read(text)
    assert wrong in str(refused.value)
    line = text.splitlines()[refused.value.values["line"] - 1]  # type: ignore[operator]
    assert line.split("=")[0].strip() in broken or line.startswith("[[rule")
    assert refused.value.sentence("zh").startswith("第")


def test_a_pause_is_a_rule_too() -> None:
    pause = '[[rule]]\nfrom = 2027-01-01\nto = 2027-03-01\nsource = "a pause until the next tranche"\npause = true\n'
    assert policy.instruments.read(TRADE_IN + pause).rules[-1].pause


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(WrongProgramme):
        policy.instruments.read(text)


@given(st.integers(0, 400), st.integers(0, 40), st.text(max_size=5))
def test_a_file_changed_anywhere_is_read_or_refused(at: int, cut: int, put: str) -> None:
    text = TRADE_IN[:at] + put + TRADE_IN[at + cut :]
    try:
        assert policy.instruments.read(text).rules
    except WrongProgramme as refused:
        assert 1 <= refused.values["line"] <= len(text.splitlines()) + 1  # type: ignore[operator]


def test_amounts_are_of_the_programme_s_currency() -> None:
    file = next(one for one in FILES if one.stem == "dining-shanghai-2024").read_text(encoding="utf-8")
    text = file.replace('"CNY"', '"JPY"').replace('.00"', '"')
    one = policy.instruments.read(text).rules[0].schedules[0]
    assert (one.off, one.least) == (50, 300)
    assert policy.eligibility.terms(one).en == "50 off from 300"
    with pytest.raises(WrongProgramme, match="no more than 0 decimals"):
        policy.instruments.read(text.replace('"50"', '"50.5"'))
