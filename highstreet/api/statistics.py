"""Open statistics by the official definitions, for everybody."""

from __future__ import annotations

from litestar import get
from litestar.params import FromQuery

from highstreet.api.tokens import Call, market_of
from highstreet.market import statistics
from highstreet.market.statistics import Report


@get("/api/statistics", tags=["public money"])
async def see_statistics(request: Call, year: FromQuery[int] = 0) -> Report:
    """A year's retail sales of consumer goods, online retail sales and the share of physical goods online, with what is left
    out; amounts in minor units, null where a figure would tell of fewer than three sellers or five buyers. Usually this year's.
    """
    market = market_of(request)
    now = market.clock()
    return await statistics.report_of(market, year or statistics.year_of(now, market.tz), now)
