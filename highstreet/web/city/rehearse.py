"""A draft tried on past orders: what it would have cost, whom it would have reached, who gains, and why the others got nothing."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.errors import Refusal
from highstreet.market.rehearsal import Rehearsal, rehearse
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.filled import Filled


@get("/programmes/{programme_id:str}/rehearsal")
async def rehearsal(desk: GivenDesk, programme_id: FromPath[str]) -> Response[str]:
    """What to try it on."""
    desk.require("programmes")
    return await _page(desk, programme_id, Filled(desk.lang, start=_usual(desk)))


def _usual(desk: Desk) -> dict[str, str]:
    return {"since": desk.today(-30), "until": desk.today(), "claims": "1", "round_days": "7", "compare": "1"}


async def _page(
    desk: Desk,
    programme_id: str,
    f: Filled,
    found: Rehearsal | None = None,
    now: Rehearsal | None = None,
    refused: Refusal | None = None,
) -> Response[str]:
    async with desk.market.db.read() as tx:
        one = await policy.budgets.standing(tx, programme_id)
    return desk.show("rehearse.html", status=f.status, refused=refused, one=one, f=f, found=found, now=now)


@post("/programmes/{programme_id:str}/rehearsal", status_code=200)
async def run(desk: GivenDesk, programme_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """The draft as it was saved last over the orders of some days; beside it the rules in force, when they are others."""
    desk.require("programmes")
    f = Filled(desk.lang, form, _usual(desk))
    first, last = f.day("since"), f.day("until")
    budget = f.money("budget", desk.market.currency, required=False)
    claims, days = f.whole("claims", least=1, most=10), f.whole("round_days", least=1, most=366)
    if not f.ok or first is None or last is None or claims is None or days is None:
        return await _page(desk, programme_id, f)
    async with desk.market.db.read() as tx:
        one = await policy.budgets.standing(tx, programme_id)
        draft = await policy.drafts.latest(tx, programme_id)
    text = draft.text if draft else one.rules or ""
    since = datetime.combine(first, time(), desk.market.tz)
    until = datetime.combine(last + timedelta(days=1), time(), desk.market.tz)
    try:
        found = await rehearse(desk.market, text, since, until, budget, claims=claims, round_days=days)
        now = None
        if f.value("compare") and one.rules and one.rules != text:
            now = await rehearse(desk.market, one.rules, since, until, budget, claims=claims, round_days=days)
    except Refusal as no:
        f.refused(no, "" if isinstance(no, policy.WrongProgramme) else "until")
        return await _page(desk, programme_id, f)
    return await _page(desk, programme_id, f, found, now)


ROUTES = [rehearsal, run]
