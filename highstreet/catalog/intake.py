"""Listing goods by spreadsheet: what its rows mean, an error for each that means nothing, and taking those that hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Literal

import msgspec

from highstreet.catalog import _taking
from highstreet.catalog._taking import Taken, TakenRow
from highstreet.catalog.categories import Categories
from highstreet.catalog.errors import IntakeOver
from highstreet.catalog.identifiers import gtin14
from highstreet.catalog.items import LONGEST_BRAND, LONGEST_SKU, LONGEST_TEXT, LONGEST_TITLE
from highstreet.catalog.labels import LABELS, check_labels
from highstreet.catalog.sheets import COLUMNS, Row, Sheet
from highstreet.kit import db, money
from highstreet.kit.db import Tx
from highstreet.kit.errors import Malformed, NotFound, Refusal
from highstreet.kit.ids import new_id
from highstreet.kit.quantity import UNITS
from highstreet.kit.text import Words


class RowError(msgspec.Struct, frozen=True):
    """What is wrong with a row: its number in the file, the column (as in COLUMNS, or empty), a sentence in both languages."""

    row: int
    column: str
    en: str
    zh: str


class Preview(msgspec.Struct, frozen=True):
    """What a sheet would make. A row with an error is in `errors` only, one entry for each."""

    rows: list[TakenRow]
    errors: list[RowError]
    unknown: list[str]


class Intake(msgspec.Struct, frozen=True):
    """A kept preview. `taken` is what taking it made."""

    id: str
    seller_id: str
    by: str
    file_name: str
    at: datetime
    state: Literal["previewed", "taken", "dropped"]
    rows: list[TakenRow]
    errors: list[RowError]
    taken: Taken | None


def preview(sheet: Sheet, known: Categories, currency: str) -> Preview:
    """Judge every row alone, then those that name one stock number twice. Prices are in `currency`."""
    kinds = _kinds_by_name(known)
    rows: list[TakenRow] = []
    errors: list[RowError] = []
    for row in sheet.rows:
        made = _Reading(row, known, kinds, currency)
        found = made.row()
        errors += made.errors
        if found is not None:
            rows.append(found)
    first: dict[str, int] = {}
    for row in rows:
        if row.sku in first:
            errors.append(
                RowError(
                    row.n,
                    "sku",
                    f"The stock number {row.sku} is used in row {first[row.sku]} already.",
                    f"货号 {row.sku} 已在第 {first[row.sku]} 行使用。",
                )
            )
        first.setdefault(row.sku, row.n)
    errors += _mixed(rows)
    wrong = {error.row for error in errors}
    return Preview([r for r in rows if r.n not in wrong], sorted(errors, key=lambda e: e.row), sheet.unknown)


async def keep_preview(
    tx: Tx, *, seller_id: str, by: str, file_name: str, preview: Preview, now: datetime
) -> str:
    """Keep a preview until it is taken or dropped; its identifier. `by` is the person who sent the file."""
    intake_id = new_id("itk", now)
    shown = "".join(c for c in PurePath(file_name.replace("\\", "/")).name if c.isprintable())[:120]
    await tx.execute(
        """INSERT INTO catalog.intake (id, seller_id, by, file_name, at, rows, errors)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        intake_id, seller_id, by, shown or "sheet", now, preview.rows, preview.errors,
    )  # fmt: skip
    return intake_id


async def read_intake(tx: Tx, seller_id: str, intake_id: str) -> Intake:
    """Errors: `NotFound`, also for somebody else's."""
    found = await db.row_or_none(
        tx,
        Intake,
        """SELECT id, seller_id, by, file_name, at, state, rows, errors, taken FROM catalog.intake
           WHERE id = $1 AND seller_id = $2""",
        intake_id, seller_id,
    )  # fmt: skip
    if found is None:
        raise NotFound("table")
    return found


async def drop_intake(tx: Tx, seller_id: str, intake_id: str) -> None:
    """Forget a preview; one that was taken stays taken. Errors: `NotFound`."""
    await read_intake(tx, seller_id, intake_id)
    await tx.execute(
        "UPDATE catalog.intake SET state = 'dropped' WHERE id = $1 AND state = 'previewed'", intake_id
    )


