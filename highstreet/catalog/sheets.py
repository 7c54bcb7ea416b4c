"""Reading a seller's spreadsheet as it comes: CSV or XLSX, in any usual encoding, with columns named in English or Chinese.

Everything is read as text; what the text means is decided in intake.py. Files are hostile until read: archives are measured before
they are unpacked, rows are streamed and counted, formulas are named, never computed.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

import msgspec
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from highstreet.catalog.categories import Categories
from highstreet.catalog.errors import SheetColumns, SheetTooLarge, SheetUnreadable
from highstreet.catalog.labels import LABELS
from highstreet.kit.quantity import UNITS
from highstreet.kit.text import Words

MOST_ROWS = 20_000
MOST_BYTES = 20 * 2**20
MOST_UNPACKED = 80 * 2**20
MOST_COLUMNS = 60
MOST_LETTERS = 10_000
_FAR = 60_000  # no row beyond this is looked for, however empty those before it are


class Column(msgspec.Struct, frozen=True):
    """What a column of the template is called, and by which other names sellers know it."""

    code: str
    name: Words
    also: tuple[str, ...]
    example: Words


COLUMNS: tuple[Column, ...] = (
    Column("title_en", Words("Title", "英文标题"), ("title (en)", "english title", "name", "product name", "title en"),
           Words("Green tea, 500 g", "Green tea, 500 g")),
    Column("title_zh", Words("Chinese title", "标题"), ("title (zh)", "商品标题", "商品名称", "名称", "品名", "中文标题", "title zh"),
           Words("绿茶 500 克", "绿茶 500 克")),
    Column("category", Words("Category", "类目"), ("kind", "类别", "分类", "品类", "商品类目"), Words("Tea and coffee", "茶与咖啡")),
    Column("sku", Words("Stock number", "货号"), ("sku", "code", "item no", "item number", "商品编码", "编码", "编号", "商家编码"),
           Words("TEA-500", "TEA-500")),
    Column("price", Words("Price", "价格"), ("unit price", "retail price", "单价", "售价", "零售价"), Words("128.00", "128.00")),
    Column("stock", Words("Stock", "库存"), ("quantity", "qty", "in stock", "数量", "库存数量"), Words("20", "20")),
    Column("gtin", Words("Bar code", "条码"), ("gtin", "ean", "upc", "barcode", "商品条码", "条形码", "国际条码"),
           Words("6901234567892", "6901234567892")),
    Column("brand", Words("Brand", "品牌"), ("make", "商标"), Words("", "")),
    Column("about_en", Words("Description", "英文描述"), ("about", "details", "description (en)", "english description"),
           Words("Picked before the spring rain.", "Picked before the spring rain.")),
    Column("about_zh", Words("Chinese description", "描述"), ("商品描述", "详情", "介绍", "中文描述", "说明", "description (zh)"),
           Words("明前采摘。", "明前采摘。")),
    Column("item", Words("Item", "款号"), ("style", "parent", "group", "model", "系列", "款式编号"), Words("", "")),
    Column("colour", Words("Colour", "颜色"), ("color", "色号"), Words("", "")),
    Column("size", Words("Size", "规格"), ("尺码", "尺寸", "大小", "型号"), Words("500 g", "500 克")),
    Column("unit", Words("Unit", "单位"), ("计量单位", "计价单位"), Words("piece", "piece")),
    Column("step", Words("Sold in steps of", "起订倍数"), ("step", "multiple", "步长"), Words("1", "1")),
    Column("weight_g", Words("Weight (g)", "重量（克）"), ("weight", "weight g", "grams", "重量", "重量(克)", "毛重"), Words("550", "550")),
    Column("labels", Words("Labels", "标签"), ("tags", "标记"), Words("From here", "本地产")),
)  # fmt: skip
_NEEDED = ("category", "sku", "price")


class Row(msgspec.Struct, frozen=True):
    """A row as read: its number in the file (the first is 1), its texts by column, and the cells that hold formulas.

    `cells` has our column codes, and `attr:<code>` for attributes of a kind.
    """

    n: int
    cells: dict[str, str]
    formulas: dict[str, str]


class Sheet(msgspec.Struct, frozen=True):
    """`unknown`: headings nobody here understands; they are passed over and the seller is told."""

    columns: list[str]
    unknown: list[str]
    rows: list[Row]


def read_sheet(data: bytes, file_name: str, known: Categories | None = None) -> Sheet:
    """The rows of a CSV or XLSX file, told apart by what is in it. `known`: kinds whose attributes may be columns.

    Takes seconds for the largest: call it in a thread. Errors: `SheetUnreadable`, `SheetTooLarge`, `SheetColumns`.
    """
    if len(data) > MOST_BYTES:
        raise _too_large()
    if data[:2] == b"PK":
        return _collect(_xlsx(data), known)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise _unreadable("it is an old .xls or a protected file", "这是旧版 .xls 或受保护的文件")
    if file_name.lower().endswith((".xlsx", ".xlsm")) or data[:5] == b"%PDF-":
        raise _unreadable("it is not a workbook", "不是有效的工作簿")
    return _collect(_csv(data), known)


def _unreadable(problem: str, problem_zh: str) -> SheetUnreadable:
    return SheetUnreadable(problem=problem, problem_zh=problem_zh)


def _too_large() -> SheetTooLarge:
    return SheetTooLarge(most=MOST_ROWS, megabytes=MOST_BYTES // 2**20)


# A cell is its text, and whether it is a formula.
_Cells = Iterator[tuple[int, Sequence[tuple[str, bool]]]]


def _collect(cells: _Cells, known: Categories | None) -> Sheet:
    heading: dict[int, str] = {}
    unknown: list[str] = []
    rows: list[Row] = []
    for n, line in cells:
        if not any(text for text, _ in line):
            continue
        if not heading:
            heading, unknown = _headings([text for text, _ in line], known)
            continue
        if len(rows) == MOST_ROWS:
            raise _too_large()
        found = [(heading[i], i, text, formula) for i, (text, formula) in enumerate(line) if i in heading]
        rows.append(
            Row(
                n,
                {code: text[:MOST_LETTERS] for code, _, text, formula in found if text and not formula},
                {code: f"{get_column_letter(i + 1)}{n}" for code, i, _, formula in found if formula},
            )
        )
    if not heading:
        raise _unreadable("it is empty", "文件为空")
    return Sheet(list(heading.values()), unknown, rows)


def _headings(texts: Sequence[str], known: Categories | None) -> tuple[dict[int, str], list[str]]:
    """Which column stands where; the first of two with one meaning counts."""
    names = {_key(name): c.code for c in COLUMNS for name in (*c.also, c.name.en, c.name.zh, c.code)}
    for category in known.all.values() if known else ():
        for attribute in category.attributes:
            for name in (attribute.name.en, attribute.name.zh, attribute.code):
                names.setdefault(_key(name), "attr:" + attribute.code)
    heading: dict[int, str] = {}
    unknown: list[str] = []
    for at, text in enumerate(texts[:MOST_COLUMNS]):
        code = names.get(_key(text))
        if code and code not in heading.values():
            heading[at] = code
        elif text:
            unknown.append(text[:60])
    has = set(heading.values())
    missing = [c.name for c in COLUMNS if c.code in _NEEDED and c.code not in has]
    if not has & {"title_en", "title_zh"}:
        missing.insert(0, Words("Title", "标题"))
    if missing:
        raise SheetColumns(
            missing=", ".join(name.en for name in missing), missing_zh="、".join(name.zh for name in missing)
        )
    return heading, unknown


def _key(name: str) -> str:
    return re.sub(r"[\s_*＊:：]+", " ", name).strip().casefold().replace("（", "(").replace("）", ")")


# --- CSV ---


def _csv(data: bytes) -> _Cells:
    text = _decoded(data)
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r'"?sep=(.)"?\s*', first.strip())
    if told:
        text, delimiter = rest, told[1]
    else:
        bare = re.sub(r'"[^"]*"', "", first)
        delimiter = max(",;\t|，", key=lambda c: (bare.count(c), -",;\t|，".index(c)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for line in reader:
            yield reader.line_num, [(cell.strip(), cell.lstrip()[:1] == "=") for cell in line[:MOST_COLUMNS]]
    except csv.Error as e:
        raise _unreadable(f"line {reader.line_num} is broken", f"第 {reader.line_num} 行损坏") from e


def _decoded(data: bytes) -> str:
    """UTF-8 or UTF-16 where the file says so or it fits; else GB 18030, which Chinese Excel writes."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        tries = ["utf-16"]
    elif data[1:2] == b"\0" or data[:1] == b"\0":
        tries = ["utf-16-be" if data[:1] == b"\0" else "utf-16-le"]
    else:
        tries = ["utf-8-sig", "gb18030"]
    for encoding in tries:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _unreadable("its letters are in no encoding we know", "无法识别文字编码")


