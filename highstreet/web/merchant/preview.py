"""How a buyer will see an offer before it is open: the promise its format makes, what delivery costs, and what stands behind it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet import parties
from highstreet.catalog import LICENCES, Categories, Item
from highstreet.kit.errors import Refusal
from highstreet.market.format import Format
from highstreet.market.quote import Asked
from highstreet.market.shelf import ForSale
from highstreet.parties import Licence, Place
from highstreet.pricing import Priced, Want, price_lines
from highstreet.web.merchant.desk import Desk


class Shown(msgspec.Struct, frozen=True):
    """`window`: when the buyer would have it, ordering now; `delivery`: what bringing it costs for this alone, minor units."""

    leg: str
    window: tuple[datetime, datetime] | None
    delivery: int
    price: int
    fee_bps: int
    return_days: int
    licence: tuple[str, str] | None
    opens_later: bool
    why_not: str = ""


def shown(
    desk: Desk, item: Item, variant_id: str, place: Place, one: Format, price: int, terms: dict[str, int]
) -> Shown:
    """What the format would agree to for one piece, ordered now."""
    now, market = desk.visitor.now, desk.market
    priced = Priced("ofr_preview", variant_id, desk.id, price, (), 0, market.currency)
    goods = ForSale(
        id=priced.offer_id,
        seller_id=desk.id,
        seller_name=desk.business.name,
        item_id=item.id,
        variant_id=variant_id,
        place=place,
        format=one.name,
        title={"en": item.title.en, "zh": item.title.zh},
        options={},
        picture=item.pictures[0].file if item.pictures else None,
        sells=item.sells,
        unit="piece",
        labels=item.labels,
        no_return=item.no_return,
        terms=dict(terms),
        most_per_order=None,
        sellable=True,
        supply_id=None,
        priced=priced,
    )
    lines = price_lines([Want(priced, 1)], [], "online", now)
    later = not parties.places.is_open(place, now, market.tz)
    try:
        agreed = one.quote(Asked(lines, [goods], now, market.tz))
    except Refusal as no:
        return Shown(leg_of(one), None, 0, price, one.money.fee_bps, 0, None, later, desk.sentence(no))
    delivery = sum(due.amount for due in agreed.dues if due.purpose != "price")
    days = 0 if item.no_return else agreed.return_days
    return Shown(leg_of(one), agreed.window, delivery, price, one.money.fee_bps, days, None, later)


def leg_of(one: Format) -> str:
    """How the goods move first; empty when they are taken along at once."""
    return one.legs[0] if one.legs else ""


def licence_line(known: Categories, item: Item, held: list[Licence], desk: Desk) -> tuple[str, str]:
    """The licence an item's kind needs, and its number if the seller holds it: (name, number); empty when none is needed."""
    kind = known.licence(item.category_id)
    if kind is None:
        return "", ""
    number = next((one.number for one in held if one.kind == kind and one.state == "accepted"), "")
    name = LICENCES[kind].say(desk.lang) if kind in LICENCES else kind
    return name, number
