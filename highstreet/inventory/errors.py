"""Refusals of inventory."""

from __future__ import annotations

from highstreet.kit.errors import Refusal


class OutOfStock(Refusal):
    """`left`: what is left by offer id."""

    code = "out_of_stock"
    en = "Somebody was faster: not enough is left of what you want."
    zh = "手慢了：所选商品库存不足。"


class NotFree(Refusal):
    code = "not_free"
    en = "It is taken for that time."
    zh = "该时段已被预订。"


class BelowPromised(Refusal):
    code = "below_promised"
    en = "There are {promised} promised to buyers of {on_hand} on the shelf; the count cannot go below that."
    zh = "货架上的 {on_hand} 件中有 {promised} 件已承诺给买家，数量不能低于此数。"


class NoSuchSupply(Refusal):
    code = "no_such_supply"
    status = 404
    en = "This stock is not known."
    zh = "没有这项库存。"
