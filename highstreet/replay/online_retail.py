"""`highstreet import online-retail FILE --replay`: a real merchant's year, replayed through the flows the till uses.

Every invoice is one decision under the clock of its own time, with its number as idempotency key: a sale places, pays and hands over;
a cancellation takes back goods of earlier orders of the same customer at the same price, and what no order here tells of (sold before
the file begins) as goods without an order. So a replay that was killed goes on where it stopped, and ends with the same figures.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from highstreet.market import settle
from highstreet.market.desk import Decision, Found, Market
from highstreet.market.place import Contact, Placing, place
from highstreet.market.quote import Quote, QuotedLine, QuotedOrder
from highstreet.market.units import Key, Unit
from highstreet.market.unwind import UnsoldBack, take_back, take_back_unsold
from highstreet.orders import Agreed, Due
from highstreet.replay.invoices import Invoice, Row, read_invoices
from highstreet.replay.merchant import SCOPE, Merchant, open_merchant, show_goods

AT_ONCE = 160  # invoices under way together


class Report(msgspec.Struct):
    """Money in minor units of the file's currency. rows = rows_sold + rows_returned + rows_refused. cards: goods search shows now."""

    rows: int = 0
    rows_sold: int = 0
    rows_returned: int = 0
    rows_refused: int = 0
    refused: dict[str, int] = {}
    orders: int = 0
    orders_per_s: float = 0.0
    returns_without_order: int = 0
    sales_minor: int = 0
    refunds_minor: int = 0
    file_sales_minor: int = 0
    file_refunds_minor: int = 0
    difference_minor: int = 0
    cards: int = 0
    seconds: float = 0.0
    resumed_after: int = 0


class Sold(msgspec.Struct):
    """A line of a replayed sale that may come back: of which order, and how many steps are left."""

    order_id: asyncio.Future[str]
    position: int
    left: int


