"""Items: what is described once, with its variants, and may be offered by many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from unicodedata import category

import msgspec

from highstreet.catalog.categories import Categories, categories
from highstreet.catalog.errors import ItemRetired, SkuTwice, TitleMissing
from highstreet.catalog.identifiers import gtin14
from highstreet.catalog.labels import By, check_labels
from highstreet.catalog.shelf import refresh_items
from highstreet.kit import db
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound
from highstreet.kit.ids import new_id
from highstreet.kit.paging import Page, cut, read_cursor
from highstreet.kit.quantity import UNITS
from highstreet.kit.text import Words

Sells = Literal["goods", "service", "digital", "use"]
LONGEST_TITLE, LONGEST_TEXT, LONGEST_SKU, LONGEST_BRAND = 200, 10_000, 64, 80
MOST_VARIANTS = 200
_NO_WORDS = Words()


class Variant(msgspec.Struct, frozen=True, omit_defaults=True):
    """One concrete form of an item. Sold in multiples of `step` of `unit`; `id` is empty until it is kept."""

    sku: str
    gtin: str | None = None
    options: dict[str, str] = {}
    unit: str = "piece"
    step: int = 1
    weight_g: int = 0
    id: str = ""


class Picture(msgspec.Struct, frozen=True):
    """`file`: "drawn:<name>" or the stem of the stored sizes (see pictures.py)."""

    id: str
    file: str
    width: int
    height: int
    alt: Words


class Item(msgspec.Struct, frozen=True):
    id: str
    owner_id: str
    category_id: str
    sells: Sells
    title: Words
    about: Words
    brand: str | None
    attributes: dict[str, str]
    labels: list[str]
    no_return: str | None
    created_at: datetime
    retired_at: datetime | None
    variants: list[Variant]
    pictures: list[Picture]


class Described(msgspec.Struct, frozen=True):
    """An item in a list."""

    id: str
    category_id: str
    title: Words
    brand: str | None
    labels: list[str]
    picture: str | None
    variants: int
    offers: int
    retired_at: datetime | None


async def describe(
    tx: Tx,
    *,
    owner_id: str,
    category_id: str,
    sells: Sells,
    title: Words,
    now: datetime,
    about: Words = _NO_WORDS,
    brand: str | None = None,
    attributes: Mapping[str, str] | None = None,
    labels: Sequence[str] = (),
    variants: Sequence[Variant] = (Variant("1"),),
    no_return: str | None = None,
    by: By = "seller",
    known: Categories | None = None,
) -> str:
    """A new item with its variants; its identifier. `known` spares reading the tree again when many are described.

    Errors: `CategoryUnknown`, `CategoryTooBroad`, `TitleMissing`, `AttributeMissing`, `AttributeWrong`,
    `LabelUnknown`, `LabelNotYours`, `GtinWrong`, `SkuTwice`, `Malformed`.
    """
    known = known or await categories(tx)
    known.leaf(category_id)
    item_id = new_id("itm", now)
    await tx.execute(
        """INSERT INTO catalog.item (id, owner_id, category_id, sells, title, about, brand, attributes, labels, no_return,
               created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        item_id, owner_id, category_id, sells, _titled(title), _worded(about, "about", LONGEST_TEXT), _brand(brand),
        known.checked(category_id, attributes or {}), check_labels(labels, by),
        no_return or known.no_return(category_id), now,
    )  # fmt: skip
    await _add(tx, item_id, variants or (Variant("1"),), [], now)
    return item_id


