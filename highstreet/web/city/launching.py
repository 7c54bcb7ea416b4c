"""What an officer proposes for a programme: money, a round to claim, its end. Somebody else decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.errors import Refusal
from highstreet.policy import Rule
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.city.programme import page, usual
from highstreet.web.frame import Form, GivenForm
from highstreet.web.merchant.filled import Filled


@post("/programmes/{programme_id:str}/budget", status_code=200)
async def budget(desk: GivenDesk, programme_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """More from the treasury, or back to it."""
    desk.require("programmes")
    f = _filled(desk, form)
    amount = f.money("amount", desk.market.currency)
    if not f.ok or amount is None:
        return await page(desk, programme_id, f, "budget")
    body = {"amount": -amount if f.value("way") == "back" else amount}
    return await _propose(desk, programme_id, "budget", body, f)


@post("/programmes/{programme_id:str}/round", status_code=200)
async def new_round(desk: GivenDesk, programme_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """What can be claimed from a moment on, in the town's time."""
    desk.require("programmes")
    f = _filled(desk, form)
    claims, days = f.whole("claims", least=1, most=10_000_000), f.whole("days", least=1, most=366)
    most, schedule = f.whole("most", least=1, most=10), f.whole("schedule", most=99)
    async with desk.market.db.read() as tx:
        one = await policy.budgets.standing(tx, programme_id)
    try:
        opens = desk.moment(f.value("opens"), "opens")
        closes = desk.moment(f.value("closes"), "closes")
        rule = policy.instruments.read(one.rules).rule_on(opens, desk.market.tz) if one.rules else None
        amount = f.money("amount", desk.market.currency, required=False) or _worth(rule, schedule or 0)
    except Refusal as no:
        f.refused(no)
        return await page(desk, programme_id, f, "round")
    if amount is None:
        f.wrong(
            "amount",
            "The rule on that day does not say; please fill this in.",
            "当日规则未写明金额，请填写。",
        )
    if not f.ok or amount is None:
        return await page(desk, programme_id, f, "round")
    body = {
        "schedule": schedule,
        "amount": amount,
        "claims": claims,
        "way": "draw" if f.value("way") == "draw" else "first_come",
        "queue": f.value("way") == "line",
        "opens_at": opens.isoformat(),
        "closes_at": closes.isoformat(),
        "days": days,
        "most": most,
    }
    return await _propose(desk, programme_id, "batch", body, f)


def _worth(rule: Rule | None, schedule: int) -> int | None:
    """The most a claim of a schedule pays, where it says so."""
    if rule is None or len(rule.schedules) <= schedule:
        return None
    one = rule.schedules[schedule]
    found = one.off if one.off is not None else one.cap
    return None if found is None else int(found)


@post("/programmes/{programme_id:str}/close", status_code=200)
async def close(desk: GivenDesk, programme_id: FromPath[str], form: GivenForm) -> Response[Any]:
    desk.require("programmes")
    return await _propose(desk, programme_id, "close", {}, _filled(desk, form))


def _filled(desk: Desk, form: Form) -> Filled:
    return Filled(desk.lang, form, usual(desk))


async def _propose(
    desk: Desk, programme_id: str, kind: policy.ChangeKind, body: Mapping[str, object], f: Filled
) -> Response[Any]:
    try:
        async with desk.market.db.transaction() as tx:
            one = await policy.budgets.propose(
                tx, programme_id, kind, dict(body), f.value("why")[:500], desk.by, desk.now
            )
    except Refusal as no:
        f.refused(no)
        return await page(desk, programme_id, f, {"batch": "round"}.get(kind, kind))
    return desk.go(f"/changes/{one.id}", "Proposed. Somebody else decides.")


ROUTES = [budget, new_round, close]
