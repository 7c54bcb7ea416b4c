"""A made town for the browse bench: many offers of 300 sellers, titles in both languages, words as uneven as real ones."""

# ruff: noqa: E501  (lists of words)

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from typing import Any

import msgspec

from highstreet import catalog
from highstreet.kit.db import Tx
from highstreet.kit.ids import new_id

SELLERS = 300
CENTRE = (31.2304, 121.4737)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
_CHUNK = 10_000

# What shops really call their goods; the invented words below follow, rarer and rarer.
_ENGLISH = """green tea cotton bag set box red blue rice milk soap lamp wood bowl cup fresh organic large small apple bread noodle silk
scarf shoe children toy train book paper pen steel kettle ginger honey soy sauce chilli pepper oil linen towel pillow chair table
umbrella leather belt hat glove wool coat dress shirt sock ceramic plate vase flower seed garden tool bicycle helmet light battery
charger phone case cable speaker radio clock watch mirror comb brush cream shampoo candle basket rope tape glue paint canvas""".split()
_CHINESE = """绿茶 红茶 棉布 手提包 套装 礼盒 大米 牛奶 肥皂 台灯 木碗 茶杯 新鲜 有机 苹果 面包 挂面 真丝 围巾 布鞋 儿童 玩具 火车 图书 笔记本 钢笔
不锈钢 水壶 生姜 蜂蜜 酱油 辣椒 花椒 菜籽油 亚麻 毛巾 枕头 椅子 桌子 雨伞 皮带 帽子 手套 羊毛 大衣 连衣裙 衬衫 袜子 陶瓷 盘子 花瓶 鲜花 种子
工具 自行车 头盔 电池 充电器 手机壳 数据线 音箱 收音机 时钟 手表 镜子 梳子 面霜 洗发水 蜡烛 竹篮 胶带 油漆 手工 本地 家用 便携 加厚 夏季 冬季""".split()
_SYLLABLES = "ba be bo da de do fa ga go ha ka ke ko la le lo ma me mo na ne no pa po ra re ro sa se so ta te to va za zo".split()
_CHARACTERS = "云山水木金石风月春夏秋冬东南西北天地人和安康福禄寿喜吉祥如意平宁静远明亮清白玉珠宝龙凤鹤松竹梅兰菊荷桃李杏花果香甜美味鲜红黄蓝绿紫"
_WORDS = 4000
_FORMATS = ("online", "collect", "instant", "counter")
_LABELS = ("local", "handmade", "green", "organic", "age_friendly", "student", "certified", "export_quality")


class World(msgspec.Struct, frozen=True):
    """What the load asks for: questions as people type them, and offers to look at."""

    questions: list[str]
    offers: list[str]


class _Zipf:
    """Draws from a list so that the first are drawn far more often than the last."""

    def __init__(self, draw: random.Random, of: list[str], power: float = 0.9) -> None:
        self._draw, self._of = draw, of
        self._weights = list(accumulate(1 / (n + 3) ** power for n in range(len(of))))

    def take(self, count: int) -> list[str]:
        return self._draw.choices(self._of, cum_weights=self._weights, k=count)


class _Words:
    def __init__(self, draw: random.Random) -> None:
        english: dict[str, None] = dict.fromkeys(list[str](_ENGLISH))
        while len(english) < _WORDS:
            english["".join(draw.choices(_SYLLABLES, k=draw.randint(2, 4)))] = None
        chinese: dict[str, None] = dict.fromkeys(list[str](_CHINESE))
        while len(chinese) < _WORDS:
            chinese["".join(draw.choices(_CHARACTERS, k=draw.randint(2, 3)))] = None
        self.english = _Zipf(draw, list(english))
        self.chinese = _Zipf(draw, list(chinese))


async def make_world(tx: Tx, *, offers: int, seed: int = 7) -> World:
    """Fill an empty, migrated database; search is built at the end."""
    draw = random.Random(seed)
    said = _Words(draw)
    await tx.execute("SET LOCAL statement_timeout = 0")
    await catalog.load_categories(tx)
    tree = await catalog.categories(tx)
    kinds = [kind for kind in tree.all if not tree.below(kind)]
    sellers = await _sellers(tx, draw, said)
    ids: list[str] = []
    made = _offers(draw, said, sellers, kinds, offers)
    while rows := list(islice(made, _CHUNK)):
        await _copy(tx, "item", _ITEM, [r[0] for r in rows])
        await _copy(tx, "variant", _VARIANT, [r[1] for r in rows])
        await _copy(tx, "offer", _OFFER, [r[2] for r in rows])
        await tx.copy_records_to_table(
            "supply", schema_name="inventory", columns=("variant_id", "place_id", "total"),
            records=[(r[1][0], r[2][4], 1_000) for r in rows],
        )  # fmt: skip
        ids += [r[2][0] for r in rows]
    await _index_last(tx, {offer: draw.random() for offer in ids})
    return World(_questions(draw, said), draw.sample(ids, min(len(ids), 20_000)))


