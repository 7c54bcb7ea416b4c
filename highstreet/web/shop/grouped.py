"""A basket as it reads now, and its parts as pages draw them: each an order of its own once it is placed."""

from __future__ import annotations

from typing import Any

import msgspec

from highstreet.market.desk import Market
from highstreet.market.quote import Explained, QuotedOrder
from highstreet.orders import Entry
from highstreet.web.frame import Visitor
from highstreet.web.shop.shelves import Shown
from highstreet.web.shop.wording import story


class Read(msgspec.Struct, frozen=True):
    """A basket as it can be bought now: what is priced, and what stands in the way of the rest.

    `wrong`: the trouble with an entry, by offer, in the visitor's language.
    """

    entries: list[Entry]
    shown: dict[str, Shown]
    wrong: dict[str, str]
    explained: Explained | None


def groups(market: Market, visitor: Visitor, found: Read) -> list[dict[str, Any]]:
    """The parts of a basket, each an order of its own once it is placed."""
    if found.explained is None:
        return []
    return [_group(market, visitor, found, order) for order in found.explained.quote.orders]


def _group(market: Market, visitor: Visitor, found: Read, order: QuotedOrder) -> dict[str, Any]:
    assert found.explained is not None
    form = market.format(order.format)
    lines = [found.shown[line.offer] for line in order.lines]
    priced = [found.explained.lines[line.offer] for line in order.lines]
    seller = lines[0].seller(visitor.lang)
    names = {one.goods.seller_id: one.seller(visitor.lang) for one in found.shown.values()}
    return {
        "seller": seller,
        "seller_id": order.seller_id,
        "place": lines[0].goods.place.name,
        "hints": form.hints,
        "how": form.legs[0] if form.legs else "",
        "window": order.agreed.window,
        "lines": [
            {"one": one, "priced": line, "rows": story(line, seller, visitor.town, visitor.lang, names)}
            for one, line in zip(lines, priced, strict=True)
        ],
        "dues": [(due.purpose, due.amount) for due in order.agreed.dues],
        "total": order.total,
        "currency": found.explained.quote.currency,
    }
