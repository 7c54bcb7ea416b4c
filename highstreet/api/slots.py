"""Slots: room opened by time, for what is booked; and how full it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from highstreet import inventory
from highstreet.api import keys
from highstreet.api.shapes import Id
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.market.views import capacity
from highstreet.market.views.calls import shelf_of

_OPEN, _CHANGE = "POST /api/slots", "POST /api/slots/{id}"
_LONGEST = timedelta(days=366)
_MOST_ROOM = 1_000_000

Moment = Annotated[datetime, Meta(tz=True)]


class Window(msgspec.Struct, frozen=True):
    """A time from `starts` to `ends` with room for so many, on top of what is open there already."""

    starts: Moment
    ends: Moment
    room: Annotated[int, Meta(ge=1, le=_MOST_ROOM)] = 1


class NewSlots(msgspec.Struct, frozen=True):
    """Room to open for a variant at a place of the business."""

    variant: Id
    place: Id
    windows: Annotated[list[Window], Meta(min_length=1, max_length=500)]


class Slot(msgspec.Struct, frozen=True):
    """A window. `taken`: held for orders under way and sold; `free`: can still be promised."""

    slot: int
    variant: str
    place: str
    starts: datetime
    ends: datetime
    room: int
    taken: int
    free: int


class Slots(msgspec.Struct, frozen=True):
    """Windows in order of when they begin; at most 1000."""

    slots: list[Slot]


class Room(msgspec.Struct, frozen=True):
    """For how many there is room from now on. `close`: only for those who have it already."""

    room: Annotated[int, Meta(ge=0, le=_MOST_ROOM)] | None = None
    close: bool = False


@get("/api/slots", tags=["selling"])
async def see_slots(
    request: Call,
    variant: FromQuery[str],
    place: FromQuery[str] = "",
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> Slots:
    """The windows of a variant that begin in a time, the next four weeks unless told. Scope offers:read."""
    token = await must_have(request, "see_goods")
    market = market_of(request)
    since = since or market.clock()
    until = until or since + timedelta(days=28)
    if since.tzinfo is None or until.tzinfo is None or not since <= until <= since + _LONGEST:
        raise Malformed(
            "since", "a time of at most a year, with its time zone", "时间范围不超过一年，并带时区"
        )
    async with market.db.read() as tx:
        found = await capacity.windows(tx, token.party_id, variant[:40], place[:40], since, until)
    return Slots([_slot(one) for one in found])


@post("/api/slots", tags=["selling"])
async def open_slots(request: Call, data: JSONBody[NewSlots]) -> Slots:
    """Open room; a window that is open already gets more. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "stock")
    now = market_of(request).clock()
    for one in data.windows:
        if not now < one.starts < one.ends <= one.starts + _LONGEST:
            raise Malformed(
                "windows",
                "each begins later than now and ends after that",
                "时段须晚于当前时间，且结束晚于开始",
            )

    async def go(tx: Tx) -> Slots:
        if not await shelf_of(tx, token.party_id, data.variant, data.place):
            raise NotFound("variant")
        made: list[Slot] = []
        for one in data.windows:
            slot = await inventory.slots.open_slot(
                tx, data.variant, data.place, one.starts, one.ends, one.room, token.party_id, now
            )
            made.append(_slot(await capacity.window(tx, token.party_id, slot)))
        return Slots(made)

    return await keys.once(request, keys.key_of(request, token.party_id, _OPEN, data), Slots, go)


@post("/api/slots/{slot:int}", status_code=200, tags=["selling"])
async def change_slot(request: Call, slot: FromPath[int], data: JSONBody[Room]) -> Slot:
    """Another room for a window. Refuses below_promised. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "stock")
    now = market_of(request).clock()
    if (data.room is None) != data.close:
        raise Malformed("room", "say for how many, or close", "请填写人数，或选择关闭")

    async def go(tx: Tx) -> Slot:
        if not 0 < slot < 2**63:
            raise NotFound("time")
        was = await capacity.window(tx, token.party_id, slot)
        room = was.taken if data.room is None else data.room
        if room != was.total:
            await inventory.stock.change(tx, slot, "opened", room - was.total, token.party_id, now)
        return _slot(await capacity.window(tx, token.party_id, slot))

    return await keys.once(request, keys.key_of(request, token.party_id, f"{_CHANGE} {slot}", data), Slot, go)


def _slot(one: capacity.Window) -> Slot:
    return Slot(one.id, one.variant_id, one.place_id, one.starts, one.ends, one.total, one.taken, one.free)
