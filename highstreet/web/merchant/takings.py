"""Takings: what the shop earned, day by day; what is owed to it, what comes when; paying out; the statement as a file."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery

from highstreet import ledger
from highstreet.kit.errors import Refusal
from highstreet.kit.money import plain
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
    today = desk.visitor.now.astimezone(desk.market.tz).date()
    first = today - timedelta(days=span - 1)
    async with desk.market.db.read() as tx:
        found = await _days(desk, tx, first, today)
        owed = await ledger.payouts.owed(tx, desk.id, desk.market.currency)
        coming = await views.coming(tx, desk.id)
        paid = await views.payouts(tx, desk.id)
    by_day = {one.day: one for one in found}
    drawn = [first + timedelta(days=n) for n in range(span)]
    return desk.show(
        "takings.html",
        status=f.status,
        at="/merchant/takings",
        f=f,
        span=span,
        spans=_SPANS,
        days=found,
        drawn=[(one, by_day[one].sales if one in by_day else 0) for one in drawn],
        owed=owed,
        plain_owed=plain(max(owed, 0), desk.market.currency),
        coming=coming,
        held=sum(one.held - one.fee for one in coming),
        next_due=min((one.due_at for one in coming if one.due_at), default=None),
        paid=paid,
        cash=sum(one.cash for one in found),
        totals={
            "sales": sum(one.sales for one in found),
            "fees": sum(one.fees for one in found),
            "refunds": sum(one.refunds for one in found),
            "payouts": sum(one.payouts for one in found),
        },
        first=first,
        last=today,
    )


async def _days(desk: Desk, tx: Any, first: date, last: date) -> list[views.Day]:
    tz = desk.market.tz
    start, end = day_start(first, tz), day_start(last + timedelta(days=1), tz)
    return await views.days(tx, desk.id, desk.market.currency, start, end, desk.visitor.zone)


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
) -> Response[bytes]:
    """The days of a time, one line each; amounts as plain numbers of the currency, signed as they changed what is owed."""
    desk.require("takings")
    last = end or desk.visitor.now.astimezone(desk.market.tz).date()
    first = max(start or last - timedelta(days=89), last - timedelta(days=1100))
    async with desk.market.db.read() as tx:
        found = await _days(desk, tx, first, last)
    currency = desk.market.currency
    out = io.StringIO()
    write = csv.writer(out)
    heads = (
        "Day",
        "Sales",
        "Market's fee",
        "Given back",
        "Paid out",
        "Other",
        "Cash in your till",
        "Change",
        "Currency",
    )
    write.writerow([desk.say(head) for head in heads])
    for one in reversed(found):
        amounts = (one.sales, one.fees, one.refunds, one.payouts, one.other, -one.cash, one.net)
        write.writerow([one.day.isoformat(), *(plain(amount, currency) for amount in amounts), currency])
    # The mark at the beginning tells Excel that the letters are UTF-8.
    content = b"\xef\xbb\xbf" + out.getvalue().encode()
    name = f"statement-{first.isoformat()}-{last.isoformat()}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


ROUTES = [takings, pay_out, statement]
