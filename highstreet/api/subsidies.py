"""What a seller owes for public money: the prices it files for a programme, serial numbers and evidence of each thing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from highstreet import catalog, policy
from highstreet.api import keys
from highstreet.api.shapes import Amount, Id, Short
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed
from highstreet.market import proofs
from highstreet.market.views import merchant, promised

_TELL = "POST /api/orders/{id}/serials"
_SIZE = 800  # pixels of the longer side: enough to read a label
_FILE = "POST /api/programmes/{id}/filed-prices"


class Filing(msgspec.Struct, frozen=True):
    """What one piece of each variant costs at most while the programme runs, in minor units."""

    prices: Annotated[dict[Id, Amount], Meta(min_length=1, max_length=500)]


class Filed(msgspec.Struct, frozen=True):
    """new: how many differ from what was filed before."""

    new: int


class FiledPrice(msgspec.Struct, frozen=True):
    """The price that holds for a variant, in minor units."""

    variant: str
    price: int
    filed_at: datetime


class FiledPrices(msgspec.Struct, frozen=True):
    """The latest of each variant."""

    prices: list[FiledPrice]


@get("/api/programmes/{programme_id:str}/filed-prices", tags=["public money"])
async def see_filed_prices(request: Call, programme_id: FromPath[str]) -> FiledPrices:
    """What the token's business filed for a programme. Scope catalog:write."""
    token = await must_have(request, "sell")
    async with market_of(request).db.read() as tx:
        found = await policy.prices.filed(tx, [programme_id], [token.party_id])
    return FiledPrices([FiledPrice(one.variant_id, one.price, one.filed_at) for one in found])


@post("/api/programmes/{programme_id:str}/filed-prices", status_code=200, tags=["public money"])
async def file_prices(request: Call, programme_id: FromPath[str], data: JSONBody[Filing]) -> Filed:
    """File prices for a programme the token's business takes part in. Scope catalog:write; needs an Idempotency-Key."""
    token = await must_have(request, "sell")
    market = market_of(request)
    key = keys.key_of(request, f"{token.party_id} {programme_id}", _FILE, data)

    async def act(tx: Tx) -> Filed:
        await promised.check_offered(tx, token.party_id, data.prices)
        now = market.clock()
        return Filed(
            await policy.prices.file(tx, programme_id, token.party_id, data.prices, token.party_id, now)
        )

    return await keys.once(request, key, Filed, act)


class NewSerial(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line's serial number or IMEI, as typed or scanned (also GS1). `instead`: what one told within the hour was wrong."""

    line: Annotated[int, Meta(ge=1, le=10_000)]
    serial: Short
    instead: bool = False


class SerialTold(msgspec.Struct, frozen=True):
    """kind: serial or imei."""

    order: str
    line: int
    kind: str


@post("/api/orders/{order_id:str}/serials", status_code=200, tags=["public money"])
async def tell_serial(request: Call, order_id: FromPath[str], data: JSONBody[NewSerial]) -> SerialTold:
    """Tell the serial number of a subsidised thing, before it leaves. Scope orders:write; needs an Idempotency-Key."""
    token = await must_have(request, "orders")
    market = market_of(request)
    key = keys.key_of(request, f"{order_id} {token.party_id}", _TELL, data)
    told = await proofs.capture(
        market, order_id, token.party_id, data.line, data.serial, token.party_id, market.clock(), key, instead=data.instead
    )  # fmt: skip
    return msgspec.convert(told, SerialTold)


class NewEvidence(msgspec.Struct, frozen=True):
    """One piece of evidence of one line: a `text` (an invoice's number), or a `picture` (JPEG, PNG or WebP in base64; kept without what the
    camera added)."""

    line: Annotated[int, Meta(ge=1, le=10_000)]
    kind: Literal["photo_new", "photo_old", "invoice"]
    text: Short = ""
    picture: bytes = b""


class Shown(msgspec.Struct, frozen=True):
    """Its id; the same again is the first one."""

    evidence: str


@post("/api/orders/{order_id:str}/evidence", status_code=200, tags=["public money"])
async def show_evidence(request: Call, order_id: FromPath[str], data: JSONBody[NewEvidence]) -> Shown:
    """Show one thing of one order; there is no way to tell many at once. Scope orders:write; the same again changes nothing."""
    token = await must_have(request, "orders")
    market = market_of(request)
    async with market.db.read() as tx:
        await merchant.order(tx, token.party_id, order_id)
    content, media = data.text.strip().encode(), policy.evidence.TEXT
    if data.picture:
        content, media = (await catalog.read_picture(data.picture)).files[_SIZE], policy.evidence.PICTURE
    if not content:
        raise Malformed("text", "a text or a picture is needed", "须有文字或图片")
    now, by = market.clock(), token.party_id
    return Shown(await proofs.show(market, order_id, data.line, data.kind, content, media, by, now))
