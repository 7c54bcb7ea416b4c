"""Things: single ones with a calendar of their own, registered by their tag; resting, ready again, retired."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import inventory, parties
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market.desk import Market
from highstreet.market.views import capacity as views
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.days import day_start
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.once import once

_DAYS = 28
_MOST = 50  # things registered by one form
_SAID = {
    "ready": "It can be borrowed again.",
    "resting": "It rests; nobody new can book it.",
    "retired": "Retired for good.",
}


class Drawn(msgspec.Struct, frozen=True):
    """A thing and its next days: whose order has it on each, empty for nobody's."""

    thing: views.Thing
    days: list[tuple[date, str]]
    now: views.Booked | None


def lent_out(market: Market) -> list[str]:
    """The formats that promise a single thing."""
    return [one.name for one in market.formats.values() if one.promise == "asset"]


@get("/things")
async def things(desk: GivenDesk) -> Response[str]:
    desk.require("see_goods")
    return await _page(desk, Filled(desk.lang))


async def _page(desk: Desk, f: Filled) -> Response[str]:
    now, tz = desk.visitor.now, desk.market.tz
    first = now.astimezone(tz).date()
    since, until = day_start(first, tz), day_start(first + timedelta(days=_DAYS), tz)
    async with desk.market.db.read() as tx:
        choices = await views.lent(tx, desk.id, lent_out(desk.market))
        shops = await parties.places.places_of(tx, desk.id)
        found = await views.things(tx, desk.id, since, until)
    return desk.show(
        "things.html", status=f.status, at="/merchant/stock", f=f, choices=choices, shops=shops, first=first,
        last=first + timedelta(days=_DAYS - 1), things=[_drawn(desk, one, first) for one in found],
    )  # fmt: skip


def _drawn(desk: Desk, thing: views.Thing, first: date) -> Drawn:
    tz, now = desk.market.tz, desk.visitor.now
    days: list[tuple[date, str]] = []
    for day in (first + timedelta(days=n) for n in range(_DAYS)):
        starts, ends = day_start(day, tz), day_start(day + timedelta(days=1), tz)
        days.append((day, next((one.order for one in thing.booked if _meets(one, starts, ends)), "")))
    return Drawn(thing, days, next((one for one in thing.booked if _meets(one, now, now)), None))


def _meets(booked: views.Booked, starts: datetime, ends: datetime) -> bool:
    return booked.starts <= ends and booked.ends > starts and (booked.starts < ends or starts == ends)


@post("/things")
async def register(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """One thing for each tag."""
    desk.require("stock")
    f = Filled(desk.lang, form)
    variant_id, place_id = f.text("variant", required=True), f.text("place", required=True)
    tags = list(
        dict.fromkeys(
            t.strip()
            for t in f.text("tags", required=True, most=4000).replace("，", ",").replace("\n", ",").split(",")
            if t.strip()
        )
    )
    if len(tags) > _MOST or any(len(tag) > 60 or not tag.isprintable() for tag in tags):
        f.wrong(
            "tags", f"At most {_MOST} tags, of 60 letters each.", f"最多 {_MOST} 个编号，每个不超过 60 字。"
        )
    if f.ok:

        async def registered(tx: Tx) -> str:
            if variant_id not in {one.id for one in await views.lent(tx, desk.id, lent_out(desk.market))}:
                raise NotFound("variant")
            if place_id not in {one.id for one in await parties.places.places_of(tx, desk.id)}:
                raise NotFound("place")
            for tag in tags:
                await inventory.assets.register(tx, variant_id, place_id, tag)
            return str(len(tags))

        try:
            n = int(await once(desk, form, "things", registered))
            return desk.go("/things", "%(n)s registered.", n=n)
        except Refusal as no:
            f.refused(no, "tags" if no.code == "tag_taken" else "")
    return await _page(desk, f)


@post("/things/{asset_id:int}")
async def turn(desk: GivenDesk, asset_id: FromPath[int], form: GivenForm) -> Response[Any]:
    """Rest, ready again, or retired for good."""
    desk.require("stock")
    to, now = form.get("to"), desk.visitor.now
    if to not in _SAID:
        raise NotFound("state")
    async with desk.market.db.transaction() as tx:
        found = await views.thing(tx, desk.id, asset_id, now, now + timedelta(days=1))
        if found.state == "retired" and to != "retired":
            raise NotFound("thing")
        if to == "retired":
            await inventory.assets.retire(tx, asset_id, now)
        else:
            await inventory.assets.rest(tx, asset_id, to)
    return desk.go("/things", _SAID[to])


ROUTES = [things, register, turn]
