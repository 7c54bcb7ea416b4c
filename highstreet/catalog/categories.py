"""The tree of kinds: what each asks an item to say, which licence its sellers need, and what cannot be sent back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

import msgspec

from highstreet.catalog._tree import TREE
from highstreet.catalog.errors import AttributeMissing, AttributeWrong, CategoryTooBroad, CategoryUnknown
from highstreet.kit import db
from highstreet.kit.db import Tx
from highstreet.kit.text import Words

LONGEST_TEXT = 200


class Choice(msgspec.Struct, frozen=True):
    code: str
    name: Words


class Attribute(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something an item of a kind says about itself. A `choice` is kept as its code, a `number` as written (“1.5”)."""

    code: str
    name: Words
    type: Literal["text", "number", "choice", "date"] = "text"
    required: bool = False
    choices: list[Choice] = []
    unit: str = ""


class Category(msgspec.Struct, frozen=True):
    """A kind. `no_return`: a key of `NO_RETURN`; `licence`: the kind of licence a seller must hold, or None.

    Both, and the attributes, are what the kind itself says; `Categories` knows what it has from those above.
    """

    id: str
    parent_id: str | None
    name: Words
    picture: str | None
    attributes: list[Attribute]
    licence: str | None
    no_return: str | None
    position: int


# Law of the People's Republic of China on the Protection of Consumer Rights and Interests, article 25 (custom-made; fresh
# and perishable; downloaded or unsealed digital goods; delivered newspapers and periodicals), and the Interim Measures for
# Seven-Day No-Reason Return of Goods Bought Online (SAIC order 90, 2017), articles 6 and 7 (what may be excepted when the
# buyer has confirmed it: opened goods bearing on health, goods losing their value once used, goods near their date). Services are
# not goods: they are cancelled, never sent back.
# ruff: noqa: E501  (one reason, one line)
NO_RETURN: dict[str, Words] = {
    "fresh": Words("Fresh food cannot be returned without a reason.", "鲜活易腐商品不适用七日无理由退货。"),
    "custom": Words("Made to your order, so it cannot be returned without a reason.", "定作商品不适用七日无理由退货。"),
    "digital": Words("Opened digital content cannot be returned without a reason.", "已下载或拆封的数字化商品不适用七日无理由退货。"),
    "press": Words("Delivered newspapers and magazines cannot be returned without a reason.", "已交付的报纸、期刊不适用七日无理由退货。"),
    "health": Words("Once opened it cannot be returned without a reason, for everybody's health.", "拆封后影响人身安全或健康的商品不适用七日无理由退货。"),
    "used_up": Words("Once in use it cannot be returned without a reason.", "一经激活或使用价值贬损较大的商品不适用七日无理由退货。"),
    "service": Words("A service is cancelled, not returned.", "服务适用取消规则，不适用退货。"),
}  # fmt: skip

LICENCES: dict[str, Words] = {
    "business": Words("business", "营业执照"),
    "food": Words("food trade", "食品经营许可证"),
    "kitchen": Words("catering", "食品经营许可证（餐饮）"),
    "drugs": Words("drug retail", "药品经营许可证"),
    "clinic": Words("medical institution", "医疗机构执业许可证"),
    "school": Words("private school", "民办学校办学许可证"),
    "lodging": Words("lodging", "特种行业许可证（旅馆业）"),
    "press": Words("publications", "出版物经营许可证"),
    "second_hand": Words("second-hand trade", "旧货业备案"),
    "ride": Words("ride-hailing", "网络预约出租汽车经营许可证"),
    "practitioner": Words("medical practitioner", "医师执业证书"),
    "pharmacist": Words("pharmacist", "执业药师注册证"),
}


