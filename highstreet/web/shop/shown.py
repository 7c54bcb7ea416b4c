"""An offer as a page draws it: the price as it is now, the promise, what is left, who vouches for it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from markupsafe import Markup

from highstreet.catalog import Card, Match
from highstreet.kit.text import Words
from highstreet.market.format import Hints
from highstreet.market.shelf import ForSale
from highstreet.pricing import PricedLine
from highstreet.web.pieces import Filled, Kept
from highstreet.web.render import Frame, money
from highstreet.web.shop.wording import address, drawn, label, story


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
    card: Card | Match | None = None

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

    @property
    def reduced(self) -> bool:
        """Whether anything is off its list price, so that the price has a story."""
        return self.priced.list_price > self.priced.price or bool(self.priced.adjustments)

    @property
    def since(self) -> bool:
        """Whether other forms of it cost more."""
        return self.card is not None and self.card.price_to is not None

    def shape(self, level: int) -> Hashable:
        """All that decides how its card is built, beside the texts on it."""
        goods = self.goods
        return (
            level, self.gone, self.since, goods.unit, self.was is not None, self.reduced, self.held, tuple(goods.labels)
        )  # fmt: skip

    def told(self, frame: Frame, lang: str) -> Hashable:
        """All that its promise is told from."""
        today = frame.now and _day(frame.now, frame.zone)
        return self.window, today, self.far, self.how, self.hints.line.say(lang)

    def drawn(
        self,
        frame: Frame,
        lang: str,
        level: int,
        filled: Filled,
        kept: Kept,
        built: Any,
        promise: Any,
        story_line: Any,
    ) -> Markup:
        """Its card, of the parts `shop/bits.html` has for it. One call for a card: each one from a template takes as long as a text."""
        priced, currency, was = self.priced, self.goods.priced.currency, self.was
        texts = {
            "href": "/offers/" + self.goods.id,
            "picture": address(self.goods.picture),
            "title": self.title.say(lang),
            "seller": self.seller(lang),
            "price": money(priced.paid, currency, lang),
            "before": "" if was is None else money(was, currency, lang),
            "promise": kept(self.told(frame, lang), promise, self, frame.now),
            "story": story_line(self.story(frame.town, lang), currency) if self.reduced else "",
        }
        return filled(self.shape(level), built, texts, self, level)

    def drawn_with(self, all_of: Sequence[Shown], *given: Any) -> Markup:
        """The cards of a list with this one first, in one call."""
        return Markup("".join([one.drawn(*given) for one in all_of]))  # noqa: S704  each is drawn

    def story(self, town: str, lang: str, names: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """The rows of the price story, as `parts.price_story` draws them."""
        return story(self.priced, self.seller(lang), town, lang, names or {})


@lru_cache(64)
def _day(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()