async def take(
    tx: Tx,
    intake_id: str,
    *,
    seller_id: str,
    place_id: str,
    formats: Sequence[str],
    currency: str,
    licences: Container[str],
    known: Categories,
    now: datetime,
    tax: str = "standard",
    terms: Mapping[str, Mapping[str, object]] | None = None,
) -> Taken:
    """List the rows of a preview: an item with its variants, and an offer for each in every one of the formats.

    A stock number the seller lists already is not listed twice: its price is changed. Offers whose kind needs a licence that is
    not among `licences` stay drafts. `terms` are by format. Taking it again changes nothing and answers the same. What the rows
    say of stock is in the answer, for inventory to receive. Errors: `NotFound`, `IntakeOver`, `OfferNotYours`.
    """
    await tx.execute("SELECT FROM catalog.intake WHERE id = $1 FOR UPDATE", intake_id)
    intake = await read_intake(tx, seller_id, intake_id)
    if intake.taken is not None:
        return intake.taken
    if intake.state != "previewed":
        raise IntakeOver
    taken = await _taking.take_rows(
        tx, intake.rows, seller_id=seller_id, place_id=place_id, formats=formats, currency=currency, licences=licences,
        known=known, now=now, tax=tax, terms=terms or {},
    )  # fmt: skip
    await tx.execute("UPDATE catalog.intake SET state = 'taken', taken = $2 WHERE id = $1", intake_id, taken)
    return taken


# --- the meaning of a row ---

_SAID = {column.code: column.name for column in COLUMNS}


def _kinds_by_name(known: Categories) -> dict[str, list[str]]:
    """Kinds without kinds below them, by every way they may be written."""
    found: dict[str, list[str]] = {}
    for category in known.all.values():
        if known.below(category.id):
            continue
        path = known.path(category.id)
        for name in {category.id, category.name.en, category.name.zh,
                     *(sep.join(c.name.say(lang) for c in path) for sep in ("/", ">") for lang in ("en", "zh"))}:  # fmt: skip
            found.setdefault(_plain(name), []).append(category.id)
    return found


def _plain(name: str) -> str:
    return re.sub(r"\s*([/>])\s*", r"\1", name).strip().casefold()


class _Reading:
    """One row being read; collects what is wrong with it instead of stopping at the first fault."""

    def __init__(self, row: Row, known: Categories, kinds: Mapping[str, list[str]], currency: str) -> None:
        self.errors: list[RowError] = []
        self._row, self._known, self._kinds, self._currency = row, known, kinds, currency

    def row(self) -> TakenRow | None:
        """What the row says, or None when something in it is wrong."""
        cells = self._row.cells
        for column, cell in self._row.formulas.items():
            self._wrong(
                column,
                f"Cell {cell} holds a formula; please write its value.",
                f"单元格 {cell} 含公式，请填写数值。",
            )
        title = Words(self._text("title_en", LONGEST_TITLE), self._text("title_zh", LONGEST_TITLE))
        if not (title.en or title.zh) and not {"title_en", "title_zh"} & self._row.formulas.keys():
            self._wrong("title_en", "The title is missing.", "缺少标题。")
        category_id = self._category()
        found = TakenRow(
            n=self._row.n,
            title=title,
            about=Words(self._text("about_en", LONGEST_TEXT), self._text("about_zh", LONGEST_TEXT)),
            category_id=category_id,
            sku=self._needed("sku", self._text("sku", LONGEST_SKU)),
            price=self._price(),
            stock=self._whole("stock", 0, 0),
            gtin=self._gtin(),
            brand=self._text("brand", LONGEST_BRAND),
            group=self._text("item", LONGEST_SKU),
            options={k: v for k in ("colour", "size") if (v := self._text(k, 80))},
            unit=self._unit(),
            step=self._whole("step", 1, 1),
            weight_g=self._whole("weight_g", 0, 0),
            labels=self._labels(),
            attributes=self._attributes(
                category_id, {c[5:]: v for c, v in cells.items() if c[:5] == "attr:"}
            ),
        )
        return None if self.errors else found

    def _wrong(self, column: str, en: str, zh: str) -> None:
        self.errors.append(RowError(self._row.n, column, en, zh))

    def _refused(self, column: str, refusal: Refusal) -> None:
        self._wrong(column, refusal.sentence("en"), refusal.sentence("zh"))

    def _named(self, column: str) -> Words:
        return _SAID.get(column, Words(column, column))

    def _text(self, column: str, most: int) -> str:
        text = self._row.cells.get(column, "")
        if len(text) > most:
            name = self._named(column)
            self._wrong(column, f"{name.en} has at most {most} letters.", f"{name.zh}最多 {most} 字。")
        elif any(ord(c) < 32 and c not in "\n\r\t" for c in text):
            self._wrong(column, "It has letters that cannot be shown.", "含有无法显示的字符。")
        return text

    def _needed(self, column: str, text: str) -> str:
        if not text and column not in self._row.formulas:
            name = self._named(column)
            self._wrong(column, f"{name.en} is missing.", f"缺少{name.zh}。")
        return text

    def _category(self) -> str:
        said = self._needed("category", self._row.cells.get("category", ""))
        found = self._kinds.get(_plain(said), [])
        if said and not found:
            self._wrong("category", f"There is no category “{said[:60]}”.", f"没有“{said[:60]}”这个类目。")
        elif len(found) > 1:
            self._wrong("category", f"“{said[:60]}” is several categories; write one of: {', '.join(found)}.",
                        f"“{said[:60]}”对应多个类目，请填写：{'、'.join(found)}。")  # fmt: skip
        return found[0] if len(found) == 1 else ""

    def _price(self) -> int:
        said = self._needed("price", self._row.cells.get("price", ""))
        if not said:
            return 0
        try:
            return money.parse_money(said.removesuffix("元"), self._currency, "price")
        except Malformed as e:
            self._refused("price", e)
            return 0

    def _whole(self, column: str, least: int, otherwise: int) -> int:
        said = self._row.cells.get(column, "").replace(",", "")
        if not said:
            return otherwise
        if not re.fullmatch(r"\d{1,9}", said) or int(said) < least:
            name = self._named(column)
            self._wrong(
                column,
                f"{name.en} must be a whole number from {least}.",
                f"{name.zh}必须是不小于 {least} 的整数。",
            )
            return otherwise
        return int(said)

    def _gtin(self) -> str | None:
        said = self._row.cells.get("gtin", "")
        if not said:
            return None
        # Spreadsheets take the leading zeros of a number away.
        padded = (
            next((said.zfill(n) for n in (8, 12, 13, 14) if len(said) <= n), said) if said.isdigit() else said
        )
        try:
            return gtin14(padded)
        except Refusal as e:
            self._refused("gtin", e)
            return None

    def _unit(self) -> str:
        said = self._row.cells.get("unit", "").casefold() or "piece"
        unit = _UNITS.get(said)
        if unit is None:
            self._wrong("unit", f"Unit must be one of {', '.join(UNITS)}.", f"单位应为：{'、'.join(UNITS)}。")
        return unit or "piece"

    def _labels(self) -> list[str]:
        said = [
            part.strip()
            for part in re.split(r"[,;，；、|/]", self._row.cells.get("labels", ""))
            if part.strip()
        ]
        try:
            return check_labels([_LABELS.get(part.casefold(), part) for part in said])
        except Refusal as e:
            self._refused("labels", e)
            return []

    def _attributes(self, category_id: str, given: Mapping[str, str]) -> dict[str, str]:
        if not category_id:
            return {}
        wanted = {a.code for a in self._known.attributes(category_id)}
        try:
            # A sheet may list several kinds: what another kind says of itself is passed over.
            return self._known.checked(category_id, {code: v for code, v in given.items() if code in wanted})
        except Refusal as e:
            self._refused("category", e)
            return {}


