"""Tickets and things one holds: what they are, their codes, handing them on; and the seats of a hall that are left."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from highstreet import inventory, logistics, parties
from highstreet.api import keys
from highstreet.api.shapes import Code, Id, Line
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.inventory import NotFree
from highstreet.kit.errors import NotFound
from highstreet.kit.ids import is_id, spoken
from highstreet.market import handing_on
from highstreet.market.choices import hall_of
from highstreet.market.views import things as views

_ACT = "POST /api/things"


class Thing(msgspec.Struct, frozen=True):
    """What the token's party holds. `what`: entry, content, software or collectible; `code`: what its QR says, while it lets in."""

    thing: str
    order: str
    number: str
    what: str
    state: str
    title: dict[str, str]
    version: int
    seat: str = ""
    edition: int | None = None
    edition_of: int = 0
    starts: datetime | None = None
    ends: datetime | None = None
    offered_until: datetime | None = None
    code: str | None = None


class Things(msgspec.Struct, frozen=True):
    """What comes next first; at most 200."""

    things: list[Thing]


class Offer(msgspec.Struct, frozen=True):
    """To whom: an e-mail or phone of somebody here; to whoever has the token, where it is empty."""

    to: Line = ""


class Offered(msgspec.Struct, frozen=True):
    """`token` takes it, once, until then; meanwhile nothing changes for who offered it."""

    thing: str
    token: str
    until: datetime


class Taking(msgspec.Struct, frozen=True):
    """The token of a link; empty for what was offered to the party by name."""

    token: Code = ""


class Seating(msgspec.Struct, frozen=True):
    """Who uses a team's seat: somebody who works for a business of the buyer's; nobody when it is empty."""

    person: Annotated[str, Meta(max_length=40)] = ""


class Done(msgspec.Struct, frozen=True):
    """It is so."""

    thing: str


class Seat(msgspec.Struct, frozen=True):
    """A seat of a hall. `extra`: what it costs on top, minor units."""

    label: str
    row: str
    number: int
    block: str
    wheelchair: bool
    extra: int
    free: bool


class Seats(msgspec.Struct, frozen=True):
    """Every seat of a time; `best`: so many next to each other, where they were asked for and there are any."""

    seats: list[Seat]
    best: list[str]


@get("/api/offers/{offer_id:str}/seats", tags=["buying"])
async def see_seats(
    request: Call, offer_id: FromPath[str], slot: FromQuery[int], best: FromQuery[int] = 0
) -> Seats:
    """The hall of an offer at one of its times. Choose with {"slot": 7, "seats": ["A7", "A8"]}; the quantity follows."""
    market = market_of(request)
    if not is_id(offer_id, "ofr"):
        raise NotFound("offer")
    goods = (await market.shelf.offers([offer_id]))[offer_id]
    if not goods.terms.get("hall"):
        raise NotFound("hall")
    hall = hall_of(goods)
    async with market.db.read() as tx:
        found = None
        if abs(slot) < 2**62:
            found = await inventory.slots.find(tx, slot, goods.place.id, (goods.variant_id,))
        if found is None:
            raise NotFree
        taken = await inventory.seats.taken(tx, slot)
    listed = [
        Seat(one.label, row.name, one.number, row.block, one.wheelchair, one.extra, one.label not in taken)
        for row in hall.rows
        for one in row.cells
        if one is not None
    ]
    many = min(max(best, 0), inventory.halls.MOST_TOGETHER)
    return Seats(listed, hall.best(many, taken) if many else [])


@get("/api/things", tags=["buying"])
async def see_things(request: Call) -> Things:
    """Everything the token's party holds, with its codes. Scope orders:write, because a code lets in."""
    token = await must_have(request, "own")
    market = market_of(request)
    async with market.db.read() as tx:
        found = await views.things_of(tx, token.party_id)
    now, signer = market.clock(), market.code_signer
    return Things(
        [
            Thing(
                one.id,
                one.order_id,
                spoken(one.number),
                one.what,
                one.state,
                msgspec.to_builtins(one.title),
                one.version,
                one.seat,
                one.edition_no,
                one.edition_of,
                one.starts,
                one.ends,
                one.offered_until,
                logistics.entitlements.code_of(signer, f"{one.id}.{one.version}")
                if one.what == "entry" and not one.over(now)
                else None,
            )
            for one in found
        ]
    )


@post("/api/things/{thing_id:str}/offer", status_code=200, tags=["buying"])
async def offer_thing(request: Call, thing_id: FromPath[str], data: JSONBody[Offer]) -> Offered:
    """Offer it to somebody. Offering it anew ends the offer before. Scope orders:write."""
    token = await must_have(request, "own")
    market = market_of(request)
    key = keys.key_of(request, token.party_id, f"{_ACT} {thing_id} offer", data)
    to = ""
    if data.to:
        async with market.db.read() as tx:
            to = await parties.people.with_handle(tx, market.seal, data.to) or ""
    given = await handing_on.offer(market, _known(thing_id), token.party_id, to, market.clock(), key)
    return Offered(given["entitlement"], given["token"], datetime.fromisoformat(given["until"]))


@post("/api/things/{thing_id:str}/taking", status_code=200, tags=["buying"])
async def take_thing(request: Call, thing_id: FromPath[str], data: JSONBody[Taking]) -> Done:
    """Take what was offered: one of many wins, everybody else is told `gift_gone`. Scope orders:write."""
    token = await must_have(request, "own")
    market = market_of(request)
    key = keys.key_of(request, token.party_id, f"{_ACT} {thing_id} take", data)
    await handing_on.take(market, _known(thing_id), token.party_id, data.token, market.clock(), key)
    return Done(thing_id)


@post("/api/things/{thing_id:str}/withdrawal", status_code=200, tags=["buying"])
async def withdraw_thing(request: Call, thing_id: FromPath[str], data: JSONBody[Taking]) -> Done:
    """End an offer: its holder, or who it is for. Scope orders:write."""
    token = await must_have(request, "own")
    market = market_of(request)
    key = keys.key_of(request, token.party_id, f"{_ACT} {thing_id} withdraw", data)
    await handing_on.end_offer(market, _known(thing_id), token.party_id, data.token, market.clock(), key)
    return Done(thing_id)


@post("/api/things/{thing_id:str}/return", status_code=200, tags=["buying"])
async def give_back_thing(request: Call, thing_id: FromPath[str], data: JSONBody[Taking]) -> Done:
    """Give it back to who bought it. Scope orders:write."""
    token = await must_have(request, "own")
    market = market_of(request)
    key = keys.key_of(request, token.party_id, f"{_ACT} {thing_id} back", data)
    await handing_on.give_back(market, _known(thing_id), token.party_id, market.clock(), key)
    return Done(thing_id)


@post("/api/things/{thing_id:str}/seating", status_code=200, tags=["buying"])
async def seat_person(request: Call, thing_id: FromPath[str], data: JSONBody[Seating]) -> Done:
    """Say who of one's people uses a team's seat. Scope orders:write."""
    token = await must_have(request, "own")
    market = market_of(request)
    key = keys.key_of(request, token.party_id, f"{_ACT} {thing_id} seat", data)
    async with market.db.read() as tx:
        team = set(await views.colleagues_of(tx, token.party_id))
    person = data.person or None
    await handing_on.assign(market, _known(thing_id), token.party_id, person, team, market.clock(), key)
    return Done(thing_id)


def _known(thing_id: str) -> Id:
    """Errors: NotFound for what is no id of ours."""
    if not is_id(thing_id, "ent"):
        raise NotFound("ticket")
    return thing_id
