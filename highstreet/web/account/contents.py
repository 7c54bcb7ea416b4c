"""What one opens: the act itself, its files by links that hold for some minutes, its key."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath

from highstreet import logistics
from highstreet.kit.errors import NotFound
from highstreet.logistics import Entitlement
from highstreet.market import handing_on
from highstreet.market.desk import Market
from highstreet.market.views import shop as orders
from highstreet.market.views import things as views
from highstreet.market.work import Work
from highstreet.web.frame import GivenForm, GivenMarket, GivenVisitor, Visitor, go, say
from highstreet.web.kept import kept, part_of, read_part

GOOD_FOR = timedelta(minutes=10)


class Offered(msgspec.Struct, frozen=True):
    """A file with its link; `left` more downloads."""

    name: str
    size: int
    href: str
    left: int


class Inside(msgspec.Struct, frozen=True):
    """What is inside of a thing that was opened. `keyed`: keys are sold of it; `key` is empty while none is left."""

    files: list[Offered]
    text: str
    keyed: bool
    key: str


async def inside(market: Market, visitor: Visitor, work: Work, one: Entitlement) -> Inside:
    """For who holds it and opened it."""
    line = work.line(one.line)
    goods = (await market.shelf.offers([line.offer_id]))[line.offer_id]
    async with market.db.read() as tx:
        files = await logistics.contents.files_of(tx, one.variant_id)
        had = await logistics.contents.downloads(tx, one.id, one.version)
        keys = await logistics.contents.keys_of(tx, one.variant_id)
        key = await logistics.contents.key_of(tx, market.seal, one.variant_id, one.id)
    most, until = _most(work), int((visitor.now + GOOD_FOR).timestamp())
    offered = [
        Offered(
            each.name,
            each.size,
            f"/things/{one.id}/files/{each.id}?until={until}&sign={_sign(market, one.named(), each.id, until)}",
            max(0, most - had.get(each.id, 0)),
        )
        for each in files
    ]
    both = str(goods.terms.get("content", "")).split(" | ")
    text = both[visitor.lang == "zh"] if len(both) == 2 else " | ".join(both)
    return Inside(offered, text, keys.all > 0, key or "")


def _most(work: Work) -> int:
    return work.order.agreed.number("downloads", 5)


def _sign(market: Market, named: str, file_id: str, until: int) -> str:
    return market.link_signer.short(f"file {named} {file_id} {until}")


@post("/things/{entitlement_id:str}/open", status_code=200)
async def open_it(
    market: GivenMarket,
    visitor: GivenVisitor,
    form: GivenForm,
    entitlement_id: FromPath[str],
) -> Response[Any]:
    """Open it, having been told that it is not given back afterwards without a fault."""
    async with market.db.read() as tx:
        thing = await views.thing(tx, entitlement_id)
    link = form.get("key")
    mine = thing is not None and visitor.session is not None and thing.holder_id == visitor.session.party_id
    guest = (
        thing is not None
        and link == market.link_signer.short(thing.order_id)
        and thing.holder_id == thing.buyer_id
    )
    if thing is None or not (mine or guest):
        raise NotFound("ticket")
    await handing_on.open_it(market, entitlement_id, thing.holder_id, visitor.now)
    query = f"?key={link}" if link else ""
    return go(visitor, f"/things/{entitlement_id}{query}", say=say(visitor, "Here it is."))


@get("/things/{entitlement_id:str}/files/{file_id:str}")
async def download(
    market: GivenMarket,
    visitor: GivenVisitor,
    asked: GivenForm,
    request: Request[Any, Any, Any],
    entitlement_id: FromPath[str],
    file_id: FromPath[str],
) -> Response[bytes]:
    """A file by its link, for minutes, while the entitlement is who the link was made for's; a part of it when asked (Range).

    Only what begins at the beginning is counted, so that a download that broke off can go on.
    """
    until = asked.whole("until", 0)
    async with market.db.read() as tx:
        thing = await views.thing(tx, entitlement_id)
        work = await orders.order_of(tx, thing.order_id) if thing is not None else None
    if thing is None or work is None:
        raise NotFound("file")
    one = next(each for each in work.entitlements if each.id == thing.id)
    good = asked.get("sign") == _sign(market, one.named(), file_id, until)
    if not good or until < visitor.now.timestamp() or one.state != "used":
        raise NotFound("file")
    async with market.db.read() as tx:
        known = await logistics.contents.files_of(tx, one.variant_id)
    found = next((each for each in known if each.id == file_id), None)
    if found is None:
        raise NotFound("file")
    first, last = part_of(request.headers.get("range", ""), found.size)
    if first == 0:
        async with market.db.transaction() as tx:
            await logistics.contents.count_download(tx, one.id, one.version, found.id, _most(work))
    try:
        content = await asyncio.to_thread(read_part, kept(market, found.id), first, last)
    except FileNotFoundError:
        raise NotFound("file") from None
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "private, no-store",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
    }
    whole = (first, last) == (0, found.size - 1)
    if not whole:
        headers["content-range"] = f"bytes {first}-{last}/{found.size}"
    return Response(content, status_code=200 if whole else 206, media_type=found.kind, headers=headers)
