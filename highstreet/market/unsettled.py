"""Sales a till made without a connection and the market could not take in: kept until somebody of the shop decides about each."""

from __future__ import annotations

from datetime import datetime

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none, rows
from highstreet.kit.errors import NotFound, Refusal
from highstreet.market.till import Clerk, Sale


class Unsettled(msgspec.Struct, frozen=True):
    """One such sale. said: why it was refused, in both languages."""

    key: str
    sale: Sale
    refusal: str
    said: dict[str, str]
    by: str
    told_at: datetime
    state: str


async def open_ones(tx: Tx, place_id: str) -> list[Unsettled]:
    """What waits for a decision at a place, the oldest first."""
    return await rows(
        tx, Unsettled, _UNSETTLED + " AND state = 'open' ORDER BY told_at, key LIMIT 200", place_id
    )


async def count_open(tx: Tx, place_id: str) -> int:
    """How many wait for a decision."""
    found: int = await tx.fetchval(
        "SELECT count(*) FROM market.unsettled WHERE place_id = $1 AND state = 'open'", place_id
    )
    return found


async def one(tx: Tx, place_id: str, key: str) -> Unsettled:
    """Errors: NotFound, also for another place's."""
    found = await row_or_none(tx, Unsettled, _UNSETTLED + " AND key = $2", place_id, key)
    if found is None:
        raise NotFound("sale")
    return found


_UNSETTLED = "SELECT key, sale, refusal, said, by, told_at, state FROM market.unsettled WHERE place_id = $1"


async def keep(tx: Tx, clerk: Clerk, sale: Sale, refusal: Refusal, now: datetime) -> None:
    """Keep a sale that has happened and was refused; telling it again keeps it once."""
    made = await tx.fetchval(
        """INSERT INTO market.unsettled (place_id, key, seller_id, sale, refusal, said, by, told_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING key""",
        clerk.place_id,
        sale.key,
        clerk.seller_id,
        msgspec.to_builtins(sale),
        refusal.code,
        said(refusal),
        clerk.person_id,
        now,
    )
    if made is not None:
        body = {"place": clerk.place_id, "refusal": refusal.code, "total": sale.total}
        await facts.tell(tx, "till.unsettled", clerk.seller_id, clerk.person_id, now, body)


async def settle(tx: Tx, clerk: Clerk, key: str, state: str, now: datetime) -> None:
    """Somebody decided: `recorded` or `void`."""
    await tx.execute(
        """UPDATE market.unsettled SET state = $3, settled_by = $4, settled_at = $5
           WHERE place_id = $1 AND key = $2 AND state = 'open'""",
        clerk.place_id,
        key,
        state,
        clerk.person_id,
        now,
    )


def said(refusal: Refusal) -> dict[str, str]:
    """Its sentence in both languages."""
    return {"en": refusal.sentence("en"), "zh": refusal.sentence("zh")}
