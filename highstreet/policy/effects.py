"""Effects: what a programme changed, where lots decided who got it. Those who did not win are the comparison. Pure.

Everybody who entered counts for the side the lot put them on, whether or not they used what they won (intention to treat), and with zero
when they bought nothing. The estimate is the difference of the two means; its interval is Welch's, with Student's quantile at
Satterthwaite's degrees of freedom (normal beyond ten million). Sums are of whole numbers, so no digit is lost on the way.
`Leverage` is another thing and never an effect. docs/effects.md has the method with its sources.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from math import inf, sqrt

import msgspec

from highstreet.policy._distributions import f_tail, normal_quantile, student_quantile, student_tail

LEVEL = 0.95
POWER = 0.80
# Below this many people, or for a share below so many who did or did not, an interval may miss more often than it says.
FEWEST = 30
FEWEST_EVENTS = 10
# One person who makes so much of a side's squares decides its error alone.
HEAVY = 0.25
# Whoever says that groups differ must be surer than of one effect: many look for such a difference.
CLAIM = 0.01


class Sample(msgspec.Struct, frozen=True):
    """One side of a draw: how many, the sum of what was seen of them, the sum of its squares, and the largest of these."""

    n: int
    total: int | float
    squares: int | float
    largest: int | float = 0

    @classmethod
    def of(cls, values: Iterable[int | float]) -> Sample:
        """Of each person's figure: money in minor units (zero who bought nothing), or 1 and 0 for yes and no."""
        seen = list(values)
        squares = [one * one for one in seen]
        return cls(len(seen), sum(seen), sum(squares), max(squares, default=0))

    @property
    def mean(self) -> float:
        return self.total / self.n

    @property
    def variance(self) -> float:
        """Of one person's figure, unbiased."""
        return max(0.0, (self.squares - self.total * self.total / self.n) / (self.n - 1))

    @property
    def is_share(self) -> bool:
        """Whether everybody's figure is 1 or 0."""
        return self.total == self.squares and 0 <= self.total <= self.n

    def and_(self, other: Sample) -> Sample:
        """Both together."""
        largest = max(self.largest, other.largest)
        return Sample(self.n + other.n, self.total + other.total, self.squares + other.squares, largest)

    @property
    def thin(self) -> bool:
        """Whether an interval from it may miss more often than it says: few people, few who did or did not, one who outweighs the rest."""
        if self.is_share:
            return min(self.total, self.n - self.total) < FEWEST_EVENTS
        return self.n < FEWEST or self.largest > HEAVY * self.squares


class Estimate(msgspec.Struct, frozen=True):
    """A difference with its interval. given, not_given: the two means. df: of Student's t. p: two-sided, of no difference at all.

    detectable: the difference that such a draw finds four times out of five. thin: too little to trust the interval.
    """

    given: float
    not_given: float
    n_given: int
    n_not_given: int
    difference: float
    se: float
    df: float
    low: float
    high: float
    p: float
    detectable: float
    thin: bool

    @property
    def shows(self) -> bool:
        """Whether the interval leaves out that nothing changed."""
        return not self.low <= 0 <= self.high


def capped(values: Iterable[int], all_of_them: Iterable[int]) -> list[int]:
    """Figures with the highest hundredth of all (winners and losers together) cut down to the rest: what a few do counts less, and the
    effect is one on spending up to that amount."""
    ordered = sorted(all_of_them)
    cap = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] if ordered else 0
    return [min(one, cap) for one in values]


class Leverage(msgspec.Struct, frozen=True):
    """Sales of the orders that were helped for each unit of public money. Not an effect: most might have been bought anyway."""

    sales: int
    public: int
    ratio: float | None


class TooFew(ValueError):
    """A side of a draw with fewer than two people: nothing can be said."""


def leverage(sales: int, public: int) -> Leverage:
    """Of what was sold with public money in it, and that money."""
    return Leverage(sales, public, sales / public if public else None)


