"""Screens: patterns that look like public money taken unduly. Pure: rows in, questions for a person out, each explained by its numbers.

Nothing here accuses anybody. A household, a dormitory, a shop's own clerk with one lunch and somebody who buys just enough are what the
bounds (`bounds.py`) leave alone.
"""

# ruff: noqa: E501  (a sentence in both languages, one line)

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from statistics import median
from typing import Literal, TypeVar

import msgspec

from highstreet.kit.text import Words
from highstreet.policy.bounds import LINKS, STRONG, WEIGHTS, bound

Pattern = Literal["ring", "self", "raise", "split", "burst", "cycle"]
Kind = Literal["ring", "seller", "person"]


class Use(msgspec.Struct, frozen=True):
    """Public money spent on an order. amount: what was paid of the price `price`; least, most: between which the price had to be.

    clerk: who sold it at a counter. back: the goods came back, or the order came to nothing.
    """

    order: str
    person: str
    seller: str
    amount: int
    price: int
    at: datetime
    least: int = 0
    most: int | None = None
    clerk: str | None = None
    back: bool = False


class Link(msgspec.Struct, frozen=True):
    """Something that tells a person again, as a keyed hash; `kind` one of `bounds.WEIGHTS`."""

    person: str
    kind: str
    mark: str


class Tie(msgspec.Struct, frozen=True):
    """What binds a buyer to a seller: they work there ("staff"), or have something in common (a kind of link)."""

    person: str
    seller: str
    how: str


class Raised(msgspec.Struct, frozen=True):
    """A piece sold with public money, and what it was asked for before: the price before it was last raised, and when that was."""

    order: str
    seller: str
    offer: str
    price: int
    before: int
    raised_at: datetime
    at: datetime
    amount: int


class Part(msgspec.Struct, frozen=True):
    """What a score is made of."""

    points: int
    words: Words


class Seen(msgspec.Struct, frozen=True):
    """One row of evidence: ids and plain values, nothing personal."""

    order: str
    person: str | None
    seller: str
    at: datetime
    amount: int
    price: int
    before: int | None = None


class Edge(msgspec.Struct, frozen=True):
    """Two people who share something, for a drawing."""

    a: str
    b: str
    kinds: tuple[str, ...]


class Found(msgspec.Struct, frozen=True):
    """A question for a person: what was seen of whom, and what of it weighs how much (of 100)."""

    pattern: Pattern
    kind: Kind
    subject: str
    people: tuple[str, ...]
    sellers: tuple[str, ...]
    parts: tuple[Part, ...]
    evidence: tuple[Seen, ...]
    edges: tuple[Edge, ...] = ()

    @property
    def score(self) -> int:
        return min(100, sum(part.points for part in self.parts))


def _seen(uses: Iterable[Use]) -> tuple[Seen, ...]:
    ordered = sorted(uses, key=lambda use: (use.at, use.order))
    return tuple(Seen(u.order, u.person, u.seller, u.at, u.amount, u.price) for u in ordered)