async def change_item(
    tx: Tx,
    owner_id: str,
    item_id: str,
    *,
    now: datetime,
    category_id: str | None = None,
    title: Words | None = None,
    about: Words | None = None,
    brand: str | None = None,
    attributes: Mapping[str, str] | None = None,
    labels: Sequence[str] | None = None,
    variants: Sequence[Variant] = (),
    by: By = "seller",
) -> None:
    """Change what is given and leave the rest; `brand=""` takes it away. `variants`: those with an `id` are changed, the
    others added; none goes away, for orders name them. Search follows in the same transaction.

    Errors: as `describe`, `NotFound` for somebody else's item, `ItemRetired`.
    """
    was = await _own(tx, owner_id, item_id)
    known = await categories(tx)
    if category_id is not None:
        known.leaf(category_id)
    kind = category_id or was.category_id
    said = was.attributes if attributes is None else attributes
    if category_id not in (None, was.category_id) and attributes is None:
        wanted = {a.code for a in known.attributes(kind)}
        said = {code: value for code, value in was.attributes.items() if code in wanted}
    await tx.execute(
        """UPDATE catalog.item SET category_id = $2, title = $3, about = $4, brand = $5, attributes = $6, labels = $7,
               no_return = $8 WHERE id = $1""",
        item_id, kind, _titled(title or was.title),
        _worded(was.about if about is None else about, "about", LONGEST_TEXT),
        was.brand if brand is None else _brand(brand), known.checked(kind, said),
        was.labels if labels is None else check_labels(labels, by, was.labels),
        was.no_return if kind == was.category_id else known.no_return(kind),
    )  # fmt: skip
    if variants:
        await _change_variants(tx, was, variants, now)
    await refresh_items(tx, [item_id])


async def retire(tx: Tx, owner_id: str, item_id: str, *, now: datetime) -> None:
    """Take an item off for good: its offers close with it. Doing it again changes nothing.

    Errors: `NotFound` for somebody else's item.
    """
    if await tx.fetchval("SELECT owner_id FROM catalog.item WHERE id = $1 FOR UPDATE", item_id) != owner_id:
        raise NotFound("item")
    await tx.execute(
        "UPDATE catalog.offer SET state = 'closed', changed_at = $2 WHERE item_id = $1 AND state <> 'closed'",
        item_id,
        now,
    )
    await tx.execute(
        "UPDATE catalog.item SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL", item_id, now
    )
    await refresh_items(tx, [item_id])


async def read_item(tx: Tx, item_id: str) -> Item:
    """Errors: `NotFound`."""
    found = await db.row_or_none(
        tx,
        Item,
        """SELECT i.*,
               ARRAY(SELECT jsonb_build_object('id', v.id, 'sku', v.sku, 'gtin', v.gtin, 'options', v.options, 'unit', v.unit,
                         'step', v.step, 'weight_g', v.weight_g)
                     FROM catalog.variant v WHERE v.item_id = i.id ORDER BY v.id) AS variants,
               ARRAY(SELECT jsonb_build_object('id', p.id, 'file', p.file, 'width', p.width, 'height', p.height, 'alt', p.alt)
                     FROM catalog.picture p WHERE p.item_id = i.id ORDER BY p.position) AS pictures
           FROM catalog.item i WHERE i.id = $1""",
        item_id,
    )
    if found is None:
        raise NotFound("item")
    return found


async def items_of(
    tx: Tx, owner_id: str, cursor: str | None = None, *, most: int = 50, retired: bool = False
) -> Page[Described]:
    """What somebody described, newest first; with the retired ones if asked."""
    before = read_cursor(cursor, str)
    found = await db.rows(
        tx,
        Described,
        """SELECT i.id, i.category_id, i.title, i.brand, i.labels, i.retired_at,
               (SELECT p.file FROM catalog.picture p WHERE p.item_id = i.id ORDER BY p.position LIMIT 1) AS picture,
               (SELECT count(*) FROM catalog.variant v WHERE v.item_id = i.id) AS variants,
               (SELECT count(*) FROM catalog.offer o WHERE o.item_id = i.id AND o.state = 'open') AS offers
           FROM catalog.item i
           WHERE i.owner_id = $1 AND ($2::text IS NULL OR i.id < $2) AND ($3 OR i.retired_at IS NULL)
           ORDER BY i.id DESC LIMIT $4""",
        owner_id, before[0] if before else None, retired, most + 1,
    )  # fmt: skip
    return cut(found, most, lambda item: [item.id])