def difference(given: Sample, not_given: Sample, level: float = LEVEL) -> Estimate:
    """What winning changed of the mean, for a share or for money. Errors: TooFew."""
    if min(given.n, not_given.n) < 2:
        raise TooFew("a side of the draw has fewer than two people")
    one, other = given.variance / given.n, not_given.variance / not_given.n
    both = one + other
    df = both * both / (one * one / (given.n - 1) + other * other / (not_given.n - 1)) if both else inf
    return _estimate(given, not_given, sqrt(both), df, level, given.thin or not_given.thin)


def clustered(people: Iterable[tuple[Hashable, bool, int | float]], level: float = LEVEL) -> Estimate:
    """The same for people who belong together (one household, one telephone): (cluster, won, figure) of each. Errors: TooFew.

    The error is Liang and Zeger's from the clusters' sums, times G / (G - 1); df: clusters in the smaller side, less one.
    """
    seen = list(people)
    given = Sample.of(figure for _, won, figure in seen if won)
    not_given = Sample.of(figure for _, won, figure in seen if not won)
    if min(given.n, not_given.n) < 2:
        raise TooFew("a side of the draw has fewer than two people")
    sums: defaultdict[Hashable, float] = defaultdict(float)
    sides: tuple[set[Hashable], set[Hashable]] = (set(), set())
    for cluster, won, figure in seen:
        sums[cluster] += (figure - given.mean) / given.n if won else (not_given.mean - figure) / not_given.n
        sides[won].add(cluster)
    count, fewer = len(sums), min(len(side) for side in sides)
    if fewer < 2:
        raise TooFew("a side of the draw has fewer than two households")
    se = sqrt(sum(one * one for one in sums.values()) * count / (count - 1))
    return _estimate(given, not_given, se, fewer - 1, level, fewer < FEWEST)


def _estimate(given: Sample, not_given: Sample, se: float, df: float, level: float, thin: bool) -> Estimate:
    found = given.mean - not_given.mean
    reach = student_quantile((1 + level) / 2, df) * se
    p = student_tail(found / se, df) if se else float(found == 0)
    return Estimate(
        given.mean, not_given.mean, given.n, not_given.n, found, se, df, found - reach, found + reach, p,
        detectable(se, df, level), thin,
    )  # fmt: skip


def detectable(se: float, df: float = inf, level: float = LEVEL, power: float = POWER) -> float:
    """The least difference that would be found with such a power, given the error of the difference."""
    return (student_quantile((1 + level) / 2, df) + normal_quantile(power)) * se


class Ratio(msgspec.Struct, frozen=True):
    """One difference for each unit of another, with its interval; all None when the other is not clearly above zero."""

    ratio: float | None
    low: float | None
    high: float | None


class Pairs(msgspec.Struct, frozen=True):
    """One side of a draw with two figures of each person: what they spent, and the public money they used."""

    above: Sample
    below: Sample
    products: int | float

    @classmethod
    def of(cls, pairs: Iterable[tuple[int | float, int | float]]) -> Pairs:
        seen = list(pairs)
        return cls(Sample.of(a for a, _ in seen), Sample.of(b for _, b in seen), sum(a * b for a, b in seen))

    @property
    def covariance(self) -> float:
        """Of the two figures of one person."""
        n = self.above.n
        return (self.products - self.above.total * self.below.total / n) / (n - 1)


# The delta method needs a denominator that is far from zero; at four of its errors the interval is right to a few thousandths.
_FAR = 4.0


def ratio(given: Pairs, not_given: Pairs, level: float = LEVEL) -> Ratio:
    """What winning changed of the first figure for each unit it changed of the second; interval by the delta method. Errors: TooFew."""
    top, bottom = (
        difference(given.above, not_given.above, level),
        difference(given.below, not_given.below, level),
    )
    if bottom.difference <= _FAR * bottom.se or bottom.difference <= 0:
        return Ratio(None, None, None)
    found = top.difference / bottom.difference
    shared = sum(side.covariance / side.above.n for side in (given, not_given))
    variance = top.se**2 - 2 * found * shared + found**2 * bottom.se**2
    reach = student_quantile((1 + level) / 2, top.df) * sqrt(max(0.0, variance)) / bottom.difference
    return Ratio(found, found - reach, found + reach)


