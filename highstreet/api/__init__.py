"""The JSON API: what programs do, over the same flows as the pages. `ROUTES` is mounted by the app."""

from litestar.types import ControllerRouterHandler

from highstreet.api import orders, payments, quotes

ROUTES: list[ControllerRouterHandler] = [
    quotes.make_quote,
    orders.place_order,
    orders.see_order,
    orders.tell_fact,
    payments.hear_notice,
]
