"""Live rooms: what is on, what is in front of everybody, what is said; and for whoever hosts one, running it by program.

A drop is bought as everything is: `POST /api/quotes` with its offer while it is open, then `POST /api/orders` within the two minutes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from highstreet import catalog
from highstreet.api import keys
from highstreet.api.shapes import Id, Line, Short
from highstreet.api.slots import Moment
from highstreet.api.tokens import Call, TokenMissing, bearer_of, market_of, must_have
from highstreet.catalog import NewRoom, Room
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import is_id
from highstreet.kit.text import Words
from highstreet.market import rooms as flows
from highstreet.market.views import rooms as views
from highstreet.parties import ApiToken

_PLAN, _CHANGE, _ADD = "POST /api/rooms", "PATCH /api/rooms/{id}", "POST /api/rooms/{id}/drops"
_TURN, _SAY = "PATCH /api/rooms/{id}/drops/{drop}", "POST /api/rooms/{id}/said"
_JUDGE = "PATCH /api/rooms/{id}/said/{message}"


class DropTold(msgspec.Struct, frozen=True):
    """`left`: can still be ordered; `held`: ordered and not yet paid for; `taken`: paid for."""

    id: str
    offer: str
    title: Words
    price: int
    currency: str
    units: int
    left: int
    held: int
    taken: int
    state: str
    opens_at: datetime | None


class RoomTold(msgspec.Struct, frozen=True):
    """A live session: advertising by `seller`, shown by `host`, who earns `host_bps` of what is kept. `shown`: the drop in front."""

    id: str
    title: Words
    about: Words
    state: str
    starts: datetime
    ends: datetime
    video: str
    seller: str
    seller_name: Words
    licence: str | None
    host: str
    host_bps: int
    shown: str | None
    viewers: int
    drops: list[DropTold]


class SaidTold(msgspec.Struct, frozen=True):
    """Something said. `host`: by the room's own side. `why`: what made it wait, told to whoever runs the room."""

    id: str
    at: datetime
    host: bool
    text: str
    state: str
    why: str


class RoomPlan(msgspec.Struct, frozen=True, omit_defaults=True):
    """A session to come. `host`: the party that earns `host_bps` of what is kept; `words`: what makes a message wait."""

    title: Words
    host_name: Short
    starts: Moment
    ends: Moment
    about: Words = Words()
    host: Id | None = None
    host_bps: Annotated[int, Meta(ge=0, le=5000)] = 0
    video: Line = ""
    words: Annotated[tuple[Short, ...], Meta(max_length=100)] = ()


class RoomChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is given changes. `state`: on to start or go on, ended for good. `show`: a drop of the room, in front of everybody."""

    state: Literal["on", "paused", "ended"] | None = None
    show: Id | None = None
    review: bool | None = None
    words: Annotated[tuple[Short, ...], Meta(max_length=100)] | None = None


class NewDrop(msgspec.Struct, frozen=True, omit_defaults=True):
    """So many units of an offer that is sold live. `opens_at`: by itself then, while the room is on."""

    offer: Id
    units: Annotated[int, Meta(ge=1, le=1_000_000)]
    opens_at: Moment | None = None


class DropTurn(msgspec.Struct, frozen=True):
    """Open puts it on sale and in front of everybody; closed is for good."""

    state: Literal["open", "closed"]


class Saying(msgspec.Struct, frozen=True):
    """What to say."""

    text: Short


class Judging(msgspec.Struct, frozen=True, omit_defaults=True):
    """Let it be seen or remove it; and whether whoever said it may say more in this room."""

    state: Literal["shown", "removed"] | None = None
    muted: bool | None = None


@get("/api/rooms", tags=["buying"])
async def see_rooms(request: Call) -> list[RoomTold]:
    """What is on now, then what comes, the next first."""
    market = market_of(request)
    async with market.db.read() as tx:
        found = await catalog.rooms.running(tx, market.clock())
        return [await _told(tx, one, market.clock()) for one in found]


@get("/api/rooms/{room_id:str}", tags=["buying"])
async def see_room(request: Call, room_id: FromPath[str]) -> RoomTold:
    """A session in any state, for everybody."""
    market = market_of(request)
    async with market.db.read() as tx:
        return await _told(tx, await _room(tx, room_id), market.clock())


@get("/api/rooms/{room_id:str}/said", tags=["buying", "selling"])
async def see_said(request: Call, room_id: FromPath[str]) -> list[SaidTold]:
    """The latest that was said, the oldest first. Whoever runs the room also sees what waits and what was removed."""
    market, token = market_of(request), await bearer_of(request)
    async with market.db.read() as tx:
        room = await _room(tx, room_id)
        runs = token is not None and flows.may_run(token, room)
        found = await catalog.chat.heard(tx, market.seal, room_id, most=100, all_of_it=runs)
    return [_said(one, room) for one in found]


@post("/api/rooms/{room_id:str}/said", tags=["buying", "selling"])
async def say(request: Call, room_id: FromPath[str], data: JSONBody[Saying]) -> SaidTold:
    """Say something as the token's person, or as the room's own side; it may have to wait for the host. At most 5 in 10 seconds.
    Scope orders:write; needs an Idempotency-Key."""
    token = await must_have(request, "own")
    market, now = market_of(request), market_of(request).clock()
    key = keys.key_of(request, token.party_id, f"{_SAY} {room_id}", data)
    if (first := await keys.answered(market, key, SaidTold)) is not None:
        return first
    await market.db.run(catalog.chat.may_try, market.seal, room_id, token.party_id, now)

    async def go(tx: Tx) -> SaidTold:
        room = await _room(tx, room_id)
        said = await catalog.chat.say(tx, market.seal, room_id, token.party_id, data.text, key.key, now)
        return _said(said, room)

    return await keys.once(request, key, SaidTold, go)


@patch("/api/rooms/{room_id:str}/said/{message_id:str}", tags=["selling"])
async def judge(
    request: Call, room_id: FromPath[str], message_id: FromPath[str], data: JSONBody[Judging]
) -> SaidTold:
    """Let a message be seen, remove it, or mute whoever said it. Scope offers:write; needs an Idempotency-Key."""
    token = await _host(request)
    market, now = market_of(request), market_of(request).clock()

    async def go(tx: Tx) -> SaidTold:
        room = await _own(tx, token, room_id)
        speaker = await catalog.chat.speaker_of(tx, room_id, message_id)
        if data.state is not None:
            await catalog.chat.judge(tx, room_id, message_id, data.state == "shown", token.party_id, now)
        if data.muted is not None:
            await catalog.chat.mute(tx, room_id, speaker, data.muted, token.party_id, now)
        return _said(await catalog.chat.read(tx, market.seal, room_id, message_id), room)

    key = keys.key_of(request, token.party_id, f"{_JUDGE} {room_id} {message_id}", data)
    return await keys.once(request, key, SaidTold, go)


@post("/api/rooms", tags=["selling"])
async def plan_room(request: Call, data: JSONBody[RoomPlan]) -> RoomTold:
    """Plan a session of the token's business. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "sell")
    now = market_of(request).clock()
    new = NewRoom(
        data.title, data.host_name, data.starts, data.ends, data.about, data.host, data.host_bps, data.video, data.words
    )  # fmt: skip

    async def go(tx: Tx) -> RoomTold:
        made = await flows.plan(tx, token.party_id, new, token.party_id, now)
        return await _told(tx, await catalog.rooms.read(tx, made), now)

    return await keys.once(request, keys.key_of(request, token.party_id, _PLAN, data), RoomTold, go)


