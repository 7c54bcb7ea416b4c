"""Who comes to a time: everybody with a ticket for it, by seat, and who went in already."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from highstreet.kit.ids import spoken
from highstreet.market.contacts import Contact, open_contact
from highstreet.market.views import capacity, things
from highstreet.web.merchant.desk import GivenDesk


@get("/times/{slot_id:int}/people")
async def people(desk: GivenDesk, slot_id: FromPath[int]) -> Response[str]:
    """The list for the door. Buyers are named as they wrote; who was handed a ticket told the shop nothing, and is not."""
    desk.require("orders")
    market = desk.market
    async with market.db.read() as tx:
        window = await capacity.window(tx, desk.id, slot_id)
        found = await things.coming(tx, desk.id, slot_id)
    listed: list[dict[str, Any]] = []
    for one in found:
        contact = open_contact(market.seal, one.purchase_id, one.contact_key, one.contact) or Contact()
        mine = one.holder_id == one.buyer_id
        listed.append({"row": one, "name": contact.name if mine else "", "number": spoken(one.number)})
    inside = sum(one.state == "used" for one in found)
    return desk.show("people.html", at="/merchant/stock", window=window, people=listed, inside=inside)
