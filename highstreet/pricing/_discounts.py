"""What one promotion takes off which lines, and the best of all ways to combine several.

Lines are numbers into three parallel lists: offers, quantities, and `left`, what is still to be paid of each
line.
"""

from __future__ import annotations

from collections.abc import Sequence

from highstreet.kit.money import share, split
from highstreet.pricing.promotions import Promotion, Rule

Lines = tuple[int, ...]
Cuts = list[tuple[int, int]]  # (line, minor units off it, more than 0)
Applied = tuple[Promotion, Cuts]

# Within one priority: what names its goods first, what looks at the whole basket last.
_ORDER = {"bundle": 0, "buy_n": 1, "percent": 2, "together": 2, "amount": 3, "spend": 4}
# Reaching every way to combine promotions is exact; a basket met by dozens that exclude each other must not
# stall a till.
_MOST_STEPS = 2_000


class Basket:
    """The lines of one quote, in an order that does not depend on how they were put in."""

    __slots__ = ("left", "offers", "quantities")

    def __init__(self, offers: Sequence[str], quantities: Sequence[int], left: Sequence[int]) -> None:
        self.offers = offers
        self.quantities = quantities
        self.left = left

    def cuts(self, promotion: Promotion, lines: Lines, left: Sequence[int]) -> Cuts:
        """What a promotion takes off these lines when `left` is still to be paid of them."""
        rule, kind = promotion.rule, promotion.kind
        if kind in ("percent", "together"):
            found = [(i, share(left[i], rule.bps, 10_000)) for i in lines]
        elif kind == "amount":
            found = [(i, min(left[i], rule.off * self.quantities[i])) for i in lines]
        elif kind == "spend":
            weights = [left[i] for i in lines]
            found = list(zip(lines, split(_spend_off(rule, sum(weights)), weights), strict=True))
        elif kind == "buy_n":
            found = self._cheapest(lines, left, self._free_units(rule, lines))
        else:
            found = self._bundled(promotion.offers, rule.price, lines, left)
        return [cut for cut in found if cut[1] > 0]

    def _free_units(self, rule: Rule, lines: Lines) -> int:
        return sum(self.quantities[i] for i in lines) // rule.n * rule.free

    def _cheapest(self, lines: Lines, left: Sequence[int], units: int) -> Cuts:
        # Exact order of fractions left/quantity: 64 more bits tell any two apart, as quantities stay below a
        # billion.
        cheap_first = sorted(lines, key=lambda i: (left[i] << 64) // self.quantities[i])
        found: Cuts = []
        for i in cheap_first:
            if units <= 0:
                break
            taken = min(units, self.quantities[i])
            units -= taken
            found.append((i, share(left[i], taken, self.quantities[i])))
        return found

    def _bundled(self, named: Sequence[str], price: int, lines: Lines, left: Sequence[int]) -> Cuts:
        have = dict.fromkeys(named, 0)
        for i in lines:
            have[self.offers[i]] += self.quantities[i]
        sets = min(have.values())
        need = dict.fromkeys(named, sets)
        worth: list[int] = []
        for i in lines:
            taken = min(need[self.offers[i]], self.quantities[i])
            need[self.offers[i]] -= taken
            worth.append(share(left[i], taken, self.quantities[i]))
        off = max(0, sum(worth) - price * sets)
        return list(zip(lines, split(off, worth), strict=True))

    def most(self, promotion: Promotion, lines: Lines) -> int:
        """No less than a promotion can take off in any combination with others."""
        if promotion.kind == "buy_n":
            dearest = max(-(-self.left[i] // self.quantities[i]) for i in lines)
            return dearest * self._free_units(promotion.rule, lines)
        return sum(off for _, off in self.cuts(promotion, lines, self.left))


def _spend_off(rule: Rule, total: int) -> int:
    """What a spend rule takes off a total: once, or for each full amount spent."""
    if total < rule.spend:
        return 0
    return min(total, rule.off * (total // rule.spend if rule.each else 1))


def best(basket: Basket, met: list[tuple[Promotion, Lines]]) -> list[Applied]:
    """The promotions that together leave the buyer least to pay, with what each takes off, in the order
    applied.

    A promotion that stands alone takes its lines out of all others. The rest are applied one after another,
    each to what the earlier ones left, in order of priority (higher first), kind and id; one is left out
    where that is better for the buyer (it would spoil a threshold). Of equal results the first in this order
    is taken.
    """
    if len(met) == 1:
        promotion, lines = met[0]
        cuts = basket.cuts(promotion, lines, basket.left)
        return [(promotion, cuts)] if cuts else []
    usable = [m for m in met if basket.most(*m) > 0]
    usable.sort(key=_rank)
    return _Search(basket, usable).run() if usable else []


def _rank(met: tuple[Promotion, Lines]) -> tuple[bool, int, int, int, str]:
    promotion, lines = met
    # Narrow lone ones first: the wide one may then still have the other lines.
    width = len(lines) if promotion.alone else 0
    return not promotion.alone, width, -promotion.priority, _ORDER[promotion.kind], promotion.id


class _Search:
    """Depth first, taking before leaving out, cut off where even all that may still come off cannot beat the
    best."""

    def __init__(self, basket: Basket, met: list[tuple[Promotion, Lines]]) -> None:
        self.basket = basket
        self.met = met
        self.optional = [_may_spoil(met, n) for n in range(len(met))]
        self.hope = [0] * (len(met) + 1)  # the most that promotions n and later can take off
        for n in range(len(met) - 1, -1, -1):
            self.hope[n] = self.hope[n + 1] + basket.most(*met[n])
        self.lowest: int | None = None
        self.found: list[Applied] = []
        self.steps = _MOST_STEPS

    def run(self) -> list[Applied]:
        self._walk(0, list(self.basket.left), sum(self.basket.left), frozenset(), [])
        return self.found

    def _walk(
        self, n: int, left: list[int], total: int, closed: frozenset[int], taken: list[Applied]
    ) -> None:
        if self.lowest is not None:
            self.steps -= 1
            if self.steps < 0 or total - self.hope[n] >= self.lowest:
                return
        if n == len(self.met):
            self.lowest, self.found = total, taken
            return
        promotion, lines = self.met[n]
        open_lines = tuple(i for i in lines if i not in closed) if closed else lines
        cuts = self.basket.cuts(promotion, open_lines, left) if open_lines else []
        if cuts:
            less = left.copy()
            for i, off in cuts:
                less[i] -= off
            shut = closed.union(open_lines) if promotion.alone else closed
            self._walk(n + 1, less, total - sum(off for _, off in cuts), shut, [*taken, (promotion, cuts)])
        if not cuts or self.optional[n]:
            self._walk(n + 1, left, total, closed, taken)


def _may_spoil(met: list[tuple[Promotion, Lines]], n: int) -> bool:
    """Whether leaving promotion n out can ever be better: it stands alone, or a later one looks at several
    lines of it."""
    promotion, lines = met[n]
    if promotion.alone:
        return True
    return any(
        later.kind not in ("percent", "together", "amount") and not set(lines).isdisjoint(others)
        for later, others in met[n + 1 :]
    )
