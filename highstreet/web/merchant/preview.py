"""How a buyer will see an offer before it is open: the promise its format makes, what it asks, what it costs, what stands behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
    """`window`: when the buyer would have it, ordering now; in minor units what bringing it costs (`delivery`), what is only set aside
    (`deposit`) and what of the price is paid `later`. `asks`: what the buyer chooses; `groups`: from what, by kind; `shared`: what others
    earn of it, in basis points.
    """

    leg: str
    window: tuple[datetime, datetime] | None
    delivery: int
    price: int
    fee_bps: int
    return_days: int
    opens_later: bool
    deposit: int = 0
    later: int = 0
    asks: tuple[str, ...] = ()
    groups: dict[str, dict[str, dict[str, int]]] = {}
    gathers: bool = False
    shared: int = 0
    why_not: str = ""


def shown(
    desk: Desk, item: Item, variant_id: str, place: Place, one: Format, price: int, terms: dict[str, Any]
) -> Shown:
    """What the format would agree to for one piece, ordered now, before anything is chosen."""
    now, market = desk.visitor.now, desk.market
    goods = _goods(desk, item, variant_id, place, one, price, terms)
    lines = price_lines([Want(goods.priced, 1)], [], "online", now)
    later = not parties.places.is_open(place, now, market.tz)
    seen = Shown(
        leg=leg_of(one),
        window=None,
        delivery=0,
        price=price,
        fee_bps=one.money.fee_bps,
        return_days=0,
        opens_later=later,
        asks=tuple(ask.kind for ask in one.hints.asks if ask.kind != "seats" or terms.get("hall")),
        groups={kind: terms[kind] for kind in ("options", "answers") if terms.get(kind)},
        gathers=one.decided == "cohort",
        shared=sum(cut["bps"] for cut in terms.get("cuts", [])),
    )
    try:
        agreed = one.quote(Asked(lines, [goods], now, market.tz))
    except Refusal as no:
        return msgspec.structs.replace(seen, why_not=desk.sentence(no))
    sums = {"deposit": 0, "delivery": 0}
    for due in agreed.dues:
        if due.purpose != "price" and not due.later:
            sums["delivery" if due.purpose == "delivery" else "deposit"] += due.amount
    after = sum(due.amount for due in agreed.dues if due.purpose == "price" and due.later)
    days = 0 if item.no_return else agreed.return_days
    return msgspec.structs.replace(seen, window=agreed.window, later=after, return_days=days, **sums)


def _goods(
    desk: Desk, item: Item, variant_id: str, place: Place, one: Format, price: int, terms: dict[str, Any]
) -> ForSale:
    """The offer as if it were open."""
    return ForSale(
        id="ofr_preview",
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
        category=item.category_id,
        priced=Priced("ofr_preview", variant_id, desk.id, price, (), 0, desk.market.currency),
    )


def leg_of(one: Format) -> str:
    """How the goods move first; empty when they are taken along at once."""
    return one.legs[0] if one.legs else ""


def licence_line(
    known: Categories, item: Item, held: list[Licence], desk: Desk, one: Format | None = None
) -> tuple[str, str]:
    """The licence an item's kind or its way of being sold needs, and its number if the seller holds it: (name, number).

    One that is missing comes first; empty when none is needed.
    """
    kinds = [kind for kind in (known.licence(item.category_id), one.licence if one else None) if kind]
    found = [
        (
            LICENCES[kind].say(desk.lang) if kind in LICENCES else kind,
            next((had.number for had in held if had.kind == kind and had.state == "accepted"), ""),
        )
        for kind in kinds
    ]
    return min(found, key=lambda line: bool(line[1]), default=("", ""))
