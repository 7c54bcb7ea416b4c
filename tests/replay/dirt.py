"""Small files as dirty as real ones: every kind of row that has been seen in sales lists, and some that will be."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

START = datetime(2010, 12, 1, 8, 26)  # noqa: DTZ001 - as the files write it: without a zone
SHAPE = pa.schema(
    [("InvoiceNo", pa.string()), ("StockCode", pa.string()), ("Description", pa.string()), ("Quantity", pa.int32()),
     ("InvoiceDate", pa.timestamp("us")), ("UnitPrice", pa.float64()), ("CustomerID", pa.float64()), ("Country", pa.string())]
)  # fmt: skip
# number, code, quantity, price, customer, whether there is a date -> why it is refused
REFUSED: list[tuple[str | None, str | None, int | None, float | None, bool, str]] = [
    (None, "22423", 1, 2.0, True, "incomplete"),
    ("  ", "22423", 1, 2.0, True, "incomplete"),
    ("600001", None, 1, 2.0, True, "incomplete"),
    ("600001", "22423", 1, 2.0, False, "incomplete"),
    ("600002", "22423", 1, 0.0, True, "no_price"),
    ("600002", "22423", 1, 0.001, True, "no_price"),
    ("600002", "22423", 1, float("nan"), True, "no_price"),
    ("600002", "22423", 1, float("inf"), True, "no_price"),
    ("600002", "22423", 1, None, True, "no_price"),
    ("A600003", "B", 1, -11062.06, True, "negative_price"),
    ("600004", "22423", 0, 2.0, True, "no_quantity"),
    ("600004", "22423", None, 2.0, True, "no_quantity"),
    ("600005", "22423", -9600, 2.0, True, "negative_quantity_without_cancellation"),
    ("C600006", "22423", 5, 2.0, True, "positive_quantity_in_cancellation"),
]

CODES = ["85123A", "71053", "22423", "POST", "DOT", "M", "DCGS0069J", " 21730 ", "BANK CHARGES"]
PRICES = [2.55, 3.39, 0.85, 0.01, 12.75, 1.25, 649.5, 0.19]


def row(
    number: str | None, code: str | None, quantity: int | None, at: datetime | None, price: float | None, customer: float | None,
    title: str | None = "WHITE METAL LANTERN",
) -> dict[str, Any]:  # fmt: skip
    return {
        "InvoiceNo": number, "StockCode": code, "Description": title, "Quantity": quantity, "InvoiceDate": at,
        "UnitPrice": price, "CustomerID": customer, "Country": "United Kingdom",
    }  # fmt: skip


def write(file: Path, rows: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows, SHAPE), file)
    return file


def shop(invoices: int, seed: int, prices: list[float] = PRICES) -> list[dict[str, Any]]:
    """So many invoices of some customers (and of nobody known), a quarter of them cancellations, some lines twice."""
    dice = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for n in range(invoices):
        at = START + timedelta(minutes=7 * n)
        customer = dice.choice([12345.0, 12346.0, 17850.0, None, float("nan")])
        cancelled = dice.random() < 0.25
        number = f"{'C' if cancelled else ''}{536365 + n}"
        for _ in range(dice.randint(1, 5)):
            quantity = dice.choice([1, 2, 6, 12, 3000]) * (-1 if cancelled else 1)
            title = dice.choice(
                ["WHITE METAL LANTERN", " white metal lantern", None, "?", "wrongly marked 手写"]
            )
            rows.append(row(number, dice.choice(CODES), quantity, at, dice.choice(prices), customer, title))
            if dice.random() < 0.1:
                rows.append(rows[-1])
    for number, code, quantity, price, dated, _ in REFUSED:
        rows.insert(
            dice.randrange(len(rows)), row(number, code, quantity, START if dated else None, price, None)
        )
    return rows


def sold_and_back(rows: list[dict[str, Any]]) -> tuple[int, int]:
    """Sales and refunds in minor units, added up once more and otherwise than the replay does."""
    bad = {number for number, *_ in REFUSED}
    sums = [0, 0]
    for one in rows:
        if one["InvoiceNo"] in bad:
            continue
        hundredths = round(one["UnitPrice"] * 100_000) * abs(one["Quantity"])
        sums[one["InvoiceNo"].startswith("C")] += (hundredths + 500) // 1000
    return sums[0], sums[1]
