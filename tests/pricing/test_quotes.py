"""Which price holds, what a page prints, and what is refused."""

from __future__ import annotations

import pytest

from highstreet.kit.errors import Malformed
from highstreet.kit.money import MOST
from highstreet.pricing import ListedPrice, MixedCurrencies, TooMuch, Want, price_lines
from tests.pricing.goods import DAY, NOW, good, promotion, want

COUNTER = ListedPrice("counter", 1, 950)
TEN = ListedPrice("any", 10, 900)
SALE = ListedPrice("any", 1, 800, NOW - DAY, NOW + DAY)
SALE_OF_TEN = ListedPrice("any", 10, 700, NOW - DAY, NOW + DAY)
LATER_SALE = ListedPrice("any", 1, 850, NOW - DAY / 2, NOW + DAY)
OVER = ListedPrice("any", 1, 100, NOW - 2 * DAY, NOW)
TO_COME = ListedPrice("any", 1, 100, NOW + DAY, None)
DEARER = ListedPrice("online", 1, 1100)


@pytest.mark.parametrize(
    ("listed", "channel", "quantity", "price"),
    [
        ((), "online", 1, 1000),
        ((COUNTER,), "online", 1, 1000),
        ((COUNTER,), "counter", 1, 950),
        ((COUNTER, TEN), "counter", 10, 950),  # the channel comes before the tier
        ((COUNTER, TEN), "online", 10, 900),
        ((TEN,), "online", 9, 1000),
        ((TEN, SALE), "online", 10, 900),  # the tier comes before the dates
        ((TEN, SALE), "online", 1, 800),
        ((TEN, SALE_OF_TEN), "online", 10, 700),
        ((SALE, LATER_SALE), "online", 1, 850),
        ((OVER, TO_COME), "online", 1, 1000),
        ((DEARER,), "online", 1, 1100),
    ],
)
def test_the_most_specific_price_in_force_holds(
    listed: tuple[ListedPrice, ...], channel: str, quantity: int, price: int
) -> None:
    for order in (listed, listed[::-1]):
        [line] = price_lines([Want(good("tea", 1000, *order), quantity)], [], channel, NOW)
        assert line.price == price
        assert line.list_price == max(price, 1000)
        assert line.paid == line.amount == price * quantity


def test_a_price_holds_from_its_first_moment_until_just_before_its_end() -> None:
    def at(when: object) -> int:
        return price_lines([Want(good("tea", 1000, SALE), 1)], [], "online", when)[0].price  # pyright: ignore[reportArgumentType]

    assert SALE.valid_from
    assert SALE.valid_to
    assert at(SALE.valid_from) == 800
    assert at(SALE.valid_to) == 1000


def test_the_same_offer_on_two_lines_reaches_a_tier_together() -> None:
    tea = good("tea", 1000, TEN)
    lines = price_lines([Want(tea, 4), Want(tea, 6)], [], "online", NOW)
    assert [line.price for line in lines] == [900, 900]


def test_a_page_prints_the_account_step_by_step_in_both_languages() -> None:
    tenth = promotion("percent", {"bps": 1000}, name="Autumn week")
    [line] = price_lines([Want(good("tea", 1000, TEN), 10)], [tenth], "online", NOW)
    assert [(s.words.say("en"), s.amount) for s in line.steps] == [
        ("Price × 10", 10_000),
        ("Lower price from 10", -1_000),
        ("Autumn week", -900),
    ]
    assert [s.words.say("zh") for s in line.steps][:2] == ["单价 × 10", "满 10 件优惠价"]
    [adjustment] = line.adjustments
    assert (adjustment.kind, adjustment.amount, adjustment.funder) == ("percent", -900, "seller")
    assert adjustment.about == tenth.id


