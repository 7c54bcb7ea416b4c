"""Live rooms: a seller's session with its host, its video, and the drops shown in it one after the other.

A room goes planned, on (and paused), ended; a drop planned, open, closed. An offer is open in one room at a time. What a drop sells is
counted by a supply of its own, which the flows of `market.rooms` open and hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from highstreet.catalog.chat import check_words
from highstreet.catalog.errors import DropElsewhere, RoomOver, TitleMissing
from highstreet.catalog.video import read_video
from highstreet.kit import db, facts
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.text import Words

LONGEST = timedelta(hours=24)
MOST_DROPS, MOST_UNITS, MOST_BPS = 40, 1_000_000, 5_000
_NAME, _TITLE, _ABOUT = 40, 120, 1_000

RoomState = Literal["planned", "on", "paused", "ended"]
DropState = Literal["planned", "open", "closed"]


class NewRoom(msgspec.Struct, frozen=True):
    """A session as it is planned. `host_id`: who earns `host_bps` of what is kept, None when the shop shows it itself."""

    title: Words
    host_name: str
    starts: datetime
    ends: datetime
    about: Words = Words()
    host_id: str | None = None
    host_bps: int = 0
    video: str = ""
    words: tuple[str, ...] = ()


class Drop(msgspec.Struct, frozen=True):
    """So many units of an offer. `opens_at`: by itself then, None when the host opens it."""

    id: str
    offer_id: str
    position: int
    units: int
    opens_at: datetime | None
    state: DropState
    supply_id: int | None
    opened_at: datetime | None
    closed_at: datetime | None


class Room(msgspec.Struct, frozen=True):
    """A session as it stands. `shown_drop`: the one in front of everybody now."""

    id: str
    seller_id: str
    host_id: str | None
    host_name: str
    host_bps: int
    title: Words
    about: Words
    video: str
    starts: datetime
    ends: datetime
    state: RoomState
    started_at: datetime | None
    ended_at: datetime | None
    shown_drop: str | None
    review: bool
    words: list[str]
    drops: list[Drop]

    @property
    def shown(self) -> Drop | None:
        return next((one for one in self.drops if one.id == self.shown_drop), None)

    def drop(self, drop_id: str) -> Drop:
        """Errors: NotFound."""
        for one in self.drops:
            if one.id == drop_id:
                return one
        raise NotFound("drop")


async def plan(tx: Tx, seller_id: str, new: NewRoom, by: str, now: datetime) -> str:
    """A session to come; its identifier. Errors: TitleMissing, Malformed, NotFound (host)."""
    if not (new.title.en.strip() or new.title.zh.strip()):
        raise TitleMissing
    for field, text, most in (
        ("title", max(new.title.en, new.title.zh, key=len), _TITLE),
        ("about", max(new.about.en, new.about.zh, key=len), _ABOUT),
        ("host_name", new.host_name, _NAME),
    ):
        if len(text) > most:
            raise Malformed(field, f"has at most {most} letters", f"最多 {most} 字")
    if not new.host_name.strip():
        raise Malformed("host_name", "who shows it must be said", "请填写主播名称")
    if not now < new.ends or not new.starts < new.ends <= new.starts + LONGEST:
        raise Malformed("ends", "later than the beginning, within a day", "应晚于开始时间，且不超过一天")
    if not 0 <= new.host_bps <= MOST_BPS:
        raise Malformed("host_bps", f"from 0 to {MOST_BPS}", f"应为 0 到 {MOST_BPS}")
    if new.host_bps and new.host_id is None:
        raise Malformed("host_id", "somebody must earn the commission", "请填写佣金归谁")
    if new.host_id and not await tx.fetchval(
        "SELECT true FROM parties.party WHERE id = $1 AND kind <> 'city' AND state = 'active'", new.host_id
    ):
        raise NotFound("host")
    read_video(new.video)
    room_id = new_id("liv", now)
    await tx.execute(
        """INSERT INTO catalog.room (id, seller_id, host_id, host_name, host_bps, title, about, video, starts, ends, words)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        room_id, seller_id, new.host_id, new.host_name.strip(), new.host_bps, new.title, new.about, new.video.strip(),
        new.starts, new.ends, check_words(new.words),
    )  # fmt: skip
    await facts.tell(tx, "room.planned", room_id, by, now, {"seller": seller_id, "bps": new.host_bps})
    return room_id