# --- XLSX ---


def _xlsx(data: bytes) -> _Cells:
    _measure(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            yield from _lines(sheet.iter_rows(max_col=MOST_COLUMNS))
        finally:
            book.close()
    except (
        InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, IndexError, TypeError, AttributeError,
        EOFError, OSError,
    ) as e:  # fmt: skip
        # What openpyxl raises for a workbook that is not one, by the part that is wrong.
        raise _unreadable("the workbook is damaged", "工作簿已损坏") from e


def _lines(rows: Iterable[Sequence[Any]]) -> _Cells:
    for n, row in enumerate(rows, 1):
        if n > _FAR:
            raise _too_large()
        yield n, [(_text(cell.value), cell.data_type == "f") for cell in row]


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case float():
            return format(value, ".10g")
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case _:
            return str(value).strip()


def _measure(data: bytes) -> None:
    """Refuse an archive by what it would unpack to, by its rows, and for any part that could define entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > 2000 or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise _too_large()
            for part in parts:
                if part.flag_bits & 1:
                    raise _unreadable("it is protected by a password", "文件有密码保护")
                if part.filename.endswith((".xml", ".rels")):
                    _look_through(archive, part)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as e:
        raise _unreadable("the workbook is damaged", "工作簿已损坏") from e


def _look_through(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    rows = 0
    with archive.open(part) as stream:
        tail = b""
        while chunk := stream.read(2**20):
            if b"<!DOCTYPE" in (text := tail + chunk) or b"<!ENTITY" in text or b"\0" in chunk[:4]:
                raise _unreadable("the workbook is not plain", "工作簿内容异常")
            # Counted here because openpyxl parses a whole sheet before it gives the first row.
            rows += chunk.count(b"<row") + chunk.count(b":row")
            if rows > _FAR:
                raise _too_large()
            tail = chunk[-10:]


# --- templates ---


def template_csv(lang: str) -> bytes:
    """The columns and an example, as a file Excel opens with the right letters."""
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(c.name.say(lang) for c in COLUMNS)
    write.writerow(c.example.say(lang) for c in COLUMNS)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def template_xlsx(lang: str, known: Categories) -> bytes:
    """The same as a workbook, with a second sheet that lists the kinds, units and labels one may write."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "商品" if lang == "zh" else "Goods"
    for at, column in enumerate(COLUMNS, 1):
        heading = sheet.cell(1, at, column.name.say(lang) + (" *" if column.code in _NEEDED else ""))
        heading.font = Font(bold=True)
        # As text, so that bar codes keep their zeros.
        sheet.cell(2, at, column.example.say(lang)).number_format = "@"
        sheet.column_dimensions[get_column_letter(at)].width = 18
    sheet.freeze_panes = "A2"
    lists: Any = book.create_sheet("可填内容" if lang == "zh" else "What to write")
    kinds = [
        (c.name.say(lang), "、".join(a.name.say(lang) for a in known.attributes(c.id) if a.required))
        for c in known.all.values() if not known.below(c.id)
    ]  # fmt: skip
    heads = (
        ("类目", "必填属性（另加一列）", "单位", "标签")
        if lang == "zh"
        else ("Category", "It needs (add a column)", "Unit", "Label")
    )
    labels = [label.name.say(lang) for label in LABELS.values() if label.by == "seller"]
    columns: list[Sequence[str]] = [[k for k, _ in kinds], [a for _, a in kinds], UNITS, labels]
    for at, (head, values) in enumerate(zip(heads, columns, strict=True), 1):
        lists.cell(1, at, head).font = Font(bold=True)
        for n, value in enumerate(values, 2):
            lists.cell(n, at, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