def test_a_promotion_is_for_its_seller_its_offers_and_its_time() -> None:
    wants = [want("tea", 1000), want("rice", 1000), want("tea2", 1000, seller="other")]
    for given, paid in [
        (promotion("percent", {"bps": 1000}), [900, 900, 1000]),
        (promotion("percent", {"bps": 1000}, "tea"), [900, 1000, 1000]),
        (promotion("percent", {"bps": 1000}, "tea2"), [1000, 1000, 1000]),
        (promotion("percent", {"bps": 1000}, seller="other"), [1000, 1000, 900]),
        (promotion("percent", {"bps": 1000}, ends=NOW), [1000, 1000, 1000]),
        (promotion("percent", {"bps": 1000}, begins=NOW), [900, 900, 1000]),
        (promotion("percent", {"bps": 1000}, begins=NOW + DAY / 2), [1000, 1000, 1000]),
    ]:
        assert [line.paid for line in price_lines(wants, [given], "online", NOW)] == paid


def test_priority_says_which_comes_first() -> None:
    half = {"bps": 5000}
    spend = {"spend": 1000, "off": 500}
    basket = [want("tea", 1600)]

    def paid(first: int, second: int) -> int:
        rules = [promotion("percent", half, priority=first), promotion("spend", spend, priority=second)]
        return price_lines(basket, rules, "online", NOW)[0].paid

    assert paid(1, 0) == 800  # half of 1600 no longer reaches 1000, and half off beats 500 off
    assert paid(0, 1) == 550  # 500 off first, then half


def test_lone_promotions_share_the_goods_as_is_best_for_the_buyer() -> None:
    rules = [
        promotion("percent", {"bps": 1000}, alone=True),
        promotion("percent", {"bps": 3000}, "tea", alone=True),
        promotion("amount", {"off": 50}, "rice"),
    ]
    lines = price_lines([want("tea", 1000), want("rice", 1000)], rules, "online", NOW)
    assert [line.paid for line in lines] == [700, 900]
    assert [len(line.adjustments) for line in lines] == [1, 1]


def test_very_many_promotions_are_combined_in_bounded_time() -> None:
    basket = [want(f"tea{n}", 997 + n) for n in range(12)]
    rules = [promotion("spend", {"spend": 3000 + 700 * n, "off": 300 + n}) for n in range(25)]
    rules += [
        promotion("percent", {"bps": 500 + n}, f"tea{n}", f"tea{n + 1}", alone=n % 2 == 0) for n in range(11)
    ]
    lines = price_lines(basket, rules, "online", NOW)
    assert 0 <= sum(line.paid for line in lines) < sum(line.price for line in lines)


def test_an_empty_basket_costs_nothing() -> None:
    assert price_lines([], [promotion("percent", {"bps": 1000})], "online", NOW) == []


def test_two_currencies_are_refused() -> None:
    with pytest.raises(MixedCurrencies) as no:
        price_lines([want("tea", 1), Want(good("pie", 1, currency="GBP"), 1)], [], "online", NOW)
    assert "CNY" in no.value.sentence("zh")
    assert "GBP" in no.value.sentence("en")


@pytest.mark.parametrize("quantity", [0, -1, 10**9 + 1, 1.5, True, float("nan"), "2"])
def test_a_quantity_is_a_whole_number_of_steps(quantity: object) -> None:
    with pytest.raises(Malformed):
        price_lines([Want(good("tea", 100), quantity)], [], "online", NOW)  # pyright: ignore[reportArgumentType]


def test_amounts_stay_where_the_books_can_hold_them() -> None:
    dear = want("yacht", MOST)
    assert price_lines([dear], [], "online", NOW)[0].paid == MOST
    for basket in ([dear, want("tea", 1)], [want("yacht", MOST, 2)], [want("tea", 1000, 10**9)]):
        with pytest.raises(TooMuch):
            price_lines(basket, [], "online", NOW)


def test_a_line_of_no_price_stays_so() -> None:
    rules = [
        promotion("spend", {"spend": 1, "off": 1}),
        promotion("percent", {"bps": 9900}),
        promotion("buy_n", {"n": 2}),
        promotion("bundle", {"price": 1}, "gift", "card"),
    ]
    lines = price_lines([want("gift", 0, 5), want("card", 0)], rules, "online", NOW)
    assert [(line.paid, line.adjustments) for line in lines] == [(0, ()), (0, ())]
