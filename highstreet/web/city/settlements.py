"""Settlements of every programme: what is settled, what may be, the hash of the coming audit sample; and drawing one up."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, NamedTuple

from litestar import Response, get, post

from highstreet import policy
from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.text import Words
from highstreet.market import settling
from highstreet.market.views import settled as views
from highstreet.policy import Settlement
from highstreet.web.city.desk import Desk, GivenDesk
from highstreet.web.frame import GivenForm


class _Told(NamedTuple):
    """A programme with its settlements, and the days the next one may be of; the same when there is none yet."""

    one: views.Programme
    name: Words
    found: list[Settlement]
    next: settling.Period


@get("/settlements")
async def settlements(desk: GivenDesk) -> Response[str]:
    return await _page(desk)


async def _page(desk: Desk, refused: Refusal | None = None) -> Response[str]:
    desk.require("programmes")
    told: list[_Told] = []
    async with desk.market.db.read() as tx:
        for one in await views.programmes(tx):
            found = await policy.settlements.settlements(tx, one.id)
            may = await settling.next_period(tx, one.id, desk.now, desk.market.tz)
            told.append(_Told(one, policy.instruments.read(one.rules).name, found, may))
    return desk.show("settlements.html", refused=refused, told=told)


@post("/settlements")
async def draw_up(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """Settle a programme up to the midnight after a day. Sending the form twice, or two of us at once, makes one."""
    desk.require("programmes")
    try:
        try:
            day = datetime.fromisoformat(form.get("until")).date()
        except ValueError:
            raise Malformed("until", "must be a day", "请填写日期") from None
        until = datetime.combine(day, time(), desk.market.tz)
        one = await settling.draw_up(desk.market, form.get("programme"), until, desk.by, desk.now)
    except Refusal as no:
        return await _page(desk, no)
    return desk.go(f"/settlements/{one.id}", "Drawn up. A second person checks it.")


ROUTES = [settlements, draw_up]
