"""One shelf: receive, count, write off, move, the mark for running out, and the history of what came and went."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from highstreet import inventory, parties
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market.views import goods as views
from highstreet.web.frame import Form, GivenForm
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled


@get("/stock/{supply_id:int}")
async def supply(desk: GivenDesk, supply_id: FromPath[int]) -> Response[str]:
    desk.require("see_goods")
    return await _page(desk, supply_id)


async def _page(desk: Desk, supply_id: int, filled: Filled | None = None, doing: str = "") -> Response[str]:
    async with desk.market.db.read() as tx:
        found = await views.supply(tx, desk.id, supply_id)
        moved = await views.movements(tx, supply_id)
        shops = await parties.places.places_of(tx, desk.id)
        names = await parties.people.names(tx, desk.market.seal, sorted({one.by for one in moved}))
    f = filled or Filled(desk.lang)
    return desk.show(
        "supply.html",
        status=f.status,
        at="/merchant/stock",
        f=f,
        doing=doing,
        supply=found,
        moved=moved,
        names=names,
        others=[one for one in shops if one.id != found.place_id],
    )


@post("/stock/{supply_id:int}/{doing:str}")
async def change(
    desk: GivenDesk, supply_id: FromPath[int], doing: FromPath[str], form: GivenForm
) -> Response[Any]:
    """One of received, counted, written_off, moved, low."""
    desk.require("stock")
    f = Filled(desk.lang, form)
    if doing not in ("received", "counted", "written_off", "moved", "low"):
        raise NotFound("step")
    least = 0 if doing in ("counted", "low") else 1
    count = f.whole("quantity", least=least)
    note = f.text("note", required=doing == "written_off", most=200)
    by, now = desk.session.party_id, desk.visitor.now
    if f.ok and count is not None:
        try:
            async with desk.market.db.transaction() as tx:
                found = await views.supply(tx, desk.id, supply_id)
                _once(form, found)
                if doing == "received":
                    await inventory.stock.change(tx, supply_id, "received", count, by, now, note)
                elif doing == "written_off":
                    await inventory.stock.change(tx, supply_id, "written_off", -count, by, now, note)
                elif doing == "counted":
                    await inventory.stock.count(tx, supply_id, count, by, now, note)
                elif doing == "moved":
                    if form.get("to") not in {one.id for one in await parties.places.places_of(tx, desk.id)}:
                        raise NotFound("place")
                    to = await inventory.stock.open_stock(tx, found.variant_id, form.get("to"))
                    await inventory.stock.move(tx, supply_id, to, count, by, now)
                else:
                    await inventory.stock.set_low(tx, supply_id, count)
            return desk.go(f"/stock/{supply_id}", _SAID[doing], n=count)
        except Refusal as no:
            f.refused(no, "quantity")
    return await _page(desk, supply_id, f, doing)


_SAID = {
    "received": "%(n)s received.",
    "counted": "Counted: %(n)s.",
    "written_off": "%(n)s written off.",
    "moved": "%(n)s moved.",
    "low": "You are told when fewer than %(n)s are left.",
}


class Changed(Refusal):
    """The shelf is not as it was when the form was opened, so the same form may have been sent twice."""

    code = "shelf_changed"
    en = "This shelf has changed since you opened the page. Look at the figures and try again."
    zh = "打开页面后库存已有变动，请核对后再试。"


def _once(form: Form, found: views.SupplyRow) -> None:
    """The form names the total it was made over: sent twice, the second finds another one."""
    if form.get("was") not in ("", str(found.total)):
        raise Changed


ROUTES = [supply, change]