async def add_drop(
    tx: Tx, room: Room, offer_id: str, units: int, opens_at: datetime | None, now: datetime
) -> str:
    """Another drop at the end of a room's; its identifier. The caller holds the room. Errors: Malformed, RoomOver."""
    _not_over(room)
    if not 1 <= units <= MOST_UNITS:
        raise Malformed("units", f"from 1 to {MOST_UNITS}", f"应为 1 到 {MOST_UNITS}")
    if len(room.drops) >= MOST_DROPS:
        raise Malformed("drops", f"at most {MOST_DROPS}", f"最多 {MOST_DROPS} 个")
    if any(one.offer_id == offer_id and one.state != "closed" for one in room.drops):
        raise Malformed("offer", "is in this room already", "已在本场直播中")
    if opens_at is not None and not room.starts <= opens_at < room.ends:
        raise Malformed("opens_at", "must lie within the session", "应在直播时间之内")
    drop_id = new_id("drp", now)
    await tx.execute(
        """INSERT INTO catalog.room_drop (id, room_id, offer_id, position, units, opens_at) VALUES ($1, $2, $3, $4, $5, $6)""",
        drop_id, room.id, offer_id, len(room.drops) + 1, units, opens_at,
    )  # fmt: skip
    await _stir(tx, room.id)
    return drop_id


async def move(tx: Tx, room: Room, to: RoomState, by: str, now: datetime) -> bool:
    """Start, pause, go on or end; whether that changed anything. The caller holds the room. Errors: RoomOver."""
    if room.state == to:
        return False
    _not_over(room)
    if to == "paused" and room.state != "on":
        raise Malformed("state", "is not on", "尚未开始")
    await tx.execute(
        """UPDATE catalog.room SET state = $2, started_at = CASE WHEN $2 = 'on' THEN coalesce(started_at, $3) ELSE started_at END,
               ended_at = CASE WHEN $2 = 'ended' THEN $3 END WHERE id = $1""",
        room.id, to, now,
    )  # fmt: skip
    await facts.tell(tx, f"room.{to}", room.id, by, now)
    await _stir(tx, room.id)
    return True


async def open_drop(tx: Tx, room: Room, drop: Drop, supply_id: int, by: str, now: datetime) -> None:
    """Put a planned drop on sale and in front of everybody. The caller holds the room. Errors: RoomOver, DropElsewhere."""
    # Whoever opens the same offer in another room at this moment waits here for the first one's end.
    made = await tx.fetchval(
        """UPDATE catalog.room_drop d SET state = 'open', supply_id = $2, opened_at = $3
           WHERE d.id = $1 AND d.state = 'planned' AND NOT EXISTS (
               SELECT FROM catalog.room_drop o WHERE o.offer_id = d.offer_id AND o.state = 'open') RETURNING true""",
        drop.id, supply_id, now,
    )  # fmt: skip
    if not made:
        raise DropElsewhere
    await show(tx, room, drop.id)
    await facts.tell(
        tx, "room.drop_opened", room.id, by, now, {"drop": drop.id, "offer": drop.offer_id, "units": drop.units}
    )  # fmt: skip


async def close_drop(tx: Tx, room: Room, drop: Drop, by: str, now: datetime) -> None:
    """Take it off sale for good. Closing a closed one changes nothing. The caller holds the room."""
    done = await tx.execute(
        "UPDATE catalog.room_drop SET state = 'closed', closed_at = $2 WHERE id = $1 AND state <> 'closed'",
        drop.id,
        now,
    )
    if done != "UPDATE 0":
        await facts.tell(tx, "room.drop_closed", room.id, by, now, {"drop": drop.id})
        await _stir(tx, room.id)


async def show(tx: Tx, room: Room, drop_id: str | None) -> None:
    """Put a drop in front of everybody, or nothing. Errors: RoomOver, NotFound."""
    _not_over(room)
    if drop_id is not None:
        room.drop(drop_id)
    await tx.execute("UPDATE catalog.room SET shown_drop = $2 WHERE id = $1", room.id, drop_id)
    await _stir(tx, room.id)


async def set_chat(tx: Tx, room: Room, review: bool, words: Sequence[str]) -> None:
    """Whether everything said waits for the host, and which words do. Errors: Malformed."""
    await tx.execute(
        "UPDATE catalog.room SET review = $2, words = $3 WHERE id = $1", room.id, review, check_words(words)
    )


async def held(tx: Tx, room_id: str) -> Room:
    """A room for whoever changes it; the next one waits. Errors: NotFound."""
    await tx.execute("SELECT FROM catalog.room WHERE id = $1 FOR UPDATE", room_id)
    return await read(tx, room_id)