async def _own(tx: Tx, owner_id: str, item_id: str) -> Item:
    await tx.execute("SELECT FROM catalog.item WHERE id = $1 FOR UPDATE", item_id)
    was = await read_item(tx, item_id)
    if was.owner_id != owner_id:
        raise NotFound("item")
    if was.retired_at is not None:
        raise ItemRetired
    return was


async def _change_variants(tx: Tx, was: Item, variants: Sequence[Variant], now: datetime) -> None:
    before = {v.id: v for v in was.variants}
    for variant in variants:
        if variant.id and variant.id not in before:
            raise NotFound("variant")
    changed = {v.id: v for v in variants if v.id}
    skus = [changed.get(v.id, v).sku for v in was.variants]
    for sku in skus:
        if skus.count(sku) > 1:
            raise SkuTwice(sku=sku)
    for variant in changed.values():
        if (variant.unit, variant.step) != (before[variant.id].unit, before[variant.id].step):
            raise Malformed(
                "unit", "the unit of a variant stays; add a new variant", "规格的计量单位不可更改，请新增规格"
            )
        await tx.execute(
            "UPDATE catalog.variant SET sku = $2, gtin = $3, options = $4, weight_g = $5 WHERE id = $1",
            variant.id,
            *_kept(variant)[:4],
        )
    await _add(tx, was.id, [v for v in variants if not v.id], skus, now)


async def _add(
    tx: Tx, item_id: str, variants: Sequence[Variant], taken: Sequence[str], now: datetime
) -> None:
    skus = [*taken, *(v.sku.strip() for v in variants)]
    if len(skus) > MOST_VARIANTS:
        raise Malformed("variants", f"at most {MOST_VARIANTS}", f"最多 {MOST_VARIANTS} 个规格")
    seen: set[str] = set()
    for sku in skus:
        if sku in seen:
            raise SkuTwice(sku=sku)
        seen.add(sku)
    await tx.executemany(
        """INSERT INTO catalog.variant (id, item_id, sku, gtin, options, weight_g, unit, step)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        [(new_id("var", now), item_id, *_kept(variant)) for variant in variants],
    )


def _kept(variant: Variant) -> tuple[str, str | None, dict[str, str], int, str, int]:
    sku = variant.sku.strip()
    if not sku or len(sku) > LONGEST_SKU:
        raise Malformed("sku", f"needs 1 to {LONGEST_SKU} letters", f"货号应为 1 至 {LONGEST_SKU} 个字符")
    if variant.unit not in UNITS:
        raise Malformed("unit", "choose one of " + ", ".join(UNITS), "请选择：" + "、".join(UNITS))
    if not 0 < variant.step <= 1_000_000 or not 0 <= variant.weight_g <= 100_000_000:
        raise Malformed("variant", "step and weight must be sensible numbers", "步长和重量应为合理数字")
    options = {k.strip()[:40]: v.strip()[:80] for k, v in list(variant.options.items())[:6] if v.strip()}
    return (
        sku,
        gtin14(variant.gtin) if variant.gtin else None,
        options,
        variant.weight_g,
        variant.unit,
        variant.step,
    )


def _titled(title: Words) -> Words:
    if not (title.en.strip() or title.zh.strip()):
        raise TitleMissing
    return _worded(title, "title", LONGEST_TITLE)


def _worded(words: Words, field: str, most: int) -> Words:
    if max(len(words.en), len(words.zh)) > most:
        raise Malformed(field, f"has at most {most} letters", f"最多 {most} 字")
    if any(category(c) in ("Cc", "Cs") and c not in "\n\r\t" for c in words.en + words.zh):
        raise Malformed(field, "has letters that cannot be shown", "含有无法显示的字符")
    return Words(words.en.strip(), words.zh.strip())


def _brand(brand: str | None) -> str | None:
    name = (brand or "").strip()
    if len(name) > LONGEST_BRAND or not name.isprintable():
        raise Malformed("brand", f"has at most {LONGEST_BRAND} letters", f"最多 {LONGEST_BRAND} 字")
    return name or None
