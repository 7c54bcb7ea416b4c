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


class SeatTaken(Refusal):
    """Of the seats wanted together; none of them was taken."""

    code = "seat_taken"
    en = "Somebody was faster with one of these seats. Please choose again."
    zh = "手慢了：所选座位已被他人选走，请重新选座。"


class TagTaken(Refusal):
    code = "tag_taken"
    en = "Something with the tag “{tag}” is registered already."
    zh = "编号“{tag}”已登记，请换一个。"


class StillPromised(Refusal):
    """A single thing somebody has booked or taken along."""

    code = "still_promised"
    en = "It is promised until {until}; it can rest, but not be retired before."
    zh = "该物品已预订至 {until}，可先停用，暂不能退役。"


class NoSuchSupply(Refusal):
    code = "no_such_supply"
    status = 404
    en = "This stock is not known."
    zh = "没有这项库存。"