_ITEM = ("id", "owner_id", "category_id", "sells", "title", "about", "brand", "labels", "created_at")
_VARIANT = ("id", "item_id", "sku", "gtin", "options")
_OFFER = (
    "id", "seller_id", "item_id", "variant_id", "place_id", "format", "currency", "price", "state", "opened_at", "changed_at",
)  # fmt: skip


async def _copy(tx: Tx, table: str, columns: tuple[str, ...], rows: list[Any]) -> None:
    await tx.copy_records_to_table(table, schema_name="catalog", columns=columns, records=rows)


async def _index_last(tx: Tx, scores: dict[str, float]) -> None:
    """Building search with its indexes away is several times faster, and nobody is looking."""
    away = await tx.fetch(
        """SELECT indexname, indexdef FROM pg_indexes
           WHERE schemaname = 'catalog' AND tablename = 'found' AND indexname NOT IN ('found_pkey', 'found_item')"""
    )
    for index in away:
        await tx.execute(f"DROP INDEX catalog.{index['indexname']}")
    await tx.execute("ANALYZE catalog.item, catalog.variant, catalog.offer, parties.party, parties.place")
    await catalog.rebuild(tx, scores=scores)
    await tx.execute("SET LOCAL maintenance_work_mem = '256MB'")
    for index in away:
        await tx.execute(index["indexdef"])
    await tx.execute("ANALYZE catalog.found, catalog.word, inventory.supply")


async def _sellers(tx: Tx, draw: random.Random, said: _Words) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for n in range(SELLERS):
        seller, place = new_id("pty", NOW), new_id("plc", NOW)
        name = f"{' '.join(said.english.take(2)).title()} {''.join(said.chinese.take(1))} {n}"
        await tx.execute(
            "INSERT INTO parties.party (id, kind, name, created_at) VALUES ($1, 'business', $2, $3)",
            seller,
            name,
            NOW,
        )
        await tx.execute(
            """INSERT INTO parties.place (id, party_id, kind, name, address, lat, lon)
               VALUES ($1, $2, 'shop', $3, '{}', $4, $5)""",
            place, seller, {"en": f"Street {n}", "zh": f"{n} 号街"}, draw.gauss(CENTRE[0], 0.03), draw.gauss(CENTRE[1], 0.03),
        )  # fmt: skip
        found.append((seller, place))
    return found


def _offers(
    draw: random.Random, said: _Words, sellers: list[tuple[str, str]], kinds: list[str], count: int
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]]:
    for n in range(count):
        seller, place = sellers[int(len(sellers) * draw.random() ** 1.5)]
        item, variant = new_id("itm", NOW), new_id("var", NOW)
        opened = NOW + timedelta(seconds=n)
        title = {
            "en": " ".join(said.english.take(draw.randint(3, 6))),
            "zh": "".join(said.chinese.take(draw.randint(3, 5))),
        }
        about = {"en": " ".join(said.english.take(12)), "zh": "".join(said.chinese.take(8))}
        labels = [label for label in _LABELS if draw.random() < 0.12]
        yield (
            (item, seller, draw.choice(kinds), "goods", title, about, said.english.take(1)[0].title(), labels, NOW),
            (variant, item, f"SKU{n:07d}", _gtin(690_000_000_000 + n), {}),
            (new_id("ofr", NOW), seller, item, variant, place, draw.choice(_FORMATS), "CNY",
             int(100 * draw.lognormvariate(4, 1.2)) + 1, "open", opened, opened),
        )  # fmt: skip


def _gtin(body: int) -> str:
    digits = f"{body:013d}"
    odd = sum(map(int, digits[0::2]))
    return f"{digits}{-(3 * odd + sum(map(int, digits[1::2]))) % 10}"


def _questions(draw: random.Random, said: _Words) -> list[str]:
    """Two thousand: one to three words, half of them Chinese, some half typed, some mistyped, some codes, some empty."""
    found: list[str] = []
    for n in range(2000):
        if n % 2:
            text = "".join(said.chinese.take(draw.choice((1, 1, 2))))
        else:
            text = " ".join(said.english.take(draw.choice((1, 2, 2, 3))))
            if draw.random() < 0.2:
                text = text[: max(3, len(text) - 2)]
            elif draw.random() < 0.05 and len(text) > 5:
                at = draw.randint(1, len(text) - 3)
                text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if n % 25 == 0:
            text = draw.choice(("", f"SKU{draw.randint(0, 99_999):07d}"))
        found.append(text)
    return found
