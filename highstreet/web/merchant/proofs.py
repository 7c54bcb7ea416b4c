"""Proofs of a subsidised order, told by whoever packs and hands over: a serial number, a picture, an invoice's number; one by one."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from highstreet import catalog, policy
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market import proofs
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.order import order_page
from highstreet.web.merchant.order_acts import mine
from highstreet.web.merchant.subsidised import ASKED

_SIZE = 800  # pixels of the longer side: enough to read a label


@post("/orders/{order_id:str}/serial")
async def tell_serial(desk: GivenDesk, order_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """A line's serial number as typed or scanned; `instead`: it was wrong."""
    desk.require("orders")
    await mine(desk, order_id)
    f, line = Filled(desk.lang, form), form.whole("line", 0)
    where = f"serial-{line}"
    text = f.text(where, required=True, most=80)
    if f.ok:
        try:
            await proofs.capture(
                desk.market, order_id, desk.id, line, text, desk.session.party_id, desk.visitor.now,
                desk.key(form, f"order {order_id} serial"), instead=bool(form.get("instead")),
            )  # fmt: skip
            return desk.go(
                f"/orders/{order_id}", "Written down: this very thing is subsidised once, for ever."
            )
        except Refusal as no:
            f.refused(no, where)
    return await order_page(desk, order_id, f, "proof")


@post("/orders/{order_id:str}/evidence", request_max_body_size=13 * 2**20)
async def show(
    request: Request[Any, Any, Any], desk: GivenDesk, order_id: FromPath[str], form: GivenForm
) -> Response[Any]:
    """A picture, written anew without what the camera added, or an invoice's number."""
    desk.require("orders")
    await mine(desk, order_id)
    f, line, kind = Filled(desk.lang, form), form.whole("line", 0), form.get("kind")
    if kind not in ASKED:
        raise NotFound("evidence")
    where = f"{kind}-{line}"
    try:
        if kind == "invoice":
            content, media = (
                f.text(where, required=True, most=100).encode(),
                policy.evidence.TEXT,
            )
        else:
            sent = (await request.form()).get(where)
            content, media = (
                await sent.read() if isinstance(sent, UploadFile) else b"",
                policy.evidence.PICTURE,
            )
            if not content:
                f.wrong(where, "Take a picture first.", "请先拍照。")
            else:
                content = (await catalog.read_picture(content)).files[_SIZE]
        if f.ok:
            now, by = desk.visitor.now, desk.session.party_id
            await proofs.show(desk.market, order_id, line, kind, content, media, by, now)
            return desk.go(f"/orders/{order_id}", "Kept with the order, sealed.")
    except Refusal as no:
        f.refused(no, where)
    return await order_page(desk, order_id, f, "proof")


@get("/orders/{order_id:str}/evidence/{evidence_id:str}")
async def evidence(desk: GivenDesk, order_id: FromPath[str], evidence_id: FromPath[str]) -> Response[bytes]:
    """For those of the shop who see orders. Errors: NotFound."""
    desk.require("see_orders")
    await mine(desk, order_id)
    async with desk.market.db.read() as tx:
        found = await policy.evidence.content_of(tx, desk.market.seal, order_id, evidence_id)
    if found is None:
        raise NotFound("evidence")
    return Response(found[1], media_type=found[0], headers={"cache-control": "no-store"})


ROUTES = [tell_serial, show, evidence]
