"""The people of Lantern Ferry: whom the demonstration signs in as, and whom the tests tell stories of."""

# fmt: off

from __future__ import annotations

from typing import Literal

import msgspec

from highstreet.kit.geo import Point
from highstreet.kit.text import Words

TOWN = Words("Lantern Ferry", "灯渡镇")
TOWN_ABOUT = Words("A market town where three bridges meet the ferry.", "三桥相会，一渡灯火。")
CENTRE = Point(31.0950, 120.4020)
MAIL = "lantern-ferry.example"


class Person(msgspec.Struct, frozen=True):
    """Somebody of the town. `home`: where they live, as (English, Chinese, metres east, metres north of the ferry); `wallet` in fen."""

    key: str
    name: str
    lang: Literal["en", "zh"]
    picture: str
    home: tuple[str, str, int, int] | None = None
    wallet: int = 0


PEOPLE = (
    # Those who buy.
    Person("mei", "Lin Mei 林梅", "zh", "person-mother", ("Reed Lane 8", "芦苇弄 8 号", 420, 310), 80_000),
    Person("he", "Grandma He 何奶奶", "zh", "person-grandmother", ("Second Bridge 3", "二桥里 3 号", -260, 180), 50_000),
    Person("xiaoyu", "Tang Xiaoyu 唐小雨", "zh", "person-student", ("Ferry School, house 2", "渡口学校 2 号楼", 900, -240), 20_000),
    Person("luo", "Teacher Luo 罗老师", "zh", "person-teacher", ("Scholar's Row 12", "书生巷 12 号", 640, -410), 60_000),
    Person("su", "Nurse Su 苏护士", "zh", "person-nurse", ("Well Street 21", "井街 21 号", -780, 520), 60_000),
    Person("emma", "Emma Reed", "en", "person-visitor", ("The Ferry Inn, room 5", "渡口客栈 5 号房", 60, -120), 100_000),
    # Those who sell and make.
    Person("wu", "Baker Wu 吴师傅", "zh", "person-baker"),
    Person("shen", "Shen Qing 沈青", "zh", "person-grandfather"),
    Person("qian", "Auntie Qian 钱阿姨", "zh", "person-clerk"),
    Person("zhao", "Zhao the Ferryman 赵渡生", "zh", "person-fisher"),
    Person("chen", "Old Chen 老陈", "zh", "person-toymaker"),
    Person("ruan", "Ruan the Tailor 阮裁缝", "zh", "person-tailor"),
    Person("xu", "Xu Shu 许舒", "zh", "person-teacher"),
    Person("bai", "Pharmacist Bai 白药师", "zh", "person-pharmacist"),
    Person("yu", "Yu of the Early Net 早网老余", "zh", "person-fisher"),
    Person("gang", "Lin Gang 林刚", "zh", "person-toymaker"),
    Person("tao", "Tao the Potter 陶师傅", "zh", "person-toymaker"),
    Person("gu", "Grandpa Gu 顾爷爷", "zh", "person-farmer"),
    # Those who work for them, and for the town.
    Person("fang", "Doctor Fang 方大夫", "zh", "person-grandfather"),
    Person("ding", "Little Ding 小丁", "zh", "person-clerk"),
    Person("ma", "Ma Chuan 马川", "zh", "person-courier"),
    Person("feng", "Feng Yan 冯燕", "zh", "person-courier"),
    Person("zhou", "Zhou Ming 周明", "zh", "person-clerk"),
    Person("liang", "Officer Liang 梁科长", "zh", "person-clerk"),
    Person("song", "Officer Song of the Customs 宋关员", "zh", "person-clerk"),
    Person("qiu", "Auditor Qiu 邱审计", "zh", "person-teacher"),
)

# Who works where beside the owners: person, business (or "city"), role.
WORKS = (
    ("ding", "grocer", "clerk"), ("ding", "bakery", "clerk"), ("mei", "tea", "manager"), ("fang", "clinic", "manager"),
    ("ma", "couriers", "courier"), ("feng", "couriers", "courier"),
    ("zhou", "city", "operator"), ("liang", "city", "officer"), ("qiu", "city", "officer"), ("song", "city", "customs"),
)

# Whose qualification a shop shows: person, business, kind.
QUALIFIED = (("fang", "clinic", "practitioner"), ("bai", "pharmacy", "pharmacist"))

# What people allowed, in the words they were asked with.
CONSENTS = (
    ("mei", "personalisation", "商品推荐可以参考我买过的东西。"),
    ("mei", "marketing", "店铺可以给我发优惠消息。"),
    ("he", "location", "配送时可以使用我的住址位置。"),
    ("xiaoyu", "personalisation", "商品推荐可以参考我买过的东西。"),
    ("emma", "statistics", "My purchases may be counted in the town's figures, without my name."),
)
