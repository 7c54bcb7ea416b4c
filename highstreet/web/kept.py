"""Where files that are sold lie: beside the uploaded pictures, in a folder no page serves by itself."""

from __future__ import annotations

import re
from pathlib import Path

from highstreet.market.desk import Market

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def kept(market: Market, file_id: str) -> Path:
    """The path of a file. Errors: RuntimeError for a market opened without a place for uploads."""
    media = getattr(market, "media", None)
    if not isinstance(media, Path):
        raise RuntimeError("this market was opened without a folder for uploads")
    return media / "sold" / file_id[-2:] / file_id


def keep(market: Market, file_id: str, content: bytes) -> None:
    """Write it whole or not at all."""
    path = kept(market, file_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)


def part_of(asked: str, size: int) -> tuple[int, int]:
    """The first and last byte of what is asked for; all of it where nobody can say (a server may leave out a range)."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]):
        return 0, size - 1
    if not found[1]:
        return max(0, size - int(found[2])), size - 1
    first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
    return (first, last) if first <= last else (0, size - 1)


def read_part(path: Path, first: int, last: int) -> bytes:
    """The bytes from the first to the last. Errors: FileNotFoundError."""
    with path.open("rb") as file:
        file.seek(first)
        return file.read(last - first + 1)
