"""Idempotency keys (draft-ietf-httpapi-idempotency-key-header): a repeated call gets the first answer.

The key is claimed in the transaction of its effect. No key is 400, the same key with other content 422, one whose
first call is still running 409.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import asyncpg
import msgspec

from highstreet.api.tokens import Call, market_of
from highstreet.kit.db import DatabaseBusy, Tx
from highstreet.kit.errors import KeyBusy, KeyMissing, KeyReused, Malformed
from highstreet.market.desk import Market
from highstreet.market.units import Key
from highstreet.parties import ApiToken

T = TypeVar("T", bound=msgspec.Struct)

_LONGEST = 255
_KEPT = timedelta(days=31)


def key_of(call: Call, who: str, route: str, asked: msgspec.Struct) -> Key:
    """The key of a call. `who` and `route` keep strangers' equal keys apart; `asked` is what was understood of the body.

    Errors: KeyMissing, Malformed.
    """
    given = call.headers.get("idempotency-key", "").strip().strip('"')
    if not given:
        raise KeyMissing
    if len(given) > _LONGEST or not given.isascii() or not given.isprintable():
        raise Malformed(
            "Idempotency-Key", "up to 255 printable ASCII characters", "最多 255 个可打印 ASCII 字符"
        )
    return key_for(given, who, route, asked)


def key_for(given: str, who: str, route: str, asked: msgspec.Struct) -> Key:
    """The same for a key that came inside a body."""
    return Key(f"{who} {route}", given, hashlib.sha256(msgspec.json.encode(asked)).hexdigest())


def named(token: ApiToken | None) -> str:
    """Whose keys these are."""
    return token.party_id if token else "guest"


async def answered(market: Market, key: Key, shape: type[T]) -> T | None:
    """The first answer kept for a key, if there is one. Errors: KeyReused."""
    async with market.db.read() as tx:
        found = await tx.fetchrow(
            "SELECT fingerprint, answer FROM kit.answer WHERE scope = $1 AND key = $2", key.scope, key.key
        )
    if found is None or found["answer"] is None:
        return None
    if found["fingerprint"] != key.fingerprint:
        raise KeyReused
    return msgspec.convert(found["answer"], shape)


async def once(call: Call, key: Key, shape: type[T], act: Callable[[Tx], Awaitable[T]]) -> T:
    """Run `act` in one transaction with the claim of its key; its answer, or the first one.

    Errors: KeyReused, KeyBusy, and whatever `act` raises (then the key is free again).
    """
    market = market_of(call)
    try:
        async with market.db.transaction() as tx:
            claimed = await tx.fetchval(
                """INSERT INTO kit.answer (scope, key, fingerprint, at) VALUES ($1, $2, $3, $4)
                   ON CONFLICT DO NOTHING RETURNING true""",
                key.scope,
                key.key,
                key.fingerprint,
                market.clock(),
            )
            if claimed:
                answer = await act(tx)
                await tx.execute(
                    "UPDATE kit.answer SET answer = $3 WHERE scope = $1 AND key = $2",
                    key.scope,
                    key.key,
                    answer,
                )
                return answer
    except DatabaseBusy as e:
        if isinstance(e.__cause__, asyncpg.LockNotAvailableError):
            raise KeyBusy from e
        raise
    first = await answered(market, key, shape)
    if first is None:
        raise KeyBusy
    return first


async def forget_answers(tx: Tx, now: datetime) -> int:
    """Forget answers after a month: no till or program tells the same again after so long. How many went."""
    done = await tx.execute(
        """DELETE FROM kit.answer WHERE (scope, key) IN
           (SELECT scope, key FROM kit.answer WHERE at < $1 ORDER BY at LIMIT 5000)""",
        now - _KEPT,
    )
    return int(done.rpartition(" ")[2])