class Segment(msgspec.Struct, frozen=True):
    """A group of people known before the draw. apart: its effect less that of all others; p_apart: of no such difference, by Holm's
    correction for so many groups. The interval of `estimate` is not corrected: it answers for its own group alone."""

    name: str
    estimate: Estimate
    apart: float
    p_apart: float


class Segments(msgspec.Struct, frozen=True):
    """Whether groups differ. q: Cochran's, weighted by how well each effect is known; p: of Welch's F for it, which allows for
    unequal and estimated errors. differ: only if p is below `CLAIM` and one group's own p_apart below 1 - level.
    left_out: groups with too few people."""

    segments: tuple[Segment, ...]
    q: float
    p: float
    differ: bool
    left_out: tuple[str, ...]


def segments(groups: Mapping[str, tuple[Sample, Sample]], level: float = LEVEL, asked: int = 1) -> Segments:
    """By group its winners and losers. Groups with fewer than thirty on a side, or where nothing varies, are left out.

    asked: how many ways to divide people are looked at; a difference must be so many times as sure (Bonferroni).
    """
    told = {
        name: difference(*sides, level)
        for name, sides in sorted(groups.items())
        if min(side.n for side in sides) >= FEWEST and any(side.variance for side in sides)
    }
    left_out = tuple(sorted(set(groups) - set(told)))
    if len(told) < 2:
        alone = tuple(Segment(name, one, 0.0, 1.0) for name, one in told.items())
        return Segments(alone, 0.0, 1.0, False, left_out)
    q, p = _together(list(told.values()))
    apart: dict[str, tuple[float, float]] = {}
    for name, one in told.items():
        sides = [groups[other] for other in told if other != name]
        rest = difference(_all(side[0] for side in sides), _all(side[1] for side in sides), level)
        variances = (one.se**2, rest.se**2)
        se = sqrt(sum(variances))
        df = sum(variances) ** 2 / sum(
            v * v / each.df for v, each in zip(variances, (one, rest), strict=True)
        )
        by = one.difference - rest.difference
        apart[name] = (by, student_tail(by / se, df))
    holm = _holm({name: p_one for name, (_, p_one) in apart.items()})
    found = tuple(Segment(name, one, apart[name][0], holm[name]) for name, one in told.items())
    return Segments(found, q, p, p < CLAIM / asked and min(holm.values()) < (1 - level) / asked, left_out)


def _all(samples: Iterable[Sample]) -> Sample:
    first, *others = samples
    for one in others:
        first = first.and_(one)
    return first


def _together(told: list[Estimate]) -> tuple[float, float]:
    """Cochran's Q, and the p of Welch's F for estimates with errors of their own."""
    k = len(told)
    weights = [1 / one.se**2 for one in told]
    whole = sum(weights)
    middle = sum(w * one.difference for w, one in zip(weights, told, strict=True)) / whole
    q = sum(w * (one.difference - middle) ** 2 for w, one in zip(weights, told, strict=True))
    unsure = sum((1 - w / whole) ** 2 / one.df for w, one in zip(weights, told, strict=True))
    f = (q / (k - 1)) / (1 + 2 * (k - 2) / (k * k - 1) * unsure)
    return q, f_tail(f, k - 1, (k * k - 1) / (3 * unsure) if unsure else inf)


def _holm(p: Mapping[str, float]) -> dict[str, float]:
    """Each p for as many questions as are asked at once (Holm 1979)."""
    worst, found = 0.0, dict[str, float]()
    for n, name in enumerate(sorted(p, key=lambda one: (p[one], one))):
        worst = max(worst, min(1.0, (len(p) - n) * p[name]))
        found[name] = worst
    return found
