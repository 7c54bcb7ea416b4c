"""Offers: searching what is on sale, and a seller's own items and offers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from highstreet import catalog, parties
from highstreet.api import keys
from highstreet.api.quotes import ways
from highstreet.api.shapes import Amount, Code, Id, Line, Short, Text
from highstreet.api.tokens import Call, bearer_of, market_of, must_have
from highstreet.catalog import Card, Facet, Offer
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.geo import Point
from highstreet.kit.paging import Page
from highstreet.kit.text import Words
from highstreet.market import openings
from highstreet.market.views.calls import free_of

_ITEM, _OFFER, _CHANGE = "POST /api/items", "POST /api/offers", "PATCH /api/offers/{id}"

Sort = Literal["best", "price", "price_down", "new", "near"]
Attributes = Annotated[dict[Code, Short], Meta(max_length=60)]


class Found(msgspec.Struct, frozen=True):
    """A page of search. `total` is a least number when `more` is true; `corrected`: the question that was answered instead."""

    offers: list[Card]
    facets: list[Facet]
    next: str | None
    total: int
    more: bool
    corrected: str | None


class Shown(msgspec.Struct, frozen=True):
    """An offer. `free`: how many can be promised now, None where nothing is counted. `ways`: how it can be paid from afar."""

    offer: Offer
    free: int | None
    ways: list[str]


class Own(msgspec.Struct, frozen=True):
    """A page of a seller's own offers, newest first."""

    offers: list[Offer]
    next: str | None


@get("/api/offers", tags=["buying"])
async def search_offers(
    request: Call,
    q: FromQuery[str] = "",
    category: FromQuery[str | None] = None,
    label: FromQuery[list[str] | None] = None,
    format: FromQuery[str | None] = None,  # noqa: A002  the word of the design
    seller: FromQuery[str | None] = None,
    price_from: FromQuery[int | None] = None,
    price_to: FromQuery[int | None] = None,
    lat: FromQuery[float | None] = None,
    lon: FromQuery[float | None] = None,
    within_m: FromQuery[int | None] = None,
    sort: FromQuery[Sort] = "best",
    cursor: FromQuery[str | None] = None,
    most: FromQuery[int] = 24,
) -> Found:
    """Search what is on sale, in Chinese and English; filters combine by "and", prices in minor units."""
    _check_texts(q, category, format, seller, cursor, *(label or ()))
    query = catalog.Query(
        text=q,
        category=category,
        labels=tuple(label or ()),
        format=format,
        seller_id=seller,
        price_from=price_from,
        price_to=price_to,
        near=_point(lat, lon),
        within_m=within_m,
        sort=sort,
        cursor=cursor,
        most=most,
    )
    async with market_of(request).db.read() as tx:
        found = await catalog.search(tx, query)
    return Found(found.cards, found.facets, found.next, found.total, found.more, found.corrected)


def _check_texts(*texts: str | None) -> None:
    for text in texts:
        if text is not None and (len(text) > 300 or "\x00" in text):
            raise Malformed("q", "is too long", "内容过长")


def _point(lat: float | None, lon: float | None) -> Point | None:
    if lat is None and lon is None:
        return None
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise Malformed("lat", "lat and lon, in degrees", "请提供有效的经纬度")
    return Point(lat, lon)


@get("/api/offers/{offer_id:str}", tags=["buying", "selling"])
async def see_offer(request: Call, offer_id: FromPath[str]) -> Shown:
    """One offer. Drafts and closed ones are seen by their seller alone."""
    market = market_of(request)
    token = await bearer_of(request)
    _check_texts(offer_id)
    async with market.db.read() as tx:
        found = await catalog.read_offer(tx, offer_id)
        if found.state in ("draft", "closed") and not parties.may(token, "see_goods", found.seller_id):
            raise NotFound("offer")
        free = await free_of(tx, found.variant_id, found.place_id)
    return Shown(found, free, ways(market, found.format))


@get("/api/seller/offers", tags=["selling"])
async def own_offers(
    request: Call,
    q: FromQuery[str] = "",
    only: FromQuery[Literal["draft", "open", "paused", "closed"] | None] = None,
    cursor: FromQuery[str | None] = None,
    most: FromQuery[Annotated[int, Meta(ge=1, le=100)]] = 50,
) -> Own:
    """The offers of the token's business. Scope offers:read."""
    token = await must_have(request, "see_goods")
    _check_texts(q, cursor)
    async with market_of(request).db.read() as tx:
        found: Page[Offer] = await catalog.offers_of(
            tx, token.party_id, cursor, state=only, text=q, most=most
        )
    return Own(found.rows, found.next)


class NewVariant(msgspec.Struct, frozen=True, omit_defaults=True):
    """One concrete form of an item, sold in multiples of `step` of `unit`."""

    sku: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\A[^\x00-\x1f\x7f]+\Z")]
    gtin: Code | None = None
    options: Attributes = {}
    unit: Code = "piece"
    step: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    weight_g: Annotated[int, Meta(ge=0, le=100_000_000)] = 0


class Say(msgspec.Struct, frozen=True, omit_defaults=True):
    """A text in both languages; one may be missing."""

    en: Text = ""
    zh: Text = ""


class NewItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is described once: its kind, words, attributes, variants."""

    category: Code
    title: Say
    variants: Annotated[list[NewVariant], Meta(min_length=1, max_length=200)]
    sells: Literal["goods", "service", "digital", "use"] = "goods"
    about: Say = Say()
    brand: Short | None = None
    attributes: Attributes = {}
    labels: Annotated[list[Code], Meta(max_length=40)] = []


class MadeVariant(msgspec.Struct, frozen=True):
    id: str
    sku: str


class MadeItem(msgspec.Struct, frozen=True):
    """The item and its variants, to be offered by `variant`."""

    item: str
    variants: list[MadeVariant]


@post("/api/items", tags=["selling"])
async def describe_item(request: Call, data: JSONBody[NewItem]) -> MadeItem:
    """Describe an item. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "sell")
    now = market_of(request).clock()

    async def make(tx: Tx) -> MadeItem:
        item = await catalog.describe(
            tx,
            owner_id=token.party_id,
            category_id=data.category,
            sells=data.sells,
            title=Words(data.title.en, data.title.zh),
            about=Words(data.about.en, data.about.zh),
            brand=data.brand,
            attributes=data.attributes,
            labels=data.labels,
            variants=[msgspec.convert(msgspec.to_builtins(one), catalog.Variant) for one in data.variants],
            now=now,
        )
        made = await catalog.read_item(tx, item)
        return MadeItem(item, [MadeVariant(one.id, one.sku) for one in made.variants])

    return await keys.once(request, keys.key_of(request, token.party_id, _ITEM, data), MadeItem, make)


# Numbers and texts, and where a format asks for them `options` and `answers` ({"size": {"M": 0, "XL": 500}}), what `never` goes
# together ([{"size": "XL", "colour": "red"}]) and `cuts` of third parties ([{role, party, bps}]); each is checked as its format reads it.
Named = Annotated[dict[Short, Annotated[dict[Short, int], Meta(max_length=40)]], Meta(max_length=40)]
Listed = Annotated[list[Annotated[dict[Short, int | Short], Meta(max_length=12)]], Meta(max_length=60)]
Number = Annotated[int, Meta(ge=0, le=10**12)]
Terms = Annotated[dict[Code, Number | bool | Line | Named | Listed], Meta(max_length=40)]


class NewOffer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A variant sold at a place of the business, in a format, for a price in minor units. `open`: put it on sale at once."""

    variant: Id
    place: Id
    format: Code
    price: Amount
    currency: Code = ""
    tax: Code = "standard"
    terms: Terms = {}
    most_per_order: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None
    open: bool = True


class OfferChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """What changes; orders keep the price they agreed. `closed` is for good."""

    price: Amount | None = None
    state: Literal["open", "paused", "closed"] | None = None
    tax: Code | None = None
    terms: Terms | None = None
    most_per_order: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None


class Changed(msgspec.Struct, frozen=True):
    """An offer and its state now."""

    id: str
    state: str
    price: int


@post("/api/offers", tags=["selling"])
async def make_offer(request: Call, data: JSONBody[NewOffer]) -> Changed:
    """Offer a variant. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "sell")
    market = market_of(request)
    way = openings.way_named(market, data.format)
    now = market.clock()

    async def make(tx: Tx) -> Changed:
        await openings.check_terms(tx, way, token.party_id, data.terms)
        offer = await catalog.draft_offer(
            tx,
            seller_id=token.party_id,
            variant_id=data.variant,
            place_id=data.place,
            format=data.format,
            currency=data.currency or market.currency,
            price=data.price,
            tax=data.tax,
            terms=data.terms,
            most_per_order=data.most_per_order,
            now=now,
        )
        if data.open:
            await openings.open_offer(market, tx, token.party_id, offer, now)
        return await _changed(tx, offer)

    return await keys.once(request, keys.key_of(request, token.party_id, _OFFER, data), Changed, make)


@patch("/api/offers/{offer_id:str}", tags=["selling"])
async def change_offer(request: Call, offer_id: FromPath[str], data: JSONBody[OfferChange]) -> Changed:
    """Change an offer of the token's business. Scope offers:write; needs an Idempotency-Key."""
    token = await must_have(request, "sell")
    market, seller = market_of(request), token.party_id
    _check_texts(offer_id)
    now = market.clock()

    async def change(tx: Tx) -> Changed:
        if data.price is not None:
            await catalog.change_price(tx, seller, offer_id, data.price, now=now)
        if data.tax is not None or data.terms is not None or data.most_per_order is not None:
            more: dict[str, Any] = {
                "tax": data.tax,
                "terms": data.terms,
                "most_per_order": data.most_per_order,
            }
            if data.terms is not None:
                was = await catalog.read_offer(tx, offer_id)
                await openings.check_terms(tx, openings.way_named(market, was.format), seller, data.terms)
            await catalog.change_terms(tx, seller, offer_id, now=now, **more)
        if data.state == "open":
            await openings.open_offer(market, tx, seller, offer_id, now)
        elif data.state == "paused":
            await catalog.pause_offer(tx, seller, offer_id, now=now)
        elif data.state == "closed":
            await catalog.close_offer(tx, seller, offer_id, now=now)
        elif data == OfferChange():
            raise Malformed("body", "says nothing to change", "没有需要修改的内容")
        return await _changed(tx, offer_id)

    return await keys.once(
        request, keys.key_of(request, seller, f"{_CHANGE} {offer_id}", data), Changed, change
    )


async def _changed(tx: Tx, offer_id: str) -> Changed:
    found = await catalog.read_offer(tx, offer_id)
    return Changed(found.id, found.state, found.price)
