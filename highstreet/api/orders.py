"""Orders: placing a quote, looking at an order, and telling facts about it."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Annotated, Any, Literal
from weakref import WeakKeyDictionary

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Raw

from highstreet import parties
from highstreet.api import keys
from highstreet.api.instalments import Agreement, agreed
from highstreet.api.payments import outside, pay_url
from highstreet.api.problems import language
from highstreet.api.shapes import JSON, Amount, Code, Latitude, Line, Longitude, Short
from highstreet.api.tokens import Call, TokenMissing, bearer_of, market_of, must_have
from highstreet.kit.combine import Combiner
from highstreet.kit.db import Row
from highstreet.kit.errors import Malformed, Refusal
from highstreet.kit.ids import is_id, spoken
from highstreet.kit.paging import cut, read_cursor
from highstreet.ledger import NotPayableSo
from highstreet.market import devices, fulfil, quote
from highstreet.market.desk import Market
from highstreet.market.place import Contact, Placing, paid_at_once, place
from highstreet.market.views.calls import (
    buyers_orders,
    earns_of,
    orders_told,
    parties_of_order,
    sellers_orders,
)
from highstreet.orders import NoSuchOrder
from highstreet.parties import ApiToken

_PLACE, _TELL = "POST /api/orders", "POST /api/orders/{id}/facts"


class Reach(msgspec.Struct, frozen=True, omit_defaults=True):
    """How to reach the buyer; sealed when kept."""

    name: Short = ""
    phone: Short = ""
    email: Short = ""
    address: Line = ""
    lat: Latitude | None = None
    lon: Longitude | None = None
    note: Line = ""


class NewOrder(msgspec.Struct, frozen=True):
    """A quote to order. `method`: a provider's name, `wallet`, `card:<id>`, `cash` at handover; a lender's, with `instalments`."""

    quote: Annotated[str, Meta(max_length=100_000)]
    method: Code
    contact: Reach = Reach()
    instalments: Agreement | None = None


class PlacedOrder(msgspec.Struct, frozen=True):
    """One seller's order. `link` shows it to a guest: `GET /api/orders/{id}?key=link`. `waits`: what it waits for."""

    id: str
    number: str
    link: str
    seller: str
    format: str
    stage: str
    waits: str
    total: int


class Collection(msgspec.Struct, frozen=True):
    """Money asked of the buyer, in minor units, under our key."""

    key: str
    amount: int
    provider: str


class Placed(msgspec.Struct, frozen=True):
    """A purchase. `pay_url`: where the buyer pays, when something is to be paid."""

    purchase: str
    total: int
    currency: str
    orders: list[PlacedOrder]
    collection: Collection | None = None
    pay_url: str | None = None


@post("/api/orders", tags=["buying"])
async def place_order(request: Call, data: JSONBody[NewOrder]) -> Placed:
    """Place all orders of a quote, as a guest or with a token. Needs an Idempotency-Key; nothing is half placed."""
    market = market_of(request)
    token = await bearer_of(request)
    if token is not None:
        parties.require(token, "own", token.party_id)
    key = keys.key_of(request, keys.named(token), _PLACE, data)
    if data.method not in market.providers and not paid_at_once(data.method):
        raise NotPayableSo(way=data.method)
    now = market.clock()
    buyer = token.party_id if token else None
    lang = language(request.headers.get("accept-language", ""))
    try:
        made = quote.read(market, data.quote, now)
        placing = Placing(
            quote=made,
            contact=_contact(data.contact),
            method=data.method,
            by=buyer or "guest",
            buyer_id=buyer,
            lang=lang,
            loan=agreed(market, data.method, made, data.instalments, now, lang),
        )
        placed = msgspec.convert(await place(market, placing, now, key), Placed)
    except Refusal:
        # What was placed stays placed, although the quote has expired or the offer closed since.
        first = await keys.answered(market, key, Placed)
        if first is None:
            raise
        placed = first
    terms = data.instalments.sheet if data.instalments else ""
    return _with_pay_url(market, placed, outside(request), now, terms)


def _contact(reach: Reach) -> Contact:
    return Contact(reach.name, reach.phone, reach.email, reach.address, reach.lat, reach.lon, reach.note)


def _with_pay_url(market: Market, placed: Placed, outside: str, now: datetime, terms: str) -> Placed:
    asked = placed.collection
    if asked is None or asked.provider not in market.providers:
        return placed
    # The provider adds a `key` of its own when the buyer comes back.
    link = market.link_signer.short(placed.purchase)
    back = f"{outside}/purchases/{placed.purchase}?link={link}&back=1"
    url = pay_url(market, asked.key, asked.amount, placed.currency, asked.provider, back, now, terms)
    return msgspec.structs.replace(placed, pay_url=url)


