"""Money of a seller: the statement, what is owed, what is paid out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import msgspec
from litestar import Response, get
from litestar.params import FromQuery

from highstreet import ledger
from highstreet.api.tokens import Call, market_of, must_have
from highstreet.kit.errors import Malformed
from highstreet.ledger import Statement
from highstreet.market.desk import Market
from highstreet.market.views.takings import Coming, PaidOut, coming, payouts

_LONGEST = timedelta(days=400)


class Standing(msgspec.Struct, frozen=True):
    """`owed`: to the seller now, in minor units; `coming`: still in escrow, by order; `payouts`: the latest."""

    currency: str
    owed: int
    coming: list[Coming]
    payouts: list[PaidOut]


@get("/api/money", tags=["selling"])
async def see_money(request: Call) -> Standing:
    """What the market owes the token's business, and what comes when. Scope money:read."""
    token = await must_have(request, "takings")
    market = market_of(request)
    async with market.db.read(snapshot=True) as tx:
        owed = await ledger.payouts.owed(tx, token.party_id, market.currency)
        return Standing(
            market.currency, owed, await coming(tx, token.party_id), await payouts(tx, token.party_id)
        )


@get("/api/money/statement", tags=["selling"])
async def see_statement(
    request: Call, since: FromQuery[date], until: FromQuery[date | None] = None, csv: FromQuery[bool] = False
) -> Response[Statement] | Response[str]:
    """Every movement of the business's account from the day `since` to the day `until`, both included; `csv` for a spreadsheet."""
    token = await must_have(request, "takings")
    market = market_of(request)
    start = _midnight(market, since)
    end = _midnight(market, until) + timedelta(days=1) if until else market.clock()
    if not timedelta(0) <= end - start <= _LONGEST:
        raise Malformed(
            "until", "after `since`, and at most 400 days on", "结束日期应在开始日期之后，且不超过 400 天"
        )
    async with market.db.read(snapshot=True) as tx:
        found = await ledger.statements.statement(tx, token.party_id, market.currency, start, end)
    if csv:
        headers = {"content-disposition": 'attachment; filename="statement.csv"'}
        return Response(ledger.statements.as_csv(found, market.tz), media_type="text/csv", headers=headers)
    return Response(found)


def _midnight(market: Market, day: date) -> datetime:
    if not 2000 <= day.year <= 2100:
        raise Malformed("since", "a day of this century", "请填写本世纪的日期")
    return datetime.combine(day, time(), market.tz)
