"""Lists of cards that can be narrowed: what search, kinds and a shop's shelf have in common."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from highstreet import catalog
from highstreet.catalog import BANDS, LABELS, Query
from highstreet.market.desk import Market
from highstreet.web.frame import Form, Visitor, say
from highstreet.web.shop.facets import Link, chosen, facets, link
from highstreet.web.shop.shelves import shown

Sort = Literal["best", "price", "price_down", "new", "near"]
SORTS = ("best", "price", "price_down", "new", "near")
_KEYS = ("q", "kind", "label", "how", "seller", "band", "sort", "within")


async def listing(market: Market, visitor: Visitor, asked: Form, path: str, **fixed: str) -> dict[str, Any]:
    """The values of a page with a list: cards, facets with links, what is chosen, the next page."""
    wanted = {key: asked.get(key)[:200] for key in _KEYS if asked.get(key)} | fixed
    query = question(wanted, visitor, asked.get("cursor"))
    tree = await market.shelf.kinds()
    result = market.at_hand.find(query)
    if result is None:
        async with market.db.read() as tx:
            result = await catalog.search(tx, query)
    cards = await shown(market, visitor, result.cards)
    own = {key: value for key, value in wanted.items() if key not in fixed}
    return {
        "visitor_near": visitor.near is not None,
        "wanted": wanted,
        "cards": cards,
        "total": result.total,
        "more": result.more,
        "corrected": result.corrected,
        "facets": facets(market, visitor, tree, result.facets, path, own),
        "chosen": chosen(market, visitor, tree, path, own),
        "sorts": sorts(visitor, path, own, wanted.get("sort", "best")),
        "after": link(path, own, cursor=result.next) if result.next else "",
        "path": path,
    }


def page_of(visitor: Visitor, asked: Form, template: str) -> str:
    """The page of a list; for htmx, which fetches the next cards, those alone."""
    return "shop/rows.html" if visitor.part and asked.get("cursor") else template


def question(wanted: dict[str, str], visitor: Visitor, cursor: str = "") -> Query:
    """The query of an address. A number or a sort that is none is left out; a foreign cursor is refused."""
    band, within = wanted.get("band", ""), wanted.get("within", "")
    sort = wanted.get("sort", "best")
    if sort not in SORTS or (sort == "near" and visitor.near is None):
        sort = "best"
    label = wanted.get("label", "")
    return Query(
        text=wanted.get("q", ""),
        category=wanted.get("kind"),
        labels=tuple(one for one in label.split(",") if one in LABELS),
        format=wanted.get("how"),
        seller_id=wanted.get("seller"),
        band=int(band) if band.isdecimal() and band.isascii() and int(band) < len(BANDS) else None,
        near=visitor.near,
        within_m=int(within)
        if within.isdecimal() and within.isascii() and visitor.near and len(within) < 7
        else None,
        sort=msgspec.convert(sort, Sort),
        cursor=cursor or None,
        most=16,
    )


def sorts(visitor: Visitor, path: str, own: dict[str, str], now: str) -> list[Link]:
    names = {
        "best": say(visitor, "Best first"),
        "price": say(visitor, "Cheapest first"),
        "price_down": say(visitor, "Dearest first"),
        "new": say(visitor, "Newest first"),
        "near": say(visitor, "Nearest first"),
    }
    known = [one for one in SORTS if one != "near" or visitor.near is not None]
    return [Link(names[one], link(path, own, sort=one), on=one == now) for one in known]