class Told(msgspec.Struct, frozen=True):
    """An order as it stands. `agreed`: what was agreed at placing. `until`: when the wait ends by itself."""

    id: str
    number: str
    purchase: str
    seller: str
    buyer: str | None
    place: str
    format: str
    stage: str
    waits: str
    until: datetime | None
    currency: str
    total: int
    agreed: Raw
    placed_at: datetime
    committed_at: datetime | None
    ended_at: datetime | None
    lines: Raw
    legs: Raw


@get("/api/orders/{order_id:str}", tags=["buying", "selling"])
async def see_order(request: Call, order_id: FromPath[str], key: FromQuery[str] = "") -> Response[bytes]:
    """An order, for a guest with its link as `key`, for its buyer and for its seller."""
    market = market_of(request)
    token = None
    if not _opens(market, order_id, key):
        token = await _may_ask(request, key)
    if not is_id(order_id, "ord"):
        raise NoSuchOrder
    found = await _looking(market).ask(order_id)
    if token is not None:
        _sees(token, found)
    return Response(msgspec.json.encode(_told(found)), media_type=JSON)


_lookers: WeakKeyDictionary[Market, Combiner[str, Row]] = WeakKeyDictionary()


def _looking(market: Market) -> Combiner[str, Row]:
    """Orders that are looked at together are read together: a storm of buyers coming back costs few queries."""
    combiner = _lookers.get(market)
    if combiner is None:
        db = market.db

        async def look(ids: list[str]) -> list[Row | Exception]:
            async with db.read() as tx:
                found = await orders_told(tx, ids)
            return [found.get(one) or NoSuchOrder() for one in ids]

        combiner = _lookers[market] = Combiner(look, most=50, wait_ms=2)
    return combiner


def _opens(market: Market, order_id: str, link: str) -> bool:
    """Whether the link is the one we gave out for this order."""
    return bool(link) and hmac.compare_digest(market.link_signer.short(order_id).encode(), link.encode())


async def _may_ask(call: Call, link: str) -> ApiToken:
    token = await bearer_of(call)
    if token is None:
        # A wrong link and an order that is not there look the same.
        raise NoSuchOrder if link else TokenMissing
    return token


def _sees(token: ApiToken, order: Row) -> None:
    """Its buyer or its seller; anybody else learns nothing, not even that it exists."""
    if token.party_id not in (order["seller_id"], order["buyer_id"]):
        raise NoSuchOrder
    if not (token.party_id == order["buyer_id"] and parties.may(token, "own", token.party_id)):
        parties.require(token, "see_orders", token.party_id)


def _told(row: Row) -> Told:
    return Told(
        id=row["id"],
        number=spoken(row["number"]),
        purchase=row["purchase_id"],
        seller=row["seller_id"],
        buyer=row["buyer_id"],
        place=row["place_id"],
        format=row["format"],
        stage=row["stage"],
        waits=row["waits"],
        until=row["until"],
        currency=row["currency"],
        total=row["total"],
        agreed=Raw(row["agreed"]),
        placed_at=row["placed_at"],
        committed_at=row["committed_at"],
        ended_at=row["ended_at"],
        lines=Raw(row["lines"] or "[]"),
        legs=Raw(row["legs"] or "[]"),
    )


class Glance(msgspec.Struct, frozen=True):
    """An order in a list."""

    id: str
    number: str
    seller: str
    format: str
    stage: str
    waits: str
    currency: str
    total: int
    placed_at: datetime


class Glances(msgspec.Struct, frozen=True):
    """A page of orders, newest first."""

    orders: list[Glance]
    next: str | None


@get("/api/orders", tags=["buying", "selling"])
async def list_orders(
    request: Call,
    bought: FromQuery[bool] = False,
    waits: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    most: FromQuery[Annotated[int, Meta(ge=1, le=100)]] = 50,
) -> Glances:
    """Orders placed with the token's business, those that wait for something if named; `bought`: orders it placed itself."""
    token = await must_have(request, "own" if bought else "see_orders")
    before = read_cursor(cursor, str)
    if waits is not None and (not waits.isascii() or not waits.isidentifier()):
        raise Malformed("waits", "is not something orders wait for", "没有这种等待状态")
    last = str(before[0]) if before else None
    async with market_of(request).db.read() as tx:
        if bought:
            found = await buyers_orders(tx, token.party_id, last, most + 1)
        else:
            found = await sellers_orders(tx, token.party_id, waits, last, most + 1)
    page = cut([_glance(one) for one in found], most, lambda one: [one.id])
    return Glances(page.rows, page.next)


