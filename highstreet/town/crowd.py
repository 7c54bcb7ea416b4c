"""A bigger town around the named one: seeded people, sellers and goods, written in bulk with the same invariants.

The same seed and number make the same town; growing it again by the same changes nothing. One seller to a hundred
people, fifty goods to a seller, each offered in two formats.
"""

# ruff: noqa: E501  (rows of words)

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from stdnum.cn import uscc

from highstreet import catalog, parties
from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.kit.ids import new_id
from highstreet.kit.sealing import Seal
from highstreet.market.desk import Market
from highstreet.town.founding import at, tax_of

BEFORE = timedelta(days=29)
PEOPLE_PER_SELLER, GOODS_PER_SELLER = 100, 50
_CHUNK = 5_000
_SPREAD = 2_500  # metres: two in three live within this of the ferry, east to west

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢"
)
_GIVEN = "安白波晨川丹恩芳风歌光海涵禾红慧吉佳江静君可兰乐丽林玲明木娜宁平琪青泉蓉瑞若山诗书舒松田庭婷薇文希夏欣雪雅岩燕阳怡英颖宇云泽知竹子"


class _Line(NamedTuple):
    """What a kind of shop is called and sells: kind, licence, drawing, and its goods as (English, Chinese, drawing, fen)."""

    kind: str
    licence: str
    picture: str
    en: str
    zh: str
    goods: tuple[tuple[str, str, str, int], ...]


# fmt: off
_LINES = (
    _Line("food.fruit", "food", "shop-grocer", "Fruit", "果铺", (("apples", "苹果", "apples", 900), ("oranges", "橙子", "oranges", 1100), ("pears", "梨", "apples", 800), ("grapes", "葡萄", "apples", 1600))),
    _Line("food.bakery", "food", "shop-bakery", "Bakery", "面包房", (("bread", "面包", "bread", 1800), ("buns", "包子", "steamed-buns", 600), ("cake", "蛋糕", "cake", 3600), ("biscuits", "饼干", "bread", 1500))),
    _Line("food.tea", "food", "shop-tea-house", "Tea", "茶庄", (("green tea", "绿茶", "tea-tin", 8800), ("black tea", "红茶", "tea-tin", 7600), ("coffee", "咖啡", "coffee", 5200), ("white tea", "白茶", "tea-tin", 12800))),
    _Line("meals.dishes", "kitchen", "shop-noodle-kitchen", "Kitchen", "小馆", (("noodles", "汤面", "noodles", 2200), ("dumplings", "饺子", "dumplings", 2600), ("fried rice", "炒饭", "rice", 1900), ("hot pot for two", "双人小火锅", "wok", 8800))),
    _Line("home.kitchen", "business", "shop-hardware", "Kitchenware", "厨具店", (("bowl", "碗", "ceramic-bowl", 2800), ("wok", "炒锅", "wok", 12800), ("kettle", "水壶", "kettle", 9900), ("tea cup", "茶杯", "ceramic-bowl", 3600))),
    _Line("wear.clothes", "business", "shop-tailor", "Clothes", "衣铺", (("jacket", "外套", "jacket", 26800), ("scarf", "围巾", "scarf", 8800), ("hat", "帽子", "hat", 5900), ("cotton shirt", "棉衬衫", "cloth", 12800))),
    _Line("media.stationery", "business", "shop-bookshop", "Paper", "文具店", (("notebook", "笔记本", "notebook", 1800), ("pen", "钢笔", "pen-brush", 4800), ("calendar", "日历", "notebook", 2600), ("envelopes", "信封", "notebook", 900))),
    _Line("home.plants", "business", "shop-florist", "Flowers", "花店", (("roses", "玫瑰", "flowers", 3900), ("orchid", "兰花", "flowers", 12800), ("herb pot", "香草盆栽", "seedling", 1800), ("dried flowers", "干花", "flowers", 4500))),
)
# fmt: on
_MOODS = (
    ("Old", "老"),
    ("Little", "小"),
    ("Morning", "晨"),
    ("River", "河畔"),
    ("Red Lantern", "红灯"),
    ("Bamboo", "竹"),
    ("Three", "三和"),
)
_LOOKS = (
    ("Fresh", "新鲜"), ("Large", "大号"), ("Small", "小号"), ("Fine", "精选"), ("Everyday", "家常"), ("Festive", "节庆"), ("Simple", "素色"),
    ("Blue", "蓝色"), ("Local", "本地"), ("Winter", "冬季"), ("Gift", "礼盒"), ("Double", "双份"), ("Village", "乡村"),
)  # fmt: skip
_OFFERED = (("counter", "collect"), ("collect", "instant"), ("collect", "online"), ("online", "instant"))


