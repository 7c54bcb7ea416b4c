"""The till: selling at a counter by keyboard, scanner or touch, with or without a connection."""

from __future__ import annotations

from typing import Any

from highstreet.web.till import helping
from highstreet.web.till.closing import close, closing
from highstreet.web.till.counter import choose_place
from highstreet.web.till.decisions import decide, decisions
from highstreet.web.till.handover import hand_over, handover
from highstreet.web.till.price import price
from highstreet.web.till.receipt import pay_code, receipt, receipt_code
from highstreet.web.till.returns import returns, take_back, take_back_goods
from highstreet.web.till.sale import goods, sale, worker
from highstreet.web.till.sales import give_up, paid, sales

ROUTES: list[Any] = [
    sale,
    worker,
    goods,
    price,
    sales,
    paid,
    give_up,
    handover,
    hand_over,
    returns,
    take_back,
    take_back_goods,
    decisions,
    decide,
    closing,
    close,
    receipt,
    receipt_code,
    choose_place,
    pay_code,
    *helping.ROUTES,
]
