"""Pictures of items: what is uploaded is read as pixels and written anew, so nothing else of the file lives on.

A stored picture is three WebP files named after a hash of what they show; its stem ("3f/3fa9...") is `catalog.picture.file`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import struct
import zlib
from datetime import datetime
from io import BytesIO
from pathlib import Path

import msgspec
from PIL import Image, ImageCms, ImageOps

from highstreet.catalog.errors import (
    PictureTooLarge,
    PictureTooSlow,
    PictureTooSmall,
    PictureUnreadable,
    TooManyPictures,
)
from highstreet.catalog.shelf import refresh_items
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.text import Words

SIZES = (320, 800, 1600)  # pixels of the longer side
MOST_BYTES = 12 * 2**20
MOST_PIXELS = 40_000_000
LEAST_SIDE = 64
MOST_PICTURES = 12
MOST_SCANS = 60  # of a progressive JPEG; more only keep the reader busy
SECONDS = 15.0

_STEM = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")
_DRAWN = re.compile(r"drawn:[a-z0-9-]{1,60}")
_reading = asyncio.Semaphore(2)  # decoding takes memory: at most two at once in a process


class Pictures(msgspec.Struct, frozen=True):
    """A picture read: `files` by size in pixels, and the width and height of the largest."""

    stem: str
    width: int
    height: int
    files: dict[int, bytes]


async def read_picture(data: bytes) -> Pictures:
    """An upload in our sizes, upright, without metadata. JPEG, PNG and WebP are read, whatever the file is called.

    Errors: `PictureTooLarge`, `PictureTooSmall`, `PictureUnreadable`, `PictureTooSlow`.
    """
    _check_size(data)
    async with _reading:
        try:
            # The thread cannot be stopped, but what it may do is bounded by the pixels and scans checked above.
            return await asyncio.wait_for(asyncio.to_thread(_encoded, data), SECONDS)
        except TimeoutError:
            raise PictureTooSlow from None


def store(media: Path, pictures: Pictures) -> None:
    """Write the files below the media folder. Storing the same picture again changes nothing."""
    for size, content in pictures.files.items():
        path = picture_path(media, pictures.stem, size)
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(f".{os.getpid()}.part")
        half.write_bytes(content)
        half.replace(path)


def picture_path(media: Path, stem: str, size: int) -> Path:
    """Where a size of a stored picture lies. Errors: `NotFound` for anything that is not the name of one."""
    if size not in SIZES or not _STEM.fullmatch(stem):
        raise NotFound("picture")
    return media / "pictures" / f"{stem}-{size}.webp"


async def add_picture(
    tx: Tx, owner_id: str, item_id: str, file: str, *, width: int, height: int, alt: Words, now: datetime
) -> str:
    """Put a stored ("3f/3fa9...") or drawn ("drawn:bread") picture behind those an item has; its identifier.

    Errors: `NotFound` for somebody else's item, `TooManyPictures`, `Malformed`.
    """
    await _own(tx, owner_id, item_id)
    if not (_STEM.fullmatch(file) or _DRAWN.fullmatch(file)):
        raise Malformed("file", "is not a picture of ours", "不是本站的图片")
    if max(len(alt.en), len(alt.zh)) > 200:
        raise Malformed("alt", "has at most 200 letters", "最多 200 字")
    last = await tx.fetchrow(
        "SELECT count(*) AS n, coalesce(max(position), 0) AS position FROM catalog.picture WHERE item_id = $1",
        item_id,
    )
    if last is not None and last["n"] >= MOST_PICTURES:
        raise TooManyPictures(most=MOST_PICTURES)
    picture_id = new_id("pic", now)
    await tx.execute(
        """INSERT INTO catalog.picture (id, item_id, position, file, width, height, alt)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        picture_id, item_id, (last["position"] if last else 0) + 1, file, width, height, alt,
    )  # fmt: skip
    await refresh_items(tx, [item_id])
    return picture_id


async def remove_picture(tx: Tx, owner_id: str, item_id: str, picture_id: str) -> None:
    """Take a picture off an item; its files stay, for orders show them. Again changes nothing. Errors: `NotFound`."""
    await _own(tx, owner_id, item_id)
    await tx.execute("DELETE FROM catalog.picture WHERE id = $1 AND item_id = $2", picture_id, item_id)
    await refresh_items(tx, [item_id])


