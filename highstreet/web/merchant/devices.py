"""Devices: locks, cabinets and gates of a business, how each stands, its key shown once; and what does not fit, for somebody to look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import inventory, logistics, parties
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal
from highstreet.kit.ids import spoken
from highstreet.market import fulfil
from highstreet.market.views import capacity
from highstreet.market.views import devices as views
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.once import once

_SILENT = timedelta(hours=1)


@get("/devices")
async def devices(desk: GivenDesk) -> Response[str]:
    desk.require("see_goods")
    return await _page(desk, Filled(desk.lang))


async def _page(desk: Desk, f: Filled, shown: tuple[str, str, str] | None = None) -> Response[str]:
    """`shown`: name, number and key of a device, to be copied now."""
    now = desk.visitor.now
    async with desk.market.db.read() as tx:
        found = await views.devices_of(tx, desk.id)
        shops = await parties.places.places_of(tx, desk.id)
        things = await capacity.things(tx, desk.id, now, now + timedelta(days=1))
        waiting = await views.waiting(tx, desk.id, now)
        traces = {one.order_id: await views.evidence(tx, one.order_id) for one in waiting if one.order_id}
    locked = {one.tag for one in found if one.tag and one.revoked_at is None}
    return desk.show(
        "devices.html",
        status=f.status,
        at="/merchant/stock",
        f=f,
        devices=found,
        shops=shops,
        free=[one for one in things if one.tag not in locked and one.state != "retired"],
        waiting=waiting,
        traces=traces,
        spoken=spoken,
        shown=shown,
        long_ago=now - _SILENT,
    )


@post("/devices", status_code=200)
async def register(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """A new device; its key is on the page that answers, and nowhere after that."""
    desk.require("stock")
    f = Filled(desk.lang, form)
    kind, name = form.get("kind"), f.text("name", required=True, most=60)
    thing = form.get("thing")
    if f.ok:

        async def registered(tx: Tx) -> str:
            shops = {one.id for one in await parties.places.places_of(tx, desk.id)}
            place, asset = form.get("place"), None
            if kind == "lock":
                now = desk.visitor.now
                own = await capacity.things(tx, desk.id, now, now + timedelta(days=1))
                on = next((one for one in own if str(one.id) == thing), None)
                place, asset = (on.place_id, on.id) if on is not None else ("", None)
            if place not in shops:
                raise NotFound("place")
            return await logistics.devices.register(
                tx, desk.id, place, kind, name or "", asset, desk.visitor.now
            )

        try:
            made = await once(desk, form, "devices", registered)
            return await _page(
                desk, f, (name or "", made, logistics.devices.secret_of(desk.market.device_signer, made, 1))
            )
        except Refusal as no:
            f.refused(no, "kind" if no.code == "device_there" else "")
    return await _page(desk, f)


@post("/devices/{device_id:str}", status_code=200)
async def turn(desk: GivenDesk, device_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """A new key, or out of use."""
    desk.require("stock")
    now = desk.visitor.now
    if form.get("to") == "renew":
        number = await desk.market.db.run(logistics.devices.renew_key, desk.id, device_id, now)
        async with desk.market.db.read() as tx:
            name = (await logistics.devices.device(tx, device_id)).name
        secret = logistics.devices.secret_of(desk.market.device_signer, device_id, number)
        return await _page(desk, Filled(desk.lang), (name, device_id, secret))
    await desk.market.db.run(logistics.devices.revoke, desk.id, device_id, now)
    return desk.go("/devices", "It is out of use. Nothing it tells is believed any more.")


@post("/devices/cases/{device_id:str}", status_code=200)
async def settle(desk: GivenDesk, device_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Somebody has looked at what did not fit, and says what it was."""
    desk.require("orders")
    f = Filled(desk.lang, form)

    async def looked(tx: Tx) -> None:
        if device_id not in {one.id for one in await views.devices_of(tx, desk.id)}:
            raise NotFound("device")
        by, reason = desk.session.party_id, form.get("reason")
        await logistics.reports.settle(tx, device_id, form.get("report"), by, reason, desk.visitor.now)

    try:
        await desk.market.db.run(looked)
    except Refusal as no:
        f.refused(no, "reason")
        return await _page(desk, f)
    return desk.go("/devices", "Noted. It stays with its order as evidence.")


@post("/devices/found/{order_id:str}", status_code=200)
async def found(desk: GivenDesk, order_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """What never came back turned up; so much of its deposit goes back to the buyer."""
    desk.require("refund")
    f = Filled(desk.lang, form)
    async with desk.market.db.read() as tx:
        mine = {one.order_id for one in await views.waiting(tx, desk.id, desk.visitor.now)}
    if order_id not in mine:
        raise NotFound("order")
    amount = f.money("amount", desk.market.currency, required=False) or 0
    if f.ok:
        telling = fulfil.Telling(order_id, "found", "seller", desk.session.party_id, {"amount": amount})
        try:
            await fulfil.tell(desk.market, telling, desk.visitor.now, desk.key(form, f"found {order_id}"))
            # Its calendar opens with the fact; whoever looks at this moment sees it already.
            await desk.market.db.run(inventory.assets.find, order_id)
            return desk.go("/devices", "Good. It can be borrowed again.")
        except Refusal as no:
            f.refused(no, "amount")
    return await _page(desk, f)


ROUTES = [devices, register, turn, settle, found]
