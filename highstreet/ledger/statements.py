"""A seller's statement: every movement of what the market owes the seller, by day, with the running balance; and as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

import msgspec

from highstreet.kit.db import Tx, rows, value
from highstreet.kit.errors import Malformed
from highstreet.kit.money import plain

Kind = Literal[
    "sale",
    "delivery",
    "fee",
    "refund",
    "fee_back",
    "cash",
    "payout",
    "payout_back",
    "goodwill",
    "share",
    "card_bonus",
    "clawback",
    "other",
]
LONGEST = timedelta(days=400)
COLUMNS = ("date", "time", "kind", "order", "about", "amount", "currency", "balance")


class Entry(msgspec.Struct, frozen=True):
    """One movement, signed as it changed what is owed; `balance` is what was owed after it. Minor units.

    sale, delivery: before the fee. cash: taken at the seller's own till, in the seller's hands already (above zero: given back from it).
    share: the seller's part of a price reduction at another seller. card_bonus: its own money, put onto its prepaid cards or come back.
    clawback: public money of an order, given back to the treasury.
    """

    at: datetime
    kind: Kind
    amount: int
    balance: int
    order_id: str | None
    about: str | None


class Day(msgspec.Struct, frozen=True):
    """One day's sums by kind, and what was owed at its end."""

    day: date
    sums: dict[str, int]
    balance: int


class Statement(msgspec.Struct, frozen=True):
    """From `since` (included) to `until` (excluded); `before` and `after`: what was owed then."""

    seller_id: str
    currency: str
    since: datetime
    until: datetime
    before: int
    entries: list[Entry]

    @property
    def after(self) -> int:
        return self.entries[-1].balance if self.entries else self.before

    def sums(self) -> dict[str, int]:
        """What each kind comes to."""
        found: dict[str, int] = {}
        for entry in self.entries:
            found[entry.kind] = found.get(entry.kind, 0) + entry.amount
        return found

    def days(self, tz: tzinfo) -> list[Day]:
        """The days on which money moved, in order."""
        found: dict[date, Day] = {}
        for entry in self.entries:
            day = entry.at.astimezone(tz).date()
            sums = dict(found[day].sums) if day in found else {}
            sums[entry.kind] = sums.get(entry.kind, 0) + entry.amount
            found[day] = Day(day, sums, entry.balance)
        return [found[day] for day in sorted(found)]


class _Moved(msgspec.Struct, frozen=True):
    at: datetime
    kind: Kind
    amount: int
    order_id: str | None
    about: str | None


def month(year: int, number: int, tz: tzinfo) -> tuple[datetime, datetime]:
    """A month of the town's calendar. Errors: Malformed."""
    if not (1 <= number <= 12 and 2000 <= year <= 2200):
        raise Malformed("month", "there is no such month", "没有这个月份")
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return datetime(year, number, 1, tzinfo=tz), datetime(*following, 1, tzinfo=tz)


async def statement(tx: Tx, seller_id: str, currency: str, since: datetime, until: datetime) -> Statement:
    """A seller's statement, read from transfers. Errors: Malformed for a time that ends before it starts or lasts over 400 days."""
    if not since < until:
        raise Malformed("until", "it ends before it starts", "结束时间早于开始时间")
    if until - since > LONGEST:
        raise Malformed("until", "at most 400 days at once", "一次最多查询 400 天")
    before = await _owed_at(tx, seller_id, currency, since)
    entries: list[Entry] = []
    owed = before
    for one in await _moved(tx, seller_id, currency, since, until):
        owed += one.amount
        entries.append(Entry(one.at, one.kind, one.amount, owed, one.order_id, one.about))
    return Statement(seller_id, currency, since, until, before, entries)


async def _owed_at(tx: Tx, seller_id: str, currency: str, at: datetime) -> int:
    return await value(
        tx,
        int,
        """SELECT coalesce(sum((SELECT coalesce(sum(t.amount), 0) FROM ledger.transfer t WHERE t.to_id = a.id AND t.at < $3)
                             - (SELECT coalesce(sum(t.amount), 0) FROM ledger.transfer t WHERE t.from_id = a.id AND t.at < $3)), 0)::bigint
           FROM ledger.account a WHERE a.kind IN ('seller', 'till') AND a.party_id = $1 AND a.currency = $2""",
        seller_id,
        currency,
        at,
    )


