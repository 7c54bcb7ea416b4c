"""Who calls: nobody in particular (a guest), or a party by `Authorization: Bearer`. Cookies mean nothing here."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import State

from highstreet import parties
from highstreet.kit.errors import Refusal
from highstreet.market.desk import Market
from highstreet.parties import ApiToken

Call = Request[Any, Any, State]


class TokenUnknown(Refusal):
    """The token is not one of ours, has ended or was revoked."""

    code = "token_unknown"
    status = 401
    en = "This token is unknown, has ended or was revoked."
    zh = "此令牌无效、已过期或已被撤销。"


class TokenMissing(Refusal):
    """Only parties with a token may do this."""

    code = "token_missing"
    status = 401
    en = "This call needs a token: Authorization: Bearer hst_..."
    zh = "此请求需要令牌：Authorization: Bearer hst_..."


def market_of(call: Call) -> Market:
    """The market this process has open."""
    market: Market = call.app.state.market
    return market


async def bearer_of(call: Call) -> ApiToken | None:
    """The token of a call, or None for a guest. Errors: TokenUnknown."""
    given = call.headers.get("authorization")
    if given is None:
        return None
    scheme, _, secret = given.partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret or len(secret) > 200:
        raise TokenUnknown
    market = market_of(call)
    async with market.db.read() as tx:
        token = await parties.tokens.token_of(tx, secret, market.clock())
    if token is None:
        raise TokenUnknown
    return token


async def must_have(call: Call, action: parties.roles.Action) -> ApiToken:
    """The token of a call, which may do this for its own party. Errors: TokenMissing, TokenUnknown, NotAllowed."""
    token = await bearer_of(call)
    if token is None:
        raise TokenMissing
    parties.require(token, action, token.party_id)
    return token
