"""Opening the town's other ways of selling: things, times, rooms and gatherings, as of the day somebody first looks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from highstreet import catalog, inventory, logistics
from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.market import gather, scenarios
from highstreet.market.desk import Market
from highstreet.town.ebook import epub
from highstreet.town.founding import Town
from highstreet.town.shops import SHOPS
from highstreet.town.ways import SCENARIOS, WAYS, Way
from highstreet.web.kept import keep

_TIMES_AHEAD = 14
_LOCKED = 3  # things with a lock that answers; the others are handed out by somebody
_GATES = ("Upper landing 上码头", "Lower landing 下码头")
_CABINET = "Night cabinet 夜间柜"
_SCENARIO_OPEN = timedelta(days=60)


async def open_ways(market: Market, town: Town, now: datetime) -> None:
    """Everything of `ways.py` in one transaction, then the gatherings. Told once, so that it is made once."""

    async def described(tx: Tx) -> None:
        variants: dict[str, str] = {}
        for way in WAYS:
            await _open(tx, market, town, way, variants, now)
        await _put_together(tx, town, now)
        await facts.tell(tx, "town.ways_opened", "town", town.sellers["city"], now)

    await market.db.run(described)
    for way in WAYS:
        if way.gathers is not None:
            days, terms = way.gathers
            offer = town.offers[f"{way.sku}/{way.format}"]
            await gather.open_cohort(market, offer, now + timedelta(days=days), terms, _owner(town, way), now)


def _owner(town: Town, way: Way) -> str:
    return town.people[next(shop.owner for shop in SHOPS if shop.key == way.shop)]


async def _open(
    tx: Tx, market: Market, town: Town, way: Way, variants: dict[str, str], now: datetime
) -> None:
    seller, place, owner = town.sellers[way.shop], town.places[way.shop], _owner(town, way)
    item = await catalog.describe(
        tx, owner_id=seller, category_id=way.kind, sells=way.sells, title=way.title, about=way.about,  # type: ignore[arg-type]
        attributes=way.asked, variants=[catalog.Variant(way.sku, None)], now=now,
    )  # fmt: skip
    await catalog.add_picture(
        tx, seller, item, f"drawn:{way.picture}", width=400, height=400, alt=way.title, now=now
    )
    variant = variants[way.sku] = (await catalog.read_item(tx, item)).variants[0].id
    if way.stock:
        supply = await inventory.stock.open_stock(tx, variant, place)
        await inventory.stock.change(tx, supply, "received", way.stock, owner, now)
    if way.sku == "WAY-EBOOK" and hasattr(market, "media"):
        book = epub()
        file = await logistics.contents.add_file(
            tx, variant, "stories-of-the-lake.epub", "application/epub+zip", len(book), owner, now
        )
        keep(market, file.id, book)
    await _times(tx, market, way, variant, place, owner, now)
    things = [(tag, await inventory.assets.register(tx, variant, place, tag)) for tag in way.things]
    if way.devices == "lock":
        for tag, thing in things[:_LOCKED]:
            await logistics.devices.register(tx, seller, place, "lock", tag, thing, now)
    elif way.devices == "gate":
        for name in _GATES:
            await logistics.devices.register(tx, seller, place, "gate", name, None, now)
    elif way.devices:
        await logistics.devices.register(tx, seller, place, way.devices, _CABINET, None, now)
    if way.sku == "WAY-WINDOW":
        return
    offer = await catalog.draft_offer(
        tx, seller_id=seller, variant_id=variant, place_id=place, format=way.format, currency=market.currency,
        price=way.price, now=now, terms=_terms(town, way, variants),
    )  # fmt: skip
    held = next(shop.licences.split() for shop in SHOPS if shop.key == way.shop)
    await catalog.open_offer(tx, seller, offer, licences={"business", *held}, now=now)
    town.offers[f"{way.sku}/{way.format}"] = offer


async def _put_together(tx: Tx, town: Town, now: datetime) -> None:
    city = town.sellers["city"]
    for name, about, picture, off_bps, parts in SCENARIOS:
        scenario = await catalog.describe_scenario(
            tx, curator_id=city, name=name, about=about, picture=picture, until=now + _SCENARIO_OPEN, now=now,
            parts=[catalog.Wanted(town.offers[offer], many, moment, off_bps, city) for offer, many, moment in parts],
        )  # fmt: skip
        await scenarios.open_scenario(tx, city, scenario, town.people["liang"], now)


def _terms(town: Town, way: Way, variants: dict[str, str]) -> dict[str, Any]:
    terms = dict(way.terms)
    if "slots_of" in terms:
        terms["slots_of"] = variants[terms["slots_of"]]
    if way.of:
        terms["of"] = town.offers[way.of]
    if way.cuts:
        terms["cuts"] = [
            {"role": role, "party": town.people.get(who) or town.sellers[who], "bps": bps}
            for role, who, bps in way.cuts
        ]
    return terms


async def _times(
    tx: Tx, market: Market, way: Way, variant: str, place: str, owner: str, now: datetime
) -> None:
    if not way.times:
        return
    days, hours, minutes, room = way.times.split()
    first, last = (int(day) for day in days.split("-"))
    today = now.astimezone(market.tz).replace(hour=0, minute=0, second=0, microsecond=0)
    for day in (today + timedelta(days=n) for n in range(_TIMES_AHEAD)):
        if first <= day.weekday() <= last:
            for hour in hours.split(","):
                starts = day + timedelta(hours=int(hour))
                ends = starts + timedelta(minutes=int(minutes))
                await inventory.slots.open_slot(tx, variant, place, starts, ends, int(room), owner, now)
