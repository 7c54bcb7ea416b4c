"""An offer as a page draws it: the price as it is now, the promise, what is left, who vouches for it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from highstreet.catalog import Card
from highstreet.kit.text import Words
from highstreet.market.format import Hints
from highstreet.market.shelf import ForSale
from highstreet.pricing import PricedLine
from highstreet.web.render import Frame
from highstreet.web.shop.wording import drawn, label, story


class Shown(msgspec.Struct, frozen=True):
    """An offer as a page draws it. `how`: the first leg (parcel, pickup, courier) or empty when it is taken
    in the shop.

    `free`: steps free to promise, None when nothing is counted. `far`: the place does not deliver to where
    the visitor is. `in_shop`: bought by going there, so no basket can hold it.
    """

    goods: ForSale
    priced: PricedLine
    how: str
    hints: Hints
    window: tuple[datetime, datetime] | None
    free: int | None
    licences: list[str]
    called: Words
    far: bool
    distance_m: int | None
    in_shop: bool = False
    card: Card | None = None

    @property
    def gone(self) -> bool:
        return not self.goods.sellable or (self.free is not None and self.free <= 0)

    @property
    def held(self) -> str:
        """The licence that says most: that of the trade before that of any business; empty without one."""
        return next((one for one in self.licences if one != "business"), "business" if self.licences else "")

    @property
    def picture(self) -> str:
        return drawn(self.goods.picture)

    def seller(self, lang: str) -> str:
        """What the seller calls itself, else its registered name."""
        return self.called.say(lang) or self.goods.seller_name

    @property
    def title(self) -> Words:
        return Words(**self.goods.title)

    def labels(self, lang: str) -> list[str]:
        """The labels as `parts.label` draws them: by sign where it has one, else in words."""
        return [label(one, lang) for one in self.goods.labels]

    @property
    def was(self) -> int | None:
        """What the price is measured against, when something is off."""
        whole = self.priced.list_price * self.priced.quantity
        return whole if whole > self.priced.paid else None

    def face(self, frame: Frame, lang: str, level: int) -> Hashable:
        """All that its card is drawn from: with the same face it looks the same, with another it is drawn anew."""
        goods, priced, when = self.goods, self.priced, self.window
        zone = ZoneInfo(frame.zone)
        if when is not None:
            ends = (end.astimezone(zone) for end in when)
            # A parcel's day is told, of everything else the minute.
            when = tuple(
                end.date() if self.how == "parcel" else end.replace(second=0, microsecond=0) for end in ends
            )
        return (
            level, frame.town, frame.now and frame.now.astimezone(zone).date(), when, self.far, self.how, self.hints.line.say(lang),
            goods.id, self.title.say(lang), goods.picture, self.seller(lang), goods.unit, tuple(goods.labels),
            priced.price, priced.list_price, priced.quantity, priced.paid, priced.adjustments, goods.priced.currency,
            self.card is not None and self.card.price_to is not None, tuple(self.licences), self.gone,
        )  # fmt: skip

    def story(self, town: str, lang: str, names: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """The rows of the price story, as `parts.price_story` draws them."""
        return story(self.priced, self.seller(lang), town, lang, names or {})
