"""The front page: the town at a glance, and the few wishes about how it looks."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from highstreet import catalog, parties
from highstreet.catalog import Query
from highstreet.kit.geo import Point, metres
from highstreet.market.views import shop as views
from highstreet.web import sessions
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, back_to, go, say, show
from highstreet.web.shop.shelves import drawn, shown

_LOOKS = {"lang": ("en", "zh"), "theme": ("auto", "light", "dark"), "elder": ("0", "1")}


@get("/")
async def front(market: GivenMarket, visitor: GivenVisitor) -> Response[str]:
    """What is new, who is open, what the town is proud of."""
    tree = await market.shelf.kinds()
    async with market.db.read() as tx:
        new = await catalog.search(tx, Query(sort="new", most=48, facets=False))
        best = await catalog.search(tx, Query(most=48, facets=False))
        directories = await views.directories(tx)
        scenarios = await catalog.scenarios(tx, visitor.now)
        shops = await views.shops(tx, 24)
    cards = (await shown(market, visitor, best.cards))[:8]
    seen = {one.goods.item_id for one in cards}
    news = (await shown(market, visitor, [card for card in new.cards if card.item_id not in seen]))[:4]
    return show(
        visitor,
        "shop/front.html",
        kinds=tree.below(None),
        drawn=drawn,
        best=cards,
        news=news,
        directories=directories,
        scenarios=[one for one in scenarios if not one.missing],
        shops=around(shops, visitor, market.tz),
        total=best.total,
        more=best.more,
    )


def around(shops: list[views.Shop], visitor: sessions.Visitor, tz: Any) -> list[dict[str, Any]]:
    """Shops with whether they are open now and how far they are: open ones first, then near ones."""
    told: list[dict[str, Any]] = []
    for shop in shops:
        place = parties.places.Place(
            shop.place_id, shop.id, "shop", shop.place, {}, shop.lat, shop.lon, shop.hours, 0, None
        )
        away = metres(visitor.near, Point(shop.lat, shop.lon)) if visitor.near else None
        told.append({"shop": shop, "open": parties.places.is_open(place, visitor.now, tz), "away": away})
    return sorted(told, key=lambda one: (not one["open"], one["away"] or 0))


@post("/look")
async def look(visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Keep one wish: `lang`, `theme` or `elder`; back to where it was asked."""
    wished = [(name, form.get(name)) for name, known in _LOOKS.items() if form.get(name) in known]
    cookies = tuple(sessions.look_cookie(visitor, name, value) for name, value in wished)
    return go(visitor, back_to(form.get("back")), cookies=cookies)


@post("/near")
async def near(market: GivenMarket, visitor: GivenVisitor, form: GivenForm) -> Response[Any]:
    """Be at a shop's door (`place`), or nowhere in particular; kept in a cookie, never with us."""
    back, place_id = back_to(form.get("back")), form.get("place")
    if not place_id:
        return go(visitor, back, say=say(visitor, "Forgotten where you are."), cookies=(gone_near(visitor),))
    async with market.db.read() as tx:
        place = await parties.places.place(tx, place_id)
    return go(visitor, back, cookies=(sessions.near_cookie(visitor, place.point),))


def gone_near(visitor: sessions.Visitor) -> Any:
    return sessions.near_cookie(visitor, None)


@get("/ask")
async def ask(visitor: GivenVisitor) -> Response[str]:
    """A person, one tap away."""
    return show(visitor, "shop/ask.html")
