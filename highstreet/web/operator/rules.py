"""Rules: the business formats this town knows, each as what it promises, what may be told and which way its deadlines fall."""

from __future__ import annotations

from litestar import Response, get

from highstreet.market.laws import LAWS
from highstreet.market.views import operator as views
from highstreet.web.operator.office import GivenOffice


@get("/rules")
async def rules(office: GivenOffice) -> Response[str]:
    office.require("review")
    formats = sorted(office.market.formats.values(), key=lambda one: one.code)
    async with office.market.db.read() as tx:
        counts = await views.orders_by_format(tx)
    return office.show("rules.html", formats=formats, counts=counts, laws=list(LAWS))


ROUTES = [rules]
