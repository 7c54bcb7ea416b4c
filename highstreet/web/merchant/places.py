"""Places of a business: where they are, when they are open, how far they deliver."""

from __future__ import annotations

from typing import Any, get_args

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import parties
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.geo import Point
from highstreet.parties import Place
from highstreet.web.frame import Form, GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.hours import read_hours, told_hours
from highstreet.web.merchant.once import once


@get("/places")
async def all_places(desk: GivenDesk) -> Response[str]:
    async with desk.market.db.read() as tx:
        found = await parties.places.places_of(tx, desk.id)
    now, tz = desk.visitor.now, desk.market.tz
    return desk.show(
        "places.html",
        at="/merchant/business",
        places=found,
        is_open={one.id: parties.places.is_open(one, now, tz) for one in found},
        opens={one.id: parties.places.next_opening(one, now, tz) for one in found},
        spans={one.id: told_hours(one) for one in found},
    )


@get("/places/new")
async def new_place(desk: GivenDesk) -> Response[str]:
    desk.require("places")
    usual = {f"day-{day}": "09:00-18:00" for day in range(6)} | {"reach": "3", "kind": "shop"}
    near = desk.visitor.near
    where = {"lat": f"{near.lat:.5f}", "lon": f"{near.lon:.5f}"} if near else {}
    return _form(desk, Filled(desk.lang, start=usual | where))


@get("/places/{place_id:str}")
async def one_place(desk: GivenDesk, place_id: FromPath[str]) -> Response[str]:
    desk.require("places")
    found = await _own(desk, place_id)
    start = {
        "name_en": found.name.en, "name_zh": found.name.zh, "line": found.address.get("line", ""), "kind": found.kind,
        "line_en": found.address.get("en", ""), "line_zh": found.address.get("zh", ""), "lat": str(found.lat), "lon": str(found.lon),
        "area": found.address.get("area", ""),
        "reach": f"{found.reach_m / 1000:g}", **{f"day-{day}": said for day, said in enumerate(told_hours(found))},
    }  # fmt: skip
    return _form(desk, Filled(desk.lang, start=start), found)


def _form(desk: Desk, f: Filled, place: Place | None = None) -> Response[str]:
    return desk.show(
        "place.html",
        status=f.status,
        at="/merchant/business",
        f=f,
        place=place,
        kinds=get_args(parties.places.PlaceKind),
    )


async def _save(desk: Desk, form: Form, place: Place | None) -> Response[Any]:
    f = Filled(desk.lang, form)
    name = f.words("name", required=True, most=120)
    address = {"en": f.text("line_en"), "zh": f.text("line_zh")}
    address["area"] = "rural" if form.get("area") == "rural" else ""
    address["line"] = address["zh"] or address["en"]
    if not address["line"]:
        f.wrong(f"line_{desk.lang}", "Please give street and number.", "请填写详细地址。")
    lat, lon = f.degrees("lat", 90), f.degrees("lon", 180)
    reach = f.whole("reach", most=200, required=False) or 0
    hours = read_hours(f)
    kind: Any = form.get("kind", "shop")
    if f.ok and lat is not None and lon is not None:
        said = {key: value for key, value in address.items() if value}

        async def kept(tx: Tx) -> str:
            at, reach_m, now = Point(lat, lon), reach * 1000, desk.visitor.now
            if place is None:
                return await parties.places.open_place(tx, desk.id, kind, name, said, at, hours, reach_m, now)
            await parties.places.change_place(
                tx, place.id, name=name, address=said, point=at, hours=hours, reach_m=reach_m
            )
            return place.id

        try:
            await once(desk, form, "place", kept)
            return desk.go("/places", "Saved. Promises count with it from now on.")
        except Refusal as no:
            f.refused(no)
            f.errors.update({"day-0": f.errors["hours"]} if "hours" in f.errors else {})
    return _form(desk, f, place)


async def _own(desk: Desk, place_id: str) -> Place:
    """Errors: NotFound for somebody else's or a closed place."""
    async with desk.market.db.read() as tx:
        found = await parties.places.place(tx, place_id)
    if found.party_id != desk.id or found.closed_at is not None:
        raise NotFound("place")
    return found


@post("/places/new")
async def open_new(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    desk.require("places")
    return await _save(desk, form, None)


@post("/places/{place_id:str}")
async def change(desk: GivenDesk, place_id: FromPath[str], form: GivenForm) -> Response[Any]:
    desk.require("places")
    return await _save(desk, form, await _own(desk, place_id))


@post("/places/{place_id:str}/closing")
async def close(desk: GivenDesk, place_id: FromPath[str]) -> Response[Any]:
    """For good: what is offered there can no longer be bought."""
    desk.require("places")
    await _own(desk, place_id)
    async with desk.market.db.transaction() as tx:
        await parties.places.close_place(tx, place_id, desk.visitor.now)
    return desk.go("/places", "Closed for good.", kind="info")


ROUTES = [all_places, new_place, one_place, open_new, change, close]
