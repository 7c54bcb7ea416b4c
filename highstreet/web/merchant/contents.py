"""What buyers open: the files and keys of something sold as content, and how many wait for a key."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from highstreet import inventory, logistics
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.market.views import goods as views
from highstreet.market.views.things import sold_at
from highstreet.web.frame import GivenForm
from highstreet.web.kept import keep
from highstreet.web.merchant.desk import Desk, GivenDesk


@get("/contents/{variant_id:str}")
async def contents(desk: GivenDesk, variant_id: FromPath[str]) -> Response[str]:
    desk.require("see_goods")
    return await _page(desk, variant_id)


async def _page(desk: Desk, variant_id: str, refused: str = "", status: int = 200) -> Response[str]:
    async with desk.market.db.read() as tx:
        mine = await views.variants(tx, desk.id, variant_id=variant_id)
        files = await logistics.contents.files_of(tx, variant_id)
        keys = await logistics.contents.keys_of(tx, variant_id)
    if not mine:
        raise NotFound("variant")
    return desk.show(
        "contents.html", status=status, at="/merchant/goods", variant=mine[0], files=files, keys=keys, refused=refused,
        most_mb=logistics.contents.MOST_BYTES // 2**20,
    )  # fmt: skip


@post("/contents/{variant_id:str}/files", request_max_body_size=logistics.contents.MOST_BYTES + 2**20)
async def add(desk: GivenDesk, request: Request[Any, Any, Any], variant_id: FromPath[str]) -> Response[Any]:
    """One file: what it is is read from its first bytes; it is written before its row, so that no row leads nowhere."""
    desk.require("sell")
    await _own(desk, variant_id)
    sent = (await request.form()).get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        return await _page(
            desk, variant_id, desk.sentence(Malformed("file", "choose a file first", "请先选择文件")), 422
        )
    try:
        content = await sent.read()
        kind = logistics.contents.kind_of(sent.filename, content)
        async with desk.market.db.transaction() as tx:
            one = await logistics.contents.add_file(
                tx, variant_id, sent.filename, kind, len(content), desk.session.party_id, desk.visitor.now
            )
            await asyncio.to_thread(keep, desk.market, one.id, content)
    except Refusal as no:
        return await _page(desk, variant_id, desk.sentence(no), no.status)
    return desk.go(f"/contents/{variant_id}", "Added. Whoever opens it finds it there.")


@post("/contents/{variant_id:str}/files/{file_id:str}/removal")
async def remove(desk: GivenDesk, variant_id: FromPath[str], file_id: FromPath[str]) -> Response[Any]:
    """The file itself stays where it lies: somebody may be reading it."""
    desk.require("sell")
    await _own(desk, variant_id)
    async with desk.market.db.transaction() as tx:
        await logistics.contents.remove_file(tx, variant_id, file_id)
    return desk.go(f"/contents/{variant_id}", "Removed.")


@post("/contents/{variant_id:str}/keys")
async def add_keys(desk: GivenDesk, variant_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Keys, one a line. Each new one is one more that can be sold; whoever waits for one gets it first."""
    desk.require("sell")
    place = await _own(desk, variant_id)
    now, by = desk.visitor.now, desk.session.party_id
    try:
        async with desk.market.db.transaction() as tx:
            before = await logistics.contents.keys_of(tx, variant_id)
            new = await logistics.contents.keep_keys(
                tx, desk.market.seal, variant_id, form.get("keys").splitlines(), now
            )
            more = new - before.waiting
            if place and more > 0:
                supply = await inventory.stock.open_stock(tx, variant_id, place)
                await inventory.stock.change(tx, supply, "received", more, by, now, "keys")
    except Refusal as no:
        return await _page(desk, variant_id, desk.sentence(no), no.status)
    return desk.go(f"/contents/{variant_id}", "%(n)s new keys are kept, sealed.", n=new)


async def _own(desk: Desk, variant_id: str) -> str:
    """Where it is sold, if it is one of the seller's. Errors: NotFound."""
    async with desk.market.db.read() as tx:
        if not await views.variants(tx, desk.id, variant_id=variant_id):
            raise NotFound("variant")
        place = await sold_at(tx, desk.id, variant_id)
    return place or ""


ROUTES = [contents, add, remove, add_keys]
