"""What pricing says no with."""

from __future__ import annotations

from highstreet.kit.errors import Malformed, Refusal


class MixedCurrencies(Refusal):
    code = "mixed_currencies"
    status = 409
    en = "One basket is paid in one currency: {first} and {other} cannot be bought together."
    zh = "一个购物篮只能使用一种货币：{first} 与 {other} 不能一起购买。"


class TooMuch(Refusal):
    code = "amount_too_large"
    status = 422
    en = "This basket costs more than one purchase may. Please buy less at once."
    zh = "此购物篮金额超过单次购买上限，请减少数量。"


class UnknownTax(Refusal):
    code = "unknown_tax"
    status = 409
    en = "There is no tax rate “{tax}” for {country} on {day}."
    zh = "{country} 在 {day} 没有名为“{tax}”的税率。"


class WrongPrice(Malformed):
    """A listed price that cannot be: the field and what is wrong with it."""

    code = "wrong_price"


class WrongRule(Malformed):
    """A promotion that cannot be: the field and what is wrong with it."""

    code = "wrong_promotion"


class PromotionOver(Refusal):
    code = "promotion_over"
    status = 409
    en = "This promotion has already ended."
    zh = "该促销已经结束。"
