"""Parties: who a token speaks for, what the public knows of a seller, and a seller's places."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from highstreet import parties
from highstreet.api import keys
from highstreet.api.shapes import Code, Latitude, Line, Longitude, Short
from highstreet.api.tokens import Call, TokenMissing, bearer_of, market_of, must_have
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound
from highstreet.kit.geo import Point
from highstreet.kit.text import Words
from highstreet.parties import Hours, Place

_OPEN = "POST /api/places"


class Me(msgspec.Struct, frozen=True):
    """The party a token speaks for, and what it may be used for."""

    party: str
    token: str
    scopes: list[str]


class ShownLicence(msgspec.Struct, frozen=True):
    """An accepted licence."""

    kind: str
    number: str
    issuer: str
    valid_to: str


class Seller(msgspec.Struct, frozen=True):
    """What everybody may know of a business: names, licences, places."""

    id: str
    name: str
    about: dict[str, Any]
    uscc: str | None
    state: str
    licences: list[ShownLicence]
    places: list[Place]


@get("/api/me", tags=["parties"])
async def see_me(request: Call) -> Me:
    """Who the token speaks for."""
    token = await bearer_of(request)
    if token is None:
        raise TokenMissing
    return Me(token.party_id, token.id, list(token.scopes))


@get("/api/sellers/{seller_id:str}", tags=["buying"])
async def see_seller(request: Call, seller_id: FromPath[str]) -> Seller:
    """A seller as everybody may see it; one that applies or was closed is not shown."""
    if "\x00" in seller_id:
        raise NotFound("seller")
    async with market_of(request).db.read() as tx:
        found = await parties.businesses.business(tx, seller_id)
        if found.kind != "business" or found.state not in ("active", "suspended"):
            raise NotFound("seller")
        licences = await parties.licences.licences_of(tx, seller_id)
        places = await parties.places.places_of(tx, seller_id)
    about: dict[str, Any] = msgspec.to_builtins(found.about)
    about.pop("decision", None)
    shown = [
        ShownLicence(one.kind, one.number, one.issuer, one.valid_to.isoformat())
        for one in licences
        if one.state == "accepted"
    ]
    return Seller(found.id, found.name, about, found.uscc, found.state, shown, places)


class NewHours(msgspec.Struct, frozen=True):
    """One span of opening hours: day 0 (Monday) to 6."""

    day: Annotated[int, Meta(ge=0, le=6)]
    opens: Code
    closes: Code


class NewPlace(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place to sell from. `reach_m`: how far it delivers, in metres."""

    kind: Code
    name_en: Short
    name_zh: Short
    address: Annotated[dict[Code, Line], Meta(max_length=12)]
    lat: Latitude
    lon: Longitude
    hours: Annotated[list[NewHours], Meta(max_length=50)] = []
    reach_m: Annotated[int, Meta(ge=0, le=200_000)] = 3000


class MadePlace(msgspec.Struct, frozen=True):
    """The place's id."""

    id: str


@get("/api/places", tags=["selling"])
async def own_places(request: Call) -> list[Place]:
    """The places of the token's business. Scope parties:write."""
    token = await must_have(request, "places")
    async with market_of(request).db.read() as tx:
        return await parties.places.places_of(tx, token.party_id)


@post("/api/places", tags=["selling"])
async def open_place(request: Call, data: JSONBody[NewPlace]) -> MadePlace:
    """Open a place. Scope parties:write; needs an Idempotency-Key."""
    token = await must_have(request, "places")
    now = market_of(request).clock()

    async def go(tx: Tx) -> MadePlace:
        hours = tuple(Hours(one.day, one.opens, one.closes) for one in data.hours)
        name, point = Words(data.name_en, data.name_zh), Point(data.lat, data.lon)
        place = await parties.places.open_place(
            tx, token.party_id, data.kind, name, data.address, point, hours, data.reach_m, now  # type: ignore[arg-type]
        )  # fmt: skip
        return MadePlace(place)

    return await keys.once(request, keys.key_of(request, token.party_id, _OPEN, data), MadePlace, go)
