"""Distribution functions that interval estimates need, to ten digits: normal, Student, F and chi-square. Pure, from the incomplete beta
and gamma functions (Abramowitz and Stegun 1964, 6.5 and 26.5; continued fractions by Lentz's method, Numerical Recipes 6.2 and 6.4).
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, inf, lgamma, log, pi, sqrt
from statistics import NormalDist

_TINY = 1e-300
_ENOUGH = 1e-14
_MOST_TERMS = 1000
_MANY = 10_000  # degrees of freedom
_NORMAL = NormalDist()


def normal_quantile(p: float) -> float:
    """The value that a standard normal variable stays below with probability p."""
    return _NORMAL.inv_cdf(p)


def student_tail(t: float, df: float) -> float:
    """The probability that Student's t is farther from zero than |t|: a two-sided p."""
    if df > _MANY:
        # Wallace's normal value for t: here within a few parts in a hundred million.
        z = t if df == inf else t * (1 - 1 / (4 * df)) / sqrt(1 + t * t / (2 * df))
        return 2 * _NORMAL.cdf(-abs(z))
    return _beta(df / 2, 0.5, df / (df + t * t))


@lru_cache(maxsize=1024)
def student_quantile(p: float, df: float) -> float:
    """The value that Student's t stays below with probability p, 0.5 < p < 1."""
    z = normal_quantile(p)
    if df == inf:
        return z
    if df < 3:
        return _halved(p, df)
    # Cornish and Fisher's expansion (Abramowitz and Stegun 26.7.5), then Newton's steps.
    t = z + (z**3 + z) / (4 * df) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df**2)
    t += (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * df**3)
    if df <= _MANY:
        front = exp(lgamma((df + 1) / 2) - lgamma(df / 2)) / sqrt(df * pi)
        for _ in range(4):
            step = (student_tail(t, df) / 2 - (1 - p)) / (front * (1 + t * t / df) ** (-(df + 1) / 2))
            t += step
            if abs(step) < 1e-12 * t:
                break
    return t


def _halved(p: float, df: float) -> float:
    low, high = 0.0, 2.0
    while student_tail(high, df) > 2 * (1 - p):
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if student_tail(middle, df) > 2 * (1 - p) else (low, middle)
    return (low + high) / 2


def f_tail(f: float, top: float, bottom: float) -> float:
    """The probability that F with these degrees of freedom is above f; bottom may be infinite (chi-square / top)."""
    if f <= 0:
        return 1.0
    if bottom == inf:
        return chi_square_tail(f * top, top)
    return _beta(bottom / 2, top / 2, bottom / (bottom + top * f))


def chi_square_tail(x: float, df: float) -> float:
    """The probability that chi-square is above x."""
    if x <= 0:
        return 1.0
    a, y = df / 2, x / 2
    if y < a + 1:
        term = total = 1 / a
        n = a
        for _ in range(_MOST_TERMS):
            n += 1
            term *= y / n
            total += term
            if term < total * _ENOUGH:
                break
        return 1 - total * exp(a * log(y) - y - lgamma(a))
    b = y + 1 - a
    c, d = 1 / _TINY, 1 / b
    h = d
    for i in range(1, _MOST_TERMS):
        an = -i * (i - a)
        b += 2
        d = 1 / _away(an * d + b)
        c = _away(b + an / c)
        h *= d * c
        if abs(d * c - 1) < _ENOUGH:
            break
    return h * exp(a * log(y) - y - lgamma(a))


def _beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c = 1.0
    d = 1 / _away(1 - (a + b) * x / (a + 1))
    h = d
    for m in range(1, _MOST_TERMS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + step * d)
            c = _away(1 + step / c)
            h *= d * c
        if abs(d * c - 1) < _ENOUGH:
            break
    return h


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
