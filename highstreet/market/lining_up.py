"""Lining up for a round: wait before it opens, get a number by lot at the opening, be called up in turn, claim."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from highstreet import parties, policy
from highstreet.kit.db import Tx
from highstreet.kit.errors import NotFound, Unavailable
from highstreet.kit.ids import new_id
from highstreet.market.desk import Market

_TRIES = 5


async def stand(
    market: Market, batch_id: str, holder_id: str, device: str | None, now: datetime, also: Sequence[str] = ()
) -> policy.lines.Turn:
    """Stand in a round's line, once however often asked, from half an hour before it opens. How one stands.

    Errors: NotFound where there is no line, NotClaimable, AllClaimed, InLineBefore for who stands in it by another account.
    """
    batch = await market.claims.batch(batch_id, now)
    if batch.pace is None:
        raise NotFound("line")
    if not batch.opens_at - policy.lines.DOORS <= now < batch.closes_at:
        raise policy.NotClaimable(opens=batch.opens_at.isoformat(), closes=batch.closes_at.isoformat())
    if market.claims.is_gone(batch_id, now):
        raise policy.AllClaimed
    turn_id = new_id("trn", now)
    for _ in range(_TRIES):
        verdict = await market.db.run(_stand, market, batch_id, turn_id, holder_id, device, also, now)
        if verdict == "had":
            raise policy.errors.InLineBefore
        if verdict in ("done", "repeated"):
            found = await stands(market, batch_id, holder_id, now)
            if found is not None:
                return found
    raise Unavailable


async def _stand(
    tx: Tx, market: Market, batch_id: str, turn_id: str, holder_id: str, device: str | None, also: Sequence[str], now: datetime
) -> policy.lines.LinedUp:  # fmt: skip
    known = (await parties.people.known_as(tx, [holder_id])).get(holder_id, [])
    devices = [f"device:{market.seal.blind('device', device).hex()}"] if device else []
    people = [f"party:{holder_id}", *devices, *known, *also]
    verdict = await policy.lines.stand(tx, batch_id, turn_id, holder_id, people, now)
    if verdict == "order":
        await policy.lines.draw_lots(tx, batch_id, now)
    return verdict


async def stands(market: Market, batch_id: str, holder_id: str, now: datetime) -> policy.lines.Turn | None:
    """How somebody stands in a line now: their number once the round is open, and behind the others again when they let it pass."""
    async with market.db.read() as tx:
        found = await policy.lines.turn(tx, batch_id, holder_id)
    if found is None:
        return None
    if found.nth is None and now >= found.opens_at:
        await market.db.run(policy.lines.draw_lots, batch_id, now)
    elif found.passed(now):
        await market.db.run(policy.lines.fall_behind, found, now)
    else:
        return found
    async with market.db.read() as tx:
        return await policy.lines.turn(tx, batch_id, holder_id)
