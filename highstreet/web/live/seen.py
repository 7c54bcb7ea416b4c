"""A room as it is drawn: its seller as the law wants it said, its drops with what is left, what was said, how many look."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from highstreet import catalog, parties
from highstreet.catalog import Room
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import is_id
from highstreet.market.desk import Market
from highstreet.market.views import rooms as views
from highstreet.market.views.rooms import DropSeen, Shop
from highstreet.web.frame import HEADERS, Visitor, say

_HAN = re.compile(r"[\u4e00-\u9fff]+")


class Line(msgspec.Struct, frozen=True):
    """Something said. `who`: as everybody may read it; `ours`: the room's own side. The rest is for the host."""

    id: str
    who: str
    text: str
    at: Any
    ours: bool = False
    state: str = "shown"
    why: str = ""
    person_id: str = ""
    muted: bool = False


class Seen(msgspec.Struct, frozen=True):
    """A room with everything around it. `front`: the drop in front of everybody, while it has not been closed."""

    room: Room
    shop: Shop
    drops: list[DropSeen]
    lines: list[Line]
    viewers: int
    video: catalog.video.Video | None

    @property
    def front(self) -> DropSeen | None:
        return next(
            (one for one in self.drops if one.id == self.room.shown_drop and one.state != "closed"), None
        )

    @property
    def others(self) -> list[DropSeen]:
        front = self.front
        return [one for one in self.drops if front is None or one.id != front.id]

    @property
    def running(self) -> bool:
        return self.room.state in ("on", "paused")


async def read(market: Market, visitor: Visitor, room_id: str, *, hosting: bool = False) -> Seen:
    """`hosting`: with what waits and what was removed. Errors: NotFound."""
    if not is_id(room_id, "liv"):
        raise NotFound("room")
    now = visitor.now
    async with market.db.read() as tx:
        room = await catalog.rooms.read(tx, room_id)
        shops = await views.shops(tx, [room.seller_id], now)
        drops = await views.drops(tx, room_id)
        said = await catalog.chat.heard(tx, market.seal, room_id, most=80, all_of_it=hosting)
        people = list({one.person_id for one in said if one.person_id and one.person_id != room.seller_id})
        names = await parties.people.names(tx, market.seal, people)
        viewers = await views.viewers(tx, [room_id], now)
    lines = [
        Line(
            id=one.id,
            who=host_name(visitor, room)
            if one.person_id == room.seller_id
            else short(names.get(one.person_id or "", ""), visitor.lang) or say(visitor, "Somebody"),
            text=one.text or say(visitor, "(erased)"),
            at=one.at,
            ours=one.person_id == room.seller_id,
            state=one.state,
            why=one.why,
            person_id=(one.person_id or "") if hosting else "",
            muted=one.muted,
        )
        for one in said
    ]
    return Seen(room, shops[room.seller_id], drops, lines, viewers.get(room_id, 0), playable(room.video))


def playable(url: str) -> catalog.video.Video | None:
    """The video, as the list of players is today."""
    try:
        return catalog.video.read_video(url)
    except Malformed:
        return None


def host_name(visitor: Visitor, room: Room) -> str:
    return room.host_name or say(visitor, "Host")


def short(name: str, lang: str) -> str:
    """A name as strangers may read it: the surname in Chinese, the first name with an initial else."""
    han = _HAN.search(name)
    latin = " ".join(_HAN.sub(" ", name).split())
    if han and (lang == "zh" or not latin):
        return han[0][0] + "**"
    first, _, rest = latin.partition(" ")
    return f"{first} {rest[0]}." if rest else first


def content_policy(video: catalog.video.Video | None) -> str:
    """What the page of a room may load: as every page, and the one place its video comes from."""
    usual = HEADERS["content-security-policy"]
    if video is None:
        return usual
    return f"{usual}; {'frame-src' if video.kind == 'player' else 'media-src'} {video.origin}"
