"""Contents: the files and keys behind what is opened. A key is one entitlement's, taken when the promise binds; a download is counted.

Files lie in a folder nobody serves; what a row says of one is its name, kind and size. We do not look for viruses.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from highstreet.kit.db import Tx, row, rows
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.sealing import Seal
from highstreet.logistics.errors import NoDownloadsLeft

MOST_FILES, MOST_BYTES, MOST_KEYS, LONGEST_KEY = 20, 50 * 2**20, 5_000, 500

# What a file must begin with, at which place, by the end of its name.
_KINDS: dict[str, tuple[str, tuple[tuple[int, bytes], ...]]] = {
    "pdf": ("application/pdf", ((0, b"%PDF-"),)),
    "epub": ("application/epub+zip", ((0, b"PK\x03\x04"),)),
    "zip": ("application/zip", ((0, b"PK\x03\x04"),)),
    "mp3": ("audio/mpeg", ((0, b"ID3"), (0, b"\xff\xfb"), (0, b"\xff\xf3"), (0, b"\xff\xf2"))),
    "m4a": ("audio/mp4", ((4, b"ftyp"),)),
    "mp4": ("video/mp4", ((4, b"ftyp"),)),
    "png": ("image/png", ((0, b"\x89PNG\r\n\x1a\n"),)),
    "jpg": ("image/jpeg", ((0, b"\xff\xd8\xff"),)),
    "txt": ("text/plain; charset=utf-8", ((0, b""),)),
}


class File(msgspec.Struct, frozen=True):
    """A file of a variant; `id` is its name in the folder."""

    id: str
    variant_id: str
    name: str
    kind: str
    size: int
    at: datetime


class Keys(msgspec.Struct, frozen=True):
    """How many keys of a variant there are, are somebody's, and how many people still wait for one."""

    all: int
    given: int
    waiting: int


def kind_of(name: str, content: bytes) -> str:
    """The kind of a file by its name and its first bytes. Errors: Malformed for what is too large, empty, or not what it says."""
    if not 0 < len(content) <= MOST_BYTES:
        raise Malformed("file", f"up to {MOST_BYTES // 2**20} MB", f"不超过 {MOST_BYTES // 2**20} MB")
    known = _KINDS.get(name.rpartition(".")[2].lower())
    if known is None or not any(content[at:].startswith(start) for at, start in known[1]):
        listed = ", ".join(_KINDS)
        raise Malformed("file", f"one of {listed}, and really one", f"须为 {listed} 格式的真实文件")
    if known[0].startswith("text/"):
        try:
            content.decode()
        except UnicodeDecodeError:
            raise Malformed("file", "text is to be UTF-8", "文本须为 UTF-8 编码") from None
    return known[0]


async def add_file(tx: Tx, variant_id: str, name: str, kind: str, size: int, by: str, now: datetime) -> File:
    """One more file; where it lies is for who keeps it. Errors: Malformed when there are too many."""
    safe = "".join(
        c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable() and c not in '"<>'
    )
    one = File(new_id("fil", now), variant_id, safe.strip()[-120:] or "file", kind, size, now)
    made = await tx.fetchval(
        """INSERT INTO logistics.file (id, variant_id, name, kind, size, by, at)
           SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM logistics.file WHERE variant_id = $2) < $8 RETURNING id""",
        one.id, variant_id, one.name, kind, size, by, now, MOST_FILES,
    )  # fmt: skip
    if made is None:
        raise Malformed("file", f"at most {MOST_FILES} files", f"最多 {MOST_FILES} 个文件")
    return one


async def files_of(tx: Tx, variant_id: str) -> list[File]:
    """The files of a variant, the oldest first."""
    return await rows(
        tx, File, "SELECT id, variant_id, name, kind, size, at FROM logistics.file WHERE variant_id = $1 ORDER BY id", variant_id
    )  # fmt: skip


async def remove_file(tx: Tx, variant_id: str, file_id: str) -> None:
    """Out of what buyers see. Errors: NotFound."""
    done = await tx.execute(
        "DELETE FROM logistics.file WHERE id = $1 AND variant_id = $2", file_id, variant_id
    )
    if done.endswith(" 0"):
        raise NotFound("file")


async def keep_keys(tx: Tx, seal: Seal, variant_id: str, keys: Sequence[str], now: datetime) -> int:
    """Keys as a list, each sealed; whoever waits for one gets it, in the order they bought. How many were new. Errors: Malformed."""
    wanted = list(dict.fromkeys(key.strip() for key in keys if key.strip()))
    if not 0 < len(wanted) <= MOST_KEYS or any(
        len(key) > LONGEST_KEY or not key.isprintable() for key in wanted
    ):
        raise Malformed("keys", f"1 to {MOST_KEYS} keys, one a line", f"每行一个，1 至 {MOST_KEYS} 个")
    made = 0
    for key in wanted:
        wrapped = seal.new_key(variant_id)
        sealed = seal.close(variant_id, wrapped, key.encode())
        new = await tx.fetchval(
            """INSERT INTO logistics.licence_key (id, variant_id, print, key, sealed) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (variant_id, print) DO NOTHING RETURNING true""",
            new_id("lky", now),
            variant_id,
            seal.blind("licence key", key),
            wrapped,
            sealed,
        )
        made += bool(new)
    await tx.execute("SELECT logistics.hand_out_keys(ARRAY[$1])", variant_id)
    return made


async def keys_of(tx: Tx, variant_id: str) -> Keys:
    """How many there are, are given, and are waited for; nobody waits where there never was a key."""
    return await row(
        tx,
        Keys,
        """SELECT count(*) AS all, count(k.entitlement_id) AS given,
                  CASE WHEN count(*) = 0 THEN 0 ELSE (
                      SELECT count(*) FROM logistics.entitlement e WHERE e.variant_id = $1 AND e.state <> 'void' AND e.what <> 'entry'
                      AND NOT EXISTS (SELECT FROM logistics.licence_key o WHERE o.entitlement_id = e.id)) END AS waiting
           FROM logistics.licence_key k WHERE k.variant_id = $1""",
        variant_id,
    )


async def key_of(tx: Tx, seal: Seal, variant_id: str, entitlement_id: str) -> str | None:
    """The key that is an entitlement's."""
    found = await tx.fetchrow(
        "SELECT key, sealed FROM logistics.licence_key WHERE entitlement_id = $1", entitlement_id
    )
    return seal.open(variant_id, found["key"], found["sealed"]).decode() if found else None


async def count_download(tx: Tx, entitlement_id: str, version: int, file_id: str, most: int) -> int:
    """One more download by who holds it now: one guarded statement. How many there were. Errors: NoDownloadsLeft."""
    times: int | None = await tx.fetchval(
        """INSERT INTO logistics.download AS d (entitlement_id, version, file_id, times) SELECT $1, $2, $3, 1 WHERE $4 > 0
           ON CONFLICT (entitlement_id, version, file_id) DO UPDATE SET times = d.times + 1 WHERE d.times < $4 RETURNING times""",
        entitlement_id, version, file_id, most,
    )  # fmt: skip
    if times is None:
        raise NoDownloadsLeft(most=most)
    return times


async def downloads(tx: Tx, entitlement_id: str, version: int) -> dict[str, int]:
    """How often each file was downloaded by who holds it now."""
    found = await tx.fetch(
        "SELECT file_id, times FROM logistics.download WHERE entitlement_id = $1 AND version = $2", entitlement_id, version
    )  # fmt: skip
    return {r["file_id"]: r["times"] for r in found}
