"""What payment providers tell us, and where a buyer is sent to pay."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from litestar import post
from litestar.params import FromPath

from highstreet.api.tokens import Call, market_of
from highstreet.kit.errors import NotFound
from highstreet.ledger import Intent
from highstreet.market.desk import Market
from highstreet.market.errands import told

# As long as an order waits for its payment at the longest; what comes later goes straight back.
_PAY_WITHIN = timedelta(minutes=30)


class Heard(msgspec.Struct, frozen=True):
    """What became of a notice: paid, declined, repeated, stray."""

    result: str


@post("/api/payments/{provider:str}/notices", status_code=200, tags=["payment providers"])
async def hear_notice(request: Call, provider: FromPath[str]) -> Heard:
    """A signed notice of a payment provider. Answered only once it is in the books; telling it again changes nothing."""
    market = market_of(request)
    known = market.providers.get(provider)
    if known is None:
        raise NotFound("payment provider")
    now = market.clock()
    notice = known.read_notice(request.headers, await request.body(), now)
    answer = await told(market, notice, now)
    return Heard(answer["result"])


def pay_url(
    market: Market,
    key: str,
    amount: int,
    currency: str,
    provider: str,
    back: str,
    asked_at: datetime,
    terms: str = "",
) -> str:
    """Where the buyer pays what was asked; afterwards they come back to `back`."""
    return market.providers[provider].pay_url(
        Intent(key, amount, currency, asked_at + _PAY_WITHIN, terms), back
    )


def outside(call: Call) -> str:
    """How the market is reached; a process that was not told says it as it was asked."""
    return call.app.state.get("url") or str(call.base_url).rstrip("/")