async def _moved(tx: Tx, seller_id: str, currency: str, since: datetime, until: datetime) -> list[_Moved]:
    """The seller's movements. What the market took of a price is told as a sale of the whole and a fee: a release gives seller and
    platform their parts in one transaction, and a return takes both back in one.
    """
    return await rows(
        tx,
        _Moved,
        """
        WITH me AS (
            SELECT id, kind FROM ledger.account WHERE party_id = $1 AND currency = $2 AND kind IN ('seller', 'till')
        ), mine AS (
            SELECT t.xid, t.id, t.at, t.order_id, t.purpose, t.about, t.amount AS signed, m.kind, s.kind AS other
            FROM me m JOIN ledger.transfer t ON t.to_id = m.id JOIN ledger.account s ON s.id = t.from_id WHERE t.at >= $3 AND t.at < $4
            UNION ALL
            SELECT t.xid, t.id, t.at, t.order_id, t.purpose, t.about, -t.amount, m.kind, g.kind
            FROM me m JOIN ledger.transfer t ON t.from_id = m.id JOIN ledger.account g ON g.id = t.to_id WHERE t.at >= $3 AND t.at < $4
        ), shares AS (
            -- Escrow takes from a seller when goods come back after the end, and also when another seller's buyer gets money off.
            SELECT xid, id FROM mine m WHERE m.kind = 'seller' AND m.other = 'escrow' AND m.signed < 0 AND NOT EXISTS (
                SELECT FROM ledger.transfer t JOIN me ON me.id = t.to_id WHERE t.order_id = m.order_id AND t.xid < m.xid)
        ), fees AS (
            SELECT DISTINCT t.xid, t.id, m.at, m.order_id, t.about, m.signed > 0 AS taken, t.amount
            FROM mine m JOIN ledger.transfer t ON t.order_id = m.order_id AND t.xid = m.xid AND t.purpose = m.purpose
            JOIN ledger.account s ON s.id = t.from_id JOIN ledger.account g ON g.id = t.to_id
            WHERE m.kind = 'seller' AND m.other = 'escrow' AND m.purpose = 'price'
              AND (m.signed > 0 AND s.kind = 'escrow' AND g.kind = 'platform' OR m.signed < 0 AND s.kind = 'platform' AND g.kind = 'escrow')
              AND (m.xid, m.id) NOT IN (SELECT xid, id FROM shares)
        ), told AS (
            SELECT xid, id, 0 AS part, at, order_id, about, signed AS amount, CASE
                WHEN kind = 'till' THEN 'cash'
                WHEN (xid, id) IN (SELECT xid, id FROM shares) THEN 'share'
                WHEN other = 'escrow' AND signed < 0 THEN 'refund'
                WHEN other = 'escrow' AND purpose = 'delivery' THEN 'delivery'
                WHEN other = 'escrow' THEN 'sale'
                WHEN purpose = 'payout' AND signed < 0 THEN 'payout'
                WHEN purpose = 'payout' THEN 'payout_back'
                WHEN purpose IN ('goodwill', 'card_bonus', 'clawback') THEN purpose
                ELSE 'other' END AS kind FROM mine
            UNION ALL
            SELECT xid, id, 1, at, order_id, about, CASE WHEN taken THEN amount ELSE -amount END,
                   CASE WHEN taken THEN 'sale' ELSE 'refund' END FROM fees
            UNION ALL
            SELECT xid, id, 2, at, order_id, about, CASE WHEN taken THEN -amount ELSE amount END,
                   CASE WHEN taken THEN 'fee' ELSE 'fee_back' END FROM fees
        )
        SELECT at, kind, sum(amount)::bigint AS amount, order_id, about
        FROM told GROUP BY xid, at, kind, order_id, about
        ORDER BY at, xid, min(id), min(part), kind
        """,
        seller_id,
        currency,
        since,
        until,
    )


def as_csv(found: Statement, tz: tzinfo, numbers: Mapping[str, str] | None = None) -> str:
    """The statement as a CSV file that spreadsheets open (with a byte order mark for Chinese ones). `numbers`: order numbers by id."""
    named = numbers or {}
    lines: list[Sequence[str]] = [COLUMNS]
    for entry in found.entries:
        at = entry.at.astimezone(tz)
        order = named.get(entry.order_id or "", entry.order_id or "")
        lines.append(
            (
                at.strftime("%Y-%m-%d"),
                at.strftime("%H:%M:%S"),
                entry.kind,
                text_cell(order),
                text_cell(entry.about or ""),
                plain(entry.amount, found.currency),
                found.currency,
                plain(entry.balance, found.currency),
            )
        )
    return sheet(lines)


def sheet(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells as CSV; texts from outside must have passed `text_cell`."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(lines)
    return "\ufeff" + out.getvalue()


def text_cell(text: str) -> str:
    """A text for a cell of a spreadsheet, so that it is never taken for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text
