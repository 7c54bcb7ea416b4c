"""What was answered before: a call that is repeated after it changed things would be refused for what it did itself."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from highstreet.kit.errors import KeyReused, Refusal
from highstreet.market.desk import Market
from highstreet.market.units import Key


async def or_first_answer(market: Market, key: Key | None, call: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    """The call's answer; or, when it is refused and its key was used before, what was answered then. Errors: KeyReused, the refusal."""
    try:
        return await call
    except Refusal as refused:
        if key is None:
            raise
        async with market.db.read() as tx:
            found = await tx.fetchrow(
                "SELECT fingerprint, answer FROM kit.answer WHERE scope = $1 AND key = $2", key.scope, key.key
            )
        if found is None:
            raise
        if found["fingerprint"] != key.fingerprint:
            raise KeyReused from refused
        answer: dict[str, Any] = found["answer"]
        return answer
