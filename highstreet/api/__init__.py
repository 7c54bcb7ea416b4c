"""The JSON API: what programs do, over the same flows as the pages. `ROUTES` is mounted by the app."""

from litestar.types import ControllerRouterHandler

from highstreet.api import money, offers, orders, parties, payments, quotes, stock, tills

ROUTES: list[ControllerRouterHandler] = [
    quotes.make_quote,
    orders.place_order,
    orders.list_orders,
    orders.see_order,
    orders.tell_fact,
    payments.hear_notice,
    offers.search_offers,
    offers.see_offer,
    offers.own_offers,
    offers.describe_item,
    offers.make_offer,
    offers.change_offer,
    stock.see_stock,
    stock.receive,
    stock.count,
    parties.see_me,
    parties.see_seller,
    parties.own_places,
    parties.open_place,
    money.see_money,
    money.see_statement,
    tills.take_sales,
]
