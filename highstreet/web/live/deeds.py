"""What a host does in a room, one thing at a time; each answers with a sentence in English, or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta

from highstreet import catalog
from highstreet.catalog import Room
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed
from highstreet.kit.ids import new_id
from highstreet.market import rooms as flows
from highstreet.market.desk import Market
from highstreet.web.frame import Form

Deed = Callable[[Market, Tx, Room, Form, str, datetime], Awaitable[str]]


async def _start(_m: Market, tx: Tx, room: Room, _f: Form, by: str, now: datetime) -> str:
    await flows.start(tx, room.id, by, now)
    return "You are live."


async def _pause(_m: Market, tx: Tx, room: Room, _f: Form, by: str, now: datetime) -> str:
    await flows.pause(tx, room.id, by, now)
    return ""


async def _end(_m: Market, tx: Tx, room: Room, _f: Form, by: str, now: datetime) -> str:
    await flows.end(tx, room.id, by, now)
    return "The session is over. What is held stays held for its two minutes."


async def _open(market: Market, tx: Tx, room: Room, form: Form, by: str, now: datetime) -> str:
    await flows.open_drop(market, tx, room.id, form.get("drop"), by, now)
    return ""


async def _close(_m: Market, tx: Tx, room: Room, form: Form, by: str, now: datetime) -> str:
    await flows.close_drop(tx, room.id, form.get("drop"), by, now)
    return ""


async def _show(_m: Market, tx: Tx, room: Room, form: Form, _by: str, _now: datetime) -> str:
    await flows.show_drop(tx, room.id, form.get("drop") or None)
    return ""


async def _add(market: Market, tx: Tx, room: Room, form: Form, _by: str, now: datetime) -> str:
    at = form.get("opens_at")
    try:
        hour = time.fromisoformat(at) if at else None
    except ValueError:
        raise Malformed("opens_at", "a time such as 19:30", "时间格式应为 19:30") from None
    day = room.starts.astimezone(market.tz).date()
    opens_at = datetime.combine(day, hour, market.tz) if hour else None
    if opens_at is not None and opens_at < room.starts:
        opens_at += timedelta(days=1)  # a session that runs past midnight
    await flows.add_drop(market, tx, room.id, form.get("offer"), form.whole("units", 1), opens_at, now)
    return "It is in the session; open it when you show it."


async def _judge(_m: Market, tx: Tx, room: Room, form: Form, by: str, now: datetime) -> str:
    await catalog.chat.judge(tx, room.id, form.get("message"), form.get("do") == "let", by, now)
    return ""


async def _mute(_m: Market, tx: Tx, room: Room, form: Form, by: str, now: datetime) -> str:
    await catalog.chat.mute(tx, room.id, form.get("person"), form.get("do") == "mute", by, now)
    return ""


async def _speak(market: Market, tx: Tx, room: Room, form: Form, _by: str, now: datetime) -> str:
    once = form.get("once") or new_id("key", now)
    await catalog.chat.say(tx, market.seal, room.id, room.seller_id, form.get("text"), once, now)
    return ""


async def _chat(_m: Market, tx: Tx, room: Room, form: Form, _by: str, _now: datetime) -> str:
    words = form.get("words").replace("，", " ").replace(",", " ").replace("、", " ").split()
    await catalog.rooms.set_chat(tx, room, form.get("review") == "1", words)
    return "Kept."


DEEDS: dict[str, Deed] = {
    "start": _start, "pause": _pause, "end": _end, "open": _open, "close": _close, "show": _show, "add": _add,
    "let": _judge, "remove": _judge, "mute": _mute, "unmute": _mute, "say": _speak, "chat": _chat,
}  # fmt: skip
