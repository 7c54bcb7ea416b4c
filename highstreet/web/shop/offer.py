"""An offer: what it is, when you have it, what it costs and who pays for that, and why to trust it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from highstreet import catalog, parties
from highstreet.catalog import NO_RETURN, Categories, Offer, Picture
from highstreet.kit.errors import NotFound
from highstreet.kit.text import Words
from highstreet.market.views import offered as views
from highstreet.web.frame import GivenMarket, GivenVisitor, Visitor, say, show
from highstreet.web.shop import choosing
from highstreet.web.shop.on_prescription import on_prescription
from highstreet.web.shop.shelves import Shown, drawn, offers
from highstreet.web.shop.stated import each_time, per, return_days, stated


@get("/offers/{offer_id:str}")
async def offer(market: GivenMarket, visitor: GivenVisitor, offer_id: FromPath[str]) -> Response[str]:
    """One offer with every other way to have the same thing."""
    if "\0" in offer_id:
        raise NotFound("offer")  # the database reads no such text
    shelf, day = market.shelf, visitor.now.date()
    heard, country = shelf.heard, None if shelf.has(offer_id) else market.country
    found = await market.looking.offer_page(views.AskedPage(offer_id, day, country))
    if found is None or found.here.state == "draft":
        raise NotFound("offer")
    here, others = found.here, found.others
    if found.goods is not None:
        shelf.keep(found.goods, heard)
    tree = await shelf.kinds()
    ids = dict.fromkeys((here.id, *(one.id for one in others)))
    all_shown = await offers(market, visitor, list(ids), found.standing)
    shown = {one.goods.id: one for one in all_shown}
    goods = shown[here.id].goods
    form, room = market.format(goods.format), None
    if form.hints.in_room:
        async with market.db.read() as tx:
            room = await catalog.rooms.showing(tx, here.id)
    chooser = await choosing.chooser(market, visitor, goods)
    rx = await on_prescription(market, visitor, goods)
    rows = shown[here.id].story(visitor.town, visitor.lang, {found.seller.id: found.seller.name})
    return show(
        visitor,
        "shop/offer.html",
        here=here,
        one=shown[here.id],
        chooser=chooser,
        room=room,
        rx=rx,
        per=per(form, goods.terms, visitor),
        each=await each_time(market, visitor, goods.terms),
        terms=stated(form, goods.terms, here.currency, visitor),
        return_days=return_days(market, visitor, shown[here.id]),
        rows=rows,
        pictures=pictures(found.pictures, here),
        variants=variants(here, others),
        ways=ways(here, others, shown),
        elsewhere=[shown[o.id] for o in others if o.seller_id != here.seller_id],
        about=attributes(tree, here, visitor),
        no_return=NO_RETURN.get(no_return(tree, here), Words()).say(visitor.lang),
        seller=found.seller,
        place=shown[here.id].goods.place,
        licences=found.licences,
        lists=found.lists,
        crumbs=[
            (say(visitor, "Market"), "/"),
            *((kind.name.say(visitor.lang), f"/kinds/{kind.id}") for kind in tree.path(here.category_id)),
            (here.title.say(visitor.lang), ""),
        ],
        drawn=drawn,
    )


async def held(tx: Any, seller_id: str, visitor: Visitor) -> list[parties.Licence]:
    """The licences of a seller that were accepted and are in force."""
    day = visitor.now.date()
    shown = await parties.licences.licences_of(tx, seller_id)
    return [one for one in shown if one.state == "accepted" and one.valid_from <= day <= one.valid_to]


def pictures(of_item: list[Picture], here: Offer) -> list[dict[str, str]]:
    """What is drawn of it, with words for who cannot see it."""
    told = [{"src": drawn(one.file), "alt": one.alt.en or here.title.en} for one in of_item]
    return told or [{"src": drawn(here.picture), "alt": here.title.en}]


def variants(here: Offer, others: list[Offer]) -> list[dict[str, Any]]:
    """The forms it comes in at this seller's place, in this way."""
    same = [
        o
        for o in others
        if (o.seller_id, o.place_id, o.format) == (here.seller_id, here.place_id, here.format)
    ]
    if here.id not in {o.id for o in same}:
        same.append(here)
    if len({o.variant_id for o in same}) < 2:
        return []
    return [
        {
            "href": f"/offers/{one.id}",
            "text": " · ".join(one.options.values()) or one.sku,
            "price": one.price,
            "on": one.variant_id == here.variant_id,
        }
        for one in same
    ]


def ways(here: Offer, others: list[Offer], shown: dict[str, Shown]) -> list[Shown]:
    """The ways this seller lets one have this very form: brought, sent, fetched."""
    same = [o.id for o in others if (o.seller_id, o.variant_id) == (here.seller_id, here.variant_id)]
    found = [shown[one] for one in same]
    return found if len(found) > 1 else []


def attributes(tree: Categories, here: Offer, visitor: Visitor) -> list[tuple[str, str]]:
    """What the item says of itself, in words."""
    known = {one.code: one for one in tree.attributes(here.category_id)}
    told: list[tuple[str, str]] = []
    for code, value in here.attributes.items():
        asked = known.get(code)
        if asked is None:
            continue
        text = next((c.name.say(visitor.lang) for c in asked.choices if c.code == value), value)
        unit = say(visitor, asked.unit) if asked.unit else ""
        told.append((asked.name.say(visitor.lang), f"{text} {unit}".strip()))
    if here.brand:
        told.insert(0, (say(visitor, "Brand"), here.brand))
    if here.gtin:
        told.append((say(visitor, "Bar code"), catalog.shown_gtin(here.gtin)))
    return told


def no_return(tree: Categories, here: Offer) -> str:
    """The legal reason why it cannot be sent back without one, or nothing."""
    return here.no_return or tree.no_return(here.category_id) or ""
