"""Baskets with their account worked out by hand, in yuan, so that somebody who keeps books can check them.

"shop off" is what the seller gives away, "others off" what somebody else pays for; the seller sells the line
for quantity x each - shop off, and the tax is contained in that.
"""

from __future__ import annotations

import re

import pytest

from highstreet.kit.money import parse_money, plain
from highstreet.pricing import Promotion, Want, price_lines
from tests.pricing.goods import NOW, promotion, want

BOOK = """
# Nothing off: the tax of 13 % is inside the price
goods | quantity | each  | shop off | others off | buyer pays | tax
rice  | 2        | 30.00 | 0.00     | 0.00       | 60.00      | 6.90

# A tenth off everything, paid by the shop
percent bps=1000
goods | quantity | each  | shop off | others off | buyer pays | tax
rice  | 2        | 30.00 | 6.00     | 0.00       | 54.00      | 6.21
tea   | 1        | 50.05 | 5.01     | 0.00       | 45.04      | 5.18

# Two yuan off each piece of tea
amount off=200 on tea
goods | quantity | each  | shop off | others off | buyer pays | tax
rice  | 1        | 30.00 | 0.00     | 0.00       | 30.00      | 3.45
tea   | 3        | 50.00 | 6.00     | 0.00       | 144.00     | 16.57

# Spend 100, get 20 off: shared out 60 to 50, the odd fen to the larger remainder
spend spend=10000 off=2000
goods | quantity | each  | shop off | others off | buyer pays | tax
rice  | 2        | 30.00 | 10.91    | 0.00       | 49.09      | 5.65
tea   | 1        | 50.00 | 9.09     | 0.00       | 40.91      | 4.71

# For every 100 spent 10 off: 250 reaches it twice
spend spend=10000 off=1000 each=true
goods | quantity | each  | shop off | others off | buyer pays | tax
rice  | 5        | 50.00 | 20.00    | 0.00       | 230.00     | 26.46

# The city pays a fifth of the rice: the seller still sells it for 60, and owes the tax of 60
percent bps=2000 on rice paid by city
goods | quantity | each  | shop off | others off | buyer pays | tax
rice  | 2        | 30.00 | 0.00     | 12.00      | 48.00      | 6.90

# The shop takes a tenth off, then the city pays a fifth of what is left
percent bps=1000 priority 2
percent bps=2000 paid by city priority 1
goods | quantity | each  | shop off | others off | buyer pays | tax
rice  | 2        | 30.00 | 6.00     | 10.80      | 43.20      | 6.21

# Of every three the cheapest is free, over mixed goods: six taken, the two cheapest are rice
buy_n n=3 free=1
goods | quantity | each  | shop off | others off | buyer pays | tax
rice  | 3        | 30.00 | 60.00    | 0.00       | 30.00      | 3.45
tea   | 3        | 50.00 | 0.00     | 0.00       | 150.00     | 17.26

# Bowl and pot together for 70: two sets of them, the third bowl at its price
bundle price=7000 on bowl pot
goods | quantity | each  | shop off | others off | buyer pays | tax
bowl  | 3        | 40.00 | 24.00    | 0.00       | 96.00      | 11.04
pot   | 2        | 60.00 | 36.00    | 0.00       | 84.00      | 9.66

# The threshold is tested after earlier discounts: 100 would become 90; 20 off beats 10 off, which is left out
percent bps=1000
spend spend=10000 off=2000
goods | quantity | each  | shop off | others off | buyer pays | tax
tea   | 2        | 50.00 | 20.00    | 0.00       | 80.00      | 9.20

# With 112 both hold: a tenth off leaves 100.80, which still reaches the threshold
percent bps=1000
spend spend=10000 off=2000
goods | quantity | each  | shop off | others off | buyer pays | tax
tea   | 2        | 56.00 | 31.20    | 0.00       | 80.80      | 9.30

# Half price for tea stands alone; the tenth off is for the rest
percent bps=5000 on tea alone
percent bps=1000
goods | quantity | each  | shop off | others off | buyer pays | tax
tea   | 1        | 50.00 | 25.00    | 0.00       | 25.00      | 2.88
rice  | 1        | 30.00 | 3.00     | 0.00       | 27.00      | 3.11

# Five percent that stands alone loses against the two that may be combined
percent bps=500 alone
percent bps=1000
amount off=100
goods | quantity | each  | shop off | others off | buyer pays | tax
rice  | 1        | 30.00 | 4.00     | 0.00       | 26.00      | 2.99

# Never below nothing
amount off=5000
goods | quantity | each  | shop off | others off | buyer pays | tax
rice  | 2        | 30.00 | 60.00    | 0.00       | 0.00       | 0.00
"""


def _scenarios() -> list[object]:
    found: list[object] = []
    for text in BOOK.strip().split("# ")[1:]:
        title, *lines = [line.strip() for line in text.strip().splitlines()]
        rules = [_promotion(line) for line in lines if "|" not in line]
        rows = [[cell.strip() for cell in line.split("|")] for line in lines if "|" in line][1:]
        found.append(pytest.param(rules, rows, id=title))
    return found


def _promotion(line: str) -> Promotion:
    kind = line.split(maxsplit=1)[0]
    given = dict(re.findall(r"(\w+)=(\w+)", line))
    on = re.search(r" on ([a-z ]+?)(?: paid| alone| priority|$)", line)
    paid = re.search(r"paid by (\w+)", line)
    priority = re.search(r"priority (\d+)", line)
    return promotion(
        kind,
        {name: value == "true" if name == "each" else int(value) for name, value in given.items()},
        *(on[1].split() if on else ()),
        name=line,
        funder=paid[1] if paid else "seller",
        alone="alone" in line,
        priority=int(priority[1]) if priority else 0,
    )


@pytest.mark.parametrize(("rules", "rows"), _scenarios())
def test_the_account_is_the_one_worked_out_by_hand(rules: list[Promotion], rows: list[list[str]]) -> None:
    wants: list[Want] = [want(row[0], parse_money(row[2], "CNY"), int(row[1])) for row in rows]
    lines = price_lines(wants, rules, "online", NOW)
    told = [
        [
            line.offer_id,
            str(line.quantity),
            plain(line.price, "CNY"),
            plain(line.price * line.quantity - line.amount, "CNY"),
            plain(line.amount - line.paid, "CNY"),
            plain(line.paid, "CNY"),
            plain(line.tax, "CNY"),
        ]
        for line in lines
    ]
    assert told == rows
