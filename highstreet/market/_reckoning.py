"""What a rehearsal adds up: money, orders, people and sales, whole and by seller, category, district, seller's size and group of buyers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from highstreet import policy
from highstreet.kit.text import Words
from highstreet.market.views.past_orders import PastOrder, SellerThen

# Groups of people that are told of, by what an office found true of them; nobody is told of in groups of fewer.
GROUPS = {"elderly": Words("Elderly people", "老年人"), "rural": Words("People of the villages", "乡村居民")}
FEWEST = 5
_MOST_SHOWN = 100


class Share(msgspec.Struct, frozen=True):
    """What one seller, category, district or group would have had of it."""

    id: str
    name: Words
    cost: int
    orders: int
    people: int
    sales: int


class Refused(msgspec.Struct, frozen=True):
    """Orders that would have got nothing, by the reason's code; why: as it was said of one of them."""

    code: str
    why: Words
    orders: int
    sales: int


class _Sum:
    """Being added up."""

    __slots__ = ("cost", "orders", "people", "sales")

    def __init__(self) -> None:
        self.cost = self.orders = self.sales = 0
        self.people: set[str] = set()

    def add(self, cost: int, sales: int, holder: str) -> None:
        self.cost += cost
        self.orders += 1
        self.sales += sales
        self.people.add(holder)


class Reckoning:
    """small: a seller that sold no more in the year before is a small one."""

    def __init__(self, small: int) -> None:
        self._small = small
        self.looked = 0
        self.whole = _Sum()
        self.categories: dict[str, _Sum] = {}
        self._sellers: dict[str, _Sum] = {}
        self._districts: dict[str, _Sum] = {}
        self._groups: dict[str, _Sum] = {}
        self._people: dict[str, int] = {}
        self._refused: dict[str, tuple[Words, int, int]] = {}

    def refuse(self, order: PastOrder, no: policy.No) -> None:
        """An order that would have got nothing."""
        self.looked += 1
        why, orders, sales = self._refused.get(no.code, (no.why, 0, 0))
        self._refused[no.code] = (why, orders + 1, sales + sum(order.sold))

    def give(
        self, order: PastOrder, award: policy.Award, categories: Sequence[str], district: str, people: frozenset[str]
    ) -> None:  # fmt: skip
        """An order that would have been helped. categories: of each line."""
        holder, sales = order.buyer_id or "", sum(order.sold)
        self.looked += 1
        self.whole.add(award.amount, sales, holder)
        _of(self._sellers, order.seller_id).add(award.amount, sales, holder)
        _of(self._districts, district).add(award.amount, sales, holder)
        self._people[holder] = self._people.get(holder, 0) + award.amount
        for group in GROUPS:
            if group in people:
                _of(self._groups, group).add(award.amount, sales, holder)
        by_category: dict[str, list[int]] = {}
        for position, amount in award.parts:
            had = by_category.setdefault(categories[position], [0, 0])
            had[0] += amount
            had[1] += order.sold[position]
        for category, (cost, sold) in by_category.items():
            _of(self.categories, category).add(cost, sold, holder)

    def leverage(self) -> float | None:
        """Sales of the helped orders for each unit of public money."""
        return round(self.whole.sales / self.whole.cost, 3) if self.whole.cost else None

    def top_tenth(self) -> int:
        """In hundredths of a percent."""
        amounts = sorted(self._people.values(), reverse=True)
        most = sum(amounts[: -(-len(amounts) // 10)])
        return round(10_000 * most / self.whole.cost) if self.whole.cost else 0

    def shares(
        self, sellers: Mapping[str, SellerThen], names: Mapping[str, dict[str, str]]
    ) -> dict[str, Any]:
        """Each way to divide it, by the name of its field in the result."""
        sizes: dict[str, _Sum] = {}
        for seller, one in self._sellers.items():
            into = _of(sizes, "small" if sellers[seller].year <= self._small else "large")
            into.cost, into.orders, into.sales = (
                into.cost + one.cost,
                into.orders + one.orders,
                into.sales + one.sales,
            )
            into.people |= one.people
        seller_names = {one: Words(sellers[one].name, sellers[one].name) for one in self._sellers}
        category_names = {one: msgspec.convert(found, Words) for one, found in names.items()}
        told = {group: one for group, one in self._groups.items() if len(one.people) >= FEWEST}
        return {
            "sellers": _shares(self._sellers, seller_names),
            "categories": _shares(self.categories, category_names),
            "districts": _shares(self._districts, {one: Words(one, one) if one else _NOWHERE for one in self._districts}),
            "sizes": _shares(sizes, _SIZES),
            "buyers": _shares(told, GROUPS),
            "absent": tuple(group for group in GROUPS if group not in told),
        }  # fmt: skip

    def refusals(self) -> tuple[Refused, ...]:
        """The commonest first."""
        found = [Refused(code, why, orders, sales) for code, (why, orders, sales) in self._refused.items()]
        return tuple(sorted(found, key=lambda one: (-one.orders, one.code)))


_SIZES = {"small": Words("Small sellers", "小商户"), "large": Words("Large sellers", "大商户")}
_NOWHERE = Words("No district in the address", "地址未注明地区")
_REST = Words("All others", "其他")


def _of(sums: dict[str, _Sum], name: str) -> _Sum:
    found = sums.get(name)
    if found is None:
        found = sums[name] = _Sum()
    return found


def _shares(sums: Mapping[str, _Sum], names: Mapping[str, Words]) -> tuple[Share, ...]:
    ordered = sorted(sums.items(), key=lambda one: (-one[1].cost, one[0]))
    shown = [
        Share(name, names.get(name, Words(name, name)), one.cost, one.orders, len(one.people), one.sales)
        for name, one in ordered[:_MOST_SHOWN]
    ]
    if rest := [one for _, one in ordered[_MOST_SHOWN:]]:
        people = set[str]().union(*(one.people for one in rest))
        shown.append(
            Share("", _REST, sum(one.cost for one in rest), sum(one.orders for one in rest), len(people), sum(one.sales for one in rest))
        )  # fmt: skip
    return tuple(shown)