class Categories:
    """The whole tree, read once; it changes so rarely that a process keeps it."""

    def __init__(self, found: Iterable[Category]) -> None:
        self.all: dict[str, Category] = {c.id: c for c in sorted(found, key=lambda c: (c.position, c.id))}
        self._below: dict[str | None, list[Category]] = {}
        for category in self.all.values():
            self._below.setdefault(category.parent_id, []).append(category)

    def get(self, category_id: str) -> Category:
        """Errors: `CategoryUnknown`."""
        try:
            return self.all[category_id]
        except KeyError:
            raise CategoryUnknown(category=category_id[:60]) from None

    def below(self, category_id: str | None) -> list[Category]:
        """The kinds directly below one, or the top ones."""
        return self._below.get(category_id, [])

    def path(self, category_id: str) -> list[Category]:
        """From the top down to the kind itself."""
        way: list[Category] = []
        at: str | None = category_id
        while at is not None:
            way.append(self.get(at))
            at = way[-1].parent_id
        return way[::-1]

    def leaf(self, category_id: str) -> Category:
        """The kind an item is put under. Errors: `CategoryUnknown`, `CategoryTooBroad` if it has kinds below it."""
        category = self.get(category_id)
        if self.below(category_id):
            raise CategoryTooBroad(name=category.name.en, name_zh=category.name.zh)
        return category

    def attributes(self, category_id: str) -> list[Attribute]:
        """Its own attributes and those of the kinds above, the general ones first."""
        return [attribute for category in self.path(category_id) for attribute in category.attributes]

    def licence(self, category_id: str) -> str | None:
        """The licence its sellers need: its own, or that of the nearest kind above."""
        return next((c.licence for c in reversed(self.path(category_id)) if c.licence), None)

    def no_return(self, category_id: str) -> str | None:
        """The legal reason (a key of `NO_RETURN`) why no-reason return does not apply, or None."""
        return next((c.no_return for c in reversed(self.path(category_id)) if c.no_return), None)

    def checked(self, category_id: str, given: Mapping[str, str]) -> dict[str, str]:
        """The attributes as they are kept. Errors: `AttributeMissing`, `AttributeWrong`; unknown ones are wrong too."""
        category = self.get(category_id)
        wanted = {a.code: a for a in self.attributes(category_id)}
        for code in given:
            if code not in wanted:
                raise AttributeWrong(
                    name=code[:40],
                    name_zh=code[:40],
                    problem="is not asked for here",
                    problem_zh="此类目没有该属性",
                )
        kept: dict[str, str] = {}
        for code, attribute in wanted.items():
            value = given.get(code, "").strip()
            if value:
                kept[code] = _checked(attribute, value)
            elif attribute.required:
                raise AttributeMissing(
                    category=category.name.say("en"), category_zh=category.name.say("zh"),
                    name=attribute.name.say("en"), name_zh=attribute.name.say("zh"),
                )  # fmt: skip
        return kept


def _checked(attribute: Attribute, value: str) -> str:
    match attribute.type:
        case "choice":
            wanted = value.casefold()
            for choice in attribute.choices:
                if wanted in (choice.code.casefold(), choice.name.en.casefold(), choice.name.zh.casefold()):
                    return choice.code
            known = attribute.choices
            raise _wrong(attribute, "choose one of " + ", ".join(c.name.say("en") for c in known),
                         "请选择：" + "、".join(c.name.say("zh") for c in known))  # fmt: skip
        case "number":
            text = value.removesuffix(attribute.unit).strip()
            try:
                number = Decimal(text) if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", text) else None
            except InvalidOperation:
                number = None
            if number is None:
                raise _wrong(attribute, "must be a plain number", "必须是普通数字")
            return format(number.normalize(), "f")
        case "date":
            try:
                return date.fromisoformat(value).isoformat()
            except ValueError:
                raise _wrong(
                    attribute, "must be a date such as 2026-01-31", "日期格式应为 2026-01-31"
                ) from None
        case "text":
            if len(value) > LONGEST_TEXT:
                raise _wrong(attribute, f"has at most {LONGEST_TEXT} letters", f"最多 {LONGEST_TEXT} 字")
            return value


def _wrong(attribute: Attribute, problem: str, problem_zh: str) -> AttributeWrong:
    return AttributeWrong(
        name=attribute.name.say("en"),
        name_zh=attribute.name.say("zh"),
        problem=problem,
        problem_zh=problem_zh,
    )


_trees: dict[str, Categories] = {}
_MOST_TREES = 8


async def categories(tx: Tx) -> Categories:
    """The tree as it stands in the database; read again only when a row of it changed."""
    # Every write of a row gives it another xmin or ctid.
    version = await db.value(
        tx,
        str,
        """SELECT current_database() || md5(coalesce(string_agg(id || xmin::text || ctid::text, ' ' ORDER BY id), ''))
           FROM catalog.category""",
    )
    if version not in _trees:
        while len(_trees) >= _MOST_TREES:
            del _trees[next(iter(_trees))]
        _trees[version] = await _read(tx)
    return _trees[version]


async def _read(tx: Tx) -> Categories:
    return Categories(
        await db.rows(
            tx,
            Category,
            "SELECT id, parent_id, name, picture, attributes, licence, no_return, position FROM catalog.category",
        )
    )


def built_in() -> Categories:
    """The built-in tree, as `load_categories` writes it."""
    return Categories(msgspec.convert(_rows(), list[Category]))


async def load_categories(tx: Tx) -> int:
    """Write the built-in tree, over what is there under the same names; own kinds stay. How many there are."""
    await tx.execute(
        """INSERT INTO catalog.category (id, parent_id, name, picture, attributes, licence, no_return, position)
           SELECT r.id, r.parent_id, r.name, r.picture, r.attributes, r.licence, r.no_return, r.position
           FROM jsonb_to_recordset($1::jsonb) AS r (id text, parent_id text, name jsonb, picture text, attributes jsonb,
               licence text, no_return text, position int)
           ON CONFLICT (id) DO UPDATE SET parent_id = excluded.parent_id, name = excluded.name, picture = excluded.picture,
               attributes = excluded.attributes, licence = excluded.licence, no_return = excluded.no_return,
               position = excluded.position""",
        _rows(),
    )
    return len(TREE)


def _rows() -> list[dict[str, object]]:
    return [
        {**kind, "parent_id": kind["id"].rpartition(".")[0] or None, "position": position}
        for position, kind in enumerate(TREE)
    ]
