"""The city's programme desk: public money drafted, tried, launched, watched, closed and told of. Everything under /city."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from highstreet.web.city import (
    alert,
    alerts,
    applications,
    changes,
    clawbacks,
    customs,
    draft,
    effect,
    effect_sheet,
    helping,
    launching,
    new,
    programme,
    programmes,
    rehearse,
    report,
    settlement,
    settlements,
    trail,
    watch,
)
from highstreet.web.city.desk import desk_of

# A page of the desk: its module here, and its line in page.html's list of tabs.
PAGES = (
    programmes,
    programme,
    launching,
    new,
    draft,
    rehearse,
    watch,
    report,
    changes,
    helping,
    effect,
    effect_sheet,
    applications,
    settlements,
    settlement,
    clawbacks,
    trail,
    alerts,
    alert,
    customs,
)

ROUTES: list[ControllerRouterHandler] = [
    Router(
        "/city",
        route_handlers=[route for page in PAGES for route in page.ROUTES],
        dependencies={"desk": Provide(desk_of)},
        include_in_schema=False,
    )
]