@patch("/api/rooms/{room_id:str}", tags=["selling"])
async def change_room(request: Call, room_id: FromPath[str], data: JSONBody[RoomChange]) -> RoomTold:
    """Start, pause or end it, show a drop, keep the chat. For the shop and its host. Scope offers:write; needs an Idempotency-Key."""
    token = await _host(request)
    by, now = token.party_id, market_of(request).clock()

    async def go(tx: Tx) -> RoomTold:
        room = await _own(tx, token, room_id)
        if data == RoomChange():
            raise Malformed("body", "says nothing to change", "没有需要修改的内容")
        if data.review is not None or data.words is not None:
            review = room.review if data.review is None else data.review
            await catalog.rooms.set_chat(tx, room, review, room.words if data.words is None else data.words)
        if data.show is not None:
            await flows.show_drop(tx, room_id, data.show)
        if data.state is not None:
            await _MOVES[data.state](tx, room_id, by, now)
        return await _told(tx, await catalog.rooms.read(tx, room_id), now)

    return await keys.once(request, keys.key_of(request, by, f"{_CHANGE} {room_id}", data), RoomTold, go)


_MOVES = {"on": flows.start, "paused": flows.pause, "ended": flows.end}


@post("/api/rooms/{room_id:str}/drops", tags=["selling"])
async def add_drop(request: Call, room_id: FromPath[str], data: JSONBody[NewDrop]) -> RoomTold:
    """Put an offer of the shop into a session; it leaves the shelf until it opens. Scope offers:write; needs an Idempotency-Key."""
    token = await _host(request)
    market, now = market_of(request), market_of(request).clock()

    async def go(tx: Tx) -> RoomTold:
        await _own(tx, token, room_id)
        await flows.add_drop(market, tx, room_id, data.offer, data.units, data.opens_at, now)
        return await _told(tx, await catalog.rooms.read(tx, room_id), now)

    key = keys.key_of(request, token.party_id, f"{_ADD} {room_id}", data)
    return await keys.once(request, key, RoomTold, go)


@patch("/api/rooms/{room_id:str}/drops/{drop_id:str}", tags=["selling"])
async def turn_drop(
    request: Call, room_id: FromPath[str], drop_id: FromPath[str], data: JSONBody[DropTurn]
) -> RoomTold:
    """Open a drop while the session is on, or close it. Scope offers:write; needs an Idempotency-Key."""
    token = await _host(request)
    market, by, now = market_of(request), token.party_id, market_of(request).clock()

    async def go(tx: Tx) -> RoomTold:
        await _own(tx, token, room_id)
        if data.state == "open":
            await flows.open_drop(market, tx, room_id, drop_id, by, now)
        else:
            await flows.close_drop(tx, room_id, drop_id, by, now)
        return await _told(tx, await catalog.rooms.read(tx, room_id), now)

    key = keys.key_of(request, by, f"{_TURN} {room_id} {drop_id}", data)
    return await keys.once(request, key, RoomTold, go)


async def _host(request: Call) -> ApiToken:
    token = await bearer_of(request)
    if token is None:
        raise TokenMissing
    return token


async def _room(tx: Tx, room_id: str) -> Room:
    if not is_id(room_id, "liv"):
        raise NotFound("room")
    return await catalog.rooms.read(tx, room_id)


async def _own(tx: Tx, token: ApiToken, room_id: str) -> Room:
    """The room, for whoever runs it. Errors: NotFound, NotAllowed."""
    room = await _room(tx, room_id)
    flows.must_run(token, room)
    return await catalog.rooms.held(tx, room_id)


def _said(one: catalog.chat.Said, room: Room) -> SaidTold:
    return SaidTold(one.id, one.at, one.person_id == room.seller_id, one.text, one.state, one.why)


async def _told(tx: Tx, room: Room, now: datetime) -> RoomTold:
    shop = (await views.shops(tx, [room.seller_id], now))[room.seller_id]
    looking = await views.viewers(tx, [room.id], now)
    drops = [
        DropTold(
            one.id, one.offer_id, one.title, one.price, one.currency, one.units, one.left, one.held, one.taken, one.state, one.opens_at
        )
        for one in await views.drops(tx, room.id)
    ]  # fmt: skip
    return RoomTold(
        room.id, room.title, room.about, room.state, room.starts, room.ends, room.video, room.seller_id, shop.name, shop.licence,
        room.host_name, room.host_bps, room.shown_drop, looking.get(room.id, 0), drops,
    )  # fmt: skip
