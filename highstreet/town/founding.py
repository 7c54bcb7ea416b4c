"""Founding the named town in an empty market, through the doors of the domains, in one transaction."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from math import cos, radians
from typing import Any

import msgspec
from stdnum import ean

from highstreet import catalog, inventory, ledger, parties, pricing
from highstreet.kit.db import Tx
from highstreet.kit.geo import Point
from highstreet.kit.sealing import Seal
from highstreet.town.goods import FORMATS, GOODS, Good
from highstreet.town.people import CENTRE, CONSENTS, MAIL, PEOPLE, QUALIFIED, TOWN, TOWN_ABOUT, WORKS, Person
from highstreet.town.shops import APPLIED, CARDS, DIRECTORIES, PROMOTIONS, SHOPS, Shop

_METRES_PER_DEGREE = 111_195
_REDUCED = (
    "food.fruit", "food.vegetables", "food.meat", "food.eggs_dairy", "food.rice_noodles", "media.books",
)  # fmt: skip
_SERVICES = ("meals", "services")


class Town(msgspec.Struct, frozen=True):
    """The town's identifiers by the keys of its data: people, sellers ("city" too), places; offers by "SKU/format",
    and by "SKU:option/format" where there are options."""

    people: dict[str, str]
    sellers: dict[str, str]
    places: dict[str, str]
    offers: dict[str, str]


def at(east: int, north: int) -> Point:
    """A point of the town, in metres from the ferry."""
    lon = east / (_METRES_PER_DEGREE * cos(radians(CENTRE.lat)))
    return Point(CENTRE.lat + north / _METRES_PER_DEGREE, CENTRE.lon + lon)


async def found(tx: Tx, seal: Seal, currency: str, now: datetime) -> Town:
    """Make everything there is before anybody buys. The caller has made sure that the town is not there yet."""
    town = Town({}, {}, {}, {})
    await catalog.load_categories(tx)
    await pricing.seed_tax(tx)
    about = parties.About(tagline=TOWN_ABOUT, name=TOWN)
    town.sellers["city"] = await parties.businesses.found_city(tx, name=TOWN.zh, about=about, now=now)
    for person in PEOPLE:
        town.people[person.key] = await _settle(tx, seal, person, now)
    by_law = {"zhou": "operator", "liang": "officer", "qiu": "officer", "song": "customs"}
    for key, role in by_law.items():
        await _grant(tx, town, key, "city", role, now)
    for shop in SHOPS:
        await _open_shop(tx, town, shop, now)
    for key, where, role in WORKS:
        if where != "city":
            await _grant(tx, town, key, where, role, now)
    for key, where, kind in QUALIFIED:
        await _licensed(tx, town, town.sellers[where], kind, f"LF-{kind}-{key}", now, town.people[key])
    for key, purpose, wording in CONSENTS:
        await parties.consent.give(tx, town.people[key], purpose, wording, now)  # type: ignore[arg-type]
    await _stock_up(tx, town, currency, now)
    await _promote(tx, town, now)
    await _curate(tx, town, now)
    for shop, steps, words in CARDS:
        plan = [ledger.card_plans.Step(pays * 100, adds * 100) for pays, adds in steps]
        by = town.sellers[shop]
        await ledger.card_plans.offer(tx, by, plan, words, currency, by, now)
    owner, name, code, picture = APPLIED
    await parties.businesses.apply(
        tx,
        owner_id=town.people[owner],
        name=name.zh,
        uscc=code,
        about=parties.About(name=name),
        now=now + timedelta(days=28),
        picture=picture,
    )
    await catalog.rebuild(tx)
    return town


async def _settle(tx: Tx, seal: Seal, person: Person, now: datetime) -> str:
    addresses: tuple[parties.Address, ...] = ()
    if person.home is not None:
        en, zh, east, north = person.home
        where = at(east, north)
        line = zh if person.lang == "zh" else en
        addresses = (
            parties.Address(
                line, person.name, town=TOWN.say(person.lang), label="home", lat=where.lat, lon=where.lon
            ),
        )
    return await parties.people.enrol(
        tx,
        seal,
        name=person.name,
        lang=person.lang,
        now=now,
        email=f"{person.key}@{MAIL}",
        addresses=addresses,
        picture=person.picture,
        demo=True,
    )


async def _grant(tx: Tx, town: Town, person: str, where: str, role: Any, now: datetime) -> None:
    by = town.people["zhou"]
    await parties.roles.grant(
        tx, person_id=town.people[person], party_id=town.sellers[where], role=role, by=by, now=now
    )


async def _open_shop(tx: Tx, town: Town, shop: Shop, now: datetime) -> None:
    owner, officer = town.people[shop.owner], town.people["liang"]
    about = parties.About(tagline=shop.tagline, story=shop.story, name=shop.name)
    seller = await parties.businesses.apply(
        tx,
        owner_id=owner,
        name=shop.name.zh,
        uscc=shop.uscc,
        about=about,
        now=now,
        picture=shop.picture,
        demo=True,
    )
    await parties.businesses.review(tx, seller, True, officer, "", now)
    for kind in filter(None, ("business" if shop.uscc else "", *shop.licences.split())):
        number = shop.uscc if kind == "business" else f"LF-{kind}-{shop.key}"
        await _licensed(tx, town, seller, kind, str(number), now)
    address = {
        "line": shop.street.en,
        "line_zh": shop.street.zh,
        "town": TOWN.en,
        "town_zh": TOWN.zh,
    }
    town.sellers[shop.key] = seller
    town.places[shop.key] = await parties.places.open_place(
        tx, seller, shop.kind, shop.name, address, at(*shop.at), hours(shop.hours), shop.reach_m, now
    )


async def _licensed(
    tx: Tx, town: Town, seller: str, kind: str, number: str, now: datetime, holder: str | None = None
) -> None:
    shown = await parties.licences.show(
        tx, seller, kind, number, f"{TOWN.zh}市场监督管理所", date(2024, 3, 1), date(2029, 2, 28), None, now, holder,  # type: ignore[arg-type]
    )  # fmt: skip
    await parties.licences.review(tx, shown, True, town.people["liang"], "", now)


def hours(text: str) -> tuple[parties.Hours, ...]:
    """ "0-5 09:00-18:00; 6 10:00-16:00"; without days: every day."""
    spans: list[parties.Hours] = []
    for part in text.split("; "):
        days, _, span = part.rpartition(" ")
        first, _, last = (days or "0-6").partition("-")
        opens, _, closes = span.partition("-")
        spans += [parties.Hours(day, opens, closes) for day in range(int(first), int(last or first) + 1)]
    return tuple(spans)


async def _stock_up(tx: Tx, town: Town, currency: str, began: datetime) -> None:
    known = await catalog.categories(tx)
    for n, good in enumerate(GOODS, start=1):
        # Shops put out new goods by turns, all within ten days.
        now = began + timedelta(hours=n * 37 % len(GOODS) * 3)
        owner = town.sellers[good.shop]
        asked = dict(pair.split("=") for pair in good.asked.split("; ") if pair)
        variants = _variants(good, n)
        item = await catalog.describe(
            tx,
            owner_id=owner,
            category_id=good.kind,
            sells=good.sells,  # type: ignore[arg-type]
            title=good.title,
            now=now,
            about=good.about,
            attributes=asked,
            labels=good.labels.split(),
            variants=variants,
            by="officer",
            known=known,
        )
        await catalog.add_picture(
            tx, owner, item, f"drawn:{good.picture}", width=400, height=400, alt=good.title, now=now
        )
        described = await catalog.read_item(tx, item)
        for variant in described.variants:
            await _offer(tx, town, good, variant, good.stock // len(variants), currency, now)


def _variants(good: Good, n: int) -> list[catalog.Variant]:
    unit, step = good.sold_by
    if not good.options:
        return [catalog.Variant(good.sku, _bar_code(n, 0), unit=unit, step=step)]
    name, _, values = good.options.partition(": ")
    return [
        catalog.Variant(f"{good.sku}:{value}", _bar_code(n, i), {name: value}, unit, step)
        for i, value in enumerate(values.split(", "))
    ]


def _bar_code(n: int, option: int) -> str:
    # Prefix 20: numbers a shop gives itself (GS1 General Specifications, 1.4.2), never another maker's.
    digits = f"20{n:08d}{option:02d}"
    return digits + ean.calc_check_digit(digits)


async def _offer(
    tx: Tx, town: Town, good: Good, variant: catalog.Variant, stock: int, currency: str, now: datetime
) -> None:
    seller, place = town.sellers[good.shop], town.places[good.shop]
    owner = next(shop.owner for shop in SHOPS if shop.key == good.shop)
    if good.sells == "goods":
        supply = await inventory.stock.open_stock(tx, variant.id, place)
        if stock:
            await inventory.stock.change(tx, supply, "received", stock, town.people[owner], now)
        await inventory.stock.set_low(tx, supply, max(2, stock // 6))
    licences = next(shop.licences.split() for shop in SHOPS if shop.key == good.shop)
    for letter in reversed(good.offered):  # what comes to one's door first
        offer = await catalog.draft_offer(
            tx,
            seller_id=seller,
            variant_id=variant.id,
            place_id=place,
            format=FORMATS[letter],
            currency=currency,
            price=good.price,
            now=now,
            tax=tax_of(good.kind),
            terms=_terms(good),
        )
        await catalog.open_offer(tx, seller, offer, licences={"business", *licences}, now=now)
        for tier in filter(None, good.tiers.split(",")):
            least, price = (int(number) for number in tier.split(":"))
            listed = pricing.ListedPrice("any", least, price)
            await pricing.set_price(tx, offer, listed, town.people[owner], now)
        town.offers[f"{variant.sku}/{FORMATS[letter]}"] = offer


def tax_of(kind: str) -> str:
    """Which rate the goods of a kind are sold at."""
    if kind.startswith(_REDUCED):
        return "reduced"
    return "services" if kind.startswith(_SERVICES) else "standard"


def _terms(good: Good) -> dict[str, int]:
    """What a format may ask of an offer: minutes to prepare, days until it is sent."""
    lead = re.search(r"lead_days=(\d+)", good.asked)
    if lead:
        return {"prepare_minutes": int(lead[1]) * 1440, "ships_within_days": int(lead[1])}
    return {"prepare_minutes": 15 if good.kind.startswith(("meals", "food")) else 45}


async def _promote(tx: Tx, town: Town, now: datetime) -> None:
    for seller, name, kind, rule, goods, days in PROMOTIONS:
        offers = [offer for key, offer in town.offers.items() if key.partition("/")[0] in goods]
        if kind == "bundle":
            offers = [town.offers[f"{sku}/online"] for sku in goods]
        owner = next(shop.owner for shop in SHOPS if shop.key == seller)
        new = pricing.NewPromotion(
            town.sellers[seller],
            town.sellers[seller],
            name,
            kind,
            rule,
            now,
            now + timedelta(days=30 + days),
            tuple(offers),
        )
        await pricing.start(tx, new, town.people[owner], now)


async def _curate(tx: Tx, town: Town, now: datetime) -> None:
    by_sku = {key.partition("/")[0].partition(":")[0]: offer for key, offer in town.offers.items()}
    city = town.sellers["city"]
    found = await catalog.read_offers(tx, [by_sku[sku] for _, _, listed in DIRECTORIES for sku, _ in listed])
    for position, (name, about, listed) in enumerate(DIRECTORIES):
        directory = await catalog.open_directory(
            tx, curator_id=city, name=name, about=about, now=now, position=position
        )
        for n, (sku, reason) in enumerate(listed):
            item = found[by_sku[sku]].item_id
            added = now + timedelta(seconds=n)
            await catalog.add_to_directory(tx, city, directory, item, reason, now=added)
