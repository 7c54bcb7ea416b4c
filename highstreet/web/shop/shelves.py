"""Cards with what stands behind them: the price as it is now, the promise, what is left, who vouches for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from highstreet.catalog import Card, Match
from highstreet.kit.errors import Refusal
from highstreet.kit.geo import Point, metres
from highstreet.kit.text import Words
from highstreet.market.desk import Market
from highstreet.market.quote import Asked
from highstreet.market.shelf import ForSale
from highstreet.market.views import offered as views
from highstreet.pricing import PricedLine, Want, price_lines
from highstreet.web.sessions import Visitor
from highstreet.web.shop.shown import Shown as Shown
from highstreet.web.shop.wording import drawn as drawn


async def shown(market: Market, visitor: Visitor, cards: Sequence[Card | Match]) -> list[Shown]:
    """The cards of a list with what stands behind them, in their order.

    One thing of one seller is drawn once: its page shows every other way to have it.
    """
    firsts = {(card.item_id, card.seller_id): card for card in reversed(cards)}
    by_id = {first_way(market, card): card for card in cards if firsts[card.item_id, card.seller_id] is card}
    return await offers(market, visitor, list(by_id), cards=by_id)


def first_way(market: Market, card: Card | Match) -> str:
    """The offer that stands for a card: one that is brought or kept ready before one taken at the counter."""
    ways = sorted(card.ways, key=lambda way: not market.format(way.format).legs)
    return ways[0].offer_id if ways else card.offer_id


async def offers(
    market: Market,
    visitor: Visitor,
    ids: Sequence[str],
    standing: views.Standing | None = None,
    cards: Mapping[str, Card | Match] | None = None,
) -> list[Shown]:
    """Offers by id, in the order given; `standing` when it was read already, `cards` they stand for. Errors: NotFound."""
    if not ids:
        return []
    goods = await market.shelf.offers(ids)
    sellers = [goods[one].seller_id for one in ids]
    promotions = await market.shelf.promotions(sellers)
    if standing is None:
        supplies = [one.supply_id for one in goods.values() if one.supply_id is not None]
        standing = await market.looking.standing(supplies, sellers, visitor.now.date())
    # What is promised is told in minutes; so many visitors see the same one.
    minute, made = visitor.now.replace(second=0, microsecond=0), list[Shown]()
    for one in (goods[each] for each in ids):
        priced = price_lines([Want(one.priced, 1)], promotions, "online", visitor.now)[0]
        card = None if cards is None else cards[one.id]
        made.append(_shown(market, visitor.near, minute, one, priced, standing, card))
    return made


def _shown(
    market: Market,
    near: Point | None,
    now: datetime,
    one: ForSale,
    priced: PricedLine,
    standing: views.Standing,
    card: Card | Match | None,
) -> Shown:
    form = market.format(one.format)
    distance = metres(near, one.place.point) if near else None
    window, far = None, False
    try:
        window = form.quote(Asked([priced], [one], now, market.tz, distance)).window
    except Refusal:
        far = True
    counted = form.promise == "stock" and (one.sells == "goods" or one.supply_id is not None)
    free = standing.free.get(str(one.supply_id), 0) if counted else None
    return Shown(
        goods=one,
        priced=priced,
        how=form.legs[0] if form.legs else "",
        hints=form.hints,
        window=window,
        free=free,
        licences=standing.licences.get(one.seller_id, []),
        called=standing.names.get(one.seller_id, Words()),
        far=far,
        distance_m=distance,
        in_shop=form.in_person,
        card=card,
    )
