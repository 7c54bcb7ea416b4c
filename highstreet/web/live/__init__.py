"""Live rooms: what is on, a room for whoever looks, and the same room for whoever hosts it."""

from __future__ import annotations

from typing import Any

from highstreet.web.live.host import act, host
from highstreet.web.live.room import news, room, say
from highstreet.web.live.rooms import rooms

ROUTES: list[Any] = [rooms, room, say, news, host, act]
