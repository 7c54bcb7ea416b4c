"""Draws: a batch given by lot. Everybody enters once; the seed, whose SHA-256 was told before, decides, and anybody can draw again.

The lot of an entry is SHA-256 of `seed:entry`; the lowest lots win. Who did not win is kept: they are the comparison group.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from highstreet.kit import facts
from highstreet.kit.db import Tx
from highstreet.policy.claims import Asking, Verdict


def lot(seed: str, entry_id: str) -> str:
    """An entry's lot, as hexadecimal digits."""
    return hashlib.sha256(f"{seed}:{entry_id}".encode()).hexdigest()


def winners(seed: str, entries: Iterable[str], claims: int) -> list[str]:
    """The entries that win, in the order of their lots."""
    return sorted(entries, key=lambda entry: lot(seed, entry))[:claims]


async def enter(tx: Tx, batch_id: str, askings: Sequence[Asking], now: datetime) -> list[tuple[Verdict, str]]:
    """Enter people, each once by everything that tells them again. The caller saw that it is open.

    done, with the entry's id; repeated: this very account is in, with its entry; had: the same person came by another account.
    """
    taken = await tx.fetch(
        """
        WITH asked AS (
            SELECT r.id, r.people FROM jsonb_to_recordset($2) AS r (id text, people jsonb)
        ), put AS (
            INSERT INTO policy.claimant (batch_id, person, n, claim_id)
            SELECT DISTINCT ON (p.person) $1, p.person, 1, a.id FROM asked a, jsonb_array_elements_text(a.people) AS p (person)
            ORDER BY p.person, a.id ON CONFLICT DO NOTHING RETURNING claim_id
        )
        SELECT a.id FROM asked a
        WHERE jsonb_array_length(a.people) = (SELECT count(*) FROM put WHERE put.claim_id = a.id)
        """,
        batch_id,
        [{"id": one.id, "people": one.people} for one in askings],
    )
    entered = {row["id"] for row in taken}
    await tx.execute(
        """DELETE FROM policy.claimant c
           USING jsonb_to_recordset($2) AS r (id text, people jsonb), jsonb_array_elements_text(r.people) AS p (person)
           WHERE c.batch_id = $1 AND c.person = p.person AND c.claim_id = r.id""",
        batch_id,
        [{"id": one.id, "people": one.people} for one in askings if one.id not in entered],
    )
    await tx.executemany(
        "INSERT INTO policy.entry (id, batch_id, holder_id, entered_at) VALUES ($1, $2, $3, $4)",
        [(one.id, batch_id, one.holder, now) for one in askings if one.id in entered],
    )
    inside = await tx.fetch(
        "SELECT holder_id, id FROM policy.entry WHERE batch_id = $1 AND holder_id = ANY ($2)",
        batch_id,
        [one.holder for one in askings if one.id not in entered],
    )
    known = {row["holder_id"]: row["id"] for row in inside}
    return [_said(one, entered, known) for one in askings]


def _said(one: Asking, entered: set[str], known: dict[str, str]) -> tuple[Verdict, str]:
    if one.id in entered:
        return "done", one.id
    return ("repeated", known[one.holder]) if one.holder in known else ("had", one.id)


async def draw(tx: Tx, batch_id: str, now: datetime) -> int:
    """Draw a batch whose entering is over, once; how many won. Again, or too early: nothing happens and nobody wins."""
    one = await tx.fetchrow(
        """UPDATE policy.batch SET drawn_at = $2
           WHERE id = $1 AND way = 'draw' AND drawn_at IS NULL AND rolled_at IS NULL AND closes_at <= $2
           RETURNING seed, claims, amount""",
        batch_id,
        now,
    )
    if one is None:
        return 0
    won = await tx.fetchval(
        """
        WITH lots AS (
            SELECT id, holder_id, row_number() OVER (ORDER BY sha256(convert_to($2 || ':' || id, 'UTF8'))) AS place
            FROM policy.entry WHERE batch_id = $1
        ), told AS (
            UPDATE policy.entry e SET won = lots.place <= $3 FROM lots WHERE e.id = lots.id AND e.batch_id = $1
        ), claimed AS (
            INSERT INTO policy.claim (id, batch_id, programme_id, holder_id, key, schedule, amount, claimed_at, valid_until)
            SELECT lots.id, b.id, b.programme_id, lots.holder_id, lots.id, b.schedule, b.amount,
                   $4::timestamptz, $4::timestamptz + make_interval(days => b.days)
            FROM lots JOIN policy.batch b ON b.id = $1 WHERE lots.place <= $3 RETURNING 1
        ) SELECT count(*) FROM claimed
        """,
        batch_id,
        one["seed"],
        one["claims"],
        now,
    )
    await _take_from_slices(tx, batch_id, int(won) * one["amount"])
    await facts.tell(tx, "claims.drawn", batch_id, "clock", now, {"claims": int(won), "seed": one["seed"]})
    return int(won)


async def _take_from_slices(tx: Tx, batch_id: str, amount: int) -> None:
    """Nobody else is at the slices of a draw: they are emptied in their order."""
    await tx.execute(
        """
        WITH ordered AS (
            SELECT n, unclaimed, coalesce(sum(unclaimed) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
            FROM policy.slice WHERE batch_id = $1
        )
        UPDATE policy.slice s SET unclaimed = s.unclaimed - least(s.unclaimed, greatest(0, $2 - o.before))
        FROM ordered o WHERE s.batch_id = $1 AND s.n = o.n
        """,
        batch_id,
        amount,
    )


async def due(tx: Tx, now: datetime) -> list[str]:
    """Batches whose entering is over and which nobody drew."""
    found = await tx.fetch(
        """SELECT id FROM policy.batch WHERE way = 'draw' AND drawn_at IS NULL AND rolled_at IS NULL AND closes_at <= $1
           ORDER BY closes_at LIMIT 20""",
        now,
    )
    return [row["id"] for row in found]
