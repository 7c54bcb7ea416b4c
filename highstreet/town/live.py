"""Live in Lantern Ferry: a session that is on whenever somebody first looks, and one to look forward to."""

# fmt: off

from __future__ import annotations

from datetime import datetime, timedelta

from highstreet import catalog, inventory
from highstreet.catalog import NewRoom
from highstreet.kit.db import Tx
from highstreet.kit.errors import Refusal
from highstreet.kit.text import Words
from highstreet.market import rooms
from highstreet.market.desk import Market
from highstreet.town import past
from highstreet.town.founding import Town
from highstreet.town.past import Bought

_LASTS = timedelta(hours=20)
_MINUTE = timedelta(minutes=1)

SILK = (("WAY-LIVE/live", 12), ("WAY-UMBRELLA/live", 6), ("WAY-HAT/live", 10))
TRAINS = (("WAY-TRAIN/live", 6),)
BOUGHT = (("su", {"WAY-LIVE/live": 1}), ("luo", {"WAY-LIVE/live": 2}))

# Minutes ago, who (the seller's key: the host), what.
SAID = (
    (14, "tailor", "大家晚上好，我是小雨，今晚在阮师傅的铺子里。"),
    (12, "luo", "这条围巾多长？"),
    (11, "tailor", "一米八，湖边村子的桑蚕丝，阮师傅手卷边。"),
    (9, "emma", "Is the red one as bright as on the screen?"),
    (8, "tailor", "A little deeper: lamp red, like the lanterns at the ferry."),
    (6, "mei", "能水洗吗？"),
    (5, "tailor", "凉水手洗，阴干就好。"),
    (4, "he", "给我孙女也留一条。"),
    (3, "su", "拍到了，谢谢小雨！"),
    (2, "luo", "两条都付好啦。"),
)


async def is_on(market: Market, now: datetime) -> bool:
    """Whether somebody in the town is live."""
    async with market.db.read() as tx:
        return any(one.state == "on" for one in await catalog.rooms.running(tx, now))


async def open_rooms(market: Market, town: Town, now: datetime) -> None:
    """Both sessions, with what was said and bought so far. A town founded before there were rooms has fewer things to show."""
    await rooms.follow_clock(market, now)  # a session of days ago ends before the next shows the same things
    room = await market.db.run(_silk, market, town, now)
    for who, goods in BOUGHT:
        try:
            await past.buy(market, town, Bought(timedelta(0), who, "wallet", goods), f"{room} {who}", now - 2 * _MINUTE)
        except Refusal:
            continue  # their wallet was emptied since


async def _silk(tx: Tx, market: Market, town: Town, now: datetime) -> str:
    began, ruan = now - 20 * _MINUTE, town.people["ruan"]
    room = await rooms.plan(tx, town.sellers["tailor"], NewRoom(
        Words("An evening of silk, at the tailor's", "丝弄夜话：裁缝铺里看丝绸"), "Tang Xiaoyu 唐小雨", began, now + _LASTS,
        Words("Xiaoyu asks, Ruan shows how it is made.", "小雨来问，阮师傅边做边讲。"), town.people["xiaoyu"], 800,
    ), ruan, began)
    first = await _fill(tx, market, town, room, SILK, None, began)
    await rooms.start(tx, room, ruan, began)
    if first is not None:
        await rooms.open_drop(market, tx, room, first, ruan, now - 15 * _MINUTE)
    for ago, who, text in SAID:
        speaks = town.sellers.get(who) or town.people[who]
        await catalog.chat.say(tx, market.seal, room, speaks, text, str(ago), now - ago * _MINUTE)
    opens = (now.astimezone(market.tz) + timedelta(days=1)).replace(hour=19, minute=30, second=0, microsecond=0)
    planned = await rooms.plan(tx, town.sellers["toys"], NewRoom(
        Words("Carving names, one train at a time", "刻个名字：小火车现场做"), "Old Chen 老陈", opens, opens + timedelta(hours=2),
        Words("Old Chen carves while you watch. Six trains, no more.", "老陈现场雕刻，只做六列。"),
    ), town.people["chen"], now)
    await _fill(tx, market, town, planned, TRAINS, opens + 10 * _MINUTE, now)
    return room


async def _fill(
    tx: Tx, market: Market, town: Town, room: str, goods: tuple[tuple[str, int], ...], opens: datetime | None, now: datetime
) -> str | None:
    """Put in what of this the town has; the first drop."""
    made: list[str] = []
    for name, units in goods:
        if name in town.offers:
            offer = await catalog.read_offer(tx, town.offers[name])
            supply = await inventory.stock.open_stock(tx, offer.variant_id, offer.place_id)
            missing = units - (await inventory.stock.supply(tx, supply)).free
            if missing > 0:
                await inventory.stock.change(tx, supply, "received", missing, offer.seller_id, now)
            made.append(await rooms.add_drop(market, tx, room, offer.id, units, opens, now))
    return made[0] if made else None