class Replay:
    """One run over the file. `sold` remembers, by customer, stock code and price, what may still come back; the latest sale first."""

    def __init__(self, market: Market, merchant: Merchant) -> None:
        self._market = market
        self._merchant = merchant
        self._sold: dict[tuple[str, str, int], list[Sold]] = {}

    async def invoice(self, one: Invoice, done_as: str | None) -> None:
        """Replay one invoice, or only remember it when an earlier run has (`done_as`: the order it became).

        Called in the order of the file. What a cancellation takes back is settled before the first wait, so it is the same in every
        run, killed or not.
        """
        if one.cancelled:
            taken, rest = self._match(one)
            if done_as is None:
                await self._cancellation(one, taken, rest)
            return
        order_id: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._remember(one, order_id)
        order_id.set_result(done_as if done_as is not None else await self._sale(one))

    def _remember(self, one: Invoice, order_id: asyncio.Future[str]) -> None:
        for position, row in enumerate(one.taken, start=1):
            entry = Sold(order_id, position, row.quantity)
            self._sold.setdefault((one.customer, row.code, row.price), []).append(entry)

    def _match(self, one: Invoice) -> tuple[list[tuple[Sold, int]], list[Row]]:
        """The sales a cancellation takes back, the latest first, and the rows (or parts) that no sale accounts for."""
        taken: list[tuple[Sold, int]] = []
        rest: list[Row] = []
        for row in one.taken:
            wanted = row.quantity
            entries = self._sold.get((one.customer, row.code, row.price), [])
            while wanted and entries:
                entry = entries[-1]
                count = min(wanted, entry.left)
                entry.left -= count
                wanted -= count
                taken.append((entry, count))
                if not entry.left:
                    entries.pop()
            if wanted:
                rest.append(
                    msgspec.structs.replace(row, quantity=wanted, amount=row.amount * wanted // row.quantity)
                )
        return taken, rest

    async def _sale(self, one: Invoice) -> str:
        lines = [
            QuotedLine(
                self._merchant.offers[row.code], row.quantity, row.price, row.amount, row.amount, 0, []
            )
            for row in one.taken
        ]
        agreed = Agreed(
            dues=[Due("price", sum(row.amount for row in one.taken))],
            window=(one.at, one.at),
            return_days=365,
        )
        order = QuotedOrder(
            self._merchant.format, self._merchant.seller_id, self._merchant.place_id, lines, agreed
        )
        quote = Quote(self._merchant.currency, "counter", [order], one.at)
        buyer = self._merchant.buyers.get(one.customer)
        placing = Placing(quote, Contact(), "cash", self._merchant.seller_id, buyer, "en", counter=True)
        answer = await place(self._market, placing, one.at, _key(one))
        order_id: str = answer["orders"][0]["id"]
        return order_id

    async def _cancellation(self, one: Invoice, taken: list[tuple[Sold, int]], rest: list[Row]) -> None:
        back: dict[str, dict[int, int]] = {}
        for entry, count in taken:
            steps = back.setdefault(await entry.order_id, {})
            steps[entry.position] = steps.get(entry.position, 0) + count
        decide = self._take_back(one, back, rest)
        await self._market.act(Decision(decide, one.at, orders=tuple(back), key=_key(one)))

    def _take_back(
        self, one: Invoice, back: dict[str, dict[int, int]], rest: list[Row]
    ) -> Callable[[Found, Unit], dict[str, Any]]:
        merchant = self._merchant

        def decide(found: Found, unit: Unit) -> dict[str, Any]:
            given = 0
            for work in found.works:
                before = sum(t.amount for t in work.posted if t.target == work.payer)
                take_back(
                    work, back[work.order.id], merchant.seller_id, one.at, resale=True, reason=one.number
                )
                settle.check_ended(work)
                unit.take_in(work, one.at)
                given += sum(t.amount for t in work.posted if t.target == work.payer) - before
            for row in rest:
                take_back_unsold(unit, self._unsold(row, row.amount, one.number), one.at)
            # A price in parts of a penny is rounded once in the file's row and once more for each part of a sale it takes back.
            missing = sum(row.amount for row in one.taken) - given - sum(row.amount for row in rest)
            if missing:
                till, seller = f"till:{merchant.seller_id}", f"seller:{merchant.seller_id}"
                source, target = (seller, till) if missing > 0 else (till, seller)
                unit.transfer(
                    source,
                    target,
                    abs(missing),
                    "rounding",
                    merchant.currency,
                    one.at,
                    order_id=None,
                    about=one.number,
                )
            return {"returned": one.number, "given": given}

        return decide

    def _unsold(self, row: Row, amount: int, reason: str) -> UnsoldBack:
        merchant = self._merchant
        return UnsoldBack(
            merchant.seller_id,
            merchant.variants[row.code],
            merchant.supplies.get(row.code),
            row.quantity,
            amount,
            merchant.currency,
            f"till:{merchant.seller_id}",
            merchant.seller_id,
            reason,
        )


def _key(one: Invoice) -> Key:
    return Key(SCOPE, one.number, one.fingerprint)


async def run(
    market: Market, file: Path, progress: Callable[[int, int], None], *, replay: bool
) -> dict[str, Any]:
    """Read the file and make the merchant with items, offers and stock; with `replay` live through all invoices. Errors: BadFile."""
    if replay:
        found: dict[str, Any] = msgspec.to_builtins(await replay_all(market, file, progress))
        return found
    book = read_invoices(file)
    merchant = await open_merchant(market, book)
    await show_goods(market, merchant)
    progress(1, 1)
    return {
        "rows": book.rows,
        "items": len(merchant.offers),
        "customers": len(merchant.buyers),
        "invoices": len(book.invoices),
    }


async def replay_all(market: Market, file: Path, progress: Callable[[int, int], None]) -> Report:
    """Replay the whole file, telling progress as (invoices done, of all). Errors: FileNotFoundError, BadFile with a sentence."""
    book = read_invoices(file)
    merchant = await open_merchant(market, book)
    done = await merchant.done(market)
    report = Report(rows=book.rows, refused=dict(sorted(book.refused.items())), resumed_after=len(done))
    began = time.monotonic()
    await _all(Replay(market, merchant), book.invoices, done, progress)
    report.seconds = round(time.monotonic() - began, 2)
    report.cards = await show_goods(market, merchant)
    await _count(market, merchant, report)
    report.rows_sold = sum(len(one.taken) for one in book.invoices if not one.cancelled)
    report.rows_returned = sum(len(one.taken) for one in book.invoices if one.cancelled)
    report.rows_refused = sum(book.refused.values())
    report.file_sales_minor, report.file_refunds_minor = book.sales_minor, book.refunds_minor
    report.difference_minor = abs(report.sales_minor - book.sales_minor) + abs(
        report.refunds_minor - book.refunds_minor
    )
    fresh = sum(not one.cancelled for one in book.invoices) - sum(
        1 for number in done if not number.startswith("C")
    )
    report.orders_per_s = round(fresh / report.seconds, 1) if report.seconds else 0.0
    return report


async def _all(
    replay: Replay, invoices: list[Invoice], done: dict[str, str], progress: Callable[[int, int], None]
) -> None:
    """All invoices in the order of the file, so many under way together; the first error stops the run."""
    waiting = iter(invoices)
    finished = 0

    async def work() -> None:
        nonlocal finished
        for one in waiting:
            await replay.invoice(one, done.get(one.number))
            finished += 1
            if finished % 50 == 0:
                progress(finished, len(invoices))

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
    progress(len(invoices), len(invoices))


async def _count(market: Market, merchant: Merchant, report: Report) -> None:
    """The report's money is counted in the ledger, not in the file."""
    async with market.db.read() as tx:
        row = await tx.fetchrow(
            """SELECT coalesce(sum(t.amount) FILTER (WHERE s.kind = 'till' AND t.purpose <> 'rounding'), 0)::bigint AS sales,
                      (coalesce(sum(t.amount) FILTER (WHERE g.kind = 'till'), 0)
                       - coalesce(sum(t.amount) FILTER (WHERE s.kind = 'till' AND t.purpose = 'rounding'), 0))::bigint AS refunds,
                      (SELECT count(*) FROM orders."order" o WHERE o.seller_id = $1) AS orders,
                      count(*) FILTER (WHERE t.purpose = 'goodwill') AS unsold
               FROM ledger.transfer t JOIN ledger.account s ON s.id = t.from_id JOIN ledger.account g ON g.id = t.to_id
               WHERE (s.kind = 'till' AND s.party_id = $1) OR (g.kind = 'till' AND g.party_id = $1)""",
            merchant.seller_id,
        )
    assert row is not None
    report.sales_minor, report.refunds_minor, report.orders = row["sales"], row["refunds"], row["orders"]
    report.returns_without_order = row["unsold"]
