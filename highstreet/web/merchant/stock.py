"""Stock by place: what lies where, what runs out; a scanned bar code finds its shelf. Receiving what has none yet."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery

from highstreet import inventory, parties
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market.views import goods as views
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled
from highstreet.web.merchant.once import once


@get("/stock")
async def stock(
    desk: GivenDesk,
    q: FromQuery[str] = "",
    place: FromQuery[str] = "",
    low: FromQuery[str] = "",
    after: FromQuery[str | None] = None,
) -> Response[Any]:
    """The shelves; a bar code that names exactly one goes straight to it."""
    desk.require("see_goods")
    text = q.strip()[:80]
    async with desk.market.db.read() as tx:
        shops = await parties.places.places_of(tx, desk.id)
        page = await views.stock(tx, desk.id, place, text, bool(low), after)
        unshelved = await views.variants(tx, desk.id, text, most=10) if text and not page.rows else []
    if text.isdigit() and len(text) >= 8:
        if len(page.rows) == 1:
            return desk.go(f"/stock/{page.rows[0].id}")
        if not page.rows and len(unshelved) == 1:
            return desk.go(f"/stock/receive?variant={unshelved[0].id}&place={place}")
    return desk.show(
        "stock.html",
        at="/merchant/stock",
        q=text,
        place=place,
        low=low,
        page=page,
        shops=shops,
        unshelved=unshelved,
    )


@get("/stock/receive")
async def receive_new(
    desk: GivenDesk, variant: FromQuery[str] = "", place: FromQuery[str] = "", q: FromQuery[str] = ""
) -> Response[str]:
    desk.require("stock")
    return await _receiving(desk, Filled(desk.lang, start={"place": place}), variant, q)


async def _receiving(desk: Desk, f: Filled, variant_id: str, text: str = "") -> Response[str]:
    async with desk.market.db.read() as tx:
        shops = await parties.places.places_of(tx, desk.id)
        chosen = await views.variants(tx, desk.id, variant_id=variant_id) if variant_id else []
        choices = [] if chosen else await views.variants(tx, desk.id, text.strip()[:80])
    return desk.show(
        "receive.html",
        status=f.status,
        at="/merchant/stock",
        f=f,
        q=text,
        shops=shops,
        choices=choices,
        chosen=chosen[0] if chosen else None,
    )


@post("/stock/receive")
async def receive(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """Put a thing on a shelf it may not have had before."""
    desk.require("stock")
    f = Filled(desk.lang, form)
    quantity = f.quantity("quantity")
    place_id = f.text("place", required=True)
    low = f.whole("low", required=False)
    note = f.text("note", most=200)
    now, variant_id = desk.visitor.now, form.get("variant")
    if f.ok and quantity is not None:

        async def shelved(tx: Tx) -> str:
            if not await views.variants(tx, desk.id, variant_id=variant_id):
                raise NotFound("variant")
            if place_id not in {one.id for one in await parties.places.places_of(tx, desk.id)}:
                raise NotFound("place")
            supply_id = await inventory.stock.open_stock(tx, variant_id, place_id)
            await inventory.stock.change(
                tx, supply_id, "received", quantity, desk.session.party_id, now, note
            )
            if low is not None:
                await inventory.stock.set_low(tx, supply_id, low)
            return str(supply_id)

        try:
            supply_id = await once(desk, form, "receive", shelved)
            return desk.go(f"/stock/{supply_id}", "%(n)s received.", n=quantity)
        except Refusal as no:
            f.refused(no)
    return await _receiving(desk, f, variant_id)


ROUTES = [stock, receive_new, receive]
