"""What changed: a drawn round judged by what its winners and its losers did. The lot alone made them differ, so nothing else explains it.

Leverage (sales for each yuan of public money) is told beside the effect and never mixed with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from highstreet import policy
from highstreet.kit.db import Tx
from highstreet.kit.text import Words
from highstreet.market.rehearsal import SMALL
from highstreet.market.views import effects as views
from highstreet.market.views.effects import Drawn, Entrant

_Figure = Callable[[Entrant], int]


class Division(msgspec.Struct, frozen=True):
    """One way to divide those who entered, by what was known before the draw."""

    name: str
    words: Words
    found: policy.effects.Segments


class Told(msgspec.Struct, frozen=True):
    """What is known of a drawn round. Money in minor units, for each person on the lot's side, whether they used it or not.

    spending: of sales to them; own: what they paid themselves; bought: whether they bought at all; small: at small sellers; capped:
    spending with the highest hundredth cut; before: the same length before the draw, where nothing can have changed (which checks the
    method); later: as long after it, None before that is over or when nobody bought anything. over: whether the validity has ended.
    shared: how many came with another's telephone or device; where there are any, the errors count them as one household.
    """

    drawn: Drawn
    winners: int
    losers: int
    used: int
    public: int
    shared: int
    over: bool
    spending: policy.effects.Estimate
    own: policy.effects.Estimate
    bought: policy.effects.Estimate
    small: policy.effects.Estimate
    capped: policy.effects.Estimate
    before: policy.effects.Estimate
    later: policy.effects.Estimate | None
    per_yuan: policy.effects.Ratio
    leverage: policy.effects.Leverage
    divisions: tuple[Division, ...]
    groups: tuple[policy.targeting.Group, ...]

    @property
    def carried(self) -> bool:
        """Whether the data carry that groups differ."""
        return any(one.found.differ for one in self.divisions)

    @property
    def estimates(self) -> dict[str, policy.effects.Estimate]:
        """By name, as a file lists them."""
        found = {
            name: getattr(self, name) for name in ("spending", "own", "bought", "small", "capped", "before")
        }
        return found | ({"later": self.later} if self.later else {})


async def told(tx: Tx, batch_id: str, now: datetime, small: int = SMALL) -> Told | None:
    """None where nothing was drawn, or fewer than thirty people are on a side: too few for any of it."""
    one = await views.drawn(tx, batch_id)
    if one is None:
        return None
    people = await views.entrants(tx, one, small)
    if min(sum(p.won for p in people), sum(not p.won for p in people)) < policy.effects.FEWEST:
        return None
    homes = households(await views.shared(tx, batch_id))
    return _judged(one, people, homes, await views.helped_sales(tx, batch_id), now)


def households(shared: Sequence[tuple[str, str]]) -> dict[str, str]:
    """For each holder the name of those they belong to: whoever shares a telephone or device, however far round."""
    leads: dict[str, str] = {}

    def lead(name: str) -> str:
        while (above := leads.setdefault(name, name)) != name:
            leads[name] = name = leads[above]
        return name

    for holder, by in shared:
        leads[lead(holder)] = lead(f"#{by}")
    return {holder: lead(holder) for holder, _ in shared}


def _judged(one: Drawn, people: Sequence[Entrant], homes: dict[str, str], helped: int, now: datetime) -> Told:
    def changed(figure: _Figure) -> policy.effects.Estimate:
        if homes:
            return policy.effects.clustered((homes.get(p.holder, p.holder), p.won, figure(p)) for p in people)
        return policy.effects.difference(*_sides(people, figure))

    cut = dict(
        zip(
            (p.holder for p in people),
            policy.effects.capped([p.after for p in people], [p.after for p in people]),
            strict=True,
        )
    )
    public = sum(p.public for p in people)
    divisions = _divisions(people)
    return Told(
        one, sum(p.won for p in people), sum(not p.won for p in people), sum(p.public > 0 for p in people), public,
        len(homes), now >= one.until, changed(lambda p: p.after), changed(lambda p: p.own), changed(lambda p: p.after > 0),
        changed(lambda p: p.small), changed(lambda p: cut[p.holder]), changed(lambda p: p.before),
        changed(lambda p: p.later) if _is_over(one, people, now) else None,
        policy.effects.ratio(_pairs(people, won=True), _pairs(people, won=False)),
        policy.effects.leverage(helped, public), divisions, _groups(people, divisions),
    )  # fmt: skip


def _pairs(people: Sequence[Entrant], *, won: bool) -> policy.effects.Pairs:
    return policy.effects.Pairs.of((p.after, p.public) for p in people if p.won is won)


def _is_over(one: Drawn, people: Sequence[Entrant], now: datetime) -> bool:
    """Whether as long again has passed after the validity, and anybody bought anything then."""
    return now >= one.until + (one.until - one.drawn_at) and any(p.later for p in people)


def _sides(people: Sequence[Entrant], figure: _Figure) -> tuple[policy.effects.Sample, policy.effects.Sample]:
    return (
        policy.effects.Sample.of(figure(p) for p in people if p.won),
        policy.effects.Sample.of(figure(p) for p in people if not p.won),
    )


_WAYS: tuple[tuple[str, Words, dict[bool, Words], Callable[[Entrant], bool]], ...] = (
    (
        "bought", Words("Had bought before", "此前是否消费"),
        {True: Words("Bought in the time before", "此前有消费"), False: Words("Bought nothing before", "此前无消费")},
        lambda p: p.before > 0,
    ),
    ("elderly", Words("Age", "年龄"), {True: Words("Elderly", "老年人"), False: Words("Others", "其他人")}, lambda p: p.elderly),
    ("rural", Words("Where they live", "居住地"), {True: Words("Villages", "乡村"), False: Words("Others", "其他")}, lambda p: p.rural),
)  # fmt: skip
NAMES: dict[str, Words] = {
    f"{way}-{'yes' if yes else 'no'}": words for way, _, named, _ in _WAYS for yes, words in named.items()
}


def _divisions(people: Sequence[Entrant]) -> tuple[Division, ...]:
    divided = {
        way: {
            f"{way}-{'yes' if yes else 'no'}": _sides(
                [p for p in people if is_so(p) is yes], lambda p: p.after
            )
            for yes in (True, False)
        }
        for way, _, _, is_so in _WAYS
        if len({is_so(p) for p in people}) == 2
    }
    return tuple(
        Division(way, words, policy.effects.segments(divided[way], asked=len(divided)))
        for way, words, _, _ in _WAYS
        if way in divided
    )


def _groups(people: Sequence[Entrant], divisions: Sequence[Division]) -> tuple[policy.targeting.Group, ...]:
    """Whom one could give next: by the division that differs most surely; where none does, as one by what floors are about."""
    differ = [one for one in divisions if one.found.differ]
    way = min(differ, key=lambda one: one.found.p).name if differ else "elderly"
    ways = {name: is_so for name, _, _, is_so in _WAYS}
    is_so = ways[way]
    found: list[policy.targeting.Group] = []
    for yes in (True, False):
        some = [p for p in people if is_so(p) is yes]
        won = [p for p in some if p.won]
        # Where groups do not differ, what is known of all is known of each.
        told_by = _sides(some if differ else people, lambda p: p.after)
        if not won or min(side.n for side in told_by) < 2:
            continue
        gain = policy.effects.difference(*told_by)
        spent = sum(p.after for p in won)
        found.append(
            policy.targeting.Group(
                f"{way}-{'yes' if yes else 'no'}", len(some), max(1, round(sum(p.public for p in won) / len(won))), gain.difference,
                gain.low, 10_000 * sum(p.small for p in won) // spent if spent else 0,
                10_000 * sum(p.elderly for p in some) // len(some), 10_000 * sum(p.rural for p in some) // len(some),
            )
        )  # fmt: skip
    return tuple(found)


def plan(
    found: Told, budget: int, floors: policy.targeting.Floors
) -> policy.targeting.Plan | policy.targeting.Refused:
    """Whom to give next with such a budget, by what this round showed."""
    return policy.targeting.plan(found.groups, budget, floors, carried=found.carried)
