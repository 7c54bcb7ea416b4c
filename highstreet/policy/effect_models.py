"""Effects with what was known of people before the draw, by bought libraries: the extra `effects` (doubleml, econml).

`effects` tells what changed and needs none of this. Here the same effect may be known more closely when much of what people spend is
explained by what they spent before (`adjusted`), and a guess may be had of what it changes for one like this person (`personal`). Both are
seeded, so that anybody gets the same figures again, and both say no to a sample that is too small for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import msgspec

from highstreet.kit.errors import Refusal

# On each side of the draw. Cross-fitting in fives leaves four fifths to learn from.
FEWEST = 200
FEWEST_PERSONAL = 500
_FOLDS = 5


class ExtraMissing(Refusal):
    """The libraries are not installed where this runs."""

    code = "extra_missing"
    status = 501
    en = "This needs the extra “{extra}”, which is not installed here."
    zh = "此功能需要安装附加组件“{extra}”。"


class SampleTooSmall(Refusal):
    """Fewer people on a side than the method is honest with, or none who differ in what is known of them."""

    code = "sample_too_small"
    status = 422
    en = "This method needs at least {least} winners and {least} others who differ in what is known of them; there are {found}."
    zh = "该方法要求中签者与未中签者各不少于 {least} 人，且已知情况有差异；目前为 {found} 人。"


class Row(msgspec.Struct, frozen=True):
    """One who entered: the figure after the draw, and numbers known before it (the same ones for everybody)."""

    won: bool
    figure: float
    known: tuple[float, ...]


class Adjusted(msgspec.Struct, frozen=True):
    """The mean effect with its 95 % interval, by one method."""

    method: str
    effect: float
    se: float
    low: float
    high: float


class Personal(msgspec.Struct, frozen=True):
    """The effect to be expected for one who is known like this, with its 95 % interval."""

    known: tuple[float, ...]
    effect: float
    low: float
    high: float


def is_here() -> bool:
    """Whether the libraries are installed."""
    return find_spec("doubleml") is not None and find_spec("econml") is not None


def adjusted(people: Sequence[Row], seed: int) -> tuple[Adjusted, Adjusted]:
    """The mean effect from a partially linear model and from an interactive one, double machine learning with linear learners
    (Chernozhukov et al. 2018, Econometrics Journal 21). Errors: ExtraMissing, SampleTooSmall."""
    x, won, figures = _arrays(people, FEWEST)
    numpy, learners = import_module("numpy"), import_module("sklearn.linear_model")
    doubleml = import_module("doubleml")
    found: list[Adjusted] = []
    for method in ("partially linear", "interactive"):
        # doubleml draws its folds from numpy's own generator: it is put back afterwards.
        before: Any = numpy.random.get_state()
        numpy.random.seed(seed)
        try:
            data = doubleml.DoubleMLData.from_arrays(x, figures, won)
            if method == "interactive":
                model = doubleml.DoubleMLIRM(
                    data, learners.LinearRegression(), learners.LogisticRegression(), n_folds=_FOLDS
                )
            else:
                model = doubleml.DoubleMLPLR(
                    data, learners.LinearRegression(), learners.LinearRegression(), n_folds=_FOLDS
                )
            model.fit()
        finally:
            numpy.random.set_state(before)
        low, high = (float(one) for one in model.confint(level=0.95).to_numpy()[0])
        found.append(Adjusted(method, float(model.coef[0]), float(model.se[0]), low, high))
    return found[0], found[1]


def personal(people: Sequence[Row], like: Sequence[tuple[float, ...]], seed: int) -> list[Personal]:
    """What winning changes for people known like these: a linear double machine learner (econml's LinearDML). To be believed only where
    `effects.segments` shows that groups differ. Errors: ExtraMissing, SampleTooSmall."""
    x, won, figures = _arrays(people, FEWEST_PERSONAL)
    numpy, learners = import_module("numpy"), import_module("sklearn.linear_model")
    model = import_module("econml.dml").LinearDML(
        model_y=learners.LinearRegression(), model_t=learners.LogisticRegression(), discrete_treatment=True, cv=_FOLDS,
        random_state=seed,
    )  # fmt: skip
    model.fit(figures, won, X=x)
    asked: Any = numpy.array(like, dtype=float)
    low, high = model.effect_interval(asked, alpha=0.05)
    return [
        Personal(one, float(effect), float(a), float(b))
        for one, effect, a, b in zip(like, model.effect(asked), low, high, strict=True)
    ]


def _arrays(people: Sequence[Row], least: int) -> tuple[Any, Any, Any]:
    won = sum(one.won for one in people)
    fewer = min(won, len(people) - won)
    if fewer < least or len({one.known for one in people}) < 2:
        raise SampleTooSmall(least=least, found=fewer)
    if not is_here():
        raise ExtraMissing(extra="effects")
    numpy = import_module("numpy")
    return (
        numpy.array([one.known for one in people], dtype=float),
        numpy.array([int(one.won) for one in people]),
        numpy.array([one.figure for one in people], dtype=float),
    )
