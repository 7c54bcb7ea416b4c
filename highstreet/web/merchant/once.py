"""A form that makes something makes it once, however often it is sent: its key is claimed in the transaction of its effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from highstreet.kit.db import Tx
from highstreet.web.frame import Form
from highstreet.web.merchant.desk import Desk


async def once(desk: Desk, form: Form, what: str, act: Callable[[Tx], Awaitable[str]]) -> str:
    """Run `act` in one transaction; its answer (an identifier), or the one the first sending of the same form was given.

    Errors: whatever `act` raises; then the form may be sent again.
    """
    key = desk.key(form, what)
    async with desk.market.db.transaction() as tx:
        if key is None:
            return await act(tx)
        # Whoever sends the same form at the same moment waits here for the first one's end.
        claimed = await tx.fetchval(
            """INSERT INTO kit.answer (scope, key, fingerprint, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING true""",
            key.scope,
            key.key,
            key.fingerprint,
            desk.visitor.now,
        )
        if not claimed:
            first: dict[str, str] = await tx.fetchval(
                "SELECT answer FROM kit.answer WHERE scope = $1 AND key = $2", key.scope, key.key
            )
            return first["made"]
        made = await act(tx)
        await tx.execute(
            "UPDATE kit.answer SET answer = $3 WHERE scope = $1 AND key = $2",
            key.scope,
            key.key,
            {"made": made},
        )
        return made
