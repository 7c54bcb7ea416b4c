"""The replay of a merchant's year: dirty rows told apart, the money right to the penny, a killed run ends as an undisturbed one."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from highstreet import catalog
from highstreet.kit.db import connect
from highstreet.replay.invoices import BadFile, read_invoices
from highstreet.replay.online_retail import Report
from tests.conftest import admin, in_database
from tests.market.lane import keeps_the_laws
from tests.replay import dirt
from tests.replay.replaying import replayed

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "online_retail.parquet"
PASSING = ("seconds", "orders_per_s", "resumed_after")  # what may differ between two runs of one file
_numbers = count()

Fresh = Callable[[], Awaitable[str]]


@asynccontextmanager
async def fresh(server_url: str, template: str) -> AsyncIterator[str]:
    """One more empty database."""
    name = f"hs_test_{os.getpid()}_{next(_numbers)}_replay"
    async with admin(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    try:
        yield in_database(server_url, name)
    finally:
        async with admin(server_url) as connection:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def books(url: str) -> dict[str, Any]:
    """Stock, returns and accounts after a replay, told without identifiers of that run; the laws hold."""
    db = await connect(url, name="test", size=2)
    try:
        await keeps_the_laws(db)
        async with db.read() as tx:
            stock = await tx.fetch(
                "SELECT v.sku, s.total, s.held, s.sold FROM inventory.supply s JOIN catalog.variant v ON v.id = s.variant_id ORDER BY 1"
            )
            lines = await tx.fetch(
                """SELECT v.sku, count(*) AS lines, sum(l.quantity)::bigint AS sold, sum(l.returned)::bigint AS back
                   FROM orders.line l JOIN catalog.variant v ON v.id = l.variant_id GROUP BY 1 ORDER BY 1"""
            )
            money = await tx.fetch(
                """SELECT s.kind AS source, g.kind AS target, t.purpose, sum(t.amount)::bigint AS amount, count(*) AS moves
                   FROM ledger.transfer t
                   JOIN ledger.account s ON s.id = t.from_id JOIN ledger.account g ON g.id = t.to_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
            )
            told = {"stock": stock, "lines": lines, "money": money}
            return {name: [tuple(r[key] for key in r.keys()) for r in found] for name, found in told.items()}  # noqa: SIM118
    finally:
        await db.close()