async def order_pictures(tx: Tx, owner_id: str, item_id: str, picture_ids: list[str]) -> None:
    """Show the pictures in this order; the first is the one of the card. Errors: `NotFound`, also if one is missing."""
    await _own(tx, owner_id, item_id)
    had = {r["id"] for r in await tx.fetch("SELECT id FROM catalog.picture WHERE item_id = $1", item_id)}
    if had != set(picture_ids) or len(had) != len(picture_ids):
        raise NotFound("picture")
    await tx.execute(
        """UPDATE catalog.picture p SET position = -n FROM unnest($1::text[]) WITH ORDINALITY AS w (id, n)
           WHERE p.id = w.id""",
        picture_ids,
    )
    await tx.execute("UPDATE catalog.picture SET position = -position WHERE item_id = $1", item_id)
    await refresh_items(tx, [item_id])


async def _own(tx: Tx, owner_id: str, item_id: str) -> None:
    owner = await tx.fetchval("SELECT owner_id FROM catalog.item WHERE id = $1 FOR UPDATE", item_id)
    if owner != owner_id:
        raise NotFound("item")


# --- reading ---


def _check_size(data: bytes) -> None:
    """Refuse by what the header says, before anything is unpacked."""
    if len(data) > MOST_BYTES:
        raise _too_large()
    try:
        width, height = _declared(data)
    except (struct.error, IndexError):
        raise PictureUnreadable from None
    if width * height > MOST_PIXELS:
        raise _too_large()
    if min(width, height) < LEAST_SIDE:
        raise PictureTooSmall(least=LEAST_SIDE)


def _too_large() -> PictureTooLarge:
    return PictureTooLarge(megabytes=MOST_BYTES // 2**20, megapixels=MOST_PIXELS // 1_000_000)


def _declared(data: bytes) -> tuple[int, int]:
    """Width and height as the file declares them."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _declared_webp(data)
    if data[:3] == b"\xff\xd8\xff":
        return _declared_jpeg(data)
    raise PictureUnreadable


def _declared_webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise PictureUnreadable


def _declared_jpeg(data: bytes) -> tuple[int, int]:
    if data.count(b"\xff\xda") > MOST_SCANS:
        raise PictureUnreadable
    at = 2
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        marker, (length,) = data[at + 1], struct.unpack_from(">H", data, at + 2)
        if data[at] != 0xFF or length < 2:
            raise PictureUnreadable
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + length


def _encoded(data: bytes) -> Pictures:
    try:
        with Image.open(BytesIO(data), formats=["JPEG", "PNG", "WEBP"]) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise _too_large()
            opened.draft("RGB", (SIZES[-1], SIZES[-1]))
            opened.load()
            picture = _plain(ImageOps.exif_transpose(opened))
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        struct.error,
        zlib.error,
        Image.DecompressionBombError,
    ) as e:
        # What Pillow raises for a damaged file, by format and place.
        raise PictureUnreadable from e
    files: dict[int, bytes] = {}
    width, height = picture.size
    for size in reversed(SIZES):
        if max(picture.size) > size:
            picture.thumbnail((size, size), Image.Resampling.LANCZOS)
            if size == SIZES[-1]:
                width, height = picture.size
        out = BytesIO()
        picture.save(out, "WEBP", quality=80, method=4, exact=False)
        files[size] = out.getvalue()
    digest = hashlib.sha256(files[SIZES[-1]]).hexdigest()[:32]
    return Pictures(f"{digest[:2]}/{digest}", width, height, files)


def _plain(picture: Image.Image) -> Image.Image:
    """The pixels in sRGB, with or without transparency, and nothing that came with them."""
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    profile = picture.info.get("icc_profile")
    alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    if isinstance(profile, bytes) and len(profile) < 2**20 and picture.mode in ("RGB", "RGBA", "CMYK"):
        try:
            profiled = ImageCms.profileToProfile(
                picture, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"),
                outputMode="RGBA" if picture.mode == "RGBA" else "RGB",
            )  # fmt: skip
            picture = profiled or picture
        except (ImageCms.PyCMSError, OSError):
            picture = picture.copy()  # a broken profile says nothing about the colours
    picture = picture.convert("RGBA" if alpha else "RGB")
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    return clean
