"""Effects planted in made people, drawn again and again: how often an estimator's 95 % interval holds what was planted.

`python -m tests.policy.planted 5000` is the large run that docs/effects.md reports.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable

from highstreet import policy
from highstreet.policy.effects import Pairs, Sample, capped, clustered, difference, ratio, segments

SEED = 7  # of everything in this project that nobody chose
LOTS = 5  # drawn among the same people: their mean is closer to the truth than one lot, and costs little
Planted = Callable[[random.Random], "list[bool]"]


def spends(chance: random.Random) -> int:
    """Two of five buy nothing, the others for 80.00 on average."""
    return 0 if chance.random() < 0.4 else int(chance.expovariate(1 / 8000))


def spends_wildly(chance: random.Random) -> int:
    """Seven of ten buy nothing; of the others one in a hundred spends more than thirty times the middle one."""
    return 0 if chance.random() < 0.7 else int(chance.lognormvariate(8, 1.5))


def lots(chance: random.Random, people: int, win: int) -> list[list[bool]]:
    """Who wins, in each of some draws among the same people."""
    found: list[list[bool]] = []
    for _ in range(LOTS):
        won = set(chance.sample(range(people), win))
        found.append([n in won for n in range(people)])
    return found


def _sides(figures: list[int], won: list[bool], gain: int = 0) -> tuple[list[int], list[int]]:
    given = [one + gain for one, wins in zip(figures, won, strict=True) if wins]
    return given, [one for one, wins in zip(figures, won, strict=True) if not wins]


def _holds(given: Iterable[float], not_given: Iterable[float], truth: float) -> bool:
    found = difference(Sample.of(given), Sample.of(not_given))
    return found.low <= truth <= found.high


def money(chance: random.Random) -> list[bool]:
    """The market's own draw: 150 of 400 who entered win, and spend 15.00 more."""
    before = [spends(chance) for _ in range(400)]
    names = [str(n) for n in range(400)]
    found: list[bool] = []
    for _ in range(LOTS):
        drawn = set(policy.draws.winners(str(chance.random()), names, 150))
        found.append(_holds(*_sides(before, [name in drawn for name in names], 1500), 1500))
    return found


def share(chance: random.Random) -> list[bool]:
    """Of a hundred who win thirty buy, of a hundred who do not twenty."""
    found: list[bool] = []
    for won in lots(chance, 300, 150):
        luck = [chance.random() for _ in won]
        bought = [int(one < (0.3 if wins else 0.2)) for one, wins in zip(luck, won, strict=True)]
        found.append(_holds(*_sides(bought, won), 0.1))
    return found


def heavy_money(chance: random.Random) -> list[bool]:
    """Sides of one size: what skews the one skews the other."""
    before = [spends_wildly(chance) for _ in range(600)]
    return [_holds(*_sides(before, won, 1000), 1000) for won in lots(chance, 600, 300)]


def heavy_money_capped(chance: random.Random) -> list[bool]:
    """Sides of quite different sizes, no effect: the highest hundredth is cut, of winners and losers alike."""
    before = capped_all([spends_wildly(chance) for _ in range(800)])
    return [_holds(*_sides(before, won), 0) for won in lots(chance, 800, 200)]


def capped_all(figures: list[int]) -> list[int]:
    return capped(figures, figures)


def heavy_money_unequal(chance: random.Random) -> list[bool]:
    """The same without the cut: known to miss more often, and said to (`thin`)."""
    before = [spends_wildly(chance) for _ in range(800)]
    return [_holds(*_sides(before, won), 0) for won in lots(chance, 800, 200)]


def households(chance: random.Random) -> list[bool]:
    """A hundred and twenty households of one to three who spend alike and mostly win alike."""
    homes = [home for home in range(120) for _ in range(1 + home % 3)]
    habits = [chance.gauss(0, 3000) for _ in range(120)]
    figures = [spends(chance) + habits[home] for home in homes]
    found: list[bool] = []
    for homes_won in lots(chance, 120, 60):
        won = [homes_won[home] if chance.random() < 0.7 else not homes_won[home] for home in homes]
        told = zip(
            homes, won, (one + 1500 * wins for one, wins in zip(figures, won, strict=True)), strict=True
        )
        one = clustered(told)
        found.append(one.low <= 1500 <= one.high)
    return found


def per_yuan(chance: random.Random) -> list[bool]:
    """Seven of ten winners use 10.00 to 15.00 of public money and spend three times that more."""
    before = [spends(chance) for _ in range(300)]
    uses = [chance.randrange(1000, 1500) if chance.random() < 0.7 else 0 for _ in before]
    found: list[bool] = []
    for won in lots(chance, 300, 150):
        pairs = list(zip(before, uses, won, strict=True))
        given = Pairs.of((spent + 3 * used, used) for spent, used, wins in pairs if wins)
        one = ratio(given, Pairs.of((spent, 0) for spent, _, wins in pairs if not wins))
        found.append(one.low is not None and one.high is not None and one.low <= 3 <= one.high)
    return found


def _groups(chance: random.Random, gains: list[int]) -> dict[str, tuple[Sample, Sample]]:
    return {
        str(n): (
            Sample.of(spends(chance) + gain for _ in range(60)),
            Sample.of(spends(chance) for _ in range(60)),
        )
        for n, gain in enumerate(gains)
    }


def alike(chance: random.Random) -> list[bool]:
    """Four groups with the same effect: true when no difference between them is claimed."""
    return [not segments(_groups(chance, [1000] * 4)).differ]


def unlike(chance: random.Random) -> list[bool]:
    """One group of four gains 60.00 more than the others: true when that is found."""
    return [segments(_groups(chance, [0, 0, 6000, 0])).differ]


OFFERED: tuple[Planted, ...] = (money, share, heavy_money, heavy_money_capped, households, per_yuan)


def often(planted: Planted, draws: int, seed: int = SEED) -> float:
    """Of a hundred, how many held."""
    chance = random.Random(f"{seed} {planted.__name__}")
    held = [one for _ in range(draws) for one in planted(chance)]
    return 100 * sum(held) / len(held)


if __name__ == "__main__":
    for one in (*OFFERED, heavy_money_unequal, alike, unlike):
        sys.stdout.write(f"{one.__name__:<24}{often(one, int(sys.argv[1])):.2f}\n")
