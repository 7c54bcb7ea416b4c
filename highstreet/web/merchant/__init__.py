"""The merchant's desk: today's work, orders, goods, offers, stock, takings, and the business itself. Everything under /merchant."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from highstreet.web.merchant import (
    boxes,
    business,
    cards,
    describing,
    devices,
    goods,
    groups,
    handover,
    intake,
    item,
    join,
    licences,
    live,
    offer,
    offers,
    order,
    order_acts,
    orders,
    pictures,
    places,
    prescriptions,
    prices,
    programme,
    programmes,
    promotions,
    proofs,
    questions,
    scenario,
    scenarios,
    sheets,
    staff,
    stock,
    subsidies,
    supply,
    takings,
    tax_refund_new,
    tax_refunds,
    things,
    times,
    today,
    visit,
    visits,
)
from highstreet.web.merchant.desk import Elsewhere, desk_of, elsewhere

_PAGES = (
    today, orders, order, order_acts, handover, goods, describing, item, pictures, sheets, intake, offers, offer, prices, promotions,
    stock, times, things, devices, supply, groups, boxes, live, scenario, scenarios, visits, visit, prescriptions, takings, cards,
    programmes, programme, business, places, licences, staff, questions,
    tax_refund_new, tax_refunds,
    proofs, subsidies,
)  # fmt: skip

_DESK = Router(
    "/merchant",
    route_handlers=[route for page in _PAGES for route in page.ROUTES],
    dependencies={"desk": Provide(desk_of)},
    exception_handlers={Elsewhere: elsewhere},
    include_in_schema=False,
)
ROUTES: list[ControllerRouterHandler] = [_DESK, *join.ROUTES, *staff.OPEN_ROUTES, *pictures.OPEN_ROUTES]
