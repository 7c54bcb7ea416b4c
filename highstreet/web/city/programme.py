"""One programme: where its money is, and its rounds as they are claimed and redeemed."""

from __future__ import annotations

from typing import NamedTuple

from litestar import Response, get
from litestar.params import FromPath

from highstreet import policy
from highstreet.kit.errors import Refusal
from highstreet.kit.text import Words
from highstreet.market.views import city as views
from highstreet.market.views import watching
from highstreet.policy import Programme
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled

_USUAL = {"claims": "1000", "days": "7", "most": "1", "way": "first_come"}


class Seen(NamedTuple):
    """A round as the page shows it. state: soon, open, over, drawn, ended. terms: of its schedule."""

    one: watching.Round
    state: str
    terms: Words


@get("/programmes/{programme_id:str}")
async def programme(desk: GivenDesk, programme_id: FromPath[str]) -> Response[str]:
    desk.require("programmes")
    return await page(desk, programme_id, Filled(desk.lang, start=usual(desk)))


def usual(desk: Desk) -> dict[str, str]:
    """What the form of a round begins with: a week from tomorrow morning."""
    return _USUAL | {"opens": f"{desk.today(1)}T10:00", "closes": f"{desk.today(8)}T10:00"}


async def page(
    desk: Desk, programme_id: str, f: Filled, doing: str = "", refused: Refusal | None = None
) -> Response[str]:
    """`doing`: the form that was sent and could not be followed."""
    async with desk.market.db.read(snapshot=True) as tx:
        purse = await views.purse(tx, programme_id, desk.now)
        rounds = await watching.rounds(tx, programme_id, desk.now)
        changes = await policy.budgets.changes(tx, programme_id)
        people = {by for one in changes for by in (one.proposed_by, one.decided_by) if by}
        names = await desk.names(tx, people)
    told = policy.instruments.read(purse.rules) if purse.rules else None
    rule = told.rule_on(desk.now, desk.market.tz) if told else None
    return desk.show(
        "programme.html",
        part="live",
        status=f.status,
        refused=refused,
        one=purse,
        told=told,
        rule=rule,
        rounds=[Seen(each, _state(desk, each), _terms(desk, told, each)) for each in rounds],
        schedules=[
            (str(n), policy.eligibility.terms(each).say(desk.lang))
            for n, each in enumerate(rule.schedules if rule else ())
        ],
        changes=changes,
        names=names,
        f=f,
        doing=doing,
    )


def _state(desk: Desk, one: watching.Round) -> str:
    if desk.now < one.opens_at and not one.rolled_at:
        return "soon"
    if one.rolled_at and one.rolled_at < one.closes_at:
        return "ended"
    if desk.now < one.closes_at:
        return "open"
    return "drawn" if one.drawn_at else "over"


def _terms(desk: Desk, told: Programme | None, one: watching.Round) -> Words:
    rule = told.rule_on(one.opens_at, desk.market.tz) if told else None
    if rule is None or len(rule.schedules) <= one.schedule:
        return Words()
    return policy.eligibility.terms(rule.schedules[one.schedule])


ROUTES = [programme]