def _glance(row: Row) -> Glance:
    return Glance(
        row["id"],
        spoken(row["number"]),
        row["seller_id"],
        row["format"],
        row["stage"],
        row["waits"],
        row["currency"],
        row["total"],
        row["placed_at"],
    )


# --- facts ---

Who = Literal["buyer", "seller", "courier", "partner", "device", "operator"]


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that happened to an order. `who` says as whom, where one may be several; `lines`: steps by position.

    `partner`: a party that earns of a line; `device`: a cabinet, a lock or a gate, with its seller's token; `operator`: whoever runs the
    market. `damage` and `amount`: minor units, where something is looked over or bought; `reference`: of a prescription.
    """

    fact: Code
    who: Who | None = None
    lines: dict[str, Annotated[int, Meta(ge=0, le=1_000_000_000)]] | None = None
    reason: Code | None = None
    carrier: Code | None = None
    tracking: Code | None = None
    resale: bool | None = None
    damage: Amount | None = None
    amount: Amount | None = None
    reference: Code | None = None

    def body(self) -> dict[str, Any]:
        """What the flow is told beside the fact itself."""
        said = msgspec.to_builtins(self)
        return {name: said[name] for name in said if name not in ("fact", "who")}


class Standing(msgspec.Struct, frozen=True):
    """Where the order stands now."""

    order: str
    stage: str
    waits: str


@post("/api/orders/{order_id:str}/facts", status_code=200, tags=["buying", "selling"])
async def tell_fact(
    request: Call, order_id: FromPath[str], data: JSONBody[Fact], key: FromQuery[str] = ""
) -> Standing:
    """Tell a fact: accepted, ready, shipped, delivered, received, cancelled, return_wanted ... as its format allows.

    Where a lock or a cabinet stands, a buyer's `opened` or `unlocked` asks it to open; the fact is told when it has.
    """
    market = market_of(request)
    for position in data.lines or {}:
        if not (position.isascii() and position.isdigit() and len(position) < 6):
            raise Malformed("lines", "line numbers, such as 1", "行号，例如 1")
    role, by = await _role(request, market, order_id, data.who, key)
    asked = keys.key_of(request, f"{order_id} {by}", _TELL, data)
    telling = fulfil.Telling(order_id, data.fact, role, by, data.body())
    try:
        if await devices.by_device(market, telling, market.clock()) is not None:
            # What it does is told when it has done it.
            found = await _looking(market).ask(order_id)
            return Standing(order_id, found["stage"], found["waits"])
        answer = await fulfil.tell(market, telling, market.clock(), asked)
    except LookupError as e:
        raise Malformed("lines", "this order has no such line", "订单中没有这一行") from e
    except Refusal:
        first = await keys.answered(market, asked, Standing)
        if first is None:
            raise
        return first
    return msgspec.convert(answer, Standing)


async def _role(call: Call, market: Market, order_id: str, who: Who | None, link: str) -> tuple[Who, str]:
    """As whom the caller speaks about this order, and by which name. Errors: NoSuchOrder, TokenMissing, NotAllowed."""
    if _opens(market, order_id, link):
        return "buyer", "guest"
    token = await _may_ask(call, link)
    async with market.db.read() as tx:
        order = await parties_of_order(tx, order_id) if is_id(order_id, "ord") else None
        carries = await parties.roles.roles_of(tx, token.party_id) if who == "courier" else []
        earns = who == "partner" and await earns_of(tx, order_id, token.party_id)
    if order is None:
        raise NoSuchOrder
    if earns:
        parties.require(token, "own", token.party_id)
        return "partner", token.party_id
    if who == "operator" and parties.may(token, "cases", None):
        return "operator", token.party_id
    if who == "courier" and parties.may(carries, "carry", order["seller_id"]):
        parties.require(token, "own", token.party_id)
        return "courier", token.party_id
    if token.party_id == order["seller_id"] and who in (None, "seller", "device"):
        parties.require(token, "orders", token.party_id)
        return "device" if who == "device" else "seller", token.party_id
    if token.party_id == order["buyer_id"] and who in (None, "buyer"):
        parties.require(token, "own", token.party_id)
        return "buyer", token.party_id
    raise NoSuchOrder