_UNITS = {
    **{unit: unit for unit in UNITS}, "pieces": "piece", "pc": "piece", "pcs": "piece", "each": "piece", "件": "piece",
    "个": "piece", "只": "piece", "盒": "piece", "包": "piece", "瓶": "piece", "袋": "piece", "g": "gram", "克": "gram",
    "ml": "millilitre", "毫升": "millilitre", "m": "metre", "米": "metre", "min": "minute", "minutes": "minute", "分钟": "minute",
    "days": "day", "天": "day", "日": "day", "晚": "night", "nights": "night", "km": "kilometre", "公里": "kilometre",
    "seats": "seat", "座": "seat", "pages": "page", "页": "page",
}  # fmt: skip
_LABELS = {
    name.casefold(): label.code
    for label in LABELS.values()
    for name in (label.code, label.name.en, label.name.zh)
}


def _mixed(rows: Sequence[TakenRow]) -> list[RowError]:
    """Rows of one item must be of one kind, and differ in what they are."""
    errors: list[RowError] = []
    groups: dict[str, list[TakenRow]] = {}
    for row in rows:
        if row.group:
            groups.setdefault(row.group, []).append(row)
    for group in groups.values():
        first = group[0]
        shapes = Counter(tuple(sorted(row.options.items())) for row in group)
        for row in group:
            if row.category_id != first.category_id:
                errors.append(RowError(row.n, "category", f"Row {first.n} puts this item in another category.",
                                       f"与第 {first.n} 行同款，但类目不同。"))  # fmt: skip
            elif row is not first and shapes[tuple(sorted(row.options.items()))] > 1:
                errors.append(RowError(row.n, "size", "Another row of this item has the same colour and size.",
                                       "同款商品中颜色与规格重复。"))  # fmt: skip
    return errors
