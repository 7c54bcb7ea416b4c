"""Pictures of an item: uploads are read as pixels and written anew; the first is the one on the card. And serving them to everybody."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from highstreet import catalog
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.web.frame import GivenForm, GivenMarket
from highstreet.web.merchant.desk import Desk, GivenDesk

_FILE = re.compile(r"([0-9a-f]{32})-(\d{1,4})\.webp")


@post("/goods/{item_id:str}/pictures", request_max_body_size=40 * 2**20)
async def add(
    desk: GivenDesk, request: Request[Any, Any, Any], item_id: FromPath[str], form: GivenForm
) -> Response[Any]:
    """Each upload is judged alone: what can be used is kept, the first no is told."""
    desk.require("sell")
    await _own(desk, item_id)
    sent = [part for part in (await request.form()).getall("picture", []) if isinstance(part, UploadFile)]
    alt = Words(form.get("alt_en")[:200], form.get("alt_zh")[:200])
    kept, refusal = 0, ""
    for upload in sent[:12]:
        try:
            read = await catalog.read_picture(await upload.read())
            catalog.store(media_of(desk.market), read)
            async with desk.market.db.transaction() as tx:
                await catalog.add_picture(
                    tx,
                    desk.id,
                    item_id,
                    read.stem,
                    width=read.width,
                    height=read.height,
                    alt=alt,
                    now=desk.visitor.now,
                )
            kept += 1
        except Refusal as no:
            refusal = refusal or desk.sentence(no)
    if refusal:
        return desk.go(f"/goods/{item_id}", "%(kept)s added. %(why)s", kind="warn", kept=kept, why=refusal)
    if not kept:
        return desk.go(f"/goods/{item_id}", "Choose a picture first.", kind="warn")
    return desk.go(f"/goods/{item_id}", "Added. Buyers see it at once.")


@post("/goods/{item_id:str}/pictures/{picture_id:str}/first")
async def show_first(desk: GivenDesk, item_id: FromPath[str], picture_id: FromPath[str]) -> Response[Any]:
    desk.require("sell")
    async with desk.market.db.transaction() as tx:
        item = await catalog.read_item(tx, item_id)
        rest = [one.id for one in item.pictures if one.id != picture_id]
        await catalog.order_pictures(tx, desk.id, item_id, [picture_id, *rest])
    return desk.go(f"/goods/{item_id}", "This one is on the card now.")


@post("/goods/{item_id:str}/pictures/{picture_id:str}/removal")
async def remove(desk: GivenDesk, item_id: FromPath[str], picture_id: FromPath[str]) -> Response[Any]:
    desk.require("sell")
    async with desk.market.db.transaction() as tx:
        await catalog.remove_picture(tx, desk.id, item_id, picture_id)
    return desk.go(f"/goods/{item_id}", "Removed.")


def media_of(market: Market) -> Path:
    """Where uploads lie. Errors: RuntimeError for a market opened without a place for them."""
    media = getattr(market, "media", None)
    if not isinstance(media, Path):
        raise RuntimeError("this market was opened without a folder for uploads")
    return media


async def _own(desk: Desk, item_id: str) -> None:
    async with desk.market.db.read() as tx:
        if (await catalog.read_item(tx, item_id)).owner_id != desk.id:
            raise NotFound("item")


@get("/media/pictures/{folder:str}/{name:str}")
async def picture(market: GivenMarket, folder: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A stored picture in the smallest size that is not below the one asked for. Its name is a hash, so it never grows old."""
    asked = _FILE.fullmatch(name)
    if asked is None:
        raise NotFound("picture")
    size = next((one for one in catalog.SIZES if one >= int(asked[2])), catalog.SIZES[-1])
    path = catalog.picture_path(media_of(market), f"{folder}/{asked[1]}", size)
    try:
        content = await asyncio.to_thread(path.read_bytes)
    except FileNotFoundError:
        raise NotFound("picture") from None
    return Response(
        content, media_type="image/webp", headers={"cache-control": "public, max-age=31536000, immutable"}
    )


ROUTES = [add, show_first, remove]
OPEN_ROUTES = [picture]
