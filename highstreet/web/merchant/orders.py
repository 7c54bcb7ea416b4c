"""Orders: all of them, by what they wait for, found by number or by what was bought."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromQuery

from highstreet.kit.ids import heard, spoken
from highstreet.market.views import merchant as views
from highstreet.web.merchant import steps
from highstreet.web.merchant.desk import GivenDesk


@get("/orders")
async def orders(
    desk: GivenDesk, tab: FromQuery[str] = "todo", q: FromQuery[str] = "", after: FromQuery[str | None] = None
) -> Response[str]:
    desk.require("see_orders")
    text = q.strip()[:80]
    number = heard(text) if text else None
    async with desk.market.db.read() as tx:
        counts = await views.order_counts(tx, desk.id)
        page = await views.orders(tx, desk.id, "all" if text else tab, number, "" if number else text, after)
    return desk.show(
        "orders.html",
        at="/merchant/orders",
        tab="" if text else tab,
        q=text,
        page=page,
        counts={name: sum(counts.get(wait, 0) for wait in waits) for name, waits in views.TABS.items()},
        spoken=spoken,
        one_tap=lambda row: steps.one_tap(desk.market, row),
        way=lambda code: steps.way_name(desk.market, code, desk.lang),
    )


ROUTES = [orders]
