"""Laws of money: nothing is lost in splitting, rounding is the stored rule, and nonsense is refused with a sentence."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highstreet.kit.errors import Malformed
from highstreet.kit.money import MOST, parse_money, plain, share, share_down, split, tax_within

amounts = st.integers(-MOST, MOST)


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_a_split_adds_up_and_no_part_is_off_by_a_whole_unit(amount, weights) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Decimal(amount) * weight / sum(weights)) < 1


def test_a_split_by_nothing_gives_nothing() -> None:
    assert split(100, [0, 0]) == [0, 0]


@given(amounts, st.integers(0, 10_000), st.integers(1, 10_000))
def test_a_share_rounds_half_away_from_zero(amount, part, whole) -> None:
    exact = (Decimal(amount) * part / whole).quantize(Decimal(1), ROUND_HALF_UP)
    assert share(amount, part, whole) == int(exact)


@given(st.integers(0, MOST), st.integers(0, 10_000))
def test_the_public_purse_never_pays_the_odd_fen(amount, bps) -> None:
    assert share_down(amount, bps, 10_000) <= share(amount, bps, 10_000)


@given(st.integers(0, MOST), st.integers(0, 10_000))
def test_tax_is_within_its_price(amount, bps) -> None:
    tax = tax_within(amount, bps)
    assert 0 <= tax <= amount
    assert abs(tax - Decimal(amount) * bps / (10_000 + bps)) <= Decimal("0.5")


@given(st.integers(0, MOST))
def test_what_is_written_can_be_read_again(amount) -> None:
    assert parse_money(plain(amount, "CNY"), "CNY") == amount
    assert parse_money(plain(amount, "JPY"), "JPY") == amount


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "NaN",
        "nan",
        "Infinity",
        "-Infinity",
        "-1",
        "-0.01",
        "0.001",
        "1e30",
        "１２x",
        "12.345",
        "9" * 40,
        "1_000",
        "0x10",
    ],
)
def test_what_is_no_amount_is_refused_with_a_sentence_in_both_languages(text) -> None:
    with pytest.raises(Malformed) as refused:
        parse_money(text, "CNY", "price")
    assert refused.value.sentence("en") != refused.value.sentence("zh")
    assert refused.value.status == 422


@pytest.mark.parametrize(
    ("text", "minor"), [("12.50", 1250), ("¥1,299", 129900), ("£2", 200), (" 0.1 ", 10), ("1，000", 100000)]
)
def test_what_people_write_is_understood(text, minor) -> None:
    assert parse_money(text, "CNY") == minor


def test_a_currency_nobody_uses_here_is_refused() -> None:
    with pytest.raises(Malformed, match="XAU"):
        parse_money("1", "XAU")


def test_yen_have_no_decimals() -> None:
    with pytest.raises(Malformed):
        parse_money("1.5", "JPY")
    assert plain(-1250, "GBP") == "-12.50"