def _money(uses: Iterable[Use]) -> Part:
    total = sum(use.amount for use in uses)
    yuan = f"{total / 100:,.2f}"
    points = min(20, total // 10_000)
    return Part(points, Words(f"{yuan} of public money", f"涉及财政资金 {yuan} 元"))


# Rings ---------------------------------------------------------------------------------------------------------------


def rings(uses: Sequence[Use], links: Iterable[Link]) -> list[Found]:
    """People who share phones, devices, accounts, addresses, more of them and tighter than a household."""
    spent = {use.person for use in uses}
    shared: dict[tuple[str, str], set[str]] = {}
    for link in links:
        if link.person in spent and link.kind in WEIGHTS:
            shared.setdefault((link.kind, link.mark), set()).add(link.person)
    pairs: dict[tuple[str, str], set[str]] = {}
    groups = _Groups()
    for (kind, _), people in sorted(shared.items()):
        if len(people) < 2 or (kind not in STRONG and len(people) > bound("ring_public")):
            continue
        few = sorted(people)
        for one in few[1:]:
            groups.join(few[0], one)
        for pair in combinations(few[:_MOST_DRAWN], 2):
            pairs.setdefault(pair, set()).add(kind)
    # Each group with its own rows, in one go: a town has thousands of households.
    within: dict[str, dict[tuple[str, str], set[str]]] = {}
    for pair, kinds in pairs.items():
        within.setdefault(groups.top(pair[0]), {})[pair] = kinds
    own: dict[str, list[Use]] = {}
    for use in uses:
        own.setdefault(groups.top(use.person), []).append(use)
    found: list[Found] = []
    for people in groups.all():
        top = groups.top(min(people))
        one = _ring(people, within[top], own[top]) if top in within and len(people) > 1 else None
        if one is not None:
            found.append(one)
    return found


_MOST_DRAWN = 200


def _ring(people: frozenset[str], pairs: dict[tuple[str, str], set[str]], uses: list[Use]) -> Found | None:
    n = len(people)
    if n < bound("ring_people"):
        return None
    drawn = min(n, _MOST_DRAWN)
    density = 100 * len(pairs) // (drawn * (drawn - 1) // 2)
    tightness = sum(sum(WEIGHTS[kind] for kind in kinds) for kinds in pairs.values()) // len(pairs)
    strong = 2 * sum(bool(kinds & STRONG) for kinds in pairs.values()) >= len(pairs)
    least = bound("ring_people" if strong else "ring_address_people")
    if n < least or density < bound("ring_density") or tightness < bound("ring_tightness"):
        return None
    kinds = sorted({kind for found in pairs.values() for kind in found}, key=lambda kind: -WEIGHTS[kind])
    en, zh = (sep.join(LINKS[kind].say(lang) for kind in kinds) for sep, lang in ((", ", "en"), ("、", "zh")))
    parts = (
        Part(min(40, 4 * n), Words(f"{n} people share {en}; a household has fewer than {least}", f"{n} 人共用{zh}；家庭一般少于 {least} 人")),
        Part(density // 5, Words(f"{density} of 100 pairs of them are linked", f"每百对中有 {density} 对相互关联")),
        Part(min(20, tightness // 20), Words(f"linked on average by {tightness / 100:.1f} times an address", f"平均关联强度为共用地址的 {tightness / 100:.1f} 倍")),
        _money(uses),
    )  # fmt: skip
    edges = tuple(Edge(a, b, tuple(sorted(found))) for (a, b), found in sorted(pairs.items()))
    members = tuple(sorted(people))
    return Found("ring", "ring", members[0], members, (), parts, _seen(uses), edges)


class _Groups:
    """Union-find over names."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def top(self, name: str) -> str:
        """What all of a group have in common; of somebody in none, themselves."""
        path: list[str] = []
        while self._parent.setdefault(name, name) != name:
            path.append(name)
            name = self._parent[name]
        for one in path:
            self._parent[one] = name
        return name

    def join(self, a: str, b: str) -> None:
        first, second = sorted((self.top(a), self.top(b)))
        self._parent[second] = first

    def all(self) -> list[frozenset[str]]:
        found: dict[str, set[str]] = {}
        for name in sorted(self._parent):
            found.setdefault(self.top(name), set()).add(name)
        return [frozenset(names) for _, names in sorted(found.items())]


# One seller, one person, one clerk -----------------------------------------------------------------------------------


def self_redeemed(uses: Sequence[Use], ties: Iterable[Tie]) -> list[Found]:
    """A seller's own people redeem at that seller, again and again."""
    how: dict[tuple[str, str], set[str]] = {}
    for tie in ties:
        how.setdefault((tie.person, tie.seller), set()).add(tie.how)
    found: list[Found] = []
    for seller, own in _by(lambda use: use.seller, (u for u in uses if (u.person, u.seller) in how)):
        often = max(sum(use.person == person for use in own) for person in {use.person for use in own})
        if often < bound("self_times") and len(own) < bound("self_all"):
            continue
        people = tuple(sorted({use.person for use in own}))
        staff = sum("staff" in how[person, seller] for person in people)
        parts = (
            Part(min(40, 8 * len(own)), Words(f"{len(own)} times by {len(people)} of its own, {often} times by one; more than {bound('self_times') - 1} by one is unusual", f"本店相关人员 {len(people)} 人核销 {len(own)} 笔，单人最多 {often} 笔；单人超过 {bound('self_times') - 1} 笔不常见")),
            Part(min(30, 10 * staff + 5 * (len(people) - staff)), Words(f"{staff} of them work there, {len(people) - staff} share a phone, an address or an account with it", f"其中 {staff} 人在店任职，{len(people) - staff} 人与该店共用电话、地址或账户")),
            _money(own),
        )  # fmt: skip
        found.append(Found("self", "seller", seller, people, (seller,), parts, _seen(own)))
    return found


def raised(sales: Sequence[Raised]) -> list[Found]:
    """Prices that were raised shortly before public money paid part of them."""
    near = [
        s
        for s in sales
        if 100 * s.price >= (100 + bound("raise_percent")) * s.before
        and timedelta() <= s.at - s.raised_at <= timedelta(days=bound("raise_days"))
    ]
    found: list[Found] = []
    for seller, own in _by(lambda sale: sale.seller, near):
        if len(own) < bound("raise_times"):
            continue
        percent = round(median(100 * (s.price - s.before) / s.before for s in own))
        over = sum(s.price - s.before for s in own)
        parts = (
            Part(min(40, 8 * len(own)), Words(f"{len(own)} sales within {bound('raise_days')} days of a higher price", f"涨价后 {bound('raise_days')} 天内成交 {len(own)} 笔")),
            Part(min(40, 2 * percent), Words(f"raised by {percent} % (the middle one), before that for as little as {min(s.before for s in own) / 100:,.2f}", f"涨幅中位数 {percent}%，此前最低 {min(s.before for s in own) / 100:,.2f} 元")),
            Part(min(20, over // 10_000), Words(f"{over / 100:,.2f} more was asked than before", f"合计多收 {over / 100:,.2f} 元")),
        )  # fmt: skip
        evidence = tuple(
            Seen(s.order, None, s.seller, s.at, s.amount, s.price, s.before)
            for s in sorted(own, key=lambda s: (s.at, s.order))
        )
        found.append(Found("raise", "seller", seller, (), (seller,), parts, evidence))
    return found


def splits(uses: Sequence[Use]) -> list[Found]:
    """One errand cut into orders just above a least amount, or just under a most, at one seller within a day."""
    found: list[Found] = []
    for (person, seller), own in _by(lambda use: (use.person, use.seller), uses):
        aimed = [use for use in own if _aimed(use) and not use.back]
        burst = _densest(aimed, timedelta(hours=bound("split_hours")))
        if len(burst) < bound("split_orders"):
            continue
        others = [use.price for use in own if use not in burst]
        usual = median(others) if others else 0
        hours = (burst[-1].at - burst[0].at).total_seconds() / 3600
        parts = [
            Part(min(45, 15 * len(burst)), Words(f"{len(burst)} orders at one seller within {hours:.1f} hours", f"{hours:.1f} 小时内在同一商家下 {len(burst)} 单")),
            Part(20, Words(f"each within {bound('split_percent')} % of the least or the most that counts", f"每单金额距门槛或上限均不超过 {bound('split_percent')}%")),
            _money(burst),
        ]  # fmt: skip
        if usual:
            points = 15 if usual > 2 * max(use.price for use in burst) else 0
            parts.append(Part(points, Words(f"otherwise this person spends {usual / 100:,.2f} at a time here", f"此人平时在此每单约 {usual / 100:,.2f} 元")))  # fmt: skip
        found.append(Found("split", "person", person, (person,), (seller,), tuple(parts), _seen(burst)))
    return found


def _aimed(use: Use) -> bool:
    percent = bound("split_percent")
    above = use.least > 0 and use.least <= use.price and 100 * use.price <= (100 + percent) * use.least
    return above or (use.most is not None and (100 - percent) * use.most <= 100 * use.price <= 100 * use.most)


def _densest(uses: Sequence[Use], span: timedelta) -> list[Use]:
    """The most of them that lie within a span of time."""
    best: list[Use] = []
    first = 0
    for last, use in enumerate(uses):
        while use.at - uses[first].at > span:
            first += 1
        if last + 1 - first > len(best):
            best = list(uses[first : last + 1])
    return best


def bursts(uses: Sequence[Use]) -> list[Found]:
    """A clerk who redeems far more in an hour than others do."""
    rates: dict[str, float] = {}
    by = dict(_by(lambda use: use.clerk or "", (use for use in uses if use.clerk)))
    for clerk, own in by.items():
        hours = {use.at.replace(minute=0, second=0, microsecond=0) for use in own}
        rates[clerk] = len(own) / len(hours)
    if len(rates) <= bound("burst_peers"):
        return []
    middle = median(rates.values())
    spread = max(median(abs(rate - middle) for rate in rates.values()), middle / 4)
    found: list[Found] = []
    for clerk, own in by.items():
        z = round(10 * 0.6745 * (rates[clerk] - middle) / spread)
        if len(own) < bound("burst_least") or z < bound("burst_z"):
            continue
        parts = (
            Part(min(60, z // 2), Words(f"{rates[clerk]:.1f} in an hour, where the middle one of {len(rates)} tills has {middle:.1f} (robust z {z / 10:.1f}, from {bound('burst_z') / 10:.0f})", f"每小时 {rates[clerk]:.1f} 笔，{len(rates)} 位收银员的中位数为 {middle:.1f} 笔（稳健 z 值 {z / 10:.1f}，阈值 {bound('burst_z') / 10:.0f}）")),
            Part(min(20, len(own) // 5), Words(f"{len(own)} redemptions", f"共核销 {len(own)} 笔")),
            _money(own),
        )  # fmt: skip
        sellers = tuple(sorted({use.seller for use in own}))
        found.append(Found("burst", "person", clerk, (clerk,), sellers, parts, _seen(own)))
    return found


def cycles(uses: Sequence[Use]) -> list[Found]:
    """Redeemed and given back, again and again, by one person at one seller."""
    found: list[Found] = []
    for (person, seller), own in _by(lambda use: (use.person, use.seller), uses):
        back = [use for use in own if use.back]
        if len(back) < bound("cycle_times") or 2 * len(back) < len(own):
            continue
        parts = (
            Part(min(60, 15 * len(back)), Words(f"{len(back)} of {len(own)} redemptions at this seller came back", f"在该商家的 {len(own)} 笔核销中有 {len(back)} 笔退回")),
            Part(10, Words(f"more than {bound('cycle_times') - 1} is unusual", f"超过 {bound('cycle_times') - 1} 笔不常见")),
            _money(back),
        )  # fmt: skip
        found.append(Found("cycle", "person", person, (person,), (seller,), parts, _seen(back)))
    return found


_K = TypeVar("_K", str, tuple[str, str])
_V = TypeVar("_V", Use, Raised)


def _by(key: Callable[[_V], _K], things: Iterable[_V]) -> list[tuple[_K, list[_V]]]:
    grouped: dict[_K, list[_V]] = {}
    for thing in things:
        grouped.setdefault(key(thing), []).append(thing)
    return sorted(grouped.items(), key=lambda one: str(one[0]))


def all_of(
    uses: Sequence[Use], links: Sequence[Link], ties: Sequence[Tie], sales: Sequence[Raised]
) -> list[Found]:
    """Every pattern over the rows of one programme; `uses` in the order of time."""
    ordered = sorted(uses, key=lambda use: (use.at, use.order))
    return [
        *rings(ordered, links),
        *self_redeemed(ordered, ties),
        *raised(sales),
        *splits(ordered),
        *bursts(ordered),
        *cycles(ordered),
    ]