async def grow(market: Market, people: int, seed: int, now: datetime, note: Callable[[str], None]) -> None:
    """Add so many people and what they sell, in one transaction."""
    draw, then = random.Random(seed), now - BEFORE
    subject = f"crowd:{people}:{seed}"
    async with market.db.transaction() as tx:
        await tx.execute("SELECT pg_advisory_xact_lock(hashtext('town'))")
        await tx.execute("SET LOCAL statement_timeout = '10min'")
        if await tx.fetchval(
            "SELECT EXISTS (SELECT FROM kit.fact WHERE subject = $1 AND kind = 'town.grown')", subject
        ):
            return
        note(f"{people:,} people ...")
        folk = await _people(tx, market.seal, draw, people, then)
        count = max(1, people // PEOPLE_PER_SELLER)
        note(f"{count:,} sellers and {count * GOODS_PER_SELLER:,} goods ...")
        for start in range(0, count, 100):
            numbers = range(start, min(start + 100, count))
            await _sellers(tx, draw, [(n, folk[n % len(folk)]) for n in numbers], market.currency, then)
        note("Search ...")
        await tx.execute("ANALYZE catalog.item, catalog.variant, catalog.offer, parties.party, parties.place")
        await catalog.rebuild(tx)
        await facts.tell(tx, "town.grown", subject, "town", now, {"people": people, "seed": seed})


async def _people(tx: Tx, seal: Seal, draw: random.Random, count: int, now: datetime) -> list[str]:
    ids: list[str] = []
    for start in range(0, count, _CHUNK):
        parts: list[tuple[Any, ...]] = []
        seals: list[tuple[Any, ...]] = []
        for n in range(start, min(start + _CHUNK, count)):
            party_id, where = new_id("pty", now), at(*_somewhere(draw))
            name = draw.choice(_SURNAMES) + "".join(draw.choices(_GIVEN, k=draw.choice((1, 2, 2))))
            home = parties.Address(
                f"灯渡镇 {n // 40 + 1} 巷 {n % 40 + 1} 号", name, lat=where.lat, lon=where.lon
            )
            key = seal.new_key(party_id)
            fields = msgspec.json.encode(parties.Profile(name, addresses=(home,)))
            parts.append((party_id, "person", "zh", now))
            seals.append((party_id, key, seal.close(party_id, key, fields)))
            ids.append(party_id)
        await _copy(tx, "parties", "party", ("id", "kind", "lang", "created_at"), parts)
        await _copy(tx, "parties", "seal", ("party_id", "key", "fields"), seals)
    return ids


async def _sellers(
    tx: Tx, draw: random.Random, numbered: Sequence[tuple[int, str]], currency: str, now: datetime
) -> None:
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _COLUMNS}
    for n, owner in numbered:
        line, mood = draw.choice(_LINES), draw.choice(_MOODS)
        seller, place, where = new_id("pty", now), new_id("plc", now), at(*_somewhere(draw))
        name = {"en": f"{mood[0]} {line.en} {n + 1}", "zh": f"{mood[1]}{line.zh}{n + 1}号"}
        rows["parties.party"].append(
            (seller, "business", name["zh"], line.picture, {"name": name}, _code(draw), "zh", now)
        )
        rows["parties.role"].append((owner, seller, "owner", now))
        rows["parties.licence"].append(
            (new_id("lic", now), seller, line.licence, f"LF-{seller}", "灯渡镇市场监督管理所", date(2024, 3, 1), date(2029, 2, 28), "accepted")
        )  # fmt: skip
        hours = [parties.Hours(day, "07:00", "21:00") for day in range(7)]
        address = {
            "line": f"Row {n + 1}",
            "line_zh": f"{n + 1} 弄",
            "town": "Lantern Ferry",
            "town_zh": "灯渡镇",
        }
        rows["parties.place"].append(
            (place, seller, "shop", name, address, where.lat, where.lon, hours, 4000)
        )
        for good in range(GOODS_PER_SELLER):
            _good(rows, draw, (seller, place, line, good), currency, now)
    supplies = rows.pop("inventory.supply")
    for table, found in rows.items():
        schema, _, name_ = table.partition(".")
        await _copy(tx, schema, name_, _COLUMNS[table], found)
    await tx.execute(
        """WITH made AS (INSERT INTO inventory.supply (variant_id, place_id, total, low)
                         SELECT v, p, t, 3 FROM unnest($1::text[], $2::text[], $3::bigint[]) AS s (v, p, t) RETURNING id, total, place_id)
           INSERT INTO inventory.movement (supply_id, kind, quantity, by, at)
           SELECT m.id, 'received', m.total, l.party_id, $4 FROM made m JOIN parties.place l ON l.id = m.place_id""",
        [s[0] for s in supplies],
        [s[1] for s in supplies],
        [s[2] for s in supplies],
        now,
    )


