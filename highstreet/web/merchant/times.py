"""Times: room opened by a weekly pattern, listed by day with how full it is, and taken back as far as nobody was promised it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

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
from highstreet.web.merchant.people import people
from highstreet.web.merchant.supply import Changed
from highstreet.web.merchant.weekly import pattern

_SHOWN = 14


def with_times(market: Market) -> list[str]:
    """The formats whose buyers choose a time."""
    return [one.name for one in market.formats.values() if any(ask.kind == "slot" for ask in one.hints.asks)]


@get("/times")
async def times(
    desk: GivenDesk,
    variant: FromQuery[str] = "",
    place: FromQuery[str] = "",
    start: FromQuery[date | None] = None,
) -> Response[str]:
    desk.require("see_goods")
    return await _page(desk, Filled(desk.lang, start={"variant": variant, "place": place}), start)


async def _page(desk: Desk, f: Filled, first: date | None = None) -> Response[str]:
    now, tz = desk.visitor.now, desk.market.tz
    today = now.astimezone(tz).date()
    first = max(first or today, today - timedelta(days=365))
    since, until = day_start(first, tz), day_start(first + timedelta(days=_SHOWN), tz)
    async with desk.market.db.read() as tx:
        choices = await views.timed(tx, desk.id, with_times(desk.market), now)
        shops = await parties.places.places_of(tx, desk.id)
        chosen = next(
            (one for one in choices if one.id == f.value("variant")), choices[0] if choices else None
        )
        found = await views.windows(tx, desk.id, chosen.id, f.value("place"), since, until) if chosen else []
    return desk.show(
        "times.html", status=f.status, at="/merchant/stock", f=f, choices=choices, chosen=chosen, shops=shops, first=first, today=today,
        days=[(day, list(each)) for day, each in groupby(found, lambda one: one.starts.astimezone(tz).date())],
        before=first - timedelta(days=_SHOWN), after=first + timedelta(days=_SHOWN), names={one.id: one.name for one in shops},
    )  # fmt: skip


@post("/times")
async def open_times(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """Room on the chosen weekdays of a time, one window after another from a beginning to an end."""
    desk.require("stock")
    f = Filled(desk.lang, form)
    variant_id, place_id, room = (
        f.text("variant", required=True),
        f.text("place", required=True),
        f.quantity("room"),
    )
    windows = pattern(f, desk.market.tz, desk.visitor.now)
    if f.ok and room is not None:
        by, now = desk.session.party_id, desk.visitor.now

        async def opened(tx: Tx) -> str:
            mine = await views.timed(tx, desk.id, with_times(desk.market), now)
            if variant_id not in {one.id for one in mine}:
                raise NotFound("variant")
            if place_id not in {one.id for one in await parties.places.places_of(tx, desk.id)}:
                raise NotFound("place")
            for starts, ends in windows:
                await inventory.slots.open_slot(tx, variant_id, place_id, starts, ends, room, by, now)
            return str(len(windows))

        try:
            n = int(await once(desk, form, "times", opened))
            first = windows[0][0].astimezone(desk.market.tz).date()
            return desk.go(
                f"/times?variant={variant_id}&place={place_id}&start={first}", "%(n)s times are open.", n=n
            )
        except Refusal as no:
            f.refused(no)
    return await _page(desk, f)


@post("/times/{slot_id:int}")
async def change(desk: GivenDesk, slot_id: FromPath[int], form: GivenForm) -> Response[Any]:
    """Room for more or fewer; never for fewer than were promised it. What is left free may be taken back whole."""
    desk.require("stock")
    now, by = desk.visitor.now, desk.session.party_id
    async with desk.market.db.transaction() as tx:
        found = await views.window(tx, desk.id, slot_id)
        if form.get("was") not in ("", str(found.total)):
            raise Changed
        room = found.taken if form.get("do") == "close" else form.whole("room")
        if room != found.total:
            await inventory.stock.change(tx, slot_id, "opened", room - found.total, by, now)
    day = found.starts.astimezone(desk.market.tz).date()
    return desk.go(
        f"/times?variant={found.variant_id}&start={day}", "Changed. Whoever was promised this time keeps it."
    )


ROUTES = [times, open_times, change, people]
