"""What a programme changed: against closed forms, real trials, and effects that were planted."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highstreet.policy import effects
from highstreet.policy._distributions import chi_square_tail, f_tail, student_quantile, student_tail
from highstreet.policy.effects import Pairs, Sample, TooFew
from tests.policy import planted

HILLSTROM = Path(__file__).parents[2].parent / "shared" / "data" / "hillstrom_voucher_trial.parquet"


def test_quantiles_are_those_of_the_tables() -> None:
    for df, value in [
        (1, 12.7062047),
        (2, 4.3026527),
        (4, 2.7764451),
        (10, 2.2281389),
        (30, 2.0422725),
        (1e9, 1.9599640),
    ]:
        assert student_quantile(0.975, df) == pytest.approx(value, abs=1e-7)
        assert student_tail(value, df) == pytest.approx(0.05, abs=1e-7)
    assert student_tail(2.0, 20_000) == pytest.approx(student_tail(2.0, 9_999), abs=2e-5)
    assert chi_square_tail(3.8414588, 1) == pytest.approx(0.05, abs=1e-7)
    assert chi_square_tail(11.0704977, 5) == pytest.approx(0.05, abs=1e-7)
    assert f_tail(4.9646027, 1, 10) == pytest.approx(0.05, abs=1e-7)
    assert f_tail(3.4780497, 4, 10) == pytest.approx(0.05, abs=1e-7)


def closed(given_: Sequence[float], not_given: Sequence[float]) -> tuple[float, float]:
    """Difference and error by another way: from the standard library's own mean and variance."""
    ways = [(statistics.fmean(side), statistics.variance(side), len(side)) for side in (given_, not_given)]
    (m1, v1, n1), (m0, v0, n0) = ways
    return m1 - m0, math.sqrt(v1 / n1 + v0 / n0)


@pytest.mark.parametrize(("column", "about"), [("visit", 0.045), ("conversion", 0.0036), ("spend", 0.63)])
def test_the_trial_of_hillstrom(column: str, about: float) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `import` (pyarrow) is not installed")
    if not HILLSTROM.exists():
        pytest.skip("the trial's data is not beside the project")
    table = parquet.read_table(HILLSTROM, columns=["segment", column])
    arms: dict[str, list[float]] = {"Womens E-Mail": [], "No E-Mail": []}
    for arm, value in zip(*(table.column(name).to_pylist() for name in ("segment", column)), strict=True):
        arms[arm].append(value)
    mailed, not_mailed = arms["Womens E-Mail"], arms["No E-Mail"]
    unit = 100 if column == "spend" else 1  # in cents
    sides = [Sample.of(round(one * unit) for one in side) for side in (mailed, not_mailed)]
    found = effects.difference(sides[0], sides[1])
    difference, se = closed([one * unit for one in mailed], [one * unit for one in not_mailed])
    assert found.difference == pytest.approx(difference, rel=1e-9)
    assert found.se == pytest.approx(se, rel=1e-9)
    # So many people: Student's quantile is the normal one to four digits.
    assert (found.low, found.high) == pytest.approx(
        (difference - 1.96 * se, difference + 1.96 * se), abs=4e-4 * se
    )
    assert found.difference / unit == pytest.approx(about, rel=0.1)
    assert found.shows
    assert not found.thin
    assert (found.n_given, found.n_not_given) == (14_986, 14_831)


@pytest.mark.parametrize("draw", planted.OFFERED, ids=lambda one: one.__name__)
def test_intervals_hold_what_was_planted(draw: planted.Planted) -> None:
    assert 93 <= planted.often(draw, 200) <= 97


def test_no_difference_between_groups_is_claimed_where_none_was_planted() -> None:
    assert planted.often(planted.alike, 200) >= 95
    assert planted.often(planted.unlike, 20) >= 75


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=40),
    st.lists(st.integers(0, 10**9), min_size=2, max_size=40),
)
def test_a_difference_is_the_closed_form_of_any_figures(one: list[int], other: list[int]) -> None:
    found = effects.difference(Sample.of(one), Sample.of(other))
    difference, se = closed(one, other)
    assert found.difference == pytest.approx(difference, rel=1e-9, abs=1e-3)
    assert found.se == pytest.approx(se, rel=1e-6, abs=1e-3)
    assert found.low <= found.difference <= found.high
    assert found.thin
    turned = effects.difference(Sample.of(other), Sample.of(one))
    assert turned.difference == -found.difference
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))
    alone = effects.clustered([(n, n < len(one), figure) for n, figure in enumerate([*one, *other])])
    assert alone.difference == pytest.approx(found.difference)


def test_leverage_is_told_apart_from_what_changed() -> None:
    given_ = Pairs.of([(10_000, 1_000)] * 40 + [(0, 0)] * 40)
    not_given = Pairs.of([(10_000, 0)] * 40 + [(0, 0)] * 40)
    nothing = effects.difference(given_.above, not_given.above)
    assert (nothing.difference, nothing.shows) == (0, False)
    assert effects.leverage(400_000, 40_000).ratio == 10, (
        "ten yuan sold for each of public money, and nothing changed"
    )
    per_yuan = effects.ratio(given_, not_given)
    assert per_yuan.ratio == 0
    assert per_yuan.low is not None
    assert per_yuan.high is not None
    assert per_yuan.low < 0 < per_yuan.high
    assert effects.ratio(not_given, given_).ratio is None, "nobody was given anything"
    assert effects.leverage(5, 0).ratio is None


def test_what_a_draw_can_find_and_what_is_too_little() -> None:
    side = Sample.of([0, 100] * 200)
    found = effects.difference(side, side)
    # (1.96 + 0.84) errors, for 95 % and a power of 80 %.
    assert found.detectable == pytest.approx(2.80 * found.se, rel=2e-3)
    with pytest.raises(TooFew):
        effects.difference(Sample.of([1]), side)
    one_outweighs = Sample.of([0] * 99 + [10**6])
    assert effects.difference(one_outweighs, side).thin
    left = effects.segments({"many": (side, side), "few": (Sample.of([1, 2]), side)})
    assert (left.left_out, left.differ, len(left.segments)) == (("few",), False, 1)
