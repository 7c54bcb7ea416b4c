"""Effects by the libraries of the extra: they recover what was planted, again and again the same, and say no when there is too little."""

from __future__ import annotations

import random
import warnings

import pytest

from highstreet.policy import effect_models
from highstreet.policy.effect_models import ExtraMissing, Row, SampleTooSmall
from highstreet.policy.effects import Sample, difference


def people(count: int) -> list[Row]:
    """What one spent before explains most of what one spends after; winning adds 20, and 30 more for every third."""
    chance = random.Random(7)
    found: list[Row] = []
    for n in range(count):
        won, before, third = chance.random() < 0.5, chance.expovariate(1 / 80), float(n % 3 == 0)
        after = 0.8 * before + chance.gauss(0, 10) + won * (20 + 30 * third)
        found.append(Row(won, after, (before, third)))
    return found


def test_a_small_sample_is_refused_whether_or_not_the_libraries_are_there() -> None:
    for call in (
        lambda: effect_models.adjusted(people(300), 7),
        lambda: effect_models.personal(people(900), [(1, 1)], 7),
    ):
        with pytest.raises(SampleTooSmall) as no:
            call()
        assert "200" in no.value.sentence("en") or "500" in no.value.sentence("en")
        assert "不少于" in no.value.sentence("zh")
    with pytest.raises(SampleTooSmall):
        effect_models.adjusted([Row(one.won, one.figure, (1.0,)) for one in people(900)], 7)
    if not effect_models.is_here():
        with pytest.raises(ExtraMissing):
            effect_models.adjusted(people(900), 7)


@pytest.mark.skipif(
    not effect_models.is_here(), reason="the extra `effects` (doubleml, econml) is not installed"
)
def test_they_find_what_was_planted_and_the_same_again() -> None:
    some = people(1_500)
    raw = difference(
        Sample.of(p.figure for p in some if p.won), Sample.of(p.figure for p in some if not p.won)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs, about names of columns
        both = effect_models.adjusted(some, 7)
        assert effect_models.adjusted(some, 7) == both
        like = effect_models.personal(some, [(80.0, 0.0), (80.0, 1.0)], 7)
        assert effect_models.personal(some, [(80.0, 0.0), (80.0, 1.0)], 7) == like
    for one in both:
        assert one.low < 30 < one.high
        assert one.se < raw.se / 3, "what was known before explains most of it"
    assert like[0].low < 20 < like[0].high
    assert like[1].low < 50 < like[1].high
