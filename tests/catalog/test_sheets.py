from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from highstreet import catalog
from highstreet.catalog import errors, sheets
from highstreet.kit.errors import Refusal

HEAD = ["标题", "类目", "货号", "价格"]
LINE = ["绿茶", "茶与咖啡", "T1", "12.5"]


def as_csv(lines: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(lines)
    return out.getvalue()


def as_xlsx(lines: Sequence[Sequence[object]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in lines:
        sheet.append(list(line))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return zipped({**{part: archive.read(part) for part in archive.namelist()}, name: content})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_in_any_usual_form(encoding: str, delimiter: str) -> None:
    # Without a mark at its start UTF-16 is only told by Latin letters, so the file begins with one of those columns.
    lines = [["SKU", *HEAD[:2], HEAD[3]], ["T1", *LINE[:2], LINE[3]]]
    sheet = catalog.read_sheet(as_csv(lines, delimiter).encode(encoding), "goods.csv")
    assert sheet.columns == ["sku", "title_zh", "category", "price"]
    assert sheet.rows[0].cells == {"sku": "T1", "title_zh": "绿茶", "category": "茶与咖啡", "price": "12.5"}


def test_headings_are_known_by_many_names() -> None:
    text = as_csv(
        [
            ["Product Name", " category *", "CODE", "unit price", "Qty", "weather"],
            ["Tea", "Tea", "1", "5", "", ""],
        ]
    )
    sheet = catalog.read_sheet(("sep=,\n" + text).encode(), "x.csv")
    assert sheet.columns == ["title_en", "category", "sku", "price", "stock"]
    assert sheet.unknown == ["weather"]


def test_a_workbook_is_read_as_text() -> None:
    lines: list[list[object]] = [
        [*HEAD, "条码", "库存"], [],
        ["茶", "茶与咖啡", 1001, 12.5, 6901234567892.0, True], ["茶", None, "x", "=1+1", None, "=HYPERLINK(1)"],
    ]  # fmt: skip
    sheet = catalog.read_sheet(as_xlsx(lines), "x.xlsx")
    assert sheet.rows[0].cells == {
        "title_zh": "茶", "category": "茶与咖啡", "sku": "1001", "price": "12.5", "gtin": "6901234567892", "stock": "TRUE"
    }  # fmt: skip
    assert sheet.rows[0].n == 3
    assert sheet.rows[1].formulas == {"price": "D4", "stock": "F4"}
    assert "price" not in sheet.rows[1].cells


def test_wrong_columns_are_named_in_both_languages() -> None:
    with pytest.raises(errors.SheetColumns) as refused:
        catalog.read_sheet(b"a,b,c\n1,2,3\n", "x.csv")
    assert refused.value.sentence("en").startswith(
        "These columns are missing: Title, Category, Stock number, Price."
    )
    assert "标题、类目、货号、价格" in refused.value.sentence("zh")


BILLION_LAUGHS = (
    b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>"""
)
PLAIN = as_xlsx([list(HEAD), list(LINE)])
UNREADABLE = {
    "empty": b"",
    "blank": b"\n\n , ,\n",
    "picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff",
    "pdf": b"%PDF-1.7 x",
    "old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000),
    "bytes": bytes(range(256)) * 10,
    "archive that is none": b"PK\x03\x04" + bytes(100),
    "archive of other things": zipped({"a.txt": b"x"}),
    "half a workbook": PLAIN[: len(PLAIN) // 2],
    "workbook with entities": with_part(PLAIN, "xl/worksheets/sheet1.xml", BILLION_LAUGHS),
    "workbook with hidden entities": with_part(
        PLAIN, "xl/sharedStrings.xml", BILLION_LAUGHS.decode().encode("utf-16")
    ),
    "workbook with a broken part": with_part(
        PLAIN, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>"
    ),
    "workbook without sheets": with_part(PLAIN, "xl/workbook.xml", b"<workbook/>"),
    "endless cell": b"title,category,sku,price\n" + b'"' + b"x" * 200_000,
}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(errors.SheetUnreadable) as refused:
        catalog.read_sheet(data, "x.csv")
    assert refused.value.sentence("en") != refused.value.sentence("zh")


def test_a_text_called_workbook_is_refused() -> None:
    with pytest.raises(errors.SheetUnreadable):
        catalog.read_sheet(b"title,category,sku,price\n", "x.xlsx")


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = with_part(PLAIN, "xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * (90 * 2**20))
    assert len(bomb) < 2**20
    with pytest.raises(errors.SheetTooLarge):
        catalog.read_sheet(bomb, "x.xlsx")


def _million_rows_of_csv() -> bytes:
    return as_csv([HEAD]).encode() + "茶,茶,1,1\n".encode() * 1_000_000


def _million_rows_of_xlsx() -> bytes:
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    first = "<row>" + "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in HEAD) + "</row>"
    row = "<row><c><v>1</v></c><c><v>1</v></c></row>"
    return with_part(
        PLAIN,
        "xl/worksheets/sheet1.xml",
        (head + first + row * 1_000_000 + "</sheetData></worksheet>").encode(),
    )


@pytest.mark.parametrize("make", [_million_rows_of_csv, _million_rows_of_xlsx])
def test_a_million_rows_are_refused_without_being_held(make: Callable[[], bytes]) -> None:
    data = make()
    tracemalloc.start()
    with pytest.raises(errors.SheetTooLarge) as refused:
        catalog.read_sheet(data, "x")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "20000" in refused.value.sentence("en")
    assert peak < 150 * 2**20


def test_rows_far_down_an_empty_sheet_are_not_looked_for() -> None:
    far = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="{2**20}"><c r="A{2**20}"><v>1</v></c></row></sheetData></worksheet>'  # noqa: E501
    with pytest.raises(errors.SheetTooLarge):
        catalog.read_sheet(with_part(PLAIN, "xl/worksheets/sheet1.xml", far.encode()), "x.xlsx")


CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=20
).filter(lambda text: text[0] != "=" and text == text.strip() and "\ufeff" not in text)


@given(
    st.lists(st.tuples(CELL, CELL, CELL, CELL), min_size=1, max_size=8), st.sampled_from(["utf-8", "utf-16"])
)
@settings(max_examples=60)
def test_what_is_written_is_read(lines: list[tuple[str, ...]], encoding: str) -> None:
    wanted = [list(line) for line in lines]
    for data in (as_csv([HEAD, *wanted]).encode(encoding), as_xlsx([list(HEAD), *map(list, lines)])):
        sheet = catalog.read_sheet(data, "x")
        assert [
            [row.cells[c] for c in ("title_zh", "category", "sku", "price")] for row in sheet.rows
        ] == wanted


@given(st.binary(max_size=400))
def test_any_bytes_give_rows_or_a_refusal(data: bytes) -> None:
    for one in (data, b"PK\x03\x04" + data, "标题,类目,货号,价格\n".encode() + data):
        try:
            assert catalog.read_sheet(one, "x").columns
        except Refusal as refusal:
            assert refusal.sentence("zh")


def test_column_names_mean_one_thing() -> None:
    seen: dict[str, str] = {}
    for column in sheets.COLUMNS:
        for name in {column.name.en, column.name.zh, *column.also}:
            key = sheets._key(name)
            assert seen.setdefault(key, column.code) == column.code, name
