"""The operator's office: health, jobs, books, stray money, reviews, businesses, any order, facts, rules. Everything under /operator."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from highstreet.web.operator import (
    books,
    cards,
    differences,
    health,
    jobs,
    order,
    reviews,
    rules,
    strays,
    takes,
    told,
    traders,
)
from highstreet.web.operator.office import office_of

ROUTES: list[ControllerRouterHandler] = [
    Router(
        "/operator",
        route_handlers=[
            route
            for page in (
                health,
                jobs,
                books,
                differences,
                strays,
                cards,
                takes,
                reviews,
                traders,
                order,
                told,
                rules,
            )
            for route in page.ROUTES
        ],
        dependencies={"office": Provide(office_of)},
        include_in_schema=False,
    )
]
