"""The file as invoices: what can be sold, what comes back, and what is refused and why. Dirty as real data is."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import msgspec

COLUMNS = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"]
_GOODS = re.compile(r"\d{5}|DCGS")


class BadFile(Exception):
    """The file cannot be replayed; the text says why."""


class Row(msgspec.Struct, frozen=True):
    """A line of an invoice: quantity > 0, price per piece and amount in minor units."""

    code: str
    quantity: int
    price: int
    amount: int


class Invoice(msgspec.Struct):
    """One sale, or one cancellation (its number begins with C); `taken` are the rows that are replayed."""

    number: str
    at: datetime
    customer: str
    taken: list[Row]

    @property
    def cancelled(self) -> bool:
        return self.number.startswith("C")

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(msgspec.json.encode((self.number, self.taken))).hexdigest()


class Book(msgspec.Struct):
    """The whole file. sales_minor and refunds_minor add every row with a price, each rounded half up to the penny.

    `prices`: what each code was last sold for.
    """

    rows: int
    invoices: list[Invoice]
    titles: dict[str, str]
    received: dict[str, int]
    refused: Counter[str]
    sales_minor: int
    refunds_minor: int
    prices: dict[str, int] = {}


def is_goods(code: str) -> bool:
    """Whether a stock code stands for goods; postage, fees, discounts and hand-typed lines have no stock."""
    return _GOODS.match(code) is not None


def read_invoices(file: Path) -> Book:
    """Read a parquet file of order lines. Errors: BadFile when a column is missing or it is no parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file, columns=COLUMNS)
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as wrong:
        raise BadFile(
            f"{file} is not a parquet file with the columns {', '.join(COLUMNS)}: {wrong}"
        ) from wrong
    columns: list[list[Any]] = [table[name].to_pylist() for name in COLUMNS]
    book = Book(table.num_rows, [], {}, {}, Counter(), 0, 0)
    titles: dict[str, Counter[str]] = {}
    invoices: dict[str, Invoice] = {}
    for number, code, title, quantity, at, price, customer in zip(*columns, strict=True):
        if code and title:
            titles.setdefault(code.strip(), Counter())[title.strip()] += 1
        _row(book, invoices, (number, code, quantity, at, price, customer))
    book.invoices = sorted(invoices.values(), key=lambda one: one.at)
    book.prices = {row.code: row.price for one in book.invoices if not one.cancelled for row in one.taken}
    book.titles = {code: found.most_common(1)[0][0] for code, found in titles.items()}
    return book


def _row(book: Book, invoices: dict[str, Invoice], row: tuple[Any, ...]) -> None:
    number, code, quantity, at, price, customer = row
    number, code = str(number or "").strip(), str(code or "").strip()
    refused = _refusal(number, code, quantity, at, price)
    if refused:
        book.refused[refused] += 1
        return
    each = Decimal(str(price)) * 100
    amount = int((each * abs(quantity)).quantize(Decimal(1), ROUND_HALF_UP))
    taken = Row(code, abs(quantity), int(each.quantize(Decimal(1), ROUND_HALF_UP)), amount)
    one = invoices.get(number)
    if one is None:
        known = "" if customer is None or customer != customer else str(int(customer))  # NaN is not itself
        one = invoices[number] = Invoice(number, at.replace(tzinfo=UTC), known, [])
    one.taken.append(taken)
    if one.cancelled:
        book.refunds_minor += amount
    else:
        book.sales_minor += amount
        book.received[code] = book.received.get(code, 0) + abs(quantity)


def _refusal(
    number: str, code: str, quantity: int | None, at: datetime | None, price: float | None
) -> str | None:
    if not number or not code or at is None:
        return "incomplete"
    if price is None or price != price or price in (float("inf"), float("-inf")):
        return "no_price"
    if price < 0:
        return "negative_price"
    if Decimal(str(price)) * 100 < Decimal("0.5"):
        return "no_price"
    if not quantity:
        return "no_quantity"
    if (quantity < 0) != number.startswith("C"):
        return (
            "negative_quantity_without_cancellation" if quantity < 0 else "positive_quantity_in_cancellation"
        )
    return None
