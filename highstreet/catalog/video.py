"""The picture of a live room: an address of somebody else's player or stream, and nothing that could be anything else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from highstreet.kit.errors import Malformed

LONGEST = 500
# Players that may be framed, each with the paths that are its players.
PLAYERS: Mapping[str, str] = {
    "player.bilibili.com": r"/player\.html",
    "www.bilibili.com": r"/blackboard/live/live-activity-player\.html",
    "www.youtube-nocookie.com": r"/embed/[\w-]+",
    "player.vimeo.com": r"/video/\d+",
}
_STREAMS = (".m3u8", ".mp4", ".webm")
_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z]")


class Video(msgspec.Struct, frozen=True):
    """`player`: shown in a frame of its own; `stream`: played by the browser itself. `origin`: what the page must allow, and only that."""

    kind: Literal["player", "stream"]
    url: str
    origin: str


def read_video(url: str) -> Video | None:
    """None for no address. Errors: Malformed for anything but https to a player of the list or to a stream."""
    url = url.strip()
    if not url:
        return None
    found = _parsed(url)
    if found is None:
        raise Malformed(
            "video",
            "https only: a player of Bilibili, YouTube (nocookie) or Vimeo, or a stream (.m3u8, .mp4, .webm)",
            "仅支持 https：哔哩哔哩、YouTube（nocookie）、Vimeo 播放器，或视频流（.m3u8、.mp4、.webm）",
        )
    return found


def _parsed(url: str) -> Video | None:
    # What a browser would read differently from us (spaces, backslashes, quotes, a user before the host) is no address at all.
    if len(url) > LONGEST or not re.fullmatch(r"https://[\w.-]+/[\w./?&=%~+:,!-]*", url, re.ASCII):
        return None
    parts = urlsplit(url)
    host = parts.netloc
    if _HOST.fullmatch(host) is None:
        return None
    origin = f"https://{host}"
    if host in PLAYERS:
        return Video("player", url, origin) if re.fullmatch(PLAYERS[host], parts.path) else None
    return Video("stream", url, origin) if parts.path.endswith(_STREAMS) else None
