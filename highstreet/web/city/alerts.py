"""Questions about public money: what screening noticed, and what waits for an officer's word."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery

from highstreet import policy
from highstreet.market import screening
from highstreet.web.city.changes import names_of
from highstreet.web.city.desk import GivenDesk

_SHOWN = {"open": ("open", "appealed"), "upheld": ("upheld",), "dismissed": ("dismissed",)}


@get("/alerts")
async def alerts(desk: GivenDesk, show: FromQuery[str] = "open") -> Response[str]:
    desk.require("programmes")
    chosen = show if show in _SHOWN else "open"
    async with desk.market.db.read() as tx:
        found = await policy.alerts.listed(tx, _SHOWN[chosen])
        names = await desk.names(tx, {seller for one in found for seller in one.sellers})
        called = await names_of(desk, tx, {one.programme_id for one in found})
        counts = await policy.alerts.counts(tx)
    return desk.show(
        "alerts.html",
        part="list",
        found=found,
        shown=chosen,
        names=names,
        called=called,
        counts=counts,
        patterns=policy.bounds.PATTERNS,
        bounds=policy.bounds.BOUNDS,
    )


@post("/alerts/screen", status_code=200)
async def screen(desk: GivenDesk) -> Response[Any]:
    """Look over all programmes now, whatever the worker has done."""
    desk.require("programmes")
    async with desk.market.db.read() as tx:
        running = await policy.budgets.running(tx)
    asked = {one for name in running for one in await screening.screen(desk.market, name, desk.now)}
    return desk.go("/alerts", "Looked over. Questions that are new or grew: %(n)s.", "info", n=len(asked))


ROUTES = [alerts, screen]
