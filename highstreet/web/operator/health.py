"""Health: whether the machine can serve, what lags behind, and what waits for a person."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from highstreet.market.views import operator as views
from highstreet.web.operator.office import GivenOffice

_SLOW_READER = 500  # facts behind
_SLOW_SECONDS = 10


@get("/")
async def health(office: GivenOffice) -> Response[Any]:
    if not office.may("operate"):
        return office.go("/reviews", "Health is for operators; here is what waits for your decision.", "info")
    market, now = office.market, office.now
    async with market.db.read() as tx:
        pulse = await views.pulse(tx)
        lags = await views.lags(tx)
        late = await views.late(tx, now)
        counts = await views.job_counts(tx)
        hours = await views.orders_by_hour(tx, now)
    slow = [
        one
        for one in lags
        if one.behind > _SLOW_READER or (one.since and (now - one.since).total_seconds() > _SLOW_SECONDS)
    ]
    troubles = [
        *(["worker"] if not pulse.workers else []),
        *(["transaction"] if pulse.oldest_transaction > _SLOW_SECONDS else []),
        *(["readers"] if slow else []),
        *(["deadlines"] if any((now - one.oldest).total_seconds() > 60 for one in late) else []),
        *(["connections"] if pulse.connections > 0.8 * pulse.most_connections else []),
    ]
    return office.show(
        "health.html",
        part="pulse",
        pulse=pulse,
        lags=lags,
        slow={one.name for one in slow},
        late=late,
        counts=counts,
        hours=hours,
        troubles=troubles,
        most_behind=views.MOST_BEHIND,
    )


ROUTES = [health]
