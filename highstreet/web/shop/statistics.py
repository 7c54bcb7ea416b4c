"""Statistics of the town for everybody: official definitions, what is left out and why, on a page to print, as CSV and for programs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get
from litestar.params import FromQuery

from highstreet import catalog
from highstreet.market import statistics as figures
from highstreet.web.frame import GivenMarket, GivenVisitor, show


@get("/statistics")
async def statistics(market: GivenMarket, visitor: GivenVisitor, year: FromQuery[int] = 0) -> Response[str]:
    """A year's figures; this one's when none is asked for. Errors: NotFound."""
    this = figures.year_of(visitor.now, market.tz)
    found = await figures.report_of(market, year or this, visitor.now)
    async with market.db.read() as tx:
        kinds = await catalog.categories(tx)
    return show(
        visitor,
        "shop/statistics.html",
        found=found,
        this=this,
        months=[datetime(found.year, n, 15, 12, tzinfo=UTC) for n in range(1, 13)],
        kinds=sorted(
            ((root, amount) for root, amount in found.kinds.parts.items() if amount is not None),
            key=lambda one: -one[1],
        ),
        names={root: kinds.all[root].name for root in found.kinds.parts if root in kinds.all},
        excluded=figures.EXCLUDED,
        least=(figures.LEAST_SELLERS, figures.LEAST_BUYERS),
    )


@get("/statistics.csv")
async def statistics_csv(
    market: GivenMarket, visitor: GivenVisitor, year: FromQuery[int] = 0
) -> Response[Any]:
    """The same as rows. Errors: NotFound."""
    found = await figures.report_of(market, year or figures.year_of(visitor.now, market.tz), visitor.now)
    headers = {"content-disposition": f'attachment; filename="statistics-{found.year}.csv"'}
    return Response(figures.as_csv(found).encode(), media_type="text/csv; charset=utf-8", headers=headers)
