"""A live room for whoever looks: the picture, the drop in front of everybody, what is said; anew whenever something happens there."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent

from highstreet import catalog
from highstreet.kit.errors import NotFound
from highstreet.kit.ids import is_id, new_id
from highstreet.market.rooms import may_run
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, go, show, signed_in
from highstreet.web.frame import say as words
from highstreet.web.live import seen
from highstreet.web.live.watching import Watching
from highstreet.web.news import news_of, stream
from highstreet.web.sessions import AnyRequest
from highstreet.web.shop.wording import drawn

APART = 1.0  # seconds between two looks of one viewer, however much is said


@get("/live/{room_id:str}")
async def room(
    market: GivenMarket, visitor: GivenVisitor, asked: GivenForm, room_id: FromPath[str]
) -> Response[str]:
    """The room; a part of it while somebody looks. When it starts, pauses or ends, the page is asked for anew."""
    found = await seen.read(market, visitor, room_id)
    answer = _shown(visitor, found, "now")
    if visitor.part and asked.get("state") != found.room.state:
        answer.headers["hx-refresh"] = "true"
    answer.headers["content-security-policy"] = seen.content_policy(found.video)
    return answer


def _shown(visitor: Visitor, found: seen.Seen, part: str, held: str = "") -> Response[str]:
    return show(
        visitor,
        "live/room.html",
        part=part,
        here=found,
        room=found.room,
        drawn=drawn,
        runs=may_run(visitor.session, found.room),
        once=new_id("key", visitor.now),
        most=catalog.chat.LONGEST,
        held=held,
    )


@post("/live/{room_id:str}/say", status_code=200)
async def say(
    market: GivenMarket, visitor: GivenVisitor, form: GivenForm, room_id: FromPath[str]
) -> Response[Any]:
    """Say something. Errors: SignInFirst, TooOften, and what the chat refuses."""
    person = signed_in(visitor).party_id
    if not is_id(room_id, "liv"):
        raise NotFound("room")
    await market.db.run(catalog.chat.may_try, market.seal, room_id, person, visitor.now)
    once = form.get("once") or new_id("key", visitor.now)
    said = await market.db.run(
        catalog.chat.say, market.seal, room_id, person, form.get("text"), once, visitor.now
    )
    held = words(visitor, "The host looks at this first; then everybody can read it.")
    if not visitor.part:
        return go(visitor, f"/live/{room_id}#talk", say=held if said.state == "held" else "", kind="info")
    return _shown(
        visitor, await seen.read(market, visitor, room_id), "speak", held if said.state == "held" else ""
    )


@get("/live/{room_id:str}/news")
async def news(
    request: AnyRequest, market: GivenMarket, visitor: GivenVisitor, room_id: FromPath[str]
) -> ServerSentEvent:
    """An event whenever something happens in the room; who listens is counted as looking."""
    if not is_id(room_id, "liv"):
        raise NotFound("room")
    async with market.db.read() as tx:
        await catalog.rooms.read(tx, room_id)
    state = request.app.state
    if "watching" not in state:
        state["watching"] = Watching(visitor.now)
    watching: Watching = state["watching"]
    return stream(
        watching.counted(market, room_id, news_of(request).changes(market, frozenset({room_id}), APART))
    )
