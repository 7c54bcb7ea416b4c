"""A seller's statement adds up, tells fees apart, and is a file that no spreadsheet takes for a program."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from highstreet import ledger
from highstreet.kit.db import Database
from highstreet.kit.errors import Malformed
from highstreet.ledger import ESCROW, PLATFORM, Transfer, statements
from highstreet.ledger.statements import Statement
from highstreet.ledger.transfers import move

TZ = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2026, 11, 1, 2, tzinfo=UTC)
ME, OTHER = "pty_tea", "pty_toys"
SELLER, TILL, BUYER = f"seller:{ME}", f"till:{ME}", "provider:sandbox"


async def moves(db: Database, order: str | None, at: datetime, *transfers: Transfer) -> None:
    async with db.transaction() as tx:
        for one in transfers:
            await move(tx, one, "CNY", at, order)


def price(source: str, target: str, amount: int, purpose: str = "price") -> Transfer:
    return Transfer(purpose, source, target, amount)


async def a_month(db: Database) -> None:
    """A parcel with a voucher of the market's, half of it returned; a cash sale; a share in another's sale; a payout and goodwill."""
    day = timedelta(days=1)
    await moves(
        db,
        "ord_1",
        FIRST,
        price(BUYER, ESCROW, 9000),
        price(PLATFORM, ESCROW, 1000),
        price(BUYER, ESCROW, 800, "delivery"),
    )
    await moves(
        db,
        "ord_1",
        FIRST + 3 * day,
        price(ESCROW, PLATFORM, 500),
        price(ESCROW, SELLER, 9500),
        price(ESCROW, SELLER, 800, "delivery"),
    )
    await moves(
        db, "ord_1", FIRST + 4 * day, price(PLATFORM, ESCROW, 250), price(SELLER, ESCROW, 4750),
        price(ESCROW, BUYER, 4500), price(ESCROW, PLATFORM, 500),
    )  # fmt: skip
    await moves(
        db,
        "ord_2",
        FIRST + 5 * day,
        price(TILL, ESCROW, 2000),
        price(ESCROW, PLATFORM, 40),
        price(ESCROW, SELLER, 1960),
    )
    await moves(db, "ord_3", FIRST + 6 * day, price(BUYER, ESCROW, 700), price(SELLER, ESCROW, 300))
    async with db.transaction() as tx:
        made = await ledger.payouts.want_payout(tx, ME, 1000, FIRST + 7 * day, by="pty_owner")
        await ledger.payouts.failed(tx, made.key, "closed", FIRST + 8 * day)
    await moves(db, None, FIRST + 9 * day, price(SELLER, BUYER, 50, "goodwill"))
    await moves(db, "ord_9", FIRST + 40 * day, price(ESCROW, SELLER, 1))


async def november(db: Database) -> Statement:
    async with db.read() as tx:
        return await statements.statement(tx, ME, "CNY", *statements.month(2026, 11, TZ))


async def test_every_movement_is_told_apart_and_adds_up(db: Database) -> None:
    await a_month(db)
    found = await november(db)
    assert found.sums() == {
        "sale": 10000 + 2000, "delivery": 800, "fee": -540, "refund": -5000, "fee_back": 250,
        "cash": -2000, "share": -300, "payout": -1000, "payout_back": 1000, "goodwill": -50,
    }  # fmt: skip
    async with db.read() as tx:
        assert found.after == await ledger.payouts.owed(tx, ME, "CNY") - 1
    assert found.before == 0
    running = 0
    for entry in found.entries:
        running += entry.amount
        assert entry.balance == running


async def test_days_close_with_what_is_owed(db: Database) -> None:
    await a_month(db)
    found = await november(db)
    days = found.days(TZ)
    assert [one.day.day for one in days] == [4, 5, 6, 7, 8, 9, 10]
    assert days[0].sums == {"sale": 10000, "delivery": 800, "fee": -500} and days[0].balance == 10300
    assert days[-1].balance == found.after


async def test_a_statement_goes_on_where_the_last_ended(db: Database) -> None:
    await a_month(db)
    middle = FIRST + timedelta(days=4, hours=3)
    start, end = statements.month(2026, 11, TZ)
    async with db.read() as tx:
        one = await statements.statement(tx, ME, "CNY", start, middle)
        two = await statements.statement(tx, ME, "CNY", middle, end)
        nobody = await statements.statement(tx, OTHER, "CNY", start, end)
    whole = await november(db)
    assert two.before == one.after and [*one.entries, *two.entries] == whole.entries
    assert nobody.entries == [] and nobody.after == 0


async def test_the_file_is_plain(db: Database) -> None:
    await a_month(db)
    found = await november(db)
    text = statements.as_csv(found, TZ, {"ord_1": "=HYPERLINK(1)", "ord_2": "K7M4-QX9C"})
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == len(found.entries)
    assert (
        rows[0]["order"] == "'=HYPERLINK(1)"
        and rows[0]["date"] == "2026-11-04"
        and rows[0]["time"] == "10:00:00"
    )
    assert sum(round(float(row["amount"]) * 100) for row in rows) == found.after
    for risky in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"):
        assert statements.text_cell(risky) == "'" + risky
    assert statements.text_cell("K7M4-QX9C") == "K7M4-QX9C"


@pytest.mark.parametrize(
    ("since", "until"), [(FIRST, FIRST), (FIRST, FIRST - timedelta(1)), (FIRST, FIRST + timedelta(500))]
)
async def test_times_that_make_no_sense_are_refused(db: Database, since: datetime, until: datetime) -> None:
    async with db.read() as tx:
        with pytest.raises(Malformed):
            await statements.statement(tx, ME, "CNY", since, until)


def test_months() -> None:
    start, end = statements.month(2026, 12, TZ)
    assert (start.isoformat(), end.isoformat()) == ("2026-12-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00")
    for year, number in ((2026, 0), (2026, 13), (1999, 1)):
        with pytest.raises(Malformed):
            statements.month(year, number, TZ)
