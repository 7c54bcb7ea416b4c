"""The shop: what anybody sees, and the way from a wish to an order that arrived."""

from __future__ import annotations

from typing import Any

from highstreet.web.shop.balance import ask_about_rest, balance, pay_rest
from highstreet.web.shop.basket import basket, put
from highstreet.web.shop.box import box
from highstreet.web.shop.box import change as change_box
from highstreet.web.shop.checkout import checkout, order
from highstreet.web.shop.draws import draw
from highstreet.web.shop.front import ask, front, look, near
from highstreet.web.shop.hall import hall
from highstreet.web.shop.handing_over import hand_over
from highstreet.web.shop.kinds import directory, kind
from highstreet.web.shop.loan import loan, otherwise
from highstreet.web.shop.offer import offer
from highstreet.web.shop.order_acts import cancel, one_tap, received, send_back
from highstreet.web.shop.orders import find as find_order
from highstreet.web.shop.orders import news as order_news
from highstreet.web.shop.orders import order as one_order
from highstreet.web.shop.orders import orders, receipt
from highstreet.web.shop.purchase import ask as ask_provider
from highstreet.web.shop.purchase import news as purchase_news
from highstreet.web.shop.purchase import purchase
from highstreet.web.shop.scenarios import scenario
from highstreet.web.shop.scenarios import take as take_scenario
from highstreet.web.shop.search import find
from highstreet.web.shop.seating import seats
from highstreet.web.shop.seller import seller
from highstreet.web.shop.statistics import statistics, statistics_csv

# fmt: off
ROUTES: list[Any] = [
    front, look, near, ask, find, kind, directory, offer, seller,
    basket, put, hand_over, checkout, order, purchase, ask_provider, purchase_news,
    orders, find_order, one_order, order_news, receipt, cancel, send_back, received,
    loan, otherwise, one_tap, balance, pay_rest, ask_about_rest, hall, draw, scenario, take_scenario, seats,
    box, change_box, statistics, statistics_csv,
]