def _good(
    rows: dict[str, list[tuple[Any, ...]]],
    draw: random.Random,
    of: tuple[str, str, _Line, int],
    currency: str,
    now: datetime,
) -> None:
    seller, place, line, n = of
    en, zh, picture, usual = line.goods[n % len(line.goods)]
    look = _LOOKS[n // len(line.goods) % len(_LOOKS)]
    item, variant = new_id("itm", now), new_id("var", now)
    title = {"en": f"{look[0]} {en}", "zh": f"{look[1]}{zh}"}
    price = max(100, round(usual * draw.lognormvariate(0, 0.35) / 100) * 100 - draw.choice((0, 1, 10)))
    opened = now + timedelta(seconds=draw.randrange(86_400))
    rows["catalog.item"].append((item, seller, line.kind, "goods", title, _no_return(line.kind), now))
    rows["catalog.picture"].append((new_id("pic", now), item, 1, f"drawn:{picture}", 400, 400, title))
    rows["catalog.variant"].append((variant, item, f"{seller[-6:]}-{n + 1:02d}".upper()))
    rows["inventory.supply"].append((variant, place, draw.randint(20, 400)))
    for name in draw.choice(_OFFERED):
        rows["catalog.offer"].append(
            (new_id("ofr", now), seller, item, variant, place, name, currency, price, tax_of(line.kind), "open", opened, opened)
        )  # fmt: skip


_COLUMNS = {
    "parties.party": ("id", "kind", "name", "picture", "about", "uscc", "lang", "created_at"),
    "parties.role": ("person_id", "party_id", "role", "since"),
    "parties.licence": ("id", "party_id", "kind", "number", "issuer", "valid_from", "valid_to", "state"),
    "parties.place": ("id", "party_id", "kind", "name", "address", "lat", "lon", "hours", "reach_m"),
    "catalog.item": ("id", "owner_id", "category_id", "sells", "title", "no_return", "created_at"),
    "catalog.picture": ("id", "item_id", "position", "file", "width", "height", "alt"),
    "catalog.variant": ("id", "item_id", "sku"),
    "catalog.offer": (
        "id", "seller_id", "item_id", "variant_id", "place_id", "format", "currency", "price", "tax", "state", "opened_at", "changed_at",
    ),
    "inventory.supply": (),
}  # fmt: skip


def _no_return(kind: str) -> str | None:
    return "fresh" if kind in ("food.fruit", "food.bakery", "meals.dishes", "home.plants") else None


def _somewhere(draw: random.Random) -> tuple[int, int]:
    return int(draw.gauss(0, _SPREAD)), int(draw.gauss(0, _SPREAD * 0.7))


def _code(draw: random.Random) -> str:
    body = f"91329901MA{draw.randrange(10**7):07d}"
    return body + uscc.calc_check_digit(body)


async def _copy(
    tx: Tx, schema: str, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]
) -> None:
    await tx.copy_records_to_table(table, schema_name=schema, columns=columns, records=rows)
