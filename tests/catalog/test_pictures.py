from __future__ import annotations

import asyncio
import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from highstreet import catalog
from highstreet.catalog import errors, pictures
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.text import Words
from tests.catalog.conftest import BAKER, NOW, TEA, Street, find, on_sale, tea

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def photo(width: int = 1000, height: int = 600) -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).convert("RGB")


def encoded(image: Image.Image, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, pixels: bytes, *more: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return SIGNATURE + head + b"".join(more) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_kept_in_three_sizes(kind: str) -> None:
    made = await catalog.read_picture(encoded(photo(2000, 1000), kind))
    assert (made.width, made.height) == (1600, 800)
    for size, data in made.files.items():
        with Image.open(io.BytesIO(data)) as image:
            assert (image.format, max(image.size)) == ("WEBP", size)
    assert (await catalog.read_picture(encoded(photo(2000, 1000), kind))).stem == made.stem


async def test_it_stands_upright_and_tells_nothing() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "home address"
    made = await catalog.read_picture(encoded(photo(400, 200), "JPEG", exif=exif, comment=b"home address"))
    assert (made.width, made.height) == (200, 400)
    for data in made.files.values():
        assert b"home address" not in data
        with Image.open(io.BytesIO(data)) as image:
            assert not image.getexif()


async def test_transparency_stays_and_odd_colours_are_read() -> None:
    ghost = photo().convert("RGBA")
    ghost.putalpha(0)
    for image, kind, mode in (
        (ghost, "PNG", "RGBA"), (photo().convert("P"), "PNG", "RGB"), (Image.new("I;16", (100, 100), 40_000), "PNG", "RGB"),
        (photo().convert("CMYK"), "JPEG", "RGB"), (photo().convert("L"), "JPEG", "RGB"), (photo().convert("1"), "PNG", "RGB"),
    ):  # fmt: skip
        made = await catalog.read_picture(encoded(image, kind))
        with Image.open(io.BytesIO(made.files[320])) as small:
            assert small.mode == mode


JPEG = encoded(photo(), "JPEG")
BROKEN = {
    "nothing": b"",
    "text": b"hello",
    "svg with a script": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "page": b"<!DOCTYPE html><img src=x onerror=alert(1)>",
    "gif": encoded(photo(100, 100), "GIF"),
    "tiff": encoded(photo(100, 100), "TIFF"),
    "bmp called jpg": encoded(photo(100, 100), "BMP"),
    "half a jpeg": JPEG[: len(JPEG) // 2],
    "head of a jpeg": JPEG[:20],
    "jpeg without size": b"\xff\xd8\xff\xe0\x00\x02" + b"\xff\xda",
    "half a png": encoded(photo(), "PNG")[:500],
    "half a webp": encoded(photo(), "WEBP")[:40],
    "png with a wrong sum": png(100, 100, zlib.compress(bytes(30_100)))[:-20] + bytes(20),
    "png with a text of a gigabyte": png(
        100, 100, zlib.compress(bytes(30_100)), chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8)))
    ),
    "many scans": b"\xff\xd8\xff" + b"\xff\xda" * 1000,
    "archive": b"PK\x03\x04" + bytes(100),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
async def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(errors.PictureUnreadable):
        await catalog.read_picture(data)


@pytest.mark.parametrize(
    "data",
    [
        png(60_000, 60_000, zlib.compress(bytes(10**6))),
        png(2**31 - 1, 2**31 - 1, b""),
        b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\xff\xff" * 2,
        b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff" + bytes(20),
        JPEG + bytes(12 * 2**20),
    ],
    ids=["png bomb", "png of all the world", "webp bomb", "jpeg bomb", "too many bytes"],
)
async def test_a_bomb_is_refused_by_its_head(data: bytes) -> None:
    with pytest.raises(errors.PictureTooLarge) as refused:
        await catalog.read_picture(data)
    assert "40" in refused.value.sentence("en")
    assert "40" in refused.value.sentence("zh")


async def test_more_pixels_than_told_are_not_unpacked() -> None:
    made = await catalog.read_picture(png(100, 100, zlib.compress(bytes(10**8))))
    assert (made.width, made.height) == (100, 100)


async def test_a_tiny_picture_is_refused() -> None:
    with pytest.raises(errors.PictureTooSmall):
        await catalog.read_picture(encoded(photo(500, 20), "PNG"))


async def test_what_rides_along_is_left_behind() -> None:
    payload = b"<?php system($_GET[0]); ?><script>alert(1)</script>PK\x03\x04"
    made = await catalog.read_picture(JPEG + payload)
    assert all(b"<script" not in data and b"<?php" not in data for data in made.files.values())


def test_files_lie_in_the_media_folder_and_nowhere_else(tmp_path: Path) -> None:
    made = asyncio.run(catalog.read_picture(JPEG))
    catalog.store(tmp_path, made)
    catalog.store(tmp_path, made)
    paths = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file())
    assert paths == sorted(f"pictures/{made.stem}-{size}.webp" for size in catalog.SIZES)
    assert catalog.picture_path(tmp_path, made.stem, 800).read_bytes() == made.files[800]
    for stem, size in (
        ("../../etc/passwd", 320), ("aa/../../x", 320), (made.stem, 1), (made.stem + "\0", 320), ("/etc/passwd", 800), ("", 320),
        (made.stem + "\n", 320),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            catalog.picture_path(tmp_path, stem, size)


async def test_pictures_of_an_item(street: Street) -> None:
    async with street.db.transaction() as tx:
        item_id = await tea(tx)
        await on_sale(tx, item_id)

        async def add(file: str, owner: str = TEA) -> str:
            return await catalog.add_picture(
                tx, owner, item_id, file, width=800, height=600, alt=Words("Tea", "茶"), now=NOW
            )

        first, second = await add("drawn:tea-tin"), await add("ab/" + "0" * 32)
        for file in ("../x", "drawn:../x", "http://elsewhere/x.png"):
            with pytest.raises(Malformed):
                await add(file)
        with pytest.raises(NotFound):
            await add("drawn:bread", BAKER)
        await catalog.order_pictures(tx, TEA, item_id, [second, first])
        assert [p.id for p in (await catalog.read_item(tx, item_id)).pictures] == [second, first]
        for wrong in ([first], [first, first], [first, second, "pic_x"]):
            with pytest.raises(NotFound):
                await catalog.order_pictures(tx, TEA, item_id, wrong)
        await catalog.remove_picture(tx, TEA, item_id, second)
        await catalog.remove_picture(tx, TEA, item_id, second)
        for _ in range(pictures.MOST_PICTURES - 1):
            await add("drawn:bread")
        with pytest.raises(errors.TooManyPictures):
            await add("drawn:bread")
    assert (await find(street, "tea")).cards[0].picture == "drawn:tea-tin"
