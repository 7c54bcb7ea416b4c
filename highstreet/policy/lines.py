"""Lines: a first-come round that opens at a moment, without rewarding the fastest finger.

Who waits at the opening gets a number by lot: the order of SHA-256 of `seed:turn`, the seed's own SHA-256 told before, as in a draw. Who
comes later stands behind, as they come. Numbers are called up in blocks at the pace the batch was given, and a turn not used in time falls
behind those who wait. One person stands in a line once, by whatever tells them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from highstreet.kit import facts
from highstreet.kit.db import Tx, row_or_none
from highstreet.policy.draws import winners

DOORS = timedelta(minutes=30)  # before the opening people may come and wait
TURN = timedelta(minutes=3)  # so long a called number may claim
BLOCK = timedelta(seconds=10)

LinedUp = Literal["done", "repeated", "had", "order", "again"]


class Turn(msgspec.Struct, frozen=True):
    """Somebody's place in a line. nth: None until the lots are drawn; waiting: how many stand in it; called: up to which number by now."""

    id: str
    batch_id: str
    nth: int | None
    calls_at: datetime | None
    joined_at: datetime
    opens_at: datetime
    waiting: int
    pace: int

    def called(self, now: datetime) -> bool:
        """Whether it is their turn now."""
        return self.calls_at is not None and self.calls_at <= now < self.calls_at + TURN

    def passed(self, now: datetime) -> bool:
        """Whether they let it pass."""
        return self.calls_at is not None and now >= self.calls_at + TURN

    def ahead(self, now: datetime) -> int:
        """How many come before them."""
        if self.nth is None or self.calls_at is None or now < self.opens_at:
            return 0
        # By the time that is left: numbers called before count no more.
        blocks = max(0, -(-(self.calls_at - now) // BLOCK))
        return min(self.nth - 1, blocks * max(1, self.pace // 6))


def order(seed: str, turns: Iterable[str]) -> list[str]:
    """Those who waited at the opening, as their lots order them: anybody can do it again."""
    return winners(seed, turns, 10**9)


async def stand(
    tx: Tx, batch_id: str, turn_id: str, holder_id: str, people: Sequence[str], now: datetime
) -> LinedUp:
    """Stand in a line. The caller saw that its doors are open, and asks again on `again`, after `draw_lots` on `order`."""
    verdict: LinedUp = await tx.fetchval(
        "SELECT policy.line_up($1, $2, $3, $4, $5)", batch_id, turn_id, holder_id, sorted(set(people)), now
    )
    return verdict


async def draw_lots(tx: Tx, batch_id: str, now: datetime) -> int:
    """Give everybody who waited their number, once, at the opening or later. How many; again, or too early: nothing."""
    # Whoever is just coming is waited for; whoever comes next finds it done.
    seed = await tx.fetchval(
        """SELECT b.seed FROM policy.line l JOIN policy.batch b ON b.id = l.batch_id
           WHERE l.batch_id = $1 AND l.ordered_at IS NULL AND b.opens_at <= $2 FOR UPDATE OF l""",
        batch_id,
        now,
    )
    if seed is None:
        return 0
    count = int(
        await tx.fetchval(
            """
            WITH lots AS (
                SELECT id, row_number() OVER (ORDER BY sha256(convert_to($2 || ':' || id, 'UTF8')))::int AS nth
                FROM policy.turn WHERE batch_id = $1
            ), given AS (
                UPDATE policy.turn t SET nth = lots.nth, calls_at = policy.calls_at(l, b, lots.nth, b.opens_at)
                FROM lots, policy.line l, policy.batch b
                WHERE t.id = lots.id AND l.batch_id = $1 AND b.id = $1 RETURNING 1
            ) SELECT count(*) FROM given
            """,
            batch_id,
            seed,
        )
    )
    await tx.execute(
        "UPDATE policy.line SET ordered_at = $2, last = $3 WHERE batch_id = $1", batch_id, now, count
    )
    await facts.tell(tx, "line.ordered", batch_id, "clock", now, {"turns": count, "seed": seed})
    return count


async def turn(tx: Tx, batch_id: str, holder_id: str) -> Turn | None:
    """How somebody stands in a line; None for who does not."""
    return await row_or_none(
        tx,
        Turn,
        """SELECT t.id, t.batch_id, t.nth, t.calls_at, t.joined_at, b.opens_at, l.pace,
                  CASE WHEN l.ordered_at IS NULL THEN (SELECT count(*)::int FROM policy.turn x WHERE x.batch_id = $1)
                       ELSE l.last END AS waiting
           FROM policy.turn t JOIN policy.line l ON l.batch_id = t.batch_id JOIN policy.batch b ON b.id = t.batch_id
           WHERE t.batch_id = $1 AND t.holder_id = $2""",
        batch_id,
        holder_id,
    )


async def fall_behind(tx: Tx, one: Turn, now: datetime) -> bool:
    """A turn that passed stands behind all others, once for each time it passed. False when it was moved meanwhile."""
    await tx.execute("SELECT FROM policy.line WHERE batch_id = $1 FOR UPDATE", one.batch_id)
    moved = await tx.fetchval(
        """UPDATE policy.turn t SET nth = l.last + 1, calls_at = policy.calls_at(l, b, l.last + 1, $3), fell = t.fell + 1
           FROM policy.line l, policy.batch b WHERE t.id = $1 AND t.nth = $2 AND l.batch_id = t.batch_id AND b.id = t.batch_id
           RETURNING t.nth""",
        one.id,
        one.nth,
        now,
    )
    if moved is not None:
        await tx.execute("UPDATE policy.line SET last = $2 WHERE batch_id = $1", one.batch_id, moved)
    return moved is not None


async def first_ones(tx: Tx, batch_id: str) -> list[str]:
    """The turns that were there when the lots were drawn: what the published seed orders. Empty before."""
    found = await tx.fetch(
        """SELECT t.id FROM policy.turn t JOIN policy.line l ON l.batch_id = t.batch_id JOIN policy.batch b ON b.id = t.batch_id
           WHERE t.batch_id = $1 AND l.ordered_at IS NOT NULL AND t.joined_at < b.opens_at ORDER BY t.id""",
        batch_id,
    )
    return [row["id"] for row in found]
