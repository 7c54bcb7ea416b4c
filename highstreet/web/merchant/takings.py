"""Takings: what the shop earned, day by day; what is owed to it, what comes when; paying out; the statement as a file."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery

from highstreet import ledger
from highstreet.kit.db import Tx
from highstreet.kit.errors import Refusal
from highstreet.kit.money import plain
from highstreet.market import clawing_back
from highstreet.market.views import takings as views
from highstreet.web.frame import GivenForm
from highstreet.web.merchant.days import day_start
from highstreet.web.merchant.desk import Desk, GivenDesk
from highstreet.web.merchant.filled import Filled

_SPANS = (7, 30, 90)


@get("/takings")
async def takings(desk: GivenDesk, span: FromQuery[int] = 30) -> Response[str]:
    desk.require("takings")
    return await _page(desk, Filled(desk.lang), span)


async def _page(desk: Desk, f: Filled, span: int = 30) -> Response[str]:
    span = span if span in _SPANS else 30
    tz, currency = desk.market.tz, desk.market.currency
    today = desk.visitor.now.astimezone(tz).date()
    first = today - timedelta(days=span - 1)
    async with desk.market.db.read() as tx:
        found = await _statement(desk, tx, first, today)
        owed = await ledger.payouts.owed(tx, desk.id, currency)
        coming = await views.coming(tx, desk.id)
        paid = await views.payouts(tx, desk.id)
    days = found.days(tz)
    sold = {one.day: one.sums.get("sale", 0) + one.sums.get("delivery", 0) for one in days}
    return desk.show(
        "takings.html",
        status=f.status,
        at="/merchant/takings",
        f=f,
        span=span,
        spans=_SPANS,
        days=days[::-1],
        drawn=[(day, sold.get(day, 0)) for day in (first + timedelta(days=n) for n in range(span))],
        owed=owed,
        plain_owed=plain(max(owed, 0), currency),
        coming=coming,
        held=sum(one.held - one.fee for one in coming),
        next_due=min((one.due_at for one in coming if one.due_at), default=None),
        paid=paid,
        sums=found.sums(),
        before=found.before,
        after=found.after,
        first=first,
        last=today,
    )


async def _statement(desk: Desk, tx: Tx, first: date, last: date) -> ledger.statements.Statement:
    """The statement of whole days of the town."""
    tz = desk.market.tz
    since, until = day_start(first, tz), day_start(last + timedelta(days=1), tz)
    return await ledger.statements.statement(tx, desk.id, desk.market.currency, since, until)


@post("/takings/payouts")
async def pay_out(desk: GivenDesk, form: GivenForm) -> Response[Any]:
    """Ask for money to be sent to the shop's bank account; sending the form twice asks once."""
    desk.require("takings")
    f = Filled(desk.lang, form)
    currency = desk.market.currency
    amount = f.money("amount", currency)
    if f.ok and amount is not None:
        provider = next(iter(desk.market.providers), "sandbox")
        try:
            async with desk.market.db.transaction() as tx:
                await clawing_back.collect(tx, desk.id, currency, desk.visitor.now)
                await ledger.payouts.want_payout(
                    tx, desk.id, amount, desk.visitor.now, by=desk.session.party_id, currency=currency, provider=provider,
                    once=form.get("once"),
                )  # fmt: skip
            return desk.go("/takings", "On its way to your bank account, usually by the next working day.")
        except Refusal as no:
            f.refused(no, "amount")
    return await _page(desk, f)


@get("/takings/statement.csv")
async def statement(
    desk: GivenDesk, start: FromQuery[date | None] = None, end: FromQuery[date | None] = None
) -> Response[str]:
    """Every movement of a time with the running balance, as a file; the last ninety days unless told."""
    desk.require("takings")
    last = end or desk.visitor.now.astimezone(desk.market.tz).date()
    first = start or last - timedelta(days=89)
    async with desk.market.db.read() as tx:
        found = await _statement(desk, tx, first, last)
        numbers = await views.numbers(tx, [one.order_id for one in found.entries if one.order_id])
    name = f"statement-{first.isoformat()}-{last.isoformat()}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    content = ledger.statements.as_csv(found, desk.market.tz, numbers)
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


ROUTES = [takings, pay_out, statement]
