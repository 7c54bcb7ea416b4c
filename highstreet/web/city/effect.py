"""What a round drawn by lot changed: the effect beside the leverage, never mixed; whether groups differ; whom to give next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from highstreet import policy
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.money import parse_money
from highstreet.kit.text import Words
from highstreet.market import what_changed
from highstreet.market.views import effects as views
from highstreet.market.views.effects import Drawn
from highstreet.market.what_changed import Told
from highstreet.web.city.desk import GivenDesk


class _Bar(NamedTuple):
    """An interval as it is drawn: positions from 0 to 1000 along one scale for all of a drawing."""

    name: str
    words: Words | None
    one: policy.effects.Estimate
    low: float
    middle: float
    high: float
    p_apart: float | None = None


class _Drawing(NamedTuple):
    bars: list[_Bar]
    zero: float


def _drawing(rows: Sequence[tuple[str, Words | None, policy.effects.Estimate, float | None]]) -> _Drawing:
    low = min(0.0, *(one.low for _, _, one, _ in rows))
    high = max(0.0, *(one.high for _, _, one, _ in rows))
    span = (high - low) or 1.0

    def at(value: float) -> float:
        return 30 + 940 * (value - low) / span

    bars = [
        _Bar(name, words, one, at(one.low), at(one.difference), at(one.high), p)
        for name, words, one, p in rows
    ]
    return _Drawing(bars, at(0))


_OUTCOMES = {
    "spending": Words("All they spent", "消费总额"),
    "own": Words("Of it their own money", "其中自付金额"),
    "small": Words("Of it at small sellers", "其中在小商户消费"),
    "capped": Words("Without the highest hundredth", "剔除最高 1% 后"),
    "later": Words("As long afterwards", "有效期后同样时长"),
    "before": Words("Before the draw (a check)", "摇号前（对照检验）"),
}


class _Wanted(NamedTuple):
    """What the form about the next round says."""

    budget: int
    floors: policy.targeting.Floors


def _wanted(drawn: Drawn, budget: str, floors: dict[str, int]) -> _Wanted:
    """Errors: Malformed."""
    for name, per_cent in floors.items():
        if not 0 <= per_cent <= 100:
            raise Malformed(name, "from 0 to 100 %", "须在 0–100% 之间")
    amount = parse_money(budget, drawn.currency, "budget") if budget.strip() else drawn.amount * drawn.claims
    return _Wanted(amount, policy.targeting.Floors(**{name: 100 * n for name, n in floors.items()}))


@get("/programmes/{programme_id:str}/effect")
async def effect(
    desk: GivenDesk, programme_id: FromPath[str], drawn: FromQuery[str] = "", budget: FromQuery[str] = "", small: FromQuery[int] = 0,
    elderly: FromQuery[int] = 0, rural: FromQuery[int] = 0,
) -> Response[str]:  # fmt: skip
    """One drawn round of a programme, the latest when none is named. Errors: NotFound, Malformed."""
    desk.require("programmes")
    rounds, one, found = await found_of(desk, programme_id, drawn)
    more: dict[str, Any] = {}
    if found is not None:
        wanted = _wanted(found.drawn, budget, {"small": small, "elderly": elderly, "rural": rural})
        estimates = found.estimates
        more = {
            "outcomes": _drawing([(name, _OUTCOMES[name], estimates[name], None) for name in _OUTCOMES if name in estimates]),
            "divisions": [
                (each, _drawing([(s.name, what_changed.NAMES[s.name], s.estimate, s.p_apart) for s in each.found.segments]))
                for each in found.divisions
                if each.found.segments
            ],
            "names": what_changed.NAMES,
            "fair": policy.targeting.NAMES,
            "wanted": wanted,
            "plan": what_changed.plan(found, wanted.budget, wanted.floors),
            "refused_plan": policy.targeting.Refused,
        }  # fmt: skip
    return desk.show(
        "effect.html",
        programme=programme_id,
        title=await _name(desk, programme_id),
        rounds=rounds,
        one=one,
        found=found,
        fewest=policy.effects.FEWEST,
        **more,
    )


async def found_of(
    desk: GivenDesk, programme_id: str, drawn: str
) -> tuple[list[Drawn], Drawn | None, Told | None]:
    """A programme's drawn rounds, the one asked for or the latest, and what it told. Errors: NotFound."""
    async with desk.market.db.read(snapshot=True) as tx:
        rounds = await views.drawn_of(tx, programme_id)
        one = next((each for each in rounds if each.id == drawn), None)
        if drawn and one is None:
            raise NotFound("round")
        one = one or (rounds[0] if rounds else None)
        return rounds, one, await what_changed.told(tx, one.id, desk.now) if one else None


async def _name(desk: GivenDesk, programme_id: str) -> Words:
    async with desk.market.db.read() as tx:
        standing = await policy.budgets.standing(tx, programme_id)
    if standing.rules is None:
        return Words(programme_id, programme_id)
    return policy.instruments.read(standing.rules).name


ROUTES = [effect]
