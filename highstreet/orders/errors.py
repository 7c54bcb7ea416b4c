"""Refusals of orders: nothing there, not now, not so many."""

from __future__ import annotations

from highstreet.kit.errors import Refusal


class NoSuchOrder(Refusal):
    code = "no_such_order"
    status = 404
    en = "We do not know this order."
    zh = "找不到这个订单。"


class NotNow(Refusal):
    code = "not_now"
    en = "This cannot be done at this point of the order."
    zh = "订单当前状态下无法执行此操作。"


class TooMany(Refusal):
    code = "too_many"
    en = "Line {line} has only {left} left to {what}."
    zh = "第 {line} 行只剩 {left} 件可{what_zh}。"


class OncePerPerson(Refusal):
    """A draw and a first launch let everybody in once, by account and by telephone number."""

    code = "once_per_person"
    status = 409
    en = "You take part already; everybody can take part once."
    zh = "您已参与，每人限参与一次。"


class QuoteExpired(Refusal):
    code = "quote_expired"
    status = 410
    en = "This quote has expired. Please look at the basket again."
    zh = "报价已过期，请重新查看购物篮。"


class QuoteUnknown(Refusal):
    code = "quote_unknown"
    status = 422
    en = "This quote is not one of ours."
    zh = "这不是本市场开出的报价。"


class EmptyBasket(Refusal):
    code = "empty_basket"
    status = 422
    en = "The basket is empty."
    zh = "购物篮是空的。"


class NotReturnable(Refusal):
    code = "not_returnable"
    en = "{title} cannot be returned without a fault: {law}."
    zh = "“{title_zh}”不适用七日无理由退货：{law}。"


class NotThis(Refusal):
    code = "not_this"
    status = 403
    en = "“{fact}” is not for you to tell about this order."
    zh = "您不能对此订单执行“{fact}”。"