def lasting(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(report)
    return {name: value for name, value in found.items() if name not in PASSING}


async def killed_at(url: str, file: Path, invoices: int) -> int:
    """Start the replay in a process of its own and kill it -9 once it has told of so many invoices; how many those were."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.replay.replaying", url, str(file),
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    done, of = 0, 1
    while done < invoices:
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        assert line, "it ended before it could be killed"
        done, of = (int(number) for number in line.split())
    process.kill()
    await process.wait()
    assert done < of
    return done


async def test_every_dirty_row_is_told_apart_and_the_money_agrees_to_the_penny(
    database_url: str, tmp_path: Path
) -> None:
    rows = dirt.shop(invoices=300, seed=3)
    file = dirt.write(tmp_path / "sales.parquet", rows)
    report = await replayed(database_url, file)
    assert report.refused == dict(sorted(Counter(why for *_, why in dirt.REFUSED).items()))
    assert report.rows == len(rows) == report.rows_sold + report.rows_returned + report.rows_refused
    assert (report.file_sales_minor, report.file_refunds_minor) == dirt.sold_and_back(rows)
    assert (report.sales_minor, report.refunds_minor) == dirt.sold_and_back(rows)
    assert report.difference_minor == 0
    assert report.returns_without_order > 0
    told = await books(database_url)
    # Stock explained: what was received, less what was sold, plus what came back, for every code.
    by_code = {sku: (total, held, sold) for sku, total, held, sold in told["stock"]}
    assert set(by_code) == {"85123A", "71053", "22423", "DCGS0069J", "21730"}
    assert all(held == 0 for _, held, _ in by_code.values())
    for sku, _, sold, back in told["lines"]:
        if sku in by_code:
            assert by_code[sku][2] == sold - back


async def test_parts_of_a_penny_do_not_get_lost(database_url: str, tmp_path: Path) -> None:
    """Prices with three decimals: a line taken back piece by piece is rounded more often than the line that was sold."""
    rows = [dirt.row("536365", "22423", 3, dirt.START, 0.165, 12345.0)]
    rows += [
        dirt.row(f"C53636{n}", "22423", -1, dirt.START.replace(day=n), 0.165, 12345.0) for n in (6, 7, 8)
    ]
    rows += dirt.shop(invoices=200, seed=8, prices=[0.165, 0.005, 0.125, 1.335])
    report = await replayed(database_url, dirt.write(tmp_path / "sales.parquet", rows))
    assert (report.sales_minor, report.refunds_minor) == dirt.sold_and_back(rows)
    assert report.difference_minor == 0
    await books(database_url)


async def test_a_second_run_changes_nothing(database_url: str, tmp_path: Path) -> None:
    file = dirt.write(tmp_path / "sales.parquet", dirt.shop(invoices=120, seed=4))
    first = await replayed(database_url, file)
    told = await books(database_url)
    again = await replayed(database_url, file)
    assert lasting(again) == lasting(first)
    assert await books(database_url) == told


async def cards(url: str, text: str) -> dict[str, int]:
    """What search shows for a text: titles with their prices."""
    db = await connect(url, name="test", size=2)
    try:
        async with db.read() as tx:
            found = await catalog.search(tx, catalog.Query(text, most=50))
        return {card.title.en: card.price for card in found.cards}
    finally:
        await db.close()


async def test_replayed_goods_are_found_also_after_a_run_that_was_killed_before_all_were_put(
    database_url: str, tmp_path: Path
) -> None:
    rows = [
        dirt.row("536365", "85123A", 1, dirt.START, 2.55, 12345.0, "WHITE HANGING HEART"),
        dirt.row("536365", "22423", 1, dirt.START, 12.75, 12345.0, "CAKESTAND THREE TIER"),
        dirt.row("536365", "POST", 1, dirt.START, 18.0, 12345.0, "POSTAGE"),
        dirt.row("536366", "85123A", 1, dirt.START.replace(hour=9), 2.95, 12345.0, "WHITE HANGING HEART"),
    ]
    file = dirt.write(tmp_path / "sales.parquet", rows)
    first = await replayed(database_url, file)
    assert first.cards == 2
    # At the price it was last sold for; postage is no goods.
    assert await cards(database_url, "hanging hearts") == {"WHITE HANGING HEART": 295}
    assert await cards(database_url, "postage") == {}
    db = await connect(database_url, name="test", size=2)
    async with db.transaction() as tx:
        await tx.execute("DELETE FROM catalog.found WHERE price = 295")
    await db.close()
    assert lasting(await replayed(database_url, file)) == lasting(first)
    assert await cards(database_url, "") == {"WHITE HANGING HEART": 295, "CAKESTAND THREE TIER": 1275}


async def killed_runs_end_as_an_undisturbed_one(
    server_url: str, template: str, file: Path, kills: list[int]
) -> Report:
    async with fresh(server_url, template) as one, fresh(server_url, template) as other:
        undisturbed = await replayed(one, file)
        for invoices in kills:
            await killed_at(other, file, invoices)
        resumed = await replayed(other, file)
        assert resumed.resumed_after > 0
        assert lasting(resumed) == lasting(undisturbed)
        assert await books(other) == await books(one)
    return resumed


@pytest.mark.fault
async def test_killed_in_the_middle_it_ends_as_an_undisturbed_one(
    server_url: str, template: str, tmp_path: Path
) -> None:
    file = dirt.write(tmp_path / "sales.parquet", dirt.shop(invoices=600, seed=5))
    report = await killed_runs_end_as_an_undisturbed_one(server_url, template, file, [100, 250])
    assert report.difference_minor == 0


@pytest.mark.fault
@pytest.mark.data
@pytest.mark.skipif(
    not REAL.exists(), reason="the real file is not there: put online_retail.parquet into ../shared/data"
)
async def test_real_invoices_reconcile_killed_or_not(server_url: str, template: str, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    # From the middle of the year, so that some of what comes back was sold before the slice begins.
    length = 450_000 if os.environ.get("HYPOTHESIS_PROFILE") == "large" else 8_000
    file = tmp_path / "slice.parquet"
    table = pq.read_table(REAL)
    pq.write_table(table.slice(max(0, table.num_rows // 2 - length // 2), length), file)
    report = await killed_runs_end_as_an_undisturbed_one(server_url, template, file, [100])
    assert report.rows == length
    assert report.difference_minor == 0


async def test_a_file_of_something_else_says_so_in_a_sentence(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    other, text = tmp_path / "other.parquet", tmp_path / "text.parquet"
    pq.write_table(pa.table({"InvoiceNo": ["1"], "Total": [3]}), other)
    text.write_text("InvoiceNo,StockCode\n1,2\n")
    for file in (other, text, tmp_path / "missing.parquet"):
        with pytest.raises((BadFile, FileNotFoundError)):
            read_invoices(file)


async def test_an_empty_file_is_an_empty_year(database_url: str, tmp_path: Path) -> None:
    report = await replayed(database_url, dirt.write(tmp_path / "empty.parquet", []))
    assert (report.rows, report.orders, report.difference_minor) == (0, 0, 0)
