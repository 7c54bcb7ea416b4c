"""Listing goods by spreadsheet: the template, and reading what was sent."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from highstreet import catalog
from highstreet.kit.errors import Refusal
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled


@get("/sheets")
async def sheets(desk: GivenDesk) -> Response[str]:
    desk.require("sell")
    return _start(desk, Filled(desk.lang))


def _start(desk: Desk, f: Filled) -> Response[str]:
    return desk.show("sheets.html", status=f.status, at="/merchant/goods", f=f, columns=catalog.COLUMNS)


@get("/sheets/template/{name:str}")
async def template(desk: GivenDesk, name: FromPath[str]) -> Response[bytes]:
    """The columns and an example; as a workbook also with the words one may write."""
    desk.require("sell")
    ending = "csv" if name.endswith(".csv") else "xlsx"
    if ending == "csv":
        content, kind = catalog.template_csv(desk.lang), "text/csv; charset=utf-8"
    else:
        async with desk.market.db.read() as tx:
            known = await catalog.categories(tx)
        content = await asyncio.to_thread(catalog.template_xlsx, desk.lang, known)
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(
        content, media_type=kind, headers={"content-disposition": f'attachment; filename="goods.{ending}"'}
    )


@post("/sheets", request_max_body_size=24 * 2**20)
async def upload(desk: GivenDesk, request: Request[Any, Any, Any]) -> Response[Any]:
    """Read a file and show what it would make; nothing is listed yet."""
    desk.require("sell")
    f = Filled(desk.lang)
    sent = (await request.form()).get("sheet")
    if not isinstance(sent, UploadFile) or not sent.filename:
        f.wrong("sheet", "Choose a file first.", "请先选择文件。")
        return _start(desk, f)
    async with desk.market.db.read() as tx:
        known = await catalog.categories(tx)
    try:
        read = await asyncio.to_thread(catalog.read_sheet, await sent.read(), sent.filename, known)
        found = await asyncio.to_thread(catalog.preview, read, known, desk.market.currency)
    except Refusal as no:
        f.refused(no, "sheet")
        return _start(desk, f)
    async with desk.market.db.transaction() as tx:
        intake_id = await catalog.keep_preview(
            tx,
            seller_id=desk.id,
            by=desk.session.party_id,
            file_name=sent.filename,
            preview=found,
            now=desk.visitor.now,
        )
    names = ", ".join(found.unknown[:8])
    return desk.go(
        f"/sheets/{intake_id}",
        "These columns were passed over: %(names)s." if names else "",
        kind="info",
        names=names,
    )


ROUTES = [sheets, template, upload]
