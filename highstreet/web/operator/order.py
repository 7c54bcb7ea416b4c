"""Orders: any order by the number somebody reads out, with its journal, its money and what it waits for. Nothing personal."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from highstreet.kit.errors import NotFound
from highstreet.kit.ids import heard, spoken
from highstreet.market.views import operator as views
from highstreet.web import frame
from highstreet.web.frame import GivenForm
from highstreet.web.operator.office import GivenOffice


@get("/orders")
async def find(office: GivenOffice, asked: GivenForm) -> Response[Any]:
    """By order number, or by the id of an order, purchase, charge or refund."""
    office.require("cases")
    text = asked.get("q")[:80]
    if text:
        number = heard(text)
        async with office.market.db.read() as tx:
            found = await views.find_order(tx, number, text)
        if found is not None:
            return frame.go(office.visitor, f"/operator/orders/{found}")
    return office.show(
        "find.html", status=404 if text else 200, q=text, misheard=bool(text) and heard(text) is None
    )


@get("/orders/{order_id:str}")
async def order(office: GivenOffice, order_id: FromPath[str]) -> Response[str]:
    office.require("cases")
    async with office.market.db.read() as tx:
        found = await views.order_file(tx, order_id)
        if found is None:
            raise NotFound(office.say("order"))
        names = await office.names(tx, {one.by for one in found.journal})
    parts = {
        name: party
        for side in found.transfers
        for name, _, party in (side.source.partition(":"), side.target.partition(":"))
    }
    return office.show(
        "order.html",
        file=found,
        order=found.order,
        number=spoken(found.order["number"]),
        format=office.market.formats.get(found.order["format"]),
        names=names,
        accounts=parts,
    )


ROUTES = [find, order]
