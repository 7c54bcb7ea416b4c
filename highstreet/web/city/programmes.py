"""The city's programmes: what each has, where its money is, what is open and what waits for a second person."""

from __future__ import annotations

from typing import NamedTuple

from litestar import Response, get

from highstreet import policy
from highstreet.kit.text import Words
from highstreet.market.views import city as views
from highstreet.web.city.desk import GivenDesk


class _Told(NamedTuple):
    """A programme as the list shows it. name: of the rules in force; its id while it is a draft."""

    one: views.Purse
    name: Words
    kind: str
    terms: list[Words]


@get("/")
async def programmes(desk: GivenDesk) -> Response[str]:
    desk.require("programmes")
    async with desk.market.db.read() as tx:
        found = await views.purses(tx, desk.now)
    return desk.show("programmes.html", programmes=[_told(desk, one) for one in found])


def _told(desk: GivenDesk, one: views.Purse) -> _Told:
    if one.rules is None:
        return _Told(one, Words(one.id, one.id), "", [])
    programme = policy.instruments.read(one.rules)
    rule = programme.rule_on(desk.now, desk.market.tz)
    schedules = rule.schedules if rule else ()
    return _Told(one, programme.name, programme.kind, [policy.eligibility.terms(s) for s in schedules])


ROUTES = [programmes]
