"""Live rooms as they run: a drop opens its offer and a supply of its own, closes both again, and its orders carry the host's part.

While a drop is open, its offer is for sale; before and after it is not. So the ordinary checkout sells a drop, and nobody can buy past it.
"""

from __future__ import annotations

from datetime import datetime

from highstreet import catalog, inventory, parties
from highstreet.catalog import NewRoom, Room
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotAllowed, NotFound, Refusal, SignInFirst
from highstreet.market.desk import Market
from highstreet.market.openings import open_offer
from highstreet.market.place import SelfDealing
from highstreet.parties import Session

_FULL = 10_000


class NotForRooms(Refusal):
    """The offer is sold in another way than a live session sells."""

    code = "not_for_rooms"
    status = 422
    en = "“{title}” is not sold live; make an offer of it that is."
    zh = "“{title_zh}”不是直播商品，请先为它创建直播报价。"


def may_run(bearer: parties.roles.Bearer | None, room: Room) -> bool:
    """The host runs a room, and so does whoever sells for the shop or for the host's business."""
    if isinstance(bearer, Session) and bearer.party_id == room.host_id:
        return True
    return any(parties.may(bearer, "sell", one) for one in (room.seller_id, room.host_id) if one is not None)


def must_run(bearer: parties.roles.Bearer | None, room: Room) -> None:
    """Errors: SignInFirst, NotAllowed."""
    if bearer is None:
        raise SignInFirst
    if not may_run(bearer, room):
        raise NotAllowed


async def plan(tx: Tx, seller_id: str, new: NewRoom, by: str, now: datetime) -> str:
    """A session to come. Errors: SelfDealing for a host who is or owns the seller, TitleMissing, Malformed, NotFound."""
    if new.host_id is not None:
        roles = await parties.roles.roles_of(tx, new.host_id)
        if new.host_id == seller_id or any(
            one.role == "owner" and one.party_id == seller_id for one in roles
        ):
            raise SelfDealing
    return await catalog.rooms.plan(tx, seller_id, new, by, now)


async def add_drop(
    market: Market, tx: Tx, room_id: str, offer_id: str, units: int, opens_at: datetime | None, now: datetime
) -> str:
    """Plan a drop; its offer leaves the shelf until it opens.

    Errors: NotFound (room, somebody else's offer), NotForRooms, Malformed, RoomOver.
    """
    room = await catalog.rooms.held(tx, room_id)
    offer = await catalog.read_offer(tx, offer_id)
    if offer.seller_id != room.seller_id or offer.state == "closed":
        raise NotFound("offer")
    way = market.format(offer.format)
    if not way.hints.in_room:
        raise NotForRooms(title=offer.title.say("en"), title_zh=offer.title.say("zh"))
    earned = sum(cut["bps"] for cut in offer.terms.get("cuts", []) if cut["role"] != "host")
    if earned + room.host_bps + way.money.fee_bps > _FULL:
        raise Malformed("offer", "leaves nothing for the shop", "分成之和过高")
    drop_id = await catalog.rooms.add_drop(tx, room, offer_id, units, opens_at, now)
    if offer.state == "open" and not await catalog.rooms.open_elsewhere(tx, offer_id):
        await catalog.pause_offer(tx, offer.seller_id, offer_id, now=now)
    return drop_id


async def start(tx: Tx, room_id: str, by: str, now: datetime) -> None:
    """Begin, or go on after a pause. Again: it is on. Errors: NotFound, RoomOver."""
    await catalog.rooms.move(tx, await catalog.rooms.held(tx, room_id), "on", by, now)


async def pause(tx: Tx, room_id: str, by: str, now: datetime) -> None:
    """A break; what is on sale stays on sale. Errors: NotFound, RoomOver, Malformed."""
    await catalog.rooms.move(tx, await catalog.rooms.held(tx, room_id), "paused", by, now)


async def end(tx: Tx, room_id: str, by: str, now: datetime) -> None:
    """For good. What is held for somebody stays theirs for its two minutes; nothing more is sold. Again: it is over. Errors: NotFound."""
    room = await catalog.rooms.held(tx, room_id)
    for drop in room.drops:
        if drop.state == "open":
            await _close(tx, room, drop.id, by, now)
    await catalog.rooms.move(tx, room, "ended", by, now)


async def open_drop(market: Market, tx: Tx, room_id: str, drop_id: str, by: str, now: datetime) -> None:
    """Put a drop on sale, while the room is on. Again: it is on sale.

    Errors: NotFound, RoomOver, Malformed (the room is not on), DropElsewhere (over, or on show in another room), and what opening an
    offer refuses.
    """
    room = await catalog.rooms.held(tx, room_id)
    drop = room.drop(drop_id)
    if room.state == "ended":
        raise catalog.RoomOver
    if drop.state == "open":
        if (await catalog.read_offer(tx, drop.offer_id)).state == "paused":
            await open_offer(market, tx, room.seller_id, drop.offer_id, now, by_host=True)
        return
    if room.state != "on":
        raise Malformed("state", "start the session first", "请先开始直播")
    # Locks the offer: whoever opens it in another room at this moment waits here.
    await open_offer(market, tx, room.seller_id, drop.offer_id, now, by_host=True)
    offer = await catalog.read_offer(tx, drop.offer_id)
    supply_id = await inventory.slots.open_apart(
        tx, offer.variant_id, offer.place_id, now, room.ends, drop.units, by, now
    )
    await catalog.rooms.open_drop(tx, room, drop, supply_id, by, now)


async def close_drop(tx: Tx, room_id: str, drop_id: str, by: str, now: datetime) -> None:
    """Off sale for good; what is held stays held until it is paid or its time is over. Again: it is closed. Errors: NotFound."""
    room = await catalog.rooms.held(tx, room_id)
    room.drop(drop_id)
    await _close(tx, room, drop_id, by, now)


async def _close(tx: Tx, room: Room, drop_id: str, by: str, now: datetime) -> None:
    drop = room.drop(drop_id)
    # A shop may have taken the offer off sale itself, even for good; a session must be able to end all the same.
    if drop.state == "open" and (await catalog.read_offer(tx, drop.offer_id)).state == "open":
        await catalog.pause_offer(tx, room.seller_id, drop.offer_id, now=now)
    await catalog.rooms.close_drop(tx, room, drop, by, now)


async def show_drop(tx: Tx, room_id: str, drop_id: str | None) -> None:
    """Put a drop in front of everybody, on sale or coming; None for nothing. Errors: NotFound, RoomOver."""
    await catalog.rooms.show(tx, await catalog.rooms.held(tx, room_id), drop_id)


async def follow_clock(market: Market, now: datetime) -> int:
    """End what is over, open what was announced for now; how much was done. What cannot open is closed, or it would be tried for ever."""
    async with market.db.read() as tx:
        over, opening = await catalog.rooms.due(tx, now)
    for room_id in over:
        await market.db.run(end, room_id, "clock", now)
    for room_id, drop_id in opening:
        try:
            await market.db.run(_open_announced, market, room_id, drop_id, now)
        except Refusal:
            await market.db.run(close_drop, room_id, drop_id, "clock", now)
    return len(over) + len(opening)


async def _open_announced(tx: Tx, market: Market, room_id: str, drop_id: str, now: datetime) -> None:
    await open_drop(market, tx, room_id, drop_id, "clock", now)
