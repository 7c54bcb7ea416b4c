"""Licences the business shows, with a scan for the reviewer; which it holds decides what it may put on sale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery

from highstreet import catalog, parties
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.pictures import media_of


async def held(tx: Tx, desk: Desk) -> set[str]:
    """The kinds of licence the business holds today, accepted and in force."""
    today = desk.visitor.now.astimezone(desk.market.tz).date()
    found = await parties.licences.licences_of(tx, desk.id)
    return {one.kind for one in found if one.state == "accepted" and one.valid_from <= today <= one.valid_to}


@get("/licences")
async def all_licences(desk: GivenDesk, kind: FromQuery[str] = "food") -> Response[str]:
    return await _page(desk, Filled(desk.lang, start={"kind": kind}))


async def _page(desk: Desk, f: Filled) -> Response[str]:
    async with desk.market.db.read() as tx:
        found = await parties.licences.licences_of(tx, desk.id)
        waiting = desk.business.state == "applied"
        people = await parties.roles.staff_of(tx, desk.id)
        called = await parties.people.names(tx, desk.market.seal, [one.person_id for one in people])
    return desk.show(
        "licences.html",
        status=f.status,
        at="/merchant/business",
        f=f,
        licences=found,
        names=catalog.LICENCES,
        people=called,
        today=desk.visitor.now.astimezone(desk.market.tz).date(),
        waiting=waiting,
    )


@post("/licences", request_max_body_size=14 * 2**20)
async def show(desk: GivenDesk, request: Request[Any, Any, Any], form: GivenForm) -> Response[Any]:
    """Show a licence for review. Its number again is a renewal."""
    desk.require("licences")
    f = Filled(desk.lang, form)
    number, issuer = f.text("number", required=True, most=60), f.text("issuer", required=True, most=120)
    first, last = f.day("valid_from"), f.day("valid_to")
    sent = (await request.form()).get("scan")
    upload = sent if isinstance(sent, UploadFile) and sent.filename else None
    if upload is None:
        f.wrong("scan", "Add a photograph or scan of it.", "请上传证照照片或扫描件。")
    kind: Any = form.get("kind")
    if f.ok and first is not None and last is not None and upload is not None:
        try:
            read = await catalog.read_picture(await upload.read())
            catalog.store(_scans(desk), read)
            async with desk.market.db.transaction() as tx:
                await parties.licences.show(
                    tx,
                    desk.id,
                    kind,
                    number,
                    issuer,
                    first,
                    last,
                    read.stem,
                    desk.visitor.now,
                    form.get("holder") if kind in parties.licences.OF_PEOPLE else None,
                )
            return desk.go("/licences", "Shown. Somebody of the city looks at it.")
        except Refusal as no:
            f.refused(
                no,
                "scan" if no.code.startswith("picture") else "number" if no.code == "licence_taken" else "",
            )
    return await _page(desk, f)


def _scans(desk: Desk) -> Path:
    """Scans lie apart from the pictures everybody may see."""
    return media_of(desk.market) / "licences"


@get("/licences/{licence_id:str}/scan")
async def scan(desk: GivenDesk, licence_id: FromPath[str]) -> Response[bytes]:
    """The scan, for those who act for the business."""
    desk.require("licences")
    async with desk.market.db.read() as tx:
        found = await parties.licences.licence(tx, licence_id)
    if found.party_id != desk.id or not found.scan:
        raise NotFound("scan")
    path = catalog.picture_path(_scans(desk), found.scan, catalog.SIZES[-1])
    if not path.is_file():
        raise NotFound("scan")
    return Response(path.read_bytes(), media_type="image/webp", headers={"cache-control": "no-store"})


ROUTES = [all_licences, show, scan]