async def read(tx: Tx, room_id: str) -> Room:
    """Errors: NotFound."""
    found = await db.row_or_none(tx, Room, _ROOM + " WHERE r.id = $1", room_id)
    if found is None:
        raise NotFound("room")
    return found


async def running(tx: Tx, now: datetime, most: int = 40) -> list[Room]:
    """What is on, then what comes, the next first."""
    return await db.rows(
        tx,
        Room,
        _ROOM
        + " WHERE r.state <> 'ended' AND r.ends > $1 ORDER BY r.state = 'planned', r.starts, r.id LIMIT $2",
        now,
        most,
    )


async def of_seller(tx: Tx, seller_id: str, most: int = 40) -> list[Room]:
    """A seller's own, the newest first."""
    return await db.rows(
        tx, Room, _ROOM + " WHERE r.seller_id = $1 ORDER BY r.state = 'ended', r.starts DESC, r.id LIMIT $2", seller_id, most
    )  # fmt: skip


async def due(tx: Tx, now: datetime, most: int = 50) -> tuple[list[str], list[tuple[str, str]]]:
    """Rooms whose time is over, and the drops (room, drop) that open by themselves now."""
    over = await tx.fetch(
        "SELECT id FROM catalog.room WHERE state <> 'ended' AND ends <= $1 ORDER BY id LIMIT $2", now, most
    )
    opening = await tx.fetch(
        """SELECT d.room_id, d.id FROM catalog.room_drop d JOIN catalog.room r ON r.id = d.room_id
           WHERE r.state = 'on' AND r.ends > $1 AND d.state = 'planned' AND d.opens_at <= $1
             AND NOT EXISTS (SELECT FROM catalog.room_drop o WHERE o.offer_id = d.offer_id AND o.state = 'open')
           ORDER BY d.opens_at, d.id LIMIT $2""",
        now,
        most,
    )
    return [r["id"] for r in over], [(r["room_id"], r["id"]) for r in opening]


async def seen_by(tx: Tx, room_id: str, process: str, viewers_here: int, now: datetime) -> None:
    """One web process says how many look at a room through it."""
    await tx.execute(
        """INSERT INTO catalog.room_watched (room_id, process, viewers, seen_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (room_id, process) DO UPDATE SET viewers = excluded.viewers, seen_at = excluded.seen_at""",
        room_id,
        process,
        viewers_here,
        now,
    )


async def awaited(tx: Tx, offer_id: str) -> bool:
    """Whether a room that has not ended will show or shows the offer: then only its host opens it."""
    return bool(
        await tx.fetchval(
            """SELECT EXISTS (SELECT FROM catalog.room_drop d JOIN catalog.room r ON r.id = d.room_id
                              WHERE d.offer_id = $1 AND d.state <> 'closed' AND r.state <> 'ended')""",
            offer_id,
        )
    )


async def showing(tx: Tx, offer_id: str) -> tuple[str, datetime] | None:
    """The room that shows an offer or will, and when it begins: the one that has it on sale, else the next."""
    found = await tx.fetchrow(
        """SELECT r.id, r.starts FROM catalog.room_drop d JOIN catalog.room r ON r.id = d.room_id
           WHERE d.offer_id = $1 AND d.state <> 'closed' AND r.state <> 'ended' ORDER BY d.state <> 'open', r.starts, r.id LIMIT 1""",
        offer_id,
    )
    return (found["id"], found["starts"]) if found else None


async def open_elsewhere(tx: Tx, offer_id: str) -> bool:
    """Whether the offer is on sale in a room now."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM catalog.room_drop WHERE offer_id = $1 AND state = 'open')", offer_id
        )
    )


def _not_over(room: Room) -> None:
    if room.state == "ended":
        raise RoomOver


async def _stir(tx: Tx, room_id: str) -> None:
    await tx.execute("SELECT pg_notify('told', $1)", room_id)


_ROOM = """
    SELECT r.id, r.seller_id, r.host_id, r.host_name, r.host_bps, r.title, r.about, r.video, r.starts, r.ends, r.state,
           r.started_at, r.ended_at, r.shown_drop, r.review, r.words,
           coalesce((SELECT jsonb_agg(jsonb_build_object(
                'id', d.id, 'offer_id', d.offer_id, 'position', d.position, 'units', d.units, 'opens_at', d.opens_at,
                'state', d.state, 'supply_id', d.supply_id, 'opened_at', d.opened_at, 'closed_at', d.closed_at) ORDER BY d.position)
             FROM catalog.room_drop d WHERE d.room_id = r.id), '[]') AS drops
    FROM catalog.room r
"""
