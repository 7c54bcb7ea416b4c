"""Live sessions of the shop: what is planned, on and over, and planning one more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from litestar import Response, get, post

from highstreet import catalog
from highstreet.catalog import NewRoom, Room
from highstreet.kit.db import Tx
from highstreet.kit.errors import Refusal
from highstreet.market import rooms as flows
from highstreet.market.views import rooms as views
from highstreet.market.views.rooms import Brought
from highstreet.web.frame import GivenForm, go
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.once import once
from highstreet.web.merchant.term_lists import by_name, names_to_choose

_FAR = timedelta(days=366)


class Session(msgspec.Struct, frozen=True):
    """A room with what it brought in."""

    room: Room
    brought: list[Brought]

    def total(self, what: str) -> int:
        return sum(getattr(one, what) for one in self.brought)


@get("/live")
async def sessions(desk: GivenDesk) -> Response[str]:
    desk.require("see_goods")
    begins = (desk.visitor.now.astimezone(desk.market.tz) + timedelta(hours=1)).replace(minute=0)
    start = {
        "starts": f"{begins:%Y-%m-%dT%H:%M}",
        "ends": f"{begins + timedelta(hours=2):%Y-%m-%dT%H:%M}",
        "host_name": desk.session.name,
    }
    return await _page(desk, Filled(desk.lang, start=start))


async def _page(desk: Desk, f: Filled) -> Response[str]:
    async with desk.market.db.read() as tx:
        found = await catalog.rooms.of_seller(tx, desk.id)
        brought = {one.id: await views.brought(tx, one.id) for one in found[:12]}
        names = await names_to_choose(tx, desk)
    ours = [Session(one, list(brought.get(one.id, {}).values())) for one in found]
    return desk.show(
        "live.html", status=f.status, at="/merchant/goods", f=f, names=sorted(names),
        running=[one for one in ours if one.room.state != "ended"], over=[one for one in ours if one.room.state == "ended"],
    )  # fmt: skip


@post("/live")
async def plan(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """Plan a session; its host's page comes next."""
    desk.require("sell")
    f = Filled(desk.lang, form)
    async with desk.market.db.read() as tx:
        names = by_name(await names_to_choose(tx, desk))
    starts, ends = _moment(desk, f, "starts"), _moment(desk, f, "ends")
    earner = f.text("host", most=120)
    host = names.get(earner.casefold()) if earner else None
    if earner and host is None:
        f.wrong("host", "Choose a name from the list.", "请从列表中选择名称。")
    bps = (f.share("share", most=catalog.rooms.MOST_BPS) or 0) if earner else 0
    title, about = f.words("title", required=True, most=120), f.words("about", most=1000)
    if f.ok and starts is not None and ends is not None:
        new = NewRoom(
            title, f.value("host_name"), starts, ends, about, host, bps, f.value("video"),
        )  # fmt: skip

        async def planned(tx: Tx) -> str:
            return await flows.plan(tx, desk.id, new, desk.session.party_id, desk.visitor.now)

        try:
            made = await once(desk, form, "live", planned)
            return go(desk.visitor, f"/live/{made}/host", say=desk.say("Planned. Now put in what you show."))
        except Refusal as no:
            f.refused(no)
    return await _page(desk, f)


def _moment(desk: Desk, f: Filled, name: str) -> datetime | None:
    said = f.text(name, required=True)
    try:
        at = datetime.fromisoformat(said).replace(tzinfo=desk.market.tz)
    except ValueError:
        f.wrong(name, "A day and a time, please.", "请填写日期和时间。")
        return None
    if at > desk.visitor.now + _FAR:
        f.wrong(name, "Within a year, please.", "请在一年之内。")
    return at


ROUTES = [sessions, plan]
